"""One person erased from a whole library, and looked for in it: against bare SQL, and against reading the same columns."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, delete, update

from bench.library import NAME, Library, Template
from bench.row import Row
from carrel.cli.main import main
from carrel.inventory.person_map import Act
from carrel.ledger.note import Signer
from carrel.retention.identifiers import Subject
from carrel.store.key_file import write_key
from carrel.systems.sql import live
from carrel.systems.sql.erasure import SqlErasure
from carrel.systems.sql.person_texts import PersonTexts

_SITE = """\
format_version: 1
library: Bench Library
policy: ./policy.yaml
systems:
  - {{name: koha, map: koha, dsn_file: koha.dsn, time_zone: UTC, mode: window}}
consumers:
{consumers}
people:
  - {{name: Ada Example, role: privacy officer, may: [approve], public_key: '{key}'}}
  - {{name: Cal Example, role: systems librarian, may: [plan, run]}}
"""


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
    apply, bare, sweep, read = (
        median(getattr(one, name) for one in done) for name in ("apply", "bare", "sweep", "read")
    )
    size = f"{template.loans:,} loans, {done[0].rows:,} rows of the person, {rounds} round(s)"
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
        number = _reader(library)
        plan = _approved(library, site, number)
        apply = _seconds(lambda: _carrel("apply", plan, "--site", site))
    with template.copy() as library:
        engine = library.engine()
        with engine.connect() as connection:
            one = _erasure(library, connection, number)
            rows = sum(going.rows for going in one.going(connection))
            sweep = _seconds(lambda: one.sweep(connection))
            read = _read(library, one)
            connection.rollback()
        with engine.begin() as connection:
            bare = _seconds(lambda: _bare(connection, one))
        engine.dispose()
    return Erased(apply, bare, sweep, read, rows)


def _reader(library: Library) -> int:
    """A reader with many past loans whom nothing keeps."""
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
            "GROUP BY b.borrowernumber ORDER BY COUNT(*) DESC LIMIT 1"
        )[0][0]
    )


def _approved(library: Library, site: Path, number: int) -> Path:
    """A site beside the library, and an approved plan to erase this reader."""
    site.mkdir(mode=0o700)
    (site / "policy.yaml").write_text((resources.files("carrel.policy") / "shipped" / "worcester.yaml").read_text())
    (site / "koha.dsn").write_text(library.server.url(NAME) + "\n")
    (site / "koha.dsn").chmod(0o600)
    signer = Signer.generate("bench.example/ada", os.urandom(32))
    write_key(site / "ada.key", signer)
    jobs = "\n".join(f"  {one.name!r}: not used" for one in library.map.consumers if one.destructive)
    (site / "carrel.yaml").write_text(_SITE.format(key=signer.vkey, consumers=jobs))
    (site / "number.txt").write_text(f"{number}\n")
    plan = site / "erase.json"
    _carrel("plan", "--erase", site / "number.txt", "--by-number", "--as", "Cal Example", "--out", plan, "--site", site)
    _carrel("approve", plan, "--as", "Ada Example", "--key", site / "ada.key", "--yes", "--site", site)
    return plan


def _carrel(*words: object) -> dict[str, Any]:
    """One call in this process, so that a start of the interpreter is no part of the figure."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            main([*map(str, words), "--json"])
        except SystemExit as left:
            if left.code:
                raise RuntimeError(f"carrel {words[0]} ended with {left.code}: {out.getvalue()[:2000]}") from None
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def _erasure(library: Library, connection: Connection, number: int) -> SqlErasure:
    schema, stand_in = live.read(connection, library.map), live.stand_in(connection, library.map)
    bare = SqlErasure(schema, library.map, (Subject(number),), stand_in, payer=None, at=NAME)
    known = bare.known(connection)
    return bare.of((known or Subject(number),))


def _bare(connection: Connection, one: SqlErasure) -> None:
    """What goes, a statement for each step, in the caller's transaction; nothing is locked, counted or looked at."""
    for step in (*one.steps, one.last):
        rows = one.rows.rows(step.table)
        which = one.rows.those(step, rows)
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
