"""Asking for a right on the pages: in plain words, each by one form, and an erasure only after a second look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

from carrel.consent.gate import needs_consent
from carrel.retention.restriction import Ground
from carrel.rights.request import Right
from carrel.web import correction
from carrel.web.correction_pages import form_page
from carrel.web.kept import kept
from carrel.web.patron import OwnForm, Patron, Signed, page, said
from carrel.web.requests import MOST_WORDS, TOLD_ONCE, OwnRequests, are_too_long, words_of
from carrel.web.visit import Here, Visit

router = APIRouter(prefix="/{language}/me", include_in_schema=False)
WISHES: Mapping[str, Right] = {
    "erase": Right.ERASURE, "restrict": Right.RESTRICTION, "object": Right.OBJECTION, "challenge": Right.CHALLENGE,
    "question": Right.QUESTION, "see-all": Right.ACCESS,
}  # fmt: skip
ABOUT = ("accuracy", "completeness", "use")  # of which a challenge speaks (MITP-11.2.3)


@router.get("/ask")
def ask(here: Here, who: Signed) -> Response:
    """What somebody can ask for."""
    rights = OwnRequests(here.premises, who).clocks
    return page(here, "ask", {"contacts": here.premises.policy.body.contact, "clocks": rights})


def _form(wish: str) -> Callable[..., Response]:
    def form(here: Here, who: Signed) -> Response:
        return _page(here, who, wish)

    return form


def _send(wish: str) -> Callable[..., Response]:
    def send(here: Here, who: Signed, form: OwnForm) -> Response:
        own, right = OwnRequests(here.premises, who), WISHES[wish]
        words, too_long = words_of(form)
        typed = {"words": words, "picked": [one for one in form.getlist("pick") if isinstance(one, str)]}
        if too_long:
            return _page(here, who, wish, "long", typed)
        if right in TOLD_ONCE and (same := own.still_open(right)):
            return here.to(f"me/requests/{same.request.id}")
        made = _words(here, right, form, words)
        if made is None or own.are_too_many():
            return _page(here, who, wish, "many" if own.are_too_many() else "empty", typed)
        if right is Right.ERASURE and said(form, "sure") != "yes":
            return _page(here, who, wish, typed=typed, confirm=True)
        purposes = tuple(_objected(here, form)) if right is Right.OBJECTION else ()
        read_back: tuple[str, ...] = ()
        if purposes:  # first on record, all of them: the words of the request never say more than that
            read_back = here.premises.desk.object(who.door.name, who.number, purposes)
        name = own.open(right, made, here.language)
        if name is None:
            return _page(here, who, wish, "many", typed)
        own.objected(name, purposes, read_back)
        if right is Right.RESTRICTION:
            here.premises.desk.restricted(who.door.name)
        return here.to(f"me/requests/{name}")

    return send


for _wish in WISHES:
    router.add_api_route(f"/{_wish}", _form(_wish), methods=["GET"])
    router.add_api_route(f"/{_wish}", _send(_wish), methods=["POST"])


@router.post("/correct/ask")
def ask_correction(here: Here, who: Signed, form: OwnForm) -> Response:
    """A correction that somebody of the library has to make: the values, as `carrel plan --rectify` reads them."""
    own = OwnRequests(here.premises, who)
    words, too_long = words_of(form)
    fields = correction.own_fields(who)
    sent = {one.key: said(form, one.key, 1_000) for one in fields if one.key in form}
    new = correction.wanted(fields, sent)
    whole = "\n\n".join(part for part in (correction.as_request(new), words) if part)
    odd = correction.odd(fields, new)
    problem = (
        "unfit"
        if odd
        else "long"
        if too_long or are_too_long(whole)
        else "many"
        if own.are_too_many()
        else ""
        if whole
        else "empty"
    )
    name = None if problem else own.open(Right.RECTIFICATION, whole, here.language)
    if name is None:
        return form_page(here, fields, problem=problem or "many", words=words, sent=sent, unfit=odd)
    return here.to(f"me/requests/{name}")


def _objected(here: Visit, form: FormData) -> list[str]:
    """Purposes that somebody ticked: an objection to them holds from this moment on."""
    return [name for name, _ in _purposes(here) if name in form.getlist("pick")]


def _words(here: Visit, right: Right, form: FormData, words: str) -> str | None:
    """What is written down of a form; None where something is missing."""
    picked = [one for one in form.getlist("pick") if isinstance(one, str)]
    match right:
        case Right.RESTRICTION:
            known = [one for one in picked if one in {str(ground) for ground in Ground}]
            return f"ground: {known[0]}\n\n{words}".strip() if known else None
        case Right.OBJECTION:
            known = _objected(here, form)
            head = f"purposes: {'; '.join(known)}" if known else ""
            return "\n\n".join(part for part in (head, words) if part) or None
        case Right.CHALLENGE:
            known = [one for one in picked if one in ABOUT]
            return f"about: {', '.join(known)}\n\n{words}" if known and words else None
        case Right.QUESTION:
            return words or None
        case _:
            return words


def _purposes(here: Visit) -> list[tuple[str, str]]:
    """What happens without asking; what asks is a choice, and has a page of its own."""
    policy = here.premises.policy
    return [(name, one.says) for name, one in policy.body.purposes.items() if not needs_consent(policy, name)]


def _page(
    here: Visit, who: Patron, wish: str, problem: str = "", typed: Mapping[str, Any] | None = None, *,
    confirm: bool = False,
) -> Response:  # fmt: skip
    own = OwnRequests(here.premises, who)
    values: dict[str, Any] = {
        "wish": wish, "typed": {"words": "", "picked": [], **(typed or {})}, "most": MOST_WORDS, "confirm": confirm,
        "promise": own.clocks.of(WISHES[wish]), "same": own.still_open(WISHES[wish]),
        "contacts": own.clocks.controllers, "once": WISHES[wish] in TOLD_ONCE,
    }  # fmt: skip
    if wish == "erase":
        values["kept"] = kept(here.premises.policy)
        values["copy"] = next((one for one in own.all() if one.standing.owes_copy), None)
    if wish == "object":
        values["purposes"] = _purposes(here)
    return page(here, "ask_one", values, problem)
