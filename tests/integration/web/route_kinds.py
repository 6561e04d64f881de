"""What each route of the pages is. One that is not told here fails every test of routes: say what it is.

A line tells who may ask, what a form would have to send to do something, and, where an address names a thing, how a
thing of somebody else is made. From that the tests ask each route as everybody who must not get in.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.retention.restriction import Ground as Grounds
from carrel.web.case_desk import CameIn
from tests.integration.web import staff_site

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
        works: whether the form does something here, as told; not where it takes another server, whose own tests try it.
        thing: of a person, for every further name in braces in the address; made by that person's own means.
    """

    whose: Whose
    fields: Fields | None = None
    token: bool = True
    thing: Things | None = None
    works: bool = True


def _sends(**fields: str) -> Fields:
    return lambda _ground, _browser: fields


def _signing_in(ground: Ground, _browser: TestClient) -> dict[str, str]:
    return {"name": ground.ada.card, "password": ground.ada.password}


def _correcting(ground: Ground, browser: TestClient) -> dict[str, str]:
    """What stands on the page, with another telephone; the page's own mark of how it was."""
    page = browser.get("/en/me/correct").text
    seen = page.split('name="seen" value="')[1].split('"')[0]
    ground.changes += 1
    return {"seen": seen, "telephone number: main": f"617 555 {ground.changes:04d}", "password": ground.ada.password}


def _choosing(ground: Ground, _browser: TestClient) -> dict[str, str]:
    return {"act": "withdraw", "purpose": "library campaign"}


def _new_password(ground: Ground, _browser: TestClient) -> dict[str, str]:
    return {"password": ground.ada.password, "new": "another one 77", "again": "another one 77"}


def _known_again(ground: Ground, _browser: TestClient) -> dict[str, str]:
    return {"password": ground.ada.password}


def _ticket(ground: Ground, browser: TestClient) -> dict[str, str]:
    """What the button of a package that was asked for sends."""
    token = browser.get("/en/me").text.split('name="form" value="')[1].split('"')[0]
    page = browser.post("/en/me/take-along", data={"password": ground.ada.password, "form": token}).text
    return {"ticket": page.split('name="ticket" value="')[1].split('"')[0]}


def _ticked(_ground: Ground, browser: TestClient) -> dict[str, str]:
    """The first way of the first notice, ticked if it was not, or not if it was."""
    page = browser.get("/en/me/notices").text
    found = re.search(r'name="way" value="([^"]+)"( checked)?', page)
    assert found is not None
    notice = found[1].rpartition(" ")[0]
    return {"notice": notice} if found[2] else {"notice": notice, "way": found[1]}


def _request(ground: Ground, who: Person) -> dict[str, str]:
    return {"name": ground.requests[who.letter], "request_id": ground.requests[who.letter]}


def _no_way(_ground: Ground, _who: Person) -> dict[str, str]:
    return {"way": "nowhere"}


def _case(ground: Ground, _who: Person) -> dict[str, str]:
    """A case of legal process, made once by staff: a patron is nobody there."""
    if "case" not in ground.requests:
        terms = {"instrument": "subpoena", "served on": "the library", "from": "a firm"}
        desk = ground.pages.premises.staff.cases
        ground.requests["case"] = desk.open("Ada Example", CameIn(terms, "all of it", None))
    return {"case_id": ground.requests["case"], "document": "doc-0123456789abcdef"}


def _nothing_there(_ground: Ground, _who: Person) -> dict[str, str]:
    return {"paper": "nothing", "year": "1999"}


