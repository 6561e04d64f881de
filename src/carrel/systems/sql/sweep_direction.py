"""What the directions of a sweep have in common: how a row is read, and when words of it are suspects."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    TableClause,
    case,
    literal,
)

from carrel.inventory.map_path import Role
from carrel.retention.trail import Trail, explained
from carrel.systems.sql.shelf import matching
from carrel.systems.sql.sweep_discovery import Reach
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_namesakes import Namesakes
from carrel.systems.sql.sweep_reading import as_text
from carrel.systems.sql.sweep_sample import Grade, Sample
from carrel.systems.sql.sweep_tally import Join, Tally


class Direction:
    """What every direction of attack has: the sample, what a hit means, where it is counted, and how a row is read.

    Args:
        library: where rows are read.
        sample: the pairs.
        grade: what a hit in a table means: it may be kept for a reason, or lie in a table that no rule covers yet.
        tally: where hits are counted.
        namesakes: who else has the words of a pair.
    """

    def __init__(self, library: Library, sample: Sample, grade: Grade, tally: Tally, namesakes: Namesakes) -> None:
        self._c, self._sample, self._grade, self._tally = library.connection, sample, grade, tally
        self._namesakes = namesakes
        self._suspects: list[tuple[Join, tuple[str, ...], frozenset[int], int]] = []
        self._people, self._catalogue = library.map.people.table, library.map.items
        self._stand_in = library.stand_in
        paths = library.map.loans.paths
        self._waiting = {path.table: path.waits for path in paths if path.waits}
        self._readers = {library.map.loans.closed.person, *(path.person for path in paths if path.role is Role.READER)}

    def _rows(self, reach: Reach) -> TableClause:
        waiting = self._waiting.get(reach.name)
        return reach.clause(*(condition.column for condition in waiting.where) if waiting else ())

    def _waits(self, reach: Reach, rows: TableClause) -> ColumnElement[str]:
        """Why the product has still to work on a row; empty where it has not."""
        waiting = self._waiting.get(reach.name)
        if waiting is None:
            return literal("")
        return case((matching(rows.c, waiting.where), literal(waiting.why)), else_=literal(""))

    def _suspect(self, reach: Reach, row: dict[str, Any], trail: Trail, place: int, words: tuple[str, ...]) -> None:
        """Words of a row name loan and person; whom a name means is asked when the rows have been read."""
        if not explained(trail, self._sample.pairs[place].loan, self._sample.others(place)):
            readers = frozenset(int(row[n]) for n in self._readers if n is not None and row.get(n) is not None)
            severity, why = self._grade(reach, trail, place, "words")
            join = Join("discovered", "words", reach.name, words, severity, why)
            self._suspects.append((join, trail.texts, readers, place))

    def _settle_suspects(self) -> None:
        for join, texts, readers, place in self._suspects:
            if not self._namesakes.mean_another(texts, readers, self._sample.pairs[place].person):
                self._tally.hit(join, (place,))
        self._suspects.clear()


def trail_of(reach: Reach, row: dict[str, Any], waits: str) -> Trail:
    """What a row tells: loans, copies, times and words."""

    def numbers(names: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(int(row[n]) for n in names if row.get(n) is not None)

    return Trail(
        numbers(reach.loans),
        numbers(reach.items),
        tuple(row[n] for n in reach.times if isinstance(row.get(n), datetime)),
        tuple(as_text(row[n]) for n in reach.texts if row.get(n)),
        waits,
    )
