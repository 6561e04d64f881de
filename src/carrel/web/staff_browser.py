"""A browser in which somebody of the staff signed in before: its tries are counted apart from everybody else's.

So whoever only knows a name cannot keep its person out by trying, nor can whoever shares an address with the library.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from fastapi import Request
from starlette.responses import Response

from carrel.web.sealed_token import TokenKind
from carrel.web.staff_visit import PATH, StaffVisit

_LASTS = timedelta(days=90)
_KIND = TokenKind(b"carrel staff browser", _LASTS)
_PEOPLE = 8  # of one browser, such as that at a desk; whoever signed in there longest ago is counted as anybody else
_ID, _MARK = 12, 20  # bytes, signs


def known_as(here: StaffVisit, request: Request, name: str) -> str | None:
    """The mark of this browser, where a person signed in in it before.

    Args:
        here: the visit.
        request: of it.
        name: folded; a passkey and a one-time code name nobody, and are counted by the place alone.
    """
    said = _said(here, request)
    return said[0] if said is not None and _mark(name) in said[1] else None


def remember(here: StaffVisit, request: Request, answer: Response, name: str) -> None:
    """Have the browser know that a person signed in in it; who that was, only these pages can read.

    Args:
        here: the visit.
        request: of it.
        answer: that takes the cookie along.
        name: folded.
    """
    mark, before = _said(here, request) or (secrets.token_hex(_ID), ())
    people = list(dict.fromkeys((_mark(name), *before)))[:_PEOPLE]
    text = _KIND.sealed({"mark": mark, "people": people}, here.key, here.now)
    secure = here.premises.portal.is_secure
    answer.set_cookie(
        _cookie(secure=secure), text, max_age=int(_LASTS.total_seconds()), httponly=True, samesite="strict",
        path=PATH, secure=secure,
    )  # fmt: skip


def _said(here: StaffVisit, request: Request) -> tuple[str, tuple[str, ...]] | None:
    sent = request.cookies.get(_cookie(secure=here.premises.portal.is_secure), "")
    said = _KIND.opened(sent, here.key, here.now) if sent else None
    return None if said is None else (str(said["mark"]), tuple(map(str, said["people"])))


def _mark(name: str) -> str:
    return hashlib.sha256(b"carrel staff browser\0" + name.encode(errors="replace")).hexdigest()[:_MARK]


def _cookie(*, secure: bool) -> str:
    return "__Secure-carrel-staff-browser" if secure else "carrel-staff-browser"
