"""Rows, of whomever, whose words name both the person and the copy; a table is read once, as far back as they can."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from carrel.retention.look_back import LookBack
from carrel.retention.trail import Trail, names_person, speaks
from carrel.systems.sql.expressions import LocalTime
from carrel.systems.sql.sweep_direction import Direction
from carrel.systems.sql.sweep_discovery import Reach
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_namesakes import Namesakes
from carrel.systems.sql.sweep_reach_back import read_back
from carrel.systems.sql.sweep_reading import AT_ONCE, filled, worth_reading
from carrel.systems.sql.sweep_sample import Grade, Sample
from carrel.systems.sql.sweep_tally import Join, Tally
from carrel.systems.sql.sweep_words import Words

ROWS_READ = 2_000_000  # of one table, for words anywhere


class Anywhere(Direction):
    """Attacks by words alone; ``closely`` are tables of which everything is read that can speak of the pairs."""

    def __init__(
        self,
        library: Library,
        sample: Sample,
        grade: Grade,
        tally: Tally,
        namesakes: Namesakes,
        look_back: LookBack,
        closely: frozenset[str],
    ) -> None:
        super().__init__(library, sample, grade, tally, namesakes)
        self._look_back, self._closely = look_back, closely
        self._words_of_pairs = Words(sample.pairs)

    def anywhere(self, reach: Reach) -> None:
        """Rows, of whomever, whose words name both the person and the copy; read once for all pairs."""
        if not (reach.texts or reach.blobs):
            return
        words = (*reach.texts, *reach.blobs)
        plain = Join("discovered", "words", reach.name, words)
        self._tally.try_on(plain, len(self._sample.pairs))
        if reach.name in {self._catalogue.title_table, self._people}:
            return  # a title and its author are no reader's; a person's own record is read from the person
        rows, index = self._rows(reach), self._words_of_pairs
        look = self._look_back.whole if reach.name in self._closely else self._look_back
        back = read_back(self._c, look, rows, reach)
        worth = worth_reading(self._c, rows, words, index, back)
        if worth is None:
            return
        # Most rows are about nobody: their times are made times of only where the words are somebody's.
        plain_times = {name: type_coerce(rows.c[name], NullType()) for name in reach.times}
        names = tuple(dict.fromkeys((*words, *reach.times, *reach.persons, *reach.loans)))
        query = select(
            *(plain_times.get(name, reach.read(rows, name)) for name in names), self._waits(reach, rows)
        ).where(worth, back)
        if len(reach.key) == 1:
            query = query.order_by(rows.c[reach.key[0]].desc())
        query = query.limit(ROWS_READ)
        clock, dialect, wide, read = LocalTime(), self._c.dialect, len(words), 0
        for values in self._c.execute(query.execution_options(yield_per=AT_ONCE)):
            read += 1
            told = filled(values[:wide])
            if not told or not (places := index.candidates(told)):
                continue
            row = dict(zip(names, values, strict=False))
            times = (clock.process_result_value(row[n], dialect) for n in reach.times)
            trail = Trail(
                loans=tuple(int(row[n]) for n in reach.loans if row[n] is not None),
                times=tuple(at for at in times if at is not None), texts=tuple(told), waits=str(values[-1]),
            )  # fmt: skip
            for place in places:
                self._named(reach, row, trail, place, words)
        if read == ROWS_READ and reach.rows and reach.rows > ROWS_READ:
            self._tally.read[reach.name] = ROWS_READ / reach.rows
        self._settle_suspects()

    def _named(self, reach: Reach, row: dict[str, Any], trail: Trail, place: int, words: tuple[str, ...]) -> None:
        pair = self._sample.pairs[place]
        if speaks(trail, pair.loan) and any(names_person(text, pair.person) for text in trail.texts):
            self._suspect(reach, row, trail, place, words)
