"""Signing in to the staff pages, setting an account up, and signing out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from carrel.inventory import time_code
from carrel.inventory.site import Person
from carrel.inventory.staff_password import LEAST, MOST, plain_form, weakness
from carrel.store import staff_hash
from carrel.store.staff_sessions import BEGINNING, StaffSession
from carrel.web import passkeys, staff_browser, staff_unsent
from carrel.web.square_code import square
from carrel.web.staff_proof import (
    STATUS,
    TooOften,
    by_passkey,
    by_password,
    folded,
    forget_tries,
    person_named,
    require_a_try,
    shown,
)
from carrel.web.staff_visit import PATH, StaffHere, StaffVisit, cookie_name, staff_pages

router = staff_pages()
Word = Annotated[str, Form()]

SIGN_IN = "sign in"  # the purpose of a challenge
BY_CODE, BY_PASSKEY = "password and code", "passkey"
_LONGEST_WORD, _LONGEST_ANSWER = 400, 32 * 1024
_SETTING_UP = timedelta(minutes=30)


@router.get("/sign-in")
def ask(here: StaffHere) -> Response:
    """The form."""
    return here.to("") if here.is_in else form_page(here)


@router.post("/sign-in")
def sign_in(
    request: Request, here: StaffHere, name: Word = "", password: Word = "", code: Word = "", unsent: Word = ""
) -> Response:
    """Sign in with password and code. Whatever is wrong, the answer is the same."""
    if not name.strip() or not password or max(map(len, (name, password, code))) > _LONGEST_WORD:
        return form_page(here, "wrong", 401, unsent)
    person, problem = shown(lambda: by_password(here, request, name, password, code))
    if person is None:
        return form_page(here, problem, STATUS[problem], unsent, name)
    return signed_in(here, request, person, BY_CODE, unsent)


@router.post("/sign-in/passkey")
def sign_in_by_passkey(request: Request, here: StaffHere, answer: Word = "", unsent: Word = "") -> Response:
    """Sign in with a passkey."""
    person, problem = shown(lambda: by_passkey(here, request, answer, SIGN_IN))
    if person is None:
        problem = "passkey" if problem == "wrong" else problem
        return form_page(here, problem, STATUS[problem], unsent)
    return signed_in(here, request, person, BY_PASSKEY, unsent)


@router.get("/begin")
def ask_for_code(here: StaffHere) -> Response:
    """The form for whoever has a one-time code."""
    return _begin(here)


@router.post("/begin")
def begin(
    request: Request, here: StaffHere, name: Word = "", code: Word = "", password: Word = "", again: Word = ""
) -> Response:
    """Choose a password; the second factor is next. The code goes on to count until that is done."""
    if max(map(len, (name, password, code, again))) > _LONGEST_WORD:
        return _begin(here, "begin", 401)
    accounts, person = here.premises.store.staff_accounts, person_named(here, name)
    try:
        require_a_try(here, request, "")  # by the place: no number of tries finds such a code, or keeps its person out
    except TooOften:
        return _begin(here, "later", 429)
    if not accounts.is_code(name if person is None else person.name, code, here.now) or person is None:
        accounts.note("" if person is None else person.name, "code refused", "", here.now)
        return _begin(here, "begin", 401, name)
    names = (here.premises.site.library, "carrel", person.name)
    if password != again:
        return _begin(here, "differ", 422, name, code)
    if (weak := weakness(password, names)) is not None:
        return _begin(here, str(weak), 422, name, code)
    accounts.choose(person.name, staff_hash.hashed(plain_form(password)), _new_seed(), here.now)
    here.premises.store.staff_sessions.end_all(person.name)
    session = here.premises.store.staff_sessions.begin(person.name, BEGINNING, here.now, _SETTING_UP)
    return _with_cookie(here, here.to("second"), session)


@router.get("/second")
def ask_for_second(here: StaffHere) -> Response:
    """The seed for the telephone, and the form for its first code."""
    return _second(here)


@router.get("/second/picture")
def picture(here: StaffHere) -> Response:
    """The key as a picture that a telephone reads, for this session alone."""
    seed = here.premises.store.staff_accounts.seed(here.who.name)
    if seed is None:
        return here.to("begin")
    drawn = square(time_code.address(seed, here.who.name, here.premises.site.library))
    return Response(drawn, media_type="image/svg+xml")


@router.post("/second")
def second(request: Request, here: StaffHere, code: Word = "", form: Word = "") -> Response:
    """The telephone shows the right code: the account is set up, and its person signed in."""
    here.require_own_form(form)
    store, name = here.premises.store, here.who.name
    try:
        require_a_try(here, request, name)
    except TooOften:
        return _second(here, "later", 429)
    seed = store.staff_accounts.seed(name)
    step = None if seed is None else time_code.fitting(seed, code, here.now, 0)
    if seed is None or step is None:
        is_late = seed is not None and time_code.is_of_another_clock(seed, code, here.now)
        return _second(here, "clock" if is_late else "wrong", 422)
    if not store.staff_accounts.finish(name, step, here.now):
        store.staff_sessions.end(here.own.id, name)
        return here.to("begin")
    forget_tries(here, request, name)
    return signed_in(here, request, here.who, BY_CODE)


@router.post("/sign-out")
def sign_out(here: StaffHere, form: Word = "") -> Response:
    """End the session, here and in the store."""
    here.require_own_form(form)
    here.premises.store.staff_sessions.end(here.own.id, here.who.name)
    answer = here.to("sign-in")
    secure = here.premises.portal.is_secure
    answer.delete_cookie(cookie_name(secure=secure), path=PATH, secure=secure, httponly=True, samesite="strict")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def signed_in(here: StaffVisit, request: Request, person: Person, way: str, unsent: str = "") -> Response:
    """Begin a session, in place of one that the browser had; go to the first page, or back to what was not sent.

    Args:
        here: the visit.
        request: of it.
        person: who showed who it is.
        way: how.
        unsent: what waits on the page, sealed; empty for nothing.
    """
    store, name = here.premises.store, person.name
    if here.session is not None:
        store.staff_sessions.end(here.session.id, here.session.name)
    session = store.staff_sessions.begin(name, way, here.now)
    store.staff_accounts.note(name, "signed in", name, here.now)
    what = staff_unsent.opened(here, unsent, name)
    there = replace(here, session=session, person=person)
    answer = _with_cookie(here, here.to("") if what is None else staff_unsent.page(there, what), session)
    staff_browser.remember(here, request, answer, folded(name))
    return answer


def _with_cookie(here: StaffVisit, answer: Response, session: StaffSession) -> Response:
    secure = here.premises.portal.is_secure
    answer.set_cookie(
        cookie_name(secure=secure), session.token, httponly=True, samesite="strict", path=PATH, secure=secure
    )
    return answer


def _new_seed() -> bytes:
    import secrets

    return secrets.token_bytes(time_code.BYTES)


def form_page(here: StaffVisit, problem: str = "", status: int = 200, unsent: str = "", name: str = "") -> Response:
    """The page for signing in.

    Args:
        here: the visit.
        problem: what went wrong: ``wrong``, ``passkey``, ``later``, ``away``, ``ended``; empty for nothing.
        status: of the answer.
        unsent: what was not taken, sealed; it goes on to wait there.
        name: that was typed, whoever has it.
    """
    portal, asked = here.premises.portal, ""
    if passkeys.offered(portal):
        asked = passkeys.asked_to_show(portal, passkeys.challenge(here.key, SIGN_IN, here.now))
    return here.page("sign_in", {"problem": problem, "asked": asked, "unsent": unsent, "name": name}, status)


def _begin(here: StaffVisit, problem: str = "", status: int = 200, name: str = "", code: str = "") -> Response:
    """The form, with what was typed but for the password; the code stands there again only where it was right."""
    return here.page("begin", {"problem": problem, "least": LEAST, "most": MOST, "name": name, "code": code}, status)


def _second(here: StaffVisit, problem: str = "", status: int = 200) -> Response:
    seed = here.premises.store.staff_accounts.seed(here.who.name)
    if seed is None:
        return here.to("begin")
    address = time_code.address(seed, here.who.name, here.premises.site.library)
    return here.page("second", {"problem": problem, "seed": time_code.written(seed), "address": address}, status)
