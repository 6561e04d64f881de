"""Erasures that were left to the night: their rows go within its chunks, among those of other readers (DESIGN 5)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carrel.cli.case_attempt import admit
from carrel.cli.erasure_apply import begun, blocking
from carrel.errors import CarrelError
from carrel.retention.approval import Kind
from carrel.retention.erasure import refuse
from carrel.retention.ports import Busy
from carrel.systems.faults import LOCKED

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.cli.premises import Premises
    from carrel.systems.sql.erasure import SqlErasure

WITH_A_CHUNK = 500  # rows of all erasures that one chunk takes along; the desk waits for them as well
_STEP = "with a chunk of the night"


@dataclass
class _Waiting:
    """One erasure, and how far it has come tonight."""

    case: str
    erasure: SqlErasure
    step: int = 0
    taken: Counter[str] = field(default_factory=Counter)

    @property
    def over(self) -> bool:
        """Nothing is left that can go with a chunk: texts, the record itself and copies come after the loans."""
        return self.step >= len(self.erasure.steps)

    def take(self, connection: Connection, most: int) -> int:
        """At most so many rows of the steps that are left; what was changed."""
        steps, before = self.erasure.steps, self.taken.total()
        while (left := most - (self.taken.total() - before)) > 0 and self.step < len(steps):
            step = steps[self.step]
            if done := self.erasure.piece(connection, step, left):
                self.taken[f"{step.table}.{step.act}"] += done
            else:
                self.step += 1
        return self.taken.total() - before


class ErasuresAlongside:
    """The erasures that wait for a night on one system, inside the night's own lease.

    What cannot be begun is left out here without a word: the night carries every erasure to its end after its loans,
    and says then what is in the way of which.

    Args:
        here: open, with the account that carries out.
    """

    def __init__(self, here: Premises) -> None:
        self._here = here
        self._waiting: list[_Waiting] = []
        self.mixed: Counter[str] = Counter()

    def begin(self) -> None:
        """Begin every case that may be begun."""
        cases = self._here.store.erasures
        for plan in cases.for_night(self._here.system.name):
            try:
                admit(self._here, plan, cases.case(plan.case), Kind.ERASURE)
                erasure, there = begun(self._here, plan)
            except CarrelError:
                continue
            if there:
                self._waiting.append(_Waiting(plan.case, erasure))

    def take(self, connection: Connection) -> None:
        """Rows of the erasures, in the transaction of a chunk; whoever is kept since is left out.

        Raises:
            Busy: the desk holds a lock; the chunk is undone and tried again.
        """
        most = WITH_A_CHUNK
        for one in tuple(self._waiting):
            one.taken.clear()
            if most <= 0 or one.over:
                continue
            self._here.store.erasures.intend(one.case, _STEP)
            try:
                with connection.begin_nested():
                    refuse(self._here.system.name, blocking(self._here, one.erasure, connection))
                    most -= one.take(connection, most)
            except CarrelError as wrong:
                self._waiting.remove(one)
                self._here.store.erasures.undone(one.case)
                if wrong.code == LOCKED.code:
                    raise Busy from None

    def committed(self) -> None:
        """Note in each case what went with the chunk."""
        cases = self._here.store.erasures
        for one in self._waiting:
            for name, rows in one.taken.items():
                cases.note(one.case, name, rows)
            if not one.taken:
                cases.undone(one.case)
            self.mixed[one.case] += one.taken.total()
