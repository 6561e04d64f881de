"""Requests on the pages: the list, one of them with its course, and what the person can do to it."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from carrel.errors import CarrelError
from carrel.rights import faults
from carrel.rights.event import Act
from carrel.rights.request import Right
from carrel.rights.standing import SETTLED
from carrel.web.correction import OwnField, from_request
from carrel.web.patron import OwnForm, Signed, page, said
from carrel.web.requests import MOST_WORDS, OwnRequest, OwnRequests, words_of
from carrel.web.visit import Here, Visit

router = APIRouter(prefix="/{language}/me", include_in_schema=False)
_HEADS = {
    (Right.CHALLENGE, "about"): ", ", (Right.RESTRICTION, "ground"): "; ", (Right.OBJECTION, "purposes"): "; ",
}  # fmt: skip
_ACTS = {"withdraw": Act.WITHDRAWN, "state": Act.STATED}


@router.get("/requests")
def requests(here: Here, who: Signed) -> Response:
    """Every request of the person, and where each stands."""
    return page(here, "requests", {"requests": OwnRequests(here.premises, who).all()})


@router.get("/requests/{name}")
def request(here: Here, who: Signed, name: str) -> Response:
    """One of them. Of somebody else's request there is no page."""
    own = OwnRequests(here.premises, who)
    return _page(here, own, _found(own, name))


@router.post("/requests/{name}")
def act(here: Here, who: Signed, name: str, form: OwnForm) -> Response:
    """Withdraw it, or state a disagreement with what was decided."""
    own = OwnRequests(here.premises, who)
    one = _found(own, name)
    wished = _ACTS.get(said(form, "act"))
    words, too_long = words_of(form)
    if wished is None:
        return _page(here, own, one, problem="odd")
    if wished is Act.STATED and (too_long or not words):
        return _page(here, own, one, problem="long" if too_long else "empty", words=words)
    try:
        own.add(one, wished, words if wished is Act.STATED else "")
    except CarrelError as wrong:
        if wrong.code not in {faults.NOT_NOW.code, faults.SHUT.code}:
            raise
        return _page(here, own, _found(own, name), problem="moved")
    return here.to(f"me/requests/{one.request.id}")


def _found(own: OwnRequests, name: str) -> OwnRequest:
    one = own.one(name)
    if one is None:
        raise HTTPException(404)
    return one


def _page(here: Visit, own: OwnRequests, one: OwnRequest, *, problem: str = "", words: str = "") -> Response:
    mine = ""
    with suppress(CarrelError):  # it is over, and forgotten
        mine = here.premises.store.requests.words(one.request.id)
    head, _, rest = mine.partition("\n\n")
    kind, _, picked = head.partition(": ")
    corrected: tuple[OwnField, ...] = ()
    if one.request.right is Right.RECTIFICATION:
        corrected, mine = from_request(mine)
    between = _HEADS.get((one.request.right, kind))  # what was picked in the form stands above the person's words
    values = {
        "corrected": corrected, "picked": picked.split(between) if between else (), "one": one,
        "told": tuple(own.told(one)), "mine": rest if between else mine,
        "typed": words, "most": MOST_WORDS,
        "settled": {one.value for one in SETTLED},
        "may_withdraw": one.may(Act.WITHDRAWN), "may_state": one.may(Act.STATED),
        "controllers": own.clocks.controllers,
    }  # fmt: skip
    return page(here, "request", values, problem)
