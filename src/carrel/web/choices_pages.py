"""Consents on the pages: given and taken back by one button each, with the same effort (GDPR Art. 7(3), OWWL-10)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from carrel.consent.state import State
from carrel.web.choices import Choices, choices_of
from carrel.web.confirm_pages import ask_by_mail
from carrel.web.patron import OwnForm, Patron, Signed, page, said
from carrel.web.visit import Here, Visit

router = APIRouter(prefix="/{language}/me", include_in_schema=False)


@router.get("/choices")
def choices(here: Here, who: Signed) -> Response:
    """Where somebody stands on every purpose."""
    return _page(here, choices_of(here.premises, who, here.language))


@router.post("/choices")
def choose(here: Here, who: Signed, form: OwnForm) -> Response:
    """Write one choice down, and tell what was written.

    A consent is to the words that stood on the page: if the library wrote others meanwhile, they are shown first.
    """
    found = choices_of(here.premises, who, here.language)
    act, purpose = said(form, "act"), said(form, "purpose")
    off: bool | None = None
    known = any(one.purpose == purpose for one in (*found.optional, *found.others))
    if act == "silence":
        sure = here.premises.site.consent.confirm is None
        off = here.premises.desk.take_back(who.door.name, who.number, None, addresses=sure)
    elif act == "end silence" and found.silent:
        here.premises.desk.end_silence(who.door.name, who.number)
    elif act == "withdraw" and known:
        off = here.premises.desk.take_back(who.door.name, who.number, purpose)
    elif problem := _give(here, who, found, purpose, said(form, "digest")) if act == "give" else "odd":
        return _page(here, found, done="sent") if problem == "sent" else _page(here, found, problem=problem)
    return _page(here, choices_of(here.premises, who, here.language), done=act, about=purpose, off=off)


def _give(here: Visit, who: Patron, found: Choices, purpose: str, digest: str) -> str:
    choice = next((one for one in found.optional if one.purpose == purpose), None)
    if choice is None or choice.text is None:
        return "odd"
    if choice.text.digest != digest:
        return "moved"
    if choice.standing.state is not State.GIVEN or found.silent:
        if here.premises.site.consent.confirm is not None and (told := ask_by_mail(here, who, choice.text)):
            return told
        here.premises.desk.agree(who.door.name, who.number, choice.text, lift_silence=found.silent)
    return ""


def _page(
    here: Visit, found: Choices, *, problem: str = "", done: str = "", about: str = "", off: bool | None = None
) -> Response:
    return page(here, "choices", {"choices": found, "done": done, "about": about, "off": off}, problem)
