"""Accounts on PostgreSQL: the least rights suffice, what is beyond them is told, and the desk is passed over."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from carrel.retention.lifecycle import lifecycle
from carrel.retention.ports import Busy
from carrel.systems.sql import grants, live
from carrel.systems.sql.database import connect
from carrel.systems.sql.loans import SqlLoans
from tests.integration.conftest import AS_OF
from tests.integration.postgresql.session import access
from tests.integration.two_accounts import KOHA, POLICY, a_night

pytestmark = pytest.mark.postgresql


def account(koha, purpose):
    """An engine of an account with just the rights that ``carrel init --grants-only`` prints."""
    url = koha.server.limited_user(koha.database, [])
    user = sa.make_url(url).username
    for right in grants.needed(KOHA, purpose, "postgresql"):
        koha.server.sql(right.sql(koha.database, user, "postgresql"), database=koha.database)
    return connect(access(url), read_only=purpose is grants.Purpose.READ)


@pytest.mark.slow
def test_the_least_rights_suffice_and_nothing_is_beyond_them(koha_postgresql):
    koha = koha_postgresql
    koha.server.sql("REVOKE ALL ON DATABASE " + koha.database + " FROM PUBLIC", database=koha.database)
    koha.server.sql(f"GRANT CONNECT ON DATABASE {koha.database} TO PUBLIC")
    reading, doing = account(koha, grants.Purpose.READ), account(koha, grants.Purpose.APPLY)
    try:
        for engine, purpose in ((reading, grants.Purpose.READ), (doing, grants.Purpose.APPLY)):
            with engine.connect() as connection:
                wanted, has = grants.needed(KOHA, purpose, "postgresql"), grants.granted(connection)
                schema = live.read(connection, KOHA)
                assert grants.compare(wanted, has, tables=schema.tables) == grants.Comparison((), ())
                assert not grants.may_sweep(has)
                fewer = [one for one in has if one.table != "old_issues"]
                assert {one.table for one in grants.compare(wanted, fewer, tables=schema.tables).missing} == {
                    "old_issues"
                }
        a_night(reading, doing)
    finally:
        reading.dispose()
        doing.dispose()


def test_rights_beyond_the_need_are_told(koha_postgresql):
    koha = koha_postgresql
    url = koha.server.limited_user(koha.database, ["pg_read_all_data", "DELETE, INSERT ON borrowers"])
    engine = connect(access(url), read_only=True)
    with engine.connect() as connection:
        has = grants.granted(connection)
        found = grants.compare(grants.needed(KOHA, grants.Purpose.READ, "postgresql"), has)
        assert grants.may_sweep(has)
        assert {(one.privilege, one.table) for one in found.beyond} == {
            ("DELETE", "borrowers"),
            ("INSERT", "borrowers"),
        }
        assert {(one.privilege, one.table) for one in grants.may_write(has)} == {
            ("DELETE", "borrowers"), ("INSERT", "borrowers"),
        }  # fmt: skip
    engine.dispose()


def test_a_loan_that_the_desk_has_locked_is_passed_over(koha_postgresql):
    koha, zone = koha_postgresql, ZoneInfo("UTC")
    life = lifecycle(POLICY.loan_schedule(), AS_OF, zone, (), ())
    engine = connect(access(koha.url), read_only=False)
    with koha.engine().connect() as desk, engine.connect() as connection:
        stand_in = live.stand_in(connection, KOHA)
        connection.rollback()
        with SqlLoans(engine, KOHA, POLICY.loan_schedule(), zone, stand_in, "koha").session() as loans:
            desk.exec_driver_sql("SELECT 1 FROM old_issues FOR UPDATE").all()
            assert loans.cut_chunk(life, AS_OF, None, 50, lambda *_: None) is None
            desk.rollback()
            desk.exec_driver_sql("LOCK TABLE statistics IN EXCLUSIVE MODE")
            with pytest.raises(Busy):
                loans.cut_chunk(life, AS_OF, None, 50, lambda *_: None)
            desk.rollback()
            assert loans.cut_chunk(life, AS_OF, None, 50, lambda *_: None) is not None
    engine.dispose()
