"""Signing in by the account that a patron has with the library, and signing out."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from carrel.errors import CarrelError
from carrel.web import tries, unsent_words
from carrel.web.patron import begin
from carrel.web.unsent_words import Unsent
from carrel.web.visit import Here, Visit, cookie_name

router = APIRouter(prefix="/{language}", include_in_schema=False)
Word = Annotated[str, Form()]

_LONGEST = 200


@router.get("/sign-in")
def ask(here: Here) -> Response:
    """The form."""
    return here.to("me") if here.session is not None else form_page(here)


@router.post("/sign-in")
def sign_in(request: Request, here: Here, name: Word = "", password: Word = "", system: Word = "",
            unsent: Word = "") -> Response:  # fmt: skip
    """Sign in. Whatever is wrong, the answer is the same; what was not sent in time waits on until it is right."""
    waits = unsent_words.read(unsent)
    premises = here.premises
    ways = premises.ways.taking
    way = ways.get(system) or (next(iter(ways.values())) if len(ways) == 1 else None)
    if way is None or not name.strip() or not password or max(len(name), len(password)) > _LONGEST:
        return form_page(here, "wrong", 401, waits)
    attempts, now = premises.store.portal_attempts, premises.now()
    word = tries.word(way.door.name, name)
    try:
        numbers = way.door.named(name.strip())
        if not attempts.allow([word, *tries.places(request)], now, tries.SPAN):
            return form_page(here, "later", 429, waits)
        left = attempts.allow(tries.accounts(way.door.name, numbers, name), now, tries.SPAN)
        opened = way.person(numbers if left else (), name.strip(), password)
        number = opened if left else None
    except CarrelError:
        return form_page(here, "away", 503, waits)
    if number is None:
        return form_page(here, "wrong", 401, waits)
    attempts.forget(*word[:2])
    attempts.forget("account", f"{way.door.name}\0{number}")
    if waits is None:
        return begin(here, way.door, number, here.to("me"), way.key)
    return begin(here, way.door, number, lambda there: there.page("unsent", {"unsent": waits}), way.key)


@router.post("/sign-out")
def sign_out(here: Here, form: Word = "") -> Response:
    """End the session, here and in the store."""
    here.require_own_form(form)
    way = here.premises.ways.leading_away.get(here.session.said.get("way", "")) if here.session is not None else None
    if here.session is not None:
        here.premises.store.portal_sessions.end(here.session.token)
    answer = replace(here, session=None, path="sign-in").page(
        "signed_out", {"way": way, "farewell": "" if way is None else way.farewell()}
    )
    secure = here.premises.portal.is_secure
    answer.delete_cookie(cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def form_page(here: Visit, problem: str = "", status: int = 200, waits: Unsent | None = None) -> Response:
    """The page for signing in.

    Args:
        here: the request.
        problem: what went wrong: ``wrong``, ``later``, ``away``, ``elsewhere``, ``unknown``, ``ended``; empty for
            nothing.
        status: of the answer.
        waits: what was not sent in time.
    """
    premises = here.premises
    values = {
        "ways": tuple(premises.ways.taking.values()),
        "elsewhere": tuple(premises.ways.leading_away.values()),
        "problem": problem,
        "unsent": waits,
    }
    return here.page("sign_in", values, status)
