"""The pieces in which a case is carried out: each inside the gate, in a transaction of its own, intended and noted."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from carrel.cli.at_site import now
from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.store.erasures import TEXTS
from carrel.store.journal import LEASE_TTL
from carrel.systems.faults import LOCKED
from carrel.systems.sql.failure import told

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.cli.premises import Premises
    from carrel.store.gate import ChunkGate
    from carrel.systems.sql.erasure import SqlErasure
    from carrel.systems.sql.person_texts import Named

PIECE = 2_000
_TRIES = 8


class Noting(Protocol):
    """Where a piece is intended before it is carried out, and noted after."""

    def intend(self, name: str, step: str) -> None:
        """A piece is about to be carried out."""

    def note(self, name: str, step: str, rows: int) -> None:
        """A piece is committed."""


class Pieces:
    """Carries out the pieces of one case, for the owner of the system's lease; noted in the store unless told where."""

    def __init__(self, here: Premises, case: str, gate: ChunkGate, owner: str, noting: Noting | None = None) -> None:
        self.here, self.case = here, case
        self._gate, self._owner = gate, owner
        self._noting: Noting = noting or here.store.erasures

    def carry(self, name: str, work: Callable[[Connection], int]) -> int:
        """One piece: rows that it dealt with. Tried again where the desk holds a lock.

        Raises:
            CarrelError: RUN-003, stopped; whatever the work says, and then nothing of the piece was changed.
        """
        self.beat()
        if self.here.store.signals.stopped() is not None:
            raise fault(
                faults.STOPPED,
                at=self.case,
                found="the stop flag",
                changed="what earlier pieces took out stays out",
                fix="`carrel stop --clear --as NAME`, then apply the same plan again: it goes on",
            )
        for tried in range(1, _TRIES):
            try:
                return self._once(name, work)
            except CarrelError as wrong:
                if wrong.code != LOCKED.code:
                    raise
                time.sleep(0.1 * tried)
        return self._once(name, work)

    def _once(self, name: str, work: Callable[[Connection], int]) -> int:
        self._noting.intend(self.case, name)
        with self._gate.chunk() as turn, told(self.here.system.name), self.here.engine.begin() as connection:
            done = work(connection)
            turn.check()
        self._noting.note(self.case, name, done)
        return done

    def beat(self) -> None:
        """Renew the lease, in a long search as well."""
        self.here.store.leases.renew(self.here.system.name, self._owner, LEASE_TTL, now())


def redact_all(pieces: Pieces, erasure: SqlErasure, ask: Callable[[Connection, frozenset[int]], None]) -> None:
    """Take the identifiers out of every text that the map says, table by table.

    Args:
        pieces: of the case.
        erasure: of whom.
        ask: called in each transaction before anything is changed, with the numbers of those whom the piece's texts
            name; what it raises undoes the piece.
    """
    with pieces.here.engine.connect() as connection:
        for name, places in erasure.text_places():
            for stretch in erasure.texts.stretches(connection, name):
                named = erasure.texts.named(connection, name, places, stretch)
                connection.rollback()  # what was read is written in a transaction of its own
                pieces.beat()
                for start in range(0, len(named), PIECE):
                    pieces.carry(TEXTS, partial(_redact, erasure, named[start : start + PIECE], ask))


def _redact(
    erasure: SqlErasure,
    named: list[Named],
    ask: Callable[[Connection, frozenset[int]], None],
    connection: Connection,
) -> int:
    ask(connection, erasure.texts.whose(named))
    return erasure.texts.redact(connection, named)
