"""Whoever is signed in, as a page may act for her or him: the number comes from the session and from nowhere else."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from carrel.web import tries
from carrel.web.premises import Door
from carrel.web.unsent_words import keep_words
from carrel.web.visit import KIND, Here, Visit, cookie_name


@dataclass(frozen=True, slots=True, repr=False)
class Patron:
    """Somebody who is signed in, and still may be.

    Attributes:
        door: the system by whose account.
        number: of the person there.
    """

    door: Door
    number: int


def patron(here: Here, _kept: Annotated[None, Depends(keep_words)] = None) -> Patron:
    """Who is signed in.

    Raises:
        HTTPException: 303 to the form for signing in, where nobody is; where the library has locked or taken out the
            account meanwhile; and where its password was changed since, here or in the product: a session that somebody
            else began with the old one ends with its next page. 503, the system is not one of the site's any more.
        CarrelError: of the SQL codes.
    """
    session = here.session
    if session is None:
        raise HTTPException(303, headers={"Location": f"/{here.language}/sign-in"})
    door = here.premises.doors.get(session.said["system"])
    if door is None:
        raise HTTPException(503)
    number = int(session.said["number"])
    if not hmac.compare_digest(session.said["mark"], _mark(here, door, number) or "-"):
        here.premises.store.portal_sessions.end(session.token)
        raise HTTPException(303, headers={"Location": f"/{here.language}/sign-in"})
    return Patron(door, number)


Signed = Annotated[Patron, Depends(patron)]


async def _own_form(request: Request, here: Here) -> FormData:
    """The form, if a page of this session made it.

    Raises:
        HTTPException: 403.
    """
    sent = await request.form()
    here.require_own_form(str(sent.get("form", "")))
    return sent


OwnForm = Annotated[FormData, Depends(_own_form)]


def said(form: FormData, name: str, longest: int = 200) -> str:
    """One field of a form, as text; empty where it is not there or too long to be meant."""
    value = form.get(name, "")
    return value if isinstance(value, str) and len(value) <= longest else ""


def begin(
    here: Visit, door: Door, number: int, answer: Response | Callable[[Visit], Response], way: str | None = None
) -> Response:
    """Begin a session of a person in place of whatever this browser had, and give the browser its token.

    Args:
        here: the request.
        door: the system by whose account.
        number: of the person there.
        answer: that the browser gets; or what makes it, of the visit in the new session.
        way: key of the one by which the person came in; that of the session before unless given.
    """
    premises = here.premises
    if way is None:
        way = "" if here.session is None else here.session.said.get("way", "")
    if here.session is not None:
        premises.store.portal_sessions.end(here.session.token)
    told = {"kind": KIND, "system": door.name, "number": str(number), "mark": _mark(here, door, number), "way": way}
    session = premises.store.portal_sessions.begin(told, premises.now(), premises.portal.longest)
    made = answer if isinstance(answer, Response) else answer(replace(here, session=session))
    made.set_cookie(
        cookie_name(secure=premises.portal.is_secure), session.token, httponly=True, samesite="lax", path="/",
        secure=premises.portal.is_secure,
    )  # fmt: skip
    return made


def password_problem(request: Request, here: Visit, who: Patron, password: str) -> str:
    """Why somebody who is signed in is not seen to know the password: ``wrong``, ``later``; empty where it is right.

    Tries count as those of signing in do: a session that was left open gives nobody more of them.
    """
    attempts = here.premises.store.portal_attempts
    account = ("account", f"{who.door.name}\0{who.number}", tries.OF_NAME)
    if not password:
        return "wrong"
    if not attempts.allow([account, *tries.places(request)], here.premises.now(), tries.SPAN):
        return "later"
    if who.door.person((who.number,), password) != who.number:
        return "wrong"
    attempts.forget(*account[:2])
    return ""


def _mark(here: Visit, door: Door, number: int) -> str:
    mark = door.mark(number)
    return hmac.new(here.key, b"mark\0" + mark.encode(), hashlib.sha256).hexdigest() if mark else ""


def page(here: Visit, template: str, values: Mapping[str, Any], problem: str = "") -> Response:
    """A page that tells what is wrong with a form, if anything is."""
    status = {"": 200, "later": 429, "often": 429, "kept": 409, "moved": 409, "away": 503}.get(problem, 422)
    return here.page(template, {**values, "problem": problem, "may_change": here.premises.portal.may_change}, status)
