"""A library's past, multiplied inside the server; and small libraries laid beside it.

Rows are copied with the sample's own statements: numbers move by whole blocks, card numbers and barcodes with them, and
times by some seconds, so that a copied row still leads where the first one led.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pymysql.cursors
import sqlalchemy as sa

from bench.library import NAME, Library
from carrel.systems.sample import multiplying

_ANONYMOUS = "(SELECT value FROM systempreferences WHERE variable = 'AnonymousPatron')"
# What is copied, with the condition of its rows: loans that are parted, a row of statistics for each, what loans name.
_NAMED = dict.fromkeys(("borrowers", "biblio", "biblioitems", "items"), "")
PARTED = {
    **_NAMED,
    "old_issues": f"WHERE borrowernumber = {_ANONYMOUS}",
    "statistics": "WHERE type = 'issue' AND borrowernumber IS NULL",
}
# Everything; of the tables below `statistics` only so many copies.
LINKED = dict.fromkeys(multiplying.tables(), "")
SINGLE = dict.fromkeys(set(LINKED) - {*PARTED, "issues", "deletedborrowers"}, 10)
_BASE = "bench_past"  # a database of its own: the site's map need not know it
_MOST = 700  # copies of the past
_LENT_FROM = 800  # copies of the small library count from here, those of the past from 1


class Past:
    """How often the past of a library was copied already.

    Args:
        library: whose tables hold one library.
        growing: tables that are multiplied, each with the condition of the rows that are.
        single: of some of them, how many copies there are at most.
    """

    def __init__(
        self, library: Library, growing: Mapping[str, str] = PARTED, *, single: Mapping[str, int] | None = None
    ) -> None:
        self._library, self._growing, self._single = library, growing, single or {}
        self._copies, self._nights = 1, 0
        with self._session() as cursor:
            self._blocks = self._highest()
            self._there = _count(cursor, "old_issues")
            cursor.execute(f"CREATE DATABASE {_BASE}")
            for table, which in self._growing.items():
                cursor.execute(f"CREATE TABLE {_BASE}.`{table}` AS SELECT * FROM `{table}` {which}")
            self._each = _count(cursor, f"{_BASE}.old_issues")

    def grow(self, loans: int) -> None:
        """Copy until there are about so many loans; keys are taken away before and made anew afterwards."""
        wanted = max(self._copies, 1 + round((loans - self._there) / self._each))
        if wanted == self._copies:
            return
        if wanted > _MOST:
            raise ValueError(f"{wanted} copies of the past: begin with a larger library")
        with self._session() as cursor:
            for table in self._growing:
                away, back = _keys(cursor, table)
                if away:
                    cursor.execute(f"ALTER TABLE `{table}` {', '.join(away)}")
                for copy in range(self._copies, min(wanted, self._single.get(table, wanted))):
                    cursor.execute(multiplying.statement(table, copy, self._blocks, f"{_BASE}.`{table}`"))
                if back:
                    cursor.execute(f"ALTER TABLE `{table}` {', '.join(back)}")
        self._copies = wanted

    def rows(self) -> list[tuple[str, int]]:
        """The tables that were multiplied, the largest first, with their rows as counted."""
        with self._session() as cursor:
            counted = [(table, _count(cursor, f"`{table}`")) for table in self._growing]
        return sorted(counted, key=lambda one: -one[1])

    def lend(self, database: str) -> int:
        """Lay one more copy of a small library beside the others; its loans. All its numbers are above all others."""
        copy = _LENT_FROM + self._nights
        self._nights += 1
        with self._session() as cursor:
            highest = self._highest()
            apart = {
                kind: -(-(max(number, self._blocks[kind] * _MOST) + 1_000) // copy) for kind, number in highest.items()
            }
            for table in multiplying.tables():
                cursor.execute(multiplying.statement(table, copy, apart, f"`{database}`.`{table}`"))
            return _count(cursor, f"`{database}`.old_issues")

    def _highest(self) -> dict[str, int]:
        engine = sa.create_engine(self._library.server.url(NAME))
        with engine.connect() as connection:
            found = multiplying.blocks_of(connection)
        engine.dispose()
        return found

    def _session(self) -> _Session:
        return _Session(self._library)


class _Session:
    """A cursor of root's that neither checks keys nor stops at dirt."""

    def __init__(self, library: Library) -> None:
        self._held = library.server.connected(NAME)

    def __enter__(self) -> pymysql.cursors.Cursor:
        cursor = self._held.__enter__()
        cursor.execute("SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = ''")
        return cursor

    def __exit__(self, *wrong: object) -> None:
        self._held.__exit__(*wrong)  # type: ignore[arg-type]  # as it was handed in


def _count(cursor: pymysql.cursors.Cursor, table: str) -> int:
    cursor.execute(f"SELECT COUNT(*) FROM {table}")
    return int((cursor.fetchone() or (0,))[0])


def _keys(cursor: pymysql.cursors.Cursor, table: str) -> tuple[list[str], list[str]]:
    """What takes a table's keys away, all but the first, and what makes them again."""
    cursor.execute(f"SHOW CREATE TABLE `{table}`")
    away: list[str] = []
    back: list[str] = []
    for line in str((cursor.fetchone() or ("", ""))[1]).splitlines():
        said = line.strip().rstrip(",")
        if key := re.match(r"(?:UNIQUE |FULLTEXT )?KEY `([^`]+)`", said):
            away.append(f"DROP KEY `{key[1]}`")
            back.insert(0, f"ADD {said}")
        elif foreign := re.match(r"CONSTRAINT `([^`]+)` FOREIGN KEY", said):
            away.insert(0, f"DROP FOREIGN KEY `{foreign[1]}`")
            back.append(f"ADD {said}")
    return away, back
