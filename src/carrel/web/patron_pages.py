"""Pages of whoever is signed in. They show what is that person's alone: no address names anybody."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from carrel.errors import CarrelError
from carrel.rights.faults import NOBODY
from carrel.web.visit import Here, Visit

router = APIRouter(prefix="/{language}", include_in_schema=False)
MOST = 50  # entries of one table on the page


@router.get("/me")
def me(here: Here) -> Response:
    """Where somebody is who has signed in."""
    if here.session is None:
        return here.to("sign-in")
    door = here.premises.doors.get(here.session.said["system"])
    with suppress(CarrelError):  # a system that is away keeps nobody from signing out
        if door is None or not door.may(int(here.session.said["number"])):
            return ended(here)
    return here.page("me", {"door": door, "portal": here.premises.portal})


@router.get("/me/data")
def data(here: Here) -> Response:
    """What the library holds of whoever is signed in, read now."""
    if here.session is None:
        return here.to("sign-in")
    door = here.premises.doors.get(here.session.said["system"])
    if door is None:
        raise HTTPException(503)
    try:
        if not door.may(int(here.session.said["number"])):
            return ended(here)
        with door.answer(int(here.session.said["number"])) as answer:
            return here.page("data", {"answer": answer, "most": MOST})
    except CarrelError as wrong:
        if wrong.code != NOBODY.code:
            raise
        return here.page("data", {"answer": None, "most": MOST})


def ended(here: Visit) -> Response:
    """Whom the library has locked or taken out meanwhile is signed out."""
    if here.session is not None:
        here.premises.store.portal_sessions.end(here.session.token)
    return here.to("sign-in")
