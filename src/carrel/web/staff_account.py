"""What staff do with their own account: password, passkeys, sessions. Each asks to show once more who it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from carrel.inventory.site import Person
from carrel.inventory.staff_password import LEAST, MOST, plain_form, weakness
from carrel.store import staff_hash
from carrel.web import passkeys, staff_unsent
from carrel.web.staff_proof import STATUS, by_passkey, by_password, shown, spend_challenge
from carrel.web.staff_visit import StaffHere, StaffVisit, back_to, staff_pages

router = staff_pages()
Word = Annotated[str, Form()]

_LONGEST_WORD, _LABEL, _EVENTS, _PASSKEYS = 400, 60, 20, 10


@router.get("/account")
def account(here: StaffHere) -> Response:
    """Who somebody is here, where signed in, and what was done with the account."""
    store, name = here.premises.store, here.who.name
    return here.page("account", {
        "sessions": store.staff_sessions.of(name, here.now), "events": store.staff_accounts.events(name, _EVENTS),
        "passkeys": store.staff_passkeys.of(name), "offered": passkeys.offered(here.premises.portal),
    })  # fmt: skip


@router.post("/account/sessions")
def end_sessions(here: StaffHere, form: Word = "", which: Word = "") -> Response:
    """End another of one's sessions, or all others."""
    here.require_own_form(form)
    sessions, name = here.premises.store.staff_sessions, here.who.name
    if which == "others":
        sessions.end_all(name, but=here.own.id)
    else:
        sessions.end(which, name)
    here.premises.store.staff_accounts.note(name, "sessions ended", name, here.now)
    return here.to("account")


@router.get("/prove")
def ask_again(here: StaffHere, back: str = "") -> Response:
    """The form in which somebody shows once more who it is."""
    return prove_page(here, back_to(back))


@router.post("/prove")
def prove(request: Request, here: StaffHere, form: Word = "", password: Word = "", code: Word = "",
          back: Word = "", unsent: Word = "") -> Response:  # fmt: skip
    """Show it with password and code."""
    here.require_own_form(form)
    if max(map(len, (password, code))) > _LONGEST_WORD:
        return prove_page(here, back_to(back), "wrong", 401, unsent)
    found = shown(lambda: by_password(here, request, here.who.name, password, code))
    return _proved(here, back_to(back), found, unsent)


@router.post("/prove/passkey")
def prove_by_passkey(
    request: Request, here: StaffHere, form: Word = "", answer: Word = "", back: Word = "", unsent: Word = ""
) -> Response:
    """Show it with a passkey."""
    here.require_own_form(form)
    found = shown(lambda: by_passkey(here, request, answer, _purpose(here, "prove")))
    return _proved(here, back_to(back), found, unsent)


@router.get("/account/password")
def ask_for_password(here: StaffHere) -> Response:
    """The form for another password."""
    return _password(here)


@router.post("/account/password")
def change_password(here: StaffHere, form: Word = "", password: Word = "", again: Word = "") -> Response:
    """Take another password; all other sessions end."""
    here.require_own_form(form)
    if max(map(len, (password, again))) > _LONGEST_WORD:
        return _password(here, "long", 422)
    if password != again:
        return _password(here, "differ", 422)
    names = (here.premises.site.library, "carrel", here.who.name)
    if (weak := weakness(password, names)) is not None:
        return _password(here, str(weak), 422)
    hashed = staff_hash.hashed(plain_form(password))
    here.premises.store.staff_accounts.change_password(here.who.name, hashed, here.now, keep=here.own.id)
    return here.to("account")


@router.get("/account/passkeys")
def ask_for_passkey(here: StaffHere) -> Response:
    """The passkeys, and the form that adds one."""
    return _passkeys(here)


@router.post("/account/passkeys")
def add_passkey(here: StaffHere, form: Word = "", answer: Word = "", label: Word = "") -> Response:
    """Keep a passkey that the device has just made."""
    here.require_own_form(form)
    store, name, portal = here.premises.store, here.who.name, here.premises.portal
    named = passkeys.credential_in(answer) if passkeys.offered(portal) else None
    if named is None or len(label) > _LABEL or len(store.staff_passkeys.of(name)) >= _PASSKEYS:
        return _passkeys(here, "not added", 422)
    made = passkeys.added(portal, answer, named[1]) if spend_challenge(here, _purpose(here, "add"), named[1]) else None
    if made is None or not store.staff_passkeys.add(
        name, made.credential, made.public_key, made.uses, " ".join(label.split()) or "passkey", here.now
    ):
        return _passkeys(here, "not added", 422)
    store.staff_accounts.note(name, "passkey added", name, here.now)
    return here.to("account/passkeys")


@router.post("/account/passkeys/remove")
def remove_passkey(here: StaffHere, form: Word = "", which: Word = "") -> Response:
    """Take a passkey away; password and code stay."""
    here.require_own_form(form)
    if here.premises.store.staff_passkeys.remove(here.who.name, which):
        here.premises.store.staff_accounts.note(here.who.name, "passkey removed", here.who.name, here.now)
    return here.to("account/passkeys")


def _purpose(here: StaffVisit, what: str) -> str:
    """Of a challenge that counts in one session only."""
    return f"{what}\0{here.own.id}"


def _proved(here: StaffVisit, back: str, found: tuple[Person | None, str], unsent: str) -> Response:
    person, problem = found
    if person is None or person.name != here.who.name:
        return prove_page(here, back, problem or "wrong", STATUS[problem or "wrong"], unsent)
    now = here.now
    here.premises.store.staff_sessions.prove(here.own, now)
    what = staff_unsent.opened(here, unsent, person.name)
    if what is None:
        return here.to(back)
    return staff_unsent.page(replace(here, session=replace(here.own, proved=now)), what)


def prove_page(here: StaffVisit, back: str, problem: str = "", status: int = 200, unsent: str = "") -> Response:
    """The page on which somebody shows once more who it is.

    Args:
        here: the visit.
        back: the page that is opened then.
        problem: what went wrong: ``wrong``, ``later``, ``away``, ``late``; empty for nothing.
        status: of the answer.
        unsent: what was not taken, sealed; it goes on to wait there.
    """
    portal, asked = here.premises.portal, ""
    if passkeys.offered(portal) and here.premises.store.staff_passkeys.of(here.who.name):
        made = passkeys.challenge(here.key, _purpose(here, "prove"), here.now)
        asked = passkeys.asked_to_show(portal, made)
    return here.page("prove", {"problem": problem, "asked": asked, "back": back, "unsent": unsent}, status)


def _password(here: StaffVisit, problem: str = "", status: int = 200) -> Response:
    return here.page("password", {"problem": problem, "least": LEAST, "most": MOST}, status)


def _passkeys(here: StaffVisit, problem: str = "", status: int = 200) -> Response:
    store, portal, asked = here.premises.store, here.premises.portal, ""
    known = store.staff_passkeys.of(here.who.name)
    if passkeys.offered(portal) and len(known) < _PASSKEYS:
        made = passkeys.challenge(here.key, _purpose(here, "add"), here.now)
        asked = passkeys.asked_to_make(portal, here.premises.site.library, here.who.name, known, made)
    return here.page("passkeys", {"problem": problem, "asked": asked, "known": known, "longest": _LABEL}, status)
