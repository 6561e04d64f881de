"""Pages over a library in which two patrons have rows in every table, and all that can be seen of a change."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import Mount
from starlette.testclient import TestClient

from carrel.store.store import FILE
from carrel.systems.sample.signing_in import offer_notices
from tests.integration.conftest import Koha
from tests.integration.web import staff_site
from tests.integration.web.conftest import PASSWORD, Pages, hashed, pages_of
from tests.integration.web.marked_rows import EVIL, MarkedRows

_NAMED = re.compile(r"\{(\w+)(?::\w+)?\}")
HASH = hashed(PASSWORD)
Tables = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Person:
    """A patron, by what no page may show to anybody else.

    Attributes:
        letter: of the marks in the rows of this person.
        number: of the record.
        rows: how many there are, per table.
    """

    letter: str
    number: int
    card: str
    user: str
    email: str
    rows: dict[str, int]
    password: str = PASSWORD

    def seen_in(self, text: str) -> list[str]:
        """What of this person stands in a text."""
        found = [one for one in (self.card, self.user, self.email) if one in text]
        return found + re.findall(rf"q{self.letter}\d+q", text)[:3]


@dataclass
class Ground:
    """The pages, their routes, and two patrons of the library."""

    pages: Pages
    koha: Koha
    folder: Path
    rows: MarkedRows
    ada: Person
    ben: Person
    requests: dict[str, str] = field(default_factory=dict)
    changes: int = 0
    desk: TestClient | None = None

    @property
    def routes(self) -> list[tuple[str, str]]:
        """Method and address of each route, as they stand in the table of the application."""
        return routes(self.pages)

    def rest(self) -> None:
        """Whoever tried too often may try again. The clock stays: the desk behind the pages has one of its own."""
        with sqlite3.connect(self.folder / FILE) as database:
            database.execute("DELETE FROM portal_attempt")

    def signed_in(self, who: Person) -> TestClient:
        """A browser in which somebody has signed in."""
        self.rest()
        with self.koha.engine().begin() as connection:  # a test may have set another
            connection.exec_driver_sql("UPDATE borrowers SET password = ? WHERE borrowernumber = ?", (HASH, who.number))
        return self.pages.signed_in(who.card, who.password)

    def lock(self, who: Person, *, locked: bool = True) -> None:
        """Lock an account in the product, or let it in again."""
        with self.koha.engine().begin() as connection:
            connection.exec_driver_sql(
                f"UPDATE borrowers SET login_attempts = {-1 if locked else 0} WHERE borrowernumber = {who.number}"
            )

    def state(self, *, sessions: bool = True) -> Tables:
        """Every row of Carrel's own records, and a digest of the library; that somebody tried to sign in is no change."""
        without = {"portal_attempt", "staff_event", *(() if sessions else ("portal_session",))}
        library = Path(self.koha.url.removeprefix("sqlite:///")).read_bytes()
        return {**_rows_of(self.folder / FILE, without), "the library": [(hashlib.sha256(library).hexdigest(),)]}


def routes(pages: Pages) -> list[tuple[str, str]]:
    """Method and address of each route of the application, with the names in them as they are declared."""
    found: list[tuple[str, str]] = []

    def walk(table: Any, before: str) -> None:
        for one in table:
            if isinstance(one, Mount):
                assert one.path == "/static", f"say what is mounted at {one.path}"
                continue
            if (below := getattr(one, "original_router", None)) is not None:
                walk(below.routes, before)
                continue
            found.extend((method, before + one.path) for method in one.methods or () if method != "HEAD")

    walk(whole(pages).routes, "")
    return sorted(found, key=lambda one: (one[1], one[0]))


def names_in(path: str) -> list[str]:
    """The names in braces in an address."""
    return _NAMED.findall(path)


def filled(path: str, values: dict[str, str], language: str = "en") -> str:
    """An address with values in place of its names."""
    said = {"language": language, **values}
    return _NAMED.sub(lambda found: said[found[1]], path)


@contextmanager
def ground_of(folder: Path, koha: Koha) -> Iterator[Ground]:
    """The ground over a copy of the sample on SQLite."""
    rows = MarkedRows(koha)
    rows.library()
    offer_notices(koha.engine())
    people = [_patron(rows, *one) for one in (("A", "K7700123", "reader7700"), ("B", "K8800456", "borrower8800"))]
    with pages_of(folder, koha.url, "koha", more=staff_site.people()) as pages, pytest.MonkeyPatch.context() as patched:
        staff_site.cheap_hashes(patched)
        staff_site.set_up(pages, "Ada Example")
        made = Ground(pages, koha, folder, rows, *people)
        for who in people:
            made.requests[who.letter] = _asked(made, who)
        yield made


def _asked(ground: Ground, who: Person) -> str:
    """A question that somebody asked, in words that want out of their place; the name of the request."""
    browser = ground.signed_in(who)
    token = browser.get("/en/me").text.split('name="form" value="')[1].split('"')[0]
    words = "\n\n".join(one.format(f"q{who.letter}900001q") for one in EVIL if "\x1b" not in one)
    answer = browser.post("/en/me/question", data={"words": words, "form": token})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"].rsplit("/", 1)[1])


def _patron(rows: MarkedRows, letter: str, card: str, user: str) -> Person:
    email = f"{user}.mail@elm.example"
    number, said = rows.whole_person(letter, cardnumber=card, userid=user, email=email, password=HASH,
                                     login_attempts=0, dateexpiry="2999-01-01")  # fmt: skip
    return Person(letter, number, card, user, email, said)


def whole(pages: Pages) -> FastAPI:
    """The application within its guards."""
    inner: Any = pages._app
    while not isinstance(inner, FastAPI):
        inner = vars(inner).get("_app") or inner.app
    return inner


def _rows_of(place: Path, without: set[str]) -> Tables:
    with sqlite3.connect(f"file:{place}?mode=ro", uri=True) as database:
        names = [str(one) for (one,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(database.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for name in names
            if name not in without
        }
