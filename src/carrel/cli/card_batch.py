"""Some persons of a lot of lapsed cards: their rows go mixed, table by table, before texts and records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from carrel.cli.case_pieces import PIECE, Pieces
from carrel.errors import CarrelError
from carrel.retention.faults import STILL_HANGS
from carrel.retention.identifiers import Subject
from carrel.systems.sql.person_identity import batches

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.systems.sql.cards import Judgement, SqlCards
    from carrel.systems.sql.erasure import SqlErasure
    from carrel.systems.sql.person_steps import Step

AT_ONCE = 500  # persons whose rows go mixed


class CardBatch:
    """Some persons of a lot, whose rows go table by table."""

    def __init__(self, pieces: Pieces, cards: SqlCards, erasure: SqlErasure, by: Callable[[], Judgement]) -> None:
        self._pieces, self._cards, self._erasure, self._by = pieces, cards, erasure, by

    def steps(self) -> tuple[Subject, ...]:
        """Everything but the texts and the records themselves; who goes."""
        with self._pieces.here.engine.connect() as connection:
            self._drop_spared(connection)
            self._drop(self._erasure.reached(connection))
        for step in self._erasure.steps:
            while self._left(step):
                self._pieces.carry(f"{step.table}.{step.act}", partial(self._one, step))
        return self._erasure.subjects

    def late(self) -> None:
        """Of people whose record is gone: what all of this was copied into, at the very end."""
        for step in self._erasure.late:
            while self._left(step):
                self._pieces.carry(f"{step.table}.{step.act}", partial(self._late, step))

    def _late(self, step: Step, connection: Connection) -> int:
        return self._erasure.piece(connection, step, PIECE)

    def _left(self, step: Step) -> int:
        with self._pieces.here.engine.connect() as connection:
            return self._erasure.rows.count(connection, step) if self._erasure.subjects else 0

    def _one(self, step: Step, connection: Connection) -> int:
        self._drop_spared(connection)
        try:
            return self._erasure.piece(connection, step, PIECE)
        except CarrelError as wrong:
            # A row came since for some of them: they are left out of this lot, and the others go.
            late = self._erasure.hung(connection, step) if wrong.code == STILL_HANGS.code else set()
            if not late:
                raise
            self._drop(late)
            return 0

    def _drop(self, numbers: set[int]) -> None:
        if numbers:
            self._erasure = self._erasure.of(tuple(s for s in self._erasure.subjects if s.number not in numbers))

    def _drop_spared(self, connection: Connection) -> None:
        still = tuple(still_due(self._cards, connection, self._erasure.subjects, self._by()))
        if still != self._erasure.subjects:
            self._erasure = self._erasure.of(still)


def still_due(
    cards: SqlCards, connection: Connection, subjects: tuple[Subject, ...], by: Judgement
) -> Iterator[Subject]:
    """Of these persons, those whom nothing keeps by now."""
    for batch in batches(subjects, AT_ONCE):
        spared = cards.spared(connection, batch, by)
        yield from (one for one in batch if one.number not in spared)
