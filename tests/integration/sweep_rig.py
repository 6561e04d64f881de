"""What the sweep's tests share: one sample database, cut by Koha's habits or by the engine, and swept."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from carrel.retention.cutoff import local_cutoff
from carrel.retention.lifecycle import Lifecycle, lifecycle
from carrel.retention.ports import StrayPosition
from carrel.retention.records import in_force
from carrel.retention.sweep import Pairs, SweepReport
from carrel.systems import map_files, policy_files
from carrel.systems.sql import live
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.sweep import LoanSweep
from carrel.systems.sql.sweep_library import Library
from carrel.systems.sql.sweep_pairs import pairs_of
from tests.integration.conftest import AS_OF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carrel.retention.legal_hold import Keeping
    from tests.integration.conftest import Koha


@dataclass
class Rig:
    """One database under one policy.

    Args:
        koha: the database.
        policy: one that ships.
        holds: in force.
        system: of the map.
    """

    koha: Koha
    policy: str = "mit-libraries"
    holds: tuple[Keeping, ...] = ()
    system: str = "koha"

    def __post_init__(self) -> None:
        policy = policy_files.load(self.policy)
        self.records = policy.record_schedules()
        self.map = in_force(map_files.load(self.system), self.records)
        self.schedule = policy.loan_schedule()
        self.open()

    def open(self) -> None:
        """With all rights."""
        self.zone = ZoneInfo(self.koha.sample.zone)
        self.engine = self.koha.engine()
        self.stand_in = self.koha.sample.anonymous_patron

    @property
    def life(self) -> Lifecycle:
        return lifecycle(self.schedule, AS_OF, self.zone, self.holds, records=self.records.values())

    def loans(self) -> SqlLoans:
        return SqlLoans(self.engine, self.map, self.schedule, self.zone, self.stand_in)

    def sweep(self, connection: sa.Connection) -> LoanSweep:
        limit = self.schedule.last_borrower.at_most
        last = local_cutoff(limit.before(AS_OF), self.zone) if limit else None
        return LoanSweep(connection, self.map, live.read(connection, self.map), self.stand_in, self.life, last)

    def draw(self, count: int, seed: int = 5) -> Pairs:
        with self.engine.connect() as connection:
            return self.sweep(connection).draw(count, Random(seed))

    def pairs(self, known: Iterable[tuple[int, int]]) -> Pairs:
        """Pairs of loans whose readers a test knows."""
        wanted = dict(known)
        with self.engine.connect() as connection:
            library = Library(connection, self.map, self.stand_in)
            closed = self.map.loans.closed
            rows = library.shelf[closed.table]
            loans = library.loans(closed, rows.c[closed.key].in_(list(wanted)))
            schema = live.read(connection, self.map)
            return pairs_of(library, schema, [(loan, wanted[loan.loan], False) for loan, _ in loans], None)

    def look(self, pairs: Pairs) -> SweepReport:
        with self.engine.connect() as connection:
            return self.sweep(connection).look(pairs)

    def cut(self, size: int = 5_000) -> int:
        """The engine's whole cut: chunks, then strays."""
        done = 0
        loans = self.loans()
        with loans.session():
            position = None
            while (step := loans.cut_chunk(self.life, AS_OF, position, size, lambda *_: None)) is not None:
                position, result = step
                assert not result.left, result.left
                done += result.loans
            for name in loans.path_names():
                after = StrayPosition(name, -1)
                while (stray := loans.cut_strays(self.life, AS_OF, after, size, lambda *_: None)) is not None:
                    after, result = stray
                    assert not result.left, result.left
            assert not any(loans.remaining(self.life, AS_OF).values())
        return done

    def sql(self, statement: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def due_canaries(self) -> list[tuple[int, int]]:
        """Canaries that the policy lets go: long back, settled and undisputed."""
        kept = [c for c in self.koha.sample.canaries if c.kind == "old" and not c.owes and not c.claims]
        return [(c.issue_id, c.borrowernumber) for c in kept]


def hit(report: SweepReport, kind: str) -> set[tuple[str, str]]:
    """(name, table) of the joins of one kind that fail the sweep."""
    return {(attack.name, attack.table) for attack in report.failing if attack.kind == kind}
