"""What each route of the pages is. One that is not told here fails every test of routes: say what it is.

A line tells who may ask, what a form would have to send to do something, and, where an address names a thing, how a
thing of somebody else is made. From that the tests ask each route as everybody who must not get in.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.integration.web.ground import Ground, Person

    Things = Callable[[Ground, Person], dict[str, str]]
    Fields = Callable[[Ground, TestClient], dict[str, str]]


class Whose(enum.Enum):
    """Who may ask."""

    EVERYBODY = "everybody"
    PATRON = "whoever is signed in, and sees what is that person's alone"
    STAFF = "staff who are signed in; a patron is nobody there"


@dataclass(frozen=True)
class Kind:
    """What one route is.

    Attributes:
        whose: who may ask.
        fields: of a form that does something, without its token; for what is not a GET.
        token: whether that form carries the token of its session; only signing in can have none.
        thing: of a person, for every further name in braces in the address; made by that person's own means.
    """

    whose: Whose
    fields: Fields | None = None
    token: bool = True
    thing: Things | None = None


def _nothing(_ground: Ground, _browser: TestClient) -> dict[str, str]:
    return {}


def _signing_in(ground: Ground, _browser: TestClient) -> dict[str, str]:
    return {"name": ground.ada.card, "password": ground.ada.password}


KNOWN: dict[tuple[str, str], Kind] = {
    ("GET", "/"): Kind(Whose.EVERYBODY),
    ("GET", "/.well-known/gpc.json"): Kind(Whose.EVERYBODY),
    ("GET", "/robots.txt"): Kind(Whose.EVERYBODY),
    ("GET", "/healthz"): Kind(Whose.EVERYBODY),
    ("GET", "/api/openapi.json"): Kind(Whose.EVERYBODY),
    ("GET", "/api/v1/policy"): Kind(Whose.EVERYBODY),
    ("GET", "/{language}/"): Kind(Whose.EVERYBODY),
    ("GET", "/{language}/about"): Kind(Whose.EVERYBODY),
    ("GET", "/{language}/sign-in"): Kind(Whose.EVERYBODY),
    ("POST", "/{language}/sign-in"): Kind(Whose.EVERYBODY, _signing_in, token=False),
    ("POST", "/{language}/sign-out"): Kind(Whose.PATRON, _nothing),
    ("GET", "/{language}/me"): Kind(Whose.PATRON),
    ("GET", "/{language}/me/data"): Kind(Whose.PATRON),
}
# How a member of staff signs in, once there are pages for staff.
STAFF: Callable[[Ground], TestClient] | None = None
