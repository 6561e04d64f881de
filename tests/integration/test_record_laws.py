"""Compiled and interpreted agree on which records of other kinds are due, on SQLite and MariaDB."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from carrel.policy.duration import Duration, Unit
from carrel.policy.record_type import RecordType
from carrel.policy.schedule import Disposition, Period, RecordEvent, RecordRule, RecordSchedule
from carrel.retention.legal_hold import Keeping, Scope
from carrel.retention.lifecycle import lifecycle
from carrel.retention.predicate import Fact, holds
from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.sql.loans import SqlLoans
from tests.integration.conftest import AS_OF, Koha

ZONE = ZoneInfo("America/New_York")
NOW = AS_OF.astimezone(ZONE).replace(tzinfo=None)
LOANS = policy_files.load("mit-libraries").loan_schedule()
ZERO = "0000-00-00"

near = st.builds(
    lambda days, seconds: (NOW - timedelta(days=days, seconds=seconds)).replace(microsecond=0),
    st.sampled_from((0, 1, 2, 29, 30, 31, 59, 60, 61, 400, -3)),
    st.sampled_from((-1, 0, 1, 10_800, 50_000)),
)
midnights = near.map(lambda at: datetime.combine(at.date(), time()))
stamps = st.one_of(near, midnights)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "person": st.sampled_from((None, 11, 12)),
            "item": st.sampled_from((None, 1, 2)),
            "cancelled": st.one_of(st.none(), near.map(datetime.date), st.just(ZERO)),
            "changed": stamps,
        }
    ),
    max_size=12,
)
periods = st.lists(
    st.builds(
        Period,
        st.builds(Duration, st.integers(0, 60), st.sampled_from((Unit.DAYS, Unit.HOURS))),
        st.sampled_from((date(2020, 1, 1), AS_OF.date() - timedelta(days=45), AS_OF.date() - timedelta(days=5))),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.since,
).map(lambda found: tuple(sorted(found, key=lambda one: one.since)))
scopes = st.one_of(
    st.none(),
    st.builds(Scope, st.sampled_from(((), (11,))), st.sampled_from(((), (1,))), st.sampled_from(((), (5,)))),
)


class Compiled:
    """One database whose finished holds are replaced for every example."""

    def __init__(self, koha: Koha) -> None:
        self.koha, self.engine = koha, koha.engine()
        with self.engine.begin() as connection:
            if koha.dialect == "mariadb":
                connection.exec_driver_sql("SET GLOBAL foreign_key_checks = 0")
            for table in ("issues", "old_issues", "old_reserves"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
            people = connection.exec_driver_sql("SELECT borrowernumber FROM borrowers WHERE borrowernumber IN (11, 12)")
            for gone in {11, 12} - {int(number) for (number,) in people}:
                connection.exec_driver_sql(
                    f"UPDATE borrowers SET borrowernumber = {gone} WHERE borrowernumber = {gone + 2}"
                )

    def agree(self, holds_: list[dict[str, object]], versions: tuple[Period, ...], scope: Scope | None) -> None:
        rule = RecordRule("r", (), RecordEvent.ENDED, versions, Disposition.DE_IDENTIFY)
        records = {RecordType.HOLDS: RecordSchedule("holds", (rule,))}
        kept = () if scope is None else (Keeping("k", scope, "r", "a", AS_OF - timedelta(days=1), None),)
        life = lifecycle(LOANS, AS_OF, ZONE, kept, records=records.values())
        system_map = in_force(map_files.load("koha"), records)
        engine = SqlLoans(self.engine, system_map, LOANS, ZONE, None)
        with engine.session():
            connection = engine.connection
            if self.koha.dialect == "mariadb":
                connection.exec_driver_sql("SET foreign_key_checks = 0, sql_mode = ''")
            self._fill(connection, holds_)
            seen = engine.observe(life, AS_OF).records["finished hold"]
            [path] = [one for one in engine.paths(life, AS_OF) if one.path.name == "finished hold"]
            query = sa.select(path.table.c.reserve_id).where(path.own.still(path.table), path.strays.are(path.table))
            found = {int(key) for (key,) in connection.execute(query)}
            connection.rollback()
        [case] = life.records or [None]
        wanted = {
            key
            for key, row in enumerate(holds_, 1)
            if row["person"] is not None
            and case is not None
            and holds(case.due, {Fact.CLOSED: ended(row)})
            and not (scope is not None and scope.may_cover(row["person"], row["item"], None, (ended(row),)))  # type: ignore[arg-type]
        }
        named = sum(row["person"] is not None for row in holds_)
        assert found == wanted
        assert (seen.due, seen.kept, seen.undated) == (len(wanted), named - len(wanted), 0)

    @staticmethod
    def _fill(connection: sa.Connection, holds_: list[dict[str, object]]) -> None:
        connection.exec_driver_sql("DELETE FROM old_reserves")
        for key, row in enumerate(holds_, 1):
            connection.execute(
                sa.text(
                    "INSERT INTO old_reserves (reserve_id, borrowernumber, itemnumber, cancellationdate, timestamp, "
                    "priority, lowestPriority, suspend, item_level_hold, non_priority) "
                    "VALUES (:key, :person, :item, :cancelled, :changed, 0, 0, 0, 0, 0)"
                ),
                {
                    "key": key,
                    "person": row["person"],
                    "item": row["item"],
                    "cancelled": None if row["cancelled"] is None else str(row["cancelled"]),
                    "changed": str(row["changed"]),
                },
            )


def ended(row: dict[str, object]) -> datetime:
    """When a finished hold was over: the day's end where only a day is told."""
    cancelled, changed = row["cancelled"], row["changed"]
    at = datetime.combine(cancelled, time()) if isinstance(cancelled, date) else changed
    assert isinstance(at, datetime)
    return at + timedelta(days=1, seconds=-1) if at.time() == time() else at


examples = given(holds_=rows, versions=periods, scope=scopes)
_CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def test_compiled_agrees_with_interpreted_on_sqlite(koha_sqlite: Koha) -> None:
    settings(max_examples=20, deadline=None, phases=(Phase.generate,), suppress_health_check=_CHECKS)(
        examples(Compiled(koha_sqlite).agree)
    )()


@pytest.mark.mariadb
def test_compiled_agrees_with_interpreted_on_mariadb(koha_mariadb: Koha) -> None:
    settings(max_examples=20, deadline=None, suppress_health_check=_CHECKS)(examples(Compiled(koha_mariadb).agree))()