_OPEN, _OWN, _STAFF = Whose.EVERYBODY, Whose.PATRON, Whose.STAFF
_ME, _DESK = "/{language}/me", "/staff/{language}"
KNOWN: dict[tuple[str, str], Kind] = {
    **{("GET", path): Kind(_OPEN) for path in (
        "/", "/.well-known/gpc.json", "/robots.txt", "/healthz", "/api/openapi.json", "/api/v1/policy", "/{language}/",
        "/{language}/about", "/{language}/sign-in", "/staff", "/staff/", "/staff/begin", f"{_DESK}/sign-in", f"{_DESK}/begin",
        f"{_DESK}/desk", f"{_DESK}/desk/all", "/{language}/transparency",
    )},
    **{("GET", f"{_ME}{path}"): Kind(_OWN) for path in (
        "", "/data", "/stay", "/ask", "/choices", "/correct", "/notices", "/password", "/password/done", "/requests", "/take-along",
        "/erase", "/restrict", "/object", "/challenge", "/question", "/see-all",
    )},
    **{("GET", f"{_DESK}{path}"): Kind(_STAFF) for path in (
        "/", "/account", "/account/passkeys", "/account/password", "/ask", "/consents", "/nights", "/prove", "/second",
        "/second/picture", "/stay", "/cases", "/cases/open", "/cases/forget", "/offices",
    )},
    **{("POST", f"{_DESK}{path}"): Kind(_STAFF, _sends()) for path in (
        "/account/passkeys", "/account/passkeys/remove", "/account/password", "/account/sessions", "/ask", "/consents", "/prove",
        "/prove/passkey", "/second", "/sign-out", "/cases/open", "/cases/forget", "/offices",
    )},
    ("GET", f"{_DESK}/requests/{{request_id}}"): Kind(_STAFF, thing=_request),
    ("POST", f"{_DESK}/requests/{{request_id}}"): Kind(_STAFF, _sends(step="identity"), thing=_request),
    ("GET", f"{_DESK}/requests/{{request_id}}/end"): Kind(_STAFF, thing=_request),
    ("POST", f"{_DESK}/requests/{{request_id}}/end"): Kind(_STAFF, _sends(end="fulfilled"), thing=_request),
    **{("GET", f"{_DESK}/cases/{{case_id}}{path}"): Kind(_STAFF, thing=_case) for path in ("", "/decide", "/papers/{document}")},
    ("POST", f"{_DESK}/cases/{{case_id}}"): Kind(_STAFF, _sends(act="note", words="x"), thing=_case),
    ("POST", f"{_DESK}/cases/{{case_id}}/decide"): Kind(_STAFF, _sends(act="withdraw", words="x"), thing=_case),
    ("POST", f"{_DESK}/cases/{{case_id}}/papers"): Kind(_STAFF, _sends(paper="other"), thing=_case),
    # What is said at the desk, and the report, are for everybody; there are no such as these.
    ("GET", f"{_DESK}/desk/{{paper}}"): Kind(_OPEN, thing=_nothing_there),
    # The link in a letter is its own proof; there is none of these here (see test_confirmation).
    ("GET", "/{language}/confirm/{token}"): Kind(_OPEN, thing=lambda _ground, _who: {"token": "x"}),
    ("POST", "/{language}/confirm/{token}"): Kind(
        _OPEN, _sends(), token=False, thing=lambda _ground, _who: {"token": "x"}, works=False
    ),
    ("GET", "/ends/{seconds}.css"): Kind(_OPEN, thing=lambda _ground, _who: {"seconds": "61"}),
    ("GET", "/{language}/transparency/{year}"): Kind(_OPEN, thing=_nothing_there),
    ("GET", f"{_ME}/requests/{{name}}"): Kind(_OWN, thing=_request),
    ("POST", f"{_ME}/requests/{{name}}"): Kind(_OWN, _sends(act="withdraw"), thing=_request),
    ("POST", "/{language}/sign-in"): Kind(_OPEN, _signing_in, token=False),
    # Staff are tried by test_staff_sign_in; here it is a patron who tries.
    ("POST", f"{_DESK}/sign-in"): Kind(_STAFF, _sends(name="Ada Example", password="x", code="1"), token=False),
    ("POST", f"{_DESK}/sign-in/passkey"): Kind(_STAFF, _sends(answer="x"), token=False),
    ("POST", f"{_DESK}/begin"): Kind(_STAFF, _sends(name="Ada Example", code="x"), token=False),
    # Another server's word (test_away and its neighbours); this site has none.
    ("GET", "/sign-in/{way}"): Kind(_OPEN, thing=_no_way),
    ("POST", "/sign-in/{way}"): Kind(_OPEN, _sends(SAMLResponse="x"), token=False, thing=_no_way, works=False),
    ("POST", "/{language}/sign-in/away"): Kind(_OPEN, _sends(way="nowhere"), token=False, works=False),
    ("POST", "/{language}/sign-out"): Kind(_OWN, _sends()),
    ("POST", f"{_ME}/correct"): Kind(_OWN, _correcting),
    ("POST", f"{_ME}/correct/ask"): Kind(_OWN, _sends(words="my street has another name")),
    ("POST", f"{_ME}/choices"): Kind(_OWN, _choosing),
    ("POST", f"{_ME}/notices"): Kind(_OWN, _ticked),
    ("POST", f"{_ME}/password"): Kind(_OWN, _new_password),
    ("POST", f"{_ME}/take-along"): Kind(_OWN, _known_again),
    ("POST", f"{_ME}/take-along/file"): Kind(_OWN, _ticket),
    ("POST", f"{_ME}/erase"): Kind(_OWN, _sends(sure="yes", words="all of it")),
    ("POST", f"{_ME}/restrict"): Kind(_OWN, _sends(pick=str(next(iter(Grounds))), words="it is wrong")),
    ("POST", f"{_ME}/object"): Kind(_OWN, _sends(words="I do not want it")),
    ("POST", f"{_ME}/challenge"): Kind(_OWN, _sends(pick="accuracy", words="it is wrong")),
    ("POST", f"{_ME}/question"): Kind(_OWN, _sends(words="who reads this?")),
    ("POST", f"{_ME}/see-all"): Kind(_OWN, _sends()),
}  # fmt: skip
# Forms that carry no token, since there is no session yet; the browser says where they come from.
WITHOUT_TOKEN = {
    "/{language}/confirm/{token}",
    "/{language}/sign-in",
    "/sign-in/{way}",
    "/{language}/sign-in/away",
    f"{_DESK}/sign-in",
    f"{_DESK}/sign-in/passkey",
    f"{_DESK}/begin",
}


def STAFF(ground: Ground) -> TestClient:  # noqa: N802  (a hook, as the rest of this table)
    """A member of staff who is signed in."""
    if ground.desk is None:  # once: a page tells how many sessions there are
        ground.rest()
        ground.desk = staff_site.signed_in(ground.pages, "Ada Example")
    return ground.desk
