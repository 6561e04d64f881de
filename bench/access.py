"""What is held of one person, told by five systems: gathered, and written as a package, against the bare SQL."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pymysql

from bench.library import NAME, POLICY, Library, Template
from bench.past import LINKED, SINGLE, Past
from bench.person import reader
from bench.row import Row
from carrel.inventory.site import Site
from carrel.retention.identifiers import Subject
from carrel.rights.answer import Answer
from carrel.rights.wording import ENGLISH
from carrel.systems import access_package, policy_files
from carrel.systems.access_answer import Asked, OpenSystem, gathered
from carrel.systems.secret import Secret
from carrel.systems.sql import live
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.person_data import PersonData

SYSTEMS = 5
_ORDINARY = 2_000  # loans
_SITE = Site.model_construct(library="Bench", folders=(), tables=(), mailboxes=(), log_services=(), backups=())


def answer(template: Template, loans: int, *, rounds: int, judge: bool) -> list[Row]:
    """A reader of a library with so many loans, which is opened as five systems; nothing of the schema is read anew."""
    with template.copy() as library:
        past = Past(library, LINKED, single=SINGLE)
        past.grow(loans)
        number = reader(library, at_most=_ORDINARY)
        held = ", ".join(f"{table} {count:,}" for table, count in past.rows() if table in {"old_issues", "statistics"})
        card = str(library.sql(f"SELECT cardnumber FROM borrowers WHERE borrowernumber = {number}")[0][0])
        systems = [_opened(library, f"s{n}") for n in range(SYSTEMS)]
        statements = _statements(systems[0], number)
        rows = _bare(library, statements)  # warms the server for both
        bare, ours, packed = [], [], []
        for _ in range(rounds):
            bare.append(_seconds(lambda: [_bare(library, statements) for _ in systems]))
            ours.append(_seconds(lambda: _gathered(systems, card)))
            packed.append(_seconds(lambda: _gathered(systems, card, write=True)))
        for one in systems:
            one.engine.dispose()
    size = f"{SYSTEMS} systems of {loans:,} loans (one database opened {SYSTEMS} times: {held}), {rows:,} rows in each"
    name = f"{len(statements)} statements in each by the driver alone"
    mine, theirs, whole = median(ours), median(bare), median(packed)
    return [
        Row("one person's answer, gathered", size, f"{mine:.2f} s", f"{theirs:.2f} s", name, "measured", mine / theirs,
            "at most 3; 1 s", (mine <= 3 * theirs and mine < 1) if judge else None),
        Row("the same, written as a package", size, f"{whole:.2f} s", f"{theirs:.2f} s", name, "measured",
            whole / theirs, "told", None),
    ]  # fmt: skip


def _opened(library: Library, name: str) -> OpenSystem:
    engine = connect(Access(name, Secret(library.server.url(NAME), name)), read_only=True)
    with engine.connect() as connection:
        schema, stand_in = live.read(connection, library.map), live.stand_in(connection, library.map)
    return OpenSystem(name, engine, schema, library.map, policy_files.load(POLICY), ZoneInfo("UTC"), stand_in)


def _statements(system: OpenSystem, number: int) -> list[str]:
    """Every question of the answer that an index leads to, with its values in it."""
    with system.engine.connect() as connection:
        data = PersonData(connection, system.layout, Subject(number), system.policy, system.zone, system.name)
        return [said for _, said in data.statements(indexed=True)]


def _bare(library: Library, statements: list[str]) -> int:
    rows = 0
    with _session(library) as cursor:
        for one in statements:
            cursor.execute(one)
            rows += len(cursor.fetchall())
    return rows


@contextmanager
def _session(library: Library) -> Iterator[Any]:
    connection = pymysql.connect(
        host="127.0.0.1", port=library.server.port, user="carrel", password=library.server.password, database=NAME,
        charset="utf8mb4",
    )  # fmt: skip
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _gathered(systems: list[OpenSystem], card: str, *, write: bool = False) -> Answer:
    policy = systems[0].policy
    asked, at = Asked(card), datetime.now(UTC)
    with gathered(systems, asked, case="case-bench", site=_SITE, policy=policy, at=at, thorough=False) as found:
        assert all(one.found for one in found.systems)
        if write:
            access_package.write(found, io.BytesIO(), ENGLISH)
        return found


def _seconds(work: Callable[[], Any]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
