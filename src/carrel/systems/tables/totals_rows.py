"""Totals of nobody in particular: rows that no period is held against, and that must not tell of single persons."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from carrel.errors import CarrelError, Fault
from carrel.inventory.dated_table import DatedTable
from carrel.inventory.table_sample import TableSample
from carrel.inventory.totals import TOTALS, person_level
from carrel.retention.clearing import Piece
from carrel.systems import faults
from carrel.systems.sql import dated_rows, table_sample
from carrel.systems.tables import csv_sample


@dataclass(frozen=True)
class TotalsRows:
    """Rows that stay.

    Args:
        count: how many there are.
    """

    count: int

    def mark(self) -> str:
        """None is needed: nothing of it goes."""
        return ""

    def pieces(self, enough: datetime | None = None) -> Iterator[Piece]:
        """As many as there are."""
        del enough
        one = Piece("", None, kept=TOTALS)
        for _ in range(self.count):
            yield one

    def clear(self, goes: Callable[[Piece], bool], beat: Callable[[], None]) -> None:
        """Nothing of it goes."""


@contextmanager
def opened(entry: DatedTable) -> Iterator[Callable[[Any], TotalsRows]]:
    """The totals of an entry, once they were seen to be that.

    Raises:
        CarrelError: TBL-005, a column tells of single persons; TBL-001, TBL-008, FIL-001, SIT-004, SIT-005; of the SQL
            codes.
    """
    at = f"table {entry.name}"
    if entry.table is not None:
        with table_sample.connected(dated_rows.access(entry)) as connection:
            refuse_persons(table_sample.sample(connection, entry.table, at), at, entry.counts)
            count = table_sample.count(connection, entry.table, at)
    else:
        writing = entry.writing
        found = csv_sample.look(
            entry.where,
            entry.patterns,
            delimiter=writing.delimiter,
            encoding=writing.encoding,
            header=writing.header,
            named=entry.counts,
            at=at,
        )
        refuse_persons(found.sample, at, entry.counts)
        count = csv_sample.count(entry.where, entry.patterns, writing)
    yield lambda _part: TotalsRows(count)


def refuse_persons(sample: TableSample, at: str, declared: Collection[str] = ()) -> None:
    """Refuse totals that are none.

    Args:
        sample: some of its rows.
        at: what errors call it.
        declared: columns that count, as the site file says.

    Raises:
        CarrelError: TBL-005, with each column and why, in counts.
    """
    wrong = [
        Fault(
            faults.NO_TOTALS,
            at=at,
            wanted="totals only: how many, where and when, and nothing of anybody",
            found=told,
            because="counts of visits are kept without limit, and so must not tell who came (MITL-2.7)",
            fix="have the program leave this out; name what counts under 'counts:'; or declare a clock and a key",
        )
        for told in person_level(sample, declared)
    ]
    if wrong:
        raise CarrelError(tuple(wrong))
