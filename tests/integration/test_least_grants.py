"""The accounts that ``carrel init`` prints suffice for a plan and for carrying it out, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from carrel.retention.lifecycle import lifecycle
from carrel.retention.ports import StrayPosition
from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.secret import Secret
from carrel.systems.sql import grants, live
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.loans import SqlLoans

pytestmark = pytest.mark.mariadb
POLICY = policy_files.load("mit-libraries")
KOHA = in_force(map_files.load("koha"), POLICY.record_schedules())
AS_OF = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def engine(koha, purpose):
    rights = [
        f"{one.privilege}{' (' + ','.join(one.columns) + ')' if one.columns else ''} ON {one.table}"
        for one in grants.needed(KOHA, purpose)
    ]
    url = koha.limited_user(rights).replace("?charset=utf8mb4", "")
    return connect(Access("koha", Secret(url, "a test")), read_only=purpose is grants.Purpose.READ)


def test_observe_with_the_reading_account_and_cut_with_the_other(koha_mariadb):
    schedule = POLICY.loan_schedule()
    zone = ZoneInfo("UTC")
    life = lifecycle(schedule, AS_OF, zone, (), (), records=POLICY.record_schedules().values(), now=AS_OF)
    reading, doing = engine(koha_mariadb, grants.Purpose.READ), engine(koha_mariadb, grants.Purpose.APPLY)
    try:
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
    finally:
        reading.dispose()
        doing.dispose()
