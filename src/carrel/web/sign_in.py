"""Signing in by the account that a patron has with the library, and signing out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from carrel.errors import CarrelError
from carrel.web import tries
from carrel.web.patron import begin
from carrel.web.visit import Here, Visit, cookie_name

router = APIRouter(prefix="/{language}", include_in_schema=False)
Word = Annotated[str, Form()]

_LONGEST = 200


@router.get("/sign-in")
def ask(here: Here) -> Response:
    """The form."""
    return here.to("me") if here.session is not None else _form(here)


@router.post("/sign-in")
def sign_in(request: Request, here: Here, name: Word = "", password: Word = "", system: Word = "") -> Response:
    """Sign in. Whatever is wrong, the answer is the same."""
    premises = here.premises
    door = premises.doors.get(system) or (next(iter(premises.doors.values())) if len(premises.doors) == 1 else None)
    if door is None or not name.strip() or not password or max(len(name), len(password)) > _LONGEST:
        return _form(here, "wrong", 401)
    attempts, now = premises.store.portal_attempts, premises.now()
    try:
        numbers = door.named(name.strip())
        if not attempts.allow([*tries.accounts(door.name, numbers, name), *tries.places(request)], now, tries.SPAN):
            return _form(here, "later", 429)
        number = door.person(numbers, password)
    except CarrelError:
        return _form(here, "away", 503)
    if number is None:
        return _form(here, "wrong", 401)
    attempts.forget("account", f"{door.name}\0{number}")
    return begin(here, door, number, here.to("me"))


@router.post("/sign-out")
def sign_out(here: Here, form: Word = "") -> Response:
    """End the session, here and in the store."""
    here.require_own_form(form)
    if here.session is not None:
        here.premises.store.portal_sessions.end(here.session.token)
    answer = here.page("signed_out")
    secure = here.premises.portal.is_secure
    answer.delete_cookie(cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _form(here: Visit, problem: str = "", status: int = 200) -> Response:
    return here.page("sign_in", {"doors": tuple(here.premises.doors.values()), "problem": problem}, status)
