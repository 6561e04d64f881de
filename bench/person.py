"""One person erased from a whole library, and looked for in it: against bare SQL, and against reading the same columns."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, delete, select, update

from bench.library import NAME, Library, Template
from bench.past import LINKED, SINGLE, Past
from bench.row import Row
from bench.site_folder import Site
from carrel.inventory.person_map import Act
from carrel.retention.identifiers import Subject
from carrel.systems.sql import live
from carrel.systems.sql.erasure import SqlErasure
from carrel.systems.sql.person_texts import PersonTexts

_ORDINARY = 2_000  # loans


@dataclass
class Erased:
    """How one erasure went: seconds of `carrel apply`, of bare SQL, of the sweep alone, of reading what it reads."""

    apply: float
    bare: float
    sweep: float
    read: float
    rows: int


def erasure(template: Template, folder: Path, *, rounds: int, judge: bool) -> list[Row]:
    """The erasure of a reader with many loans, and the person sweep."""
    done = [_round(template, folder / f"site-{n}") for n in range(rounds)]
    return _rows(f"{template.loans:,} loans", done, judge=judge)


def large(template: Template, folder: Path, loans: int, *, judge: bool) -> list[Row]:
    """The same of an ordinary reader, in a library whose past was multiplied; one server, no copies, so one round."""
    with template.copy() as library:
        past = Past(library, LINKED, single=SINGLE)
        past.grow(loans)
        number = reader(library, at_most=_ORDINARY)
        engine = library.engine()
        with engine.connect() as connection:
            one, rows, sweep, read = _looked(library, connection, number)
            bare = _seconds(lambda: _bare(connection, one))
            connection.rollback()
        engine.dispose()
        made, plan = _approved(library, folder / "site-large", number)
        apply = _seconds(lambda: made.carrel("apply", plan))
        held = ", ".join(f"{table} {count:,}" for table, count in past.rows())
    return _rows(f"rows: {held}", [Erased(apply, bare, sweep, read, rows)], judge=judge)


def _looked(library: Library, connection: Connection, number: int) -> tuple[SqlErasure, int, float, float]:
    """An erasure that is not carried out: its rows; seconds of its sweep, and of reading what that reads."""
    one = _erasure(library, connection, number)
    rows = sum(going.rows for going in one.going(connection))
    sweep = _seconds(lambda: one.sweep(connection))
    read = _read(library, one)
    connection.rollback()
    return one, rows, sweep, read


def _rows(library: str, done: list[Erased], *, judge: bool) -> list[Row]:
    apply, bare, sweep, read = (
        median(getattr(one, name) for one in done) for name in ("apply", "bare", "sweep", "read")
    )
    size = f"{library}, {done[0].rows:,} rows of the person, {len(done)} round(s)"
    whole, speed = apply / (bare + sweep), read / sweep
    return [
        Row("erasure of one person, with its sweep", f"{size}; bare {bare * 1000:.0f} ms", f"{apply:.2f} s",
            f"{bare + sweep:.2f} s", "the bare SQL in one transaction, and the sweep", "measured", whole, "at most 3",
            whole <= 3 if judge else None),
        Row("person sweep, speed", f"{size}; every text of every table", f"{sweep:.2f} s", f"{read:.2f} s",
            "SELECT of the same columns, MariaDB's own client", "measured", speed, "at least 0.5",
            speed >= 0.5 if judge else None),
    ]  # fmt: skip


def _round(template: Template, site: Path) -> Erased:
    with template.copy() as library:
        number = reader(library)
        made, plan = _approved(library, site, number)
        apply = _seconds(lambda: made.carrel("apply", plan))
    with template.copy() as library:
        engine = library.engine()
        with engine.connect() as connection:
            one, rows, sweep, read = _looked(library, connection, number)
        with engine.begin() as connection:
            bare = _seconds(lambda: _bare(connection, one))
        engine.dispose()
    return Erased(apply, bare, sweep, read, rows)


def reader(library: Library, *, at_most: int | None = None) -> int:
    """A reader with many past loans, but no more than so many, whom nothing keeps."""
    few = "" if at_most is None else f"HAVING COUNT(*) <= {at_most} "
    return int(
        library.sql(
            "SELECT b.borrowernumber FROM borrowers b JOIN old_issues o USING (borrowernumber) "
            "LEFT JOIN issues i ON i.borrowernumber = b.borrowernumber "
            "LEFT JOIN accountlines a ON a.borrowernumber = b.borrowernumber "
            "LEFT JOIN return_claims r ON r.borrowernumber = b.borrowernumber "
            "LEFT JOIN borrower_relationships g ON g.guarantor_id = b.borrowernumber "
            "WHERE i.issue_id IS NULL AND a.accountlines_id IS NULL AND r.id IS NULL AND g.guarantor_id IS NULL "
            "AND b.email IS NOT NULL AND b.protected = 0 AND COALESCE(b.flags, 0) = 0 AND b.surname <> '' "
            "AND b.borrowernumber <> (SELECT value FROM systempreferences WHERE variable = 'AnonymousPatron') "
            f"GROUP BY b.borrowernumber {few}ORDER BY COUNT(*) DESC LIMIT 1"
        )[0][0]
    )


def _approved(library: Library, folder: Path, number: int) -> tuple[Site, Path]:
    """A site beside the library, and an approved plan to erase this reader."""
    site = Site(library, folder, policy="worcester")
    (folder / "number.txt").write_text(f"{number}\n")
    plan = site.plan("--erase", folder / "number.txt", "--by-number")
    site.approve(plan)
    return site, plan


def _erasure(library: Library, connection: Connection, number: int) -> SqlErasure:
    schema, stand_in = live.read(connection, library.map), live.stand_in(connection, library.map)
    bare = SqlErasure(schema, library.map, (Subject(number),), stand_in, payer=None, at=NAME)
    known = bare.known(connection)
    return bare.of((known or Subject(number),))


def _bare(connection: Connection, one: SqlErasure) -> None:
    """What goes, step by step, in the caller's transaction; nothing is locked, counted or looked at.

    Rows are found by their keys first: an UPDATE that asks for them in a subquery would read its table whole.
    """
    for step in (*one.steps, one.last):
        rows = one.rows.rows(step.table)
        which = one.rows.those(step, rows)
        if keys := [rows.c[name] for name in one.rows.key(step.table)]:
            found = connection.execute(select(*keys).where(which)).all()
            if not found:
                continue
            which = one.rows.keyed(keys, found)
        if step.act is Act.DELETE:
            connection.execute(delete(rows).where(which))
        else:
            connection.execute(update(rows).where(which).values(one.rows.values(step, rows)))


def _read(library: Library, one: SqlErasure) -> float:
    """Seconds to read every column that the sweep looks into, unbuffered, and to throw it away."""
    texts: PersonTexts = one.texts
    began = time.monotonic()
    for name, places in texts.places():
        columns = ", ".join(f"`{place.column}`" for place in places)
        subprocess.run(
            ["mariadb", "--no-defaults", "-h127.0.0.1", f"-P{library.server.port}", "-ucarrel", "--quick", "-N",
             "-e", f"SELECT {columns} FROM `{NAME}`.`{name}`"],
            env={**os.environ, "MYSQL_PWD": library.server.password}, stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
    return time.monotonic() - began


def _seconds(work: Callable[[], Any]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
