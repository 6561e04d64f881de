"""Pages of whoever is signed in. They show what is that person's alone: no address names anybody."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from carrel.errors import CarrelError
from carrel.rights.faults import NOBODY
from carrel.web.patron import Signed, patron
from carrel.web.visit import Here, Visit

router = APIRouter(prefix="/{language}", include_in_schema=False)
MOST, MOST_OF_ONE = 20, 500  # entries of one table on the page of everything, and on that of one kind of record


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
def data(here: Here, who: Signed, whole: str = "", kind: str = "") -> Response:
    """What the library holds of whoever is signed in, read now.

    With ``kind`` the entries of one kind of record, and more of them; with ``whole=yes`` each part is open, for paper.
    """
    most = MOST_OF_ONE if kind else MOST
    values = {"answer": None, "most": most, "kind": kind, "whole": whole == "yes" or bool(kind)}
    try:
        with who.door.answer(who.number, shown=most) as answer:
            if kind and not any(one.name == kind for system in answer.systems for one in system.records):
                raise HTTPException(404)
            return here.page("data", {**values, "answer": answer, "purposes": _purposes(here)})
    except CarrelError as wrong:
        if wrong.code != NOBODY.code:
            raise
        return here.page("data", values)


def _purposes(here: Visit) -> dict[str, str]:
    """What the policy says of each of its purposes: a bare name would tell nobody anything."""
    return {name: one.says for name, one in here.premises.policy.body.purposes.items()}
