"""Consents on the pages: given and taken back by one button each, with the same effort (GDPR Art. 7(3), OWWL-10)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from carrel.consent.state import State
from carrel.web.choices import Choices, choices_of
from carrel.web.confirm_pages import ask_by_mail
from carrel.web.patron import OwnForm, Patron, Signed, page, said
from carrel.web.untold_tools import are_untold
from carrel.web.visit import Here, Visit

router = APIRouter(prefix="/{language}/me", include_in_schema=False)


@router.get("/choices")
def choices(here: Here, who: Signed) -> Response:
    """Where somebody stands on every purpose."""
    return _page(here, choices_of(here.premises, who, here.language))


@router.post("/choices")
def choose(request: Request, here: Here, who: Signed, form: OwnForm) -> Response:
    """Write one choice down, and tell what was written.

    A consent is to the words that stood on the page: if the library wrote others meanwhile, they are shown first.
    """
    found = choices_of(here.premises, who, here.language)
    act, purpose, desk = said(form, "act"), said(form, "purpose"), here.premises.desk
    known = any(one.purpose == purpose for one in (*found.optional, *found.others))
    take_back, late = partial(desk.take_back, who.door.name, who.number), False
    off: bool | None = None
    if act == "silence":
        sure = here.premises.site.consent.confirm is None
        late, off = _no(request, partial(take_back, None, addresses=sure))
    elif act == "end silence" and found.silent:
        desk.end_silence(who.door.name, who.number)
    elif act == "withdraw" and known:
        late, off = _no(request, partial(take_back, purpose))
    else:
        problem = _give(request, here, who, found, purpose, said(form, "digest")) if act == "give" else "odd"
        if problem == "sent":
            return _page(here, found, done="sent")
        if problem and problem != "late":
            return _page(here, found, problem=problem)
        late = problem == "late"
    return _page(here, choices_of(here.premises, who, here.language), done=act, late=late, off=off)


def _no(request: Request, write: Callable[[], bool | None]) -> tuple[bool, bool | None]:
    """Have a no written down: whether the folder of the tools still has to be told, and whether the lists were."""
    told: list[bool | None] = []
    late = are_untold(request, lambda: told.append(write()))
    return late, next(iter(told), None)


def _give(request: Request, here: Here, who: Patron, found: Choices, purpose: str, digest: str) -> str:
    """Why it is not written down; ``late`` of what is, and the tools are not told; empty where all was done."""
    choice = next((one for one in found.optional if one.purpose == purpose), None)
    if choice is None or choice.text is None:
        return "odd"
    if choice.text.digest != digest:
        return "moved"
    if choice.standing.state is not State.GIVEN or found.silent:
        if here.premises.site.consent.confirm is not None and (told := ask_by_mail(here, who, choice.text)):
            return told
        agree = partial(here.premises.desk.agree, who.door.name, who.number, choice.text, lift_silence=found.silent)
        return "late" if are_untold(request, agree) else ""
    return ""


def _page(
    here: Visit, found: Choices, *, problem: str = "", done: str = "", late: bool = False, off: bool | None = None
) -> Response:
    return page(here, "choices", {"choices": found, "done": done, "late": late, "off": off}, problem)
