"""A database beside the library's own, with a table of computer bookings, and a site file that declares it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tests.integration.conftest import ON_EACH, Koha
from tests.integration.run import library
from tests.integration.run.mail_site import NOW

ZONE = "America/New_York"
SECRETS = ("29999000000017", "Ishmael Quill", "quill@patrons.example")
RULE = """
records:
  computer bookings:
    says: Who booked a computer, with a library or visitor card.
    source: patron
    custodian: the desk
    class: medium
    fields:
      card: {category: library card number, purpose: provide}
      event times: {category: event time, purpose: provide}
    retention:
      - {id: electronic bookings, active until: ended, keep: 48 hours, then: %s}
"""
MAKE = {
    "sqlite": "CREATE TABLE pc_bookings (id INTEGER PRIMARY KEY, station TEXT NOT NULL, card TEXT NOT NULL, who TEXT, "
    "started TEXT, ended TEXT, minutes INTEGER)",
    "mariadb": "CREATE TABLE pc_bookings (id INT AUTO_INCREMENT PRIMARY KEY, station VARCHAR(20) NOT NULL, "
    "card VARCHAR(20) NOT NULL, who VARCHAR(60), started DATETIME, ended DATETIME, minutes INT, "
    "touched TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)",
    "postgresql": "CREATE TABLE pc_bookings (id serial PRIMARY KEY, station text NOT NULL, card text NOT NULL, who text, "
    "started timestamp, ended timestamp, minutes int)",
}  # fmt: skip


def local(hours: float, zone: str = ZONE) -> datetime:
    """The wall-clock time of so many hours ago."""
    return (NOW - timedelta(hours=hours)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@dataclass
class Bookings:
    """A table of bookings of a library.

    Args:
        elm: the library.
        base: the database in which the table is.
    """

    elm: library.Library
    base: Koha

    def sql(self, *statements: str) -> None:
        with self.base.engine().begin() as connection:
            for one in statements:
                connection.exec_driver_sql(one)

    def add(self, *ended: datetime | None) -> None:
        """A booking of an hour for each time at which one ended."""
        rows = [
            {
                "s": f"pc-{n % 7}", "c": f"2999900000{n:04d}", "w": SECRETS[1],
                "b": None if at is None else str(at - timedelta(hours=1)), "e": None if at is None else str(at),
            }
            for n, at in enumerate(ended)
        ]  # fmt: skip
        query = "INSERT INTO pc_bookings (station, card, who, started, ended, minutes) VALUES (:s, :c, :w, :b, :e, 60)"
        if self.base.dialect == "postgresql":
            query = query.replace(":b", "CAST(:b AS timestamp)").replace(":e", "CAST(:e AS timestamp)")
        with self.base.engine().begin() as connection:
            connection.execute(sa.text(query), rows)

    def rows(self, what: str = "id", more: str = "") -> list[tuple[object, ...]]:
        with self.base.engine().connect() as connection:
            return [
                tuple(row) for row in connection.exec_driver_sql(f"SELECT {what} FROM pc_bookings {more} ORDER BY id")
            ]

    def ids(self, more: str = "") -> list[int]:
        return [int(str(row[0])) for row in self.rows(more=more)]

    def planned(self, name: str = "clear.json") -> Path:
        place = self.elm.folder / name
        self.elm.ok("table", "plan", "--as", "Cal Example", "--out", place)
        self.elm.approve(place)
        return place


def declare(elm: library.Library, entry: str, then: str = "delete") -> None:
    """Have the site's policy rule bookings, and its site file name this table."""
    elm.edit("\nrecords:\n", RULE % then, "policy.yaml")
    elm.edit("policy: mit-libraries", "policy: with-bookings", "policy.yaml")
    elm.edit("people:\n", f"tables:\n  - {{name: pcs, {entry}}}\npeople:\n")
    elm.needles.update(SECRETS)


ENTRY = "record: computer bookings, purpose: provide, until: ended, key: id, clock: ended"


@contextmanager
def scratch_of(request: pytest.FixtureRequest, kind: str, small: Koha, place: Path) -> Iterator[Koha]:
    """An empty database of one kind, beside the library's own, which is in a file of SQLite."""
    if kind == "sqlite":
        found = Koha(f"sqlite:///{place / 'scratch.db'}", kind, small.sample)
        (place / "scratch.db").touch()
    else:
        server, name = request.getfixturevalue(f"{kind}_server"), f"scratch_{secrets.token_hex(4)}"
        server.sql(f"CREATE DATABASE {name}")
        found = Koha(server.url(name), kind, small.sample, server, name)
    yield found
    found.dispose()
    if found.server is not None:
        found.server.drop_limited_users()
        found.server.sql(f"DROP DATABASE {found.database}" + (" WITH (FORCE)" if kind == "postgresql" else ""))


@pytest.fixture(params=ON_EACH)
def scratch(request: pytest.FixtureRequest, small_sqlite: Koha, tmp_path: Path) -> Iterator[Koha]:
    """An empty database of each kind in turn."""
    with scratch_of(request, request.param, small_sqlite, tmp_path) as found:
        yield found


@pytest.fixture(params=ON_EACH[1:])
def scratch_server(request: pytest.FixtureRequest, small_sqlite: Koha, tmp_path: Path) -> Iterator[Koha]:
    """An empty database of each server in turn."""
    with scratch_of(request, request.param, small_sqlite, tmp_path) as found:
        yield found


def bookings(elm: library.Library, base: Koha, more: str = f"zone: {ZONE}", then: str = "delete") -> Bookings:
    """An empty table of bookings, declared."""
    found = Bookings(elm, base)
    found.sql(MAKE[base.dialect])
    elm.secret("pc.dsn", base.url)
    declare(elm, f"dsn_file: pc.dsn, table: pc_bookings, {ENTRY}, {more}", then)
    return found
