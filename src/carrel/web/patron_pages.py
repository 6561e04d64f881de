"""Pages of whoever is signed in. They show what is that person's alone: no address names anybody."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from carrel.errors import CarrelError
from carrel.rights.faults import NOBODY
from carrel.web.patron import Signed, patron
from carrel.web.visit import Here, Visit

router = APIRouter(prefix="/{language}", include_in_schema=False)
MOST = 50  # entries of one table on the page


@router.get("/me")
def me(request: Request, here: Here) -> Response:
    """Where somebody is who has signed in."""
    portal = here.premises.portal
    try:
        who = patron(here)
        disclosed = here.premises.staff.cases.disclosed(here.premises.store, who.door.name, who.number)
    except CarrelError as wrong:  # a system that is away keeps nobody from signing out
        request.app.state.tell(wrong)
        return here.page("me", {"door": None, "portal": portal, "disclosed": ()})
    return here.page("me", {"door": who.door, "portal": portal, "disclosed": disclosed})


@router.get("/me/stay")
def stay(here: Here, _who: Signed) -> Response:
    """That the session goes on, in a window of its own: the form in the other one keeps what was typed."""
    return here.page("stay")


@router.get("/me/data")
def data(here: Here, who: Signed, whole: str = "") -> Response:
    """What the library holds of whoever is signed in, read now; with ``whole=yes`` each part is open, for paper."""
    try:
        with who.door.answer(who.number) as answer:
            return here.page(
                "data", {"answer": answer, "most": MOST, "purposes": _purposes(here), "whole": whole == "yes"}
            )
    except CarrelError as wrong:
        if wrong.code != NOBODY.code:
            raise
        return here.page("data", {"answer": None, "most": MOST, "whole": whole == "yes"})


def _purposes(here: Visit) -> dict[str, str]:
    """What the policy says of each of its purposes: a bare name would tell nobody anything."""
    return {name: one.says for name, one in here.premises.policy.body.purposes.items()}
