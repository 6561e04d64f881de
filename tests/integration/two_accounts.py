"""A night by two accounts: one that reads, and one that carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from carrel.retention.lifecycle import lifecycle
from carrel.retention.ports import StrayPosition
from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.sql import live
from carrel.systems.sql.loans import SqlLoans
from tests.integration.conftest import AS_OF

if TYPE_CHECKING:
    import sqlalchemy as sa

POLICY = policy_files.load("mit-libraries")
KOHA = in_force(map_files.load("koha"), POLICY.record_schedules())


def a_night(reading: sa.Engine, doing: sa.Engine) -> None:
    """Everything that is due is observed by the one and cut by the other; then the one finds nothing left."""
    schedule, zone = POLICY.loan_schedule(), ZoneInfo("UTC")
    life = lifecycle(schedule, AS_OF, zone, (), (), records=POLICY.record_schedules().values(), now=AS_OF)
    with reading.connect() as connection:
        stand_in = live.stand_in(connection, KOHA)
    with SqlLoans(reading, KOHA, schedule, zone, stand_in, "koha").session() as loans:
        assert loans.observe(life, AS_OF).states["due"] > 0
    with SqlLoans(doing, KOHA, schedule, zone, stand_in, "koha").session() as loans:
        after = None
        while (step := loans.cut_chunk(life, AS_OF, after, 5000, lambda *_: None)) is not None:
            after = step[0]
        assert after is not None
        for path in KOHA.ruled:
            stray = StrayPosition(path.name, -1)
            while (more := loans.cut_strays(life, AS_OF, stray, 5000, lambda *_: None)) is not None:
                stray = more[0]
    with SqlLoans(reading, KOHA, schedule, zone, stand_in, "koha").session() as loans:
        left = loans.remaining(life, AS_OF)
        assert left[KOHA.loans.closed.table] == 0
        assert not any(left[path.name] for path in KOHA.ruled)
