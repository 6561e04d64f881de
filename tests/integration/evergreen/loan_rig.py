"""What the tests of loans share: one invented library on Evergreen, cut by the engine and swept."""

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
from carrel.systems import map_files, policy_files
from carrel.systems.secret import Secret
from carrel.systems.sql import live
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.loans import SqlLoans
from carrel.systems.sql.sweep import LoanSweep
from tests.integration.evergreen.conftest import AS_OF

if TYPE_CHECKING:
    from carrel.retention.legal_hold import Keeping
    from carrel.retention.sweep import Pairs, SweepReport
    from tests.integration.evergreen.conftest import Evergreen

STAND_IN = 1


@dataclass
class LoanRig:
    """One database under one policy.

    Args:
        evergreen: the database.
        policy: one that ships.
        holds: in force.
        url: of the account that carries out; everything may be done unless given.
    """

    evergreen: Evergreen
    policy: str = "mit-libraries"
    holds: tuple[Keeping, ...] = ()
    url: str = ""

    def __post_init__(self) -> None:
        policy = policy_files.load(self.policy)
        self.records = policy.record_schedules()
        self.map = in_force(map_files.load("evergreen", unproved=True), self.records)
        self.schedule = policy.loan_schedule()
        self.zone = ZoneInfo(self.evergreen.sample.zone)
        access = Access("library", Secret(self.url or self.evergreen.url, "a test"), session_zone=self.zone.key)
        self.engine = self.evergreen.lasts(connect(access, read_only=False))

    @property
    def life(self) -> Lifecycle:
        return lifecycle(self.schedule, AS_OF, self.zone, self.holds, records=self.records.values())

    def loans(self) -> SqlLoans:
        return SqlLoans(self.engine, self.map, self.schedule, self.zone, STAND_IN)

    def sweep(self, connection: sa.Connection) -> LoanSweep:
        limit = self.schedule.last_borrower.at_most
        last = local_cutoff(limit.before(AS_OF), self.zone) if limit else None
        return LoanSweep(connection, self.map, live.read(connection, self.map), STAND_IN, self.life, last)

    def draw(self, count: int, seed: int = 5) -> Pairs:
        with self.engine.connect() as connection:
            return self.sweep(connection).draw(count, Random(seed))

    def look(self, pairs: Pairs) -> SweepReport:
        with self.engine.connect() as connection:
            return self.sweep(connection).look(pairs)

    def cut(self, size: int = 5_000) -> int:
        """The engine's whole cut: chunks, then strays; how many loans."""
        done = 0
        loans = self.loans()
        with loans.session():
            position = None
            while (step := loans.cut_chunk(self.life, AS_OF, position, size, lambda *_: None)) is not None:
                position, result = step
                assert not result.left, result.left
                done += result.loans
            for name in (path.name for path in self.map.paths if not path.table.startswith("openapi.")):
                after = StrayPosition(name, -1)
                while (stray := loans.cut_strays(self.life, AS_OF, after, size, lambda *_: None)) is not None:
                    after, result = stray
                    assert not result.left, result.left
            others = {path.name for path in self.map.ruled}
            remaining = {name: n for name, n in loans.remaining(self.life, AS_OF).items() if name not in others}
            assert not any(remaining.values()), remaining
        return done
