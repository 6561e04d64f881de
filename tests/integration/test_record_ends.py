"""Records that another table tells of, and records about somebody else: compiled and said in Python, they agree."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
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
from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.sql.loans import SqlLoans
from tests.integration.conftest import AS_OF, Koha

ZONE = ZoneInfo("America/New_York")
NOW = AS_OF.astimezone(ZONE).replace(tzinfo=None, microsecond=0)
LOANS = policy_files.load("mit-libraries").loan_schedule()
KEEP = 30
LIMIT = NOW - timedelta(days=KEEP)
_TABLES = (
    "issues", "old_issues", "club_enrollments", "clubs", "hold_fill_targets", "old_reserves", "reserves", "messages",
)  # fmt: skip

days = st.sampled_from((0, 29, 30, 31, 60, 400))
stamps = st.builds(lambda past: NOW - timedelta(days=past, seconds=1), days)
members = st.lists(
    st.fixed_dictionaries({"left": st.none() | stamps, "over": st.none() | stamps.map(datetime.date)}), max_size=8
)
targets = st.lists(st.fixed_dictionaries({"ended": st.lists(stamps, max_size=1), "open": st.booleans()}), max_size=8)
notes = st.lists(
    st.fixed_dictionaries({"about": st.sampled_from((11, 12)), "by": st.sampled_from((None, 11, 13)), "at": stamps}),
    max_size=8,
)
scopes = st.none() | st.builds(Scope, st.sampled_from(((11,), (12,), (13,), (11, 13))))


class Compiled:
    """One database whose rows are replaced for every example."""

    def __init__(self, koha: Koha) -> None:
        self._engine, self._mariadb = koha.engine(), koha.dialect == "mariadb"

    def due(
        self, record: RecordType, event: RecordEvent, name: str, rows: list[tuple[str, dict[str, Any]]],
        scope: Scope | None = None,
    ) -> set[int]:  # fmt: skip
        """The keys of the rows of one path that are due under one rule of thirty days."""
        rule = RecordRule(
            "r", (), event, (Period(Duration(KEEP, Unit.DAYS), date(2020, 1, 1)),), Disposition.DE_IDENTIFY
        )
        schedules = {record: RecordSchedule(record.value, (rule,))}
        kept = () if scope is None else (Keeping("k", scope, "r", "a", AS_OF - timedelta(days=1), None),)
        life = lifecycle(LOANS, AS_OF, ZONE, kept, records=schedules.values())
        engine = SqlLoans(self._engine, in_force(map_files.load("koha"), schedules), LOANS, ZONE, None)
        with engine.session():
            connection = engine.connection
            self._replace(connection, rows)
            seen = engine.observe(life, AS_OF).records[name]
            [path] = [one for one in engine.paths(life, AS_OF) if one.path.name == name]
            where = (path.own.still(path.table), path.strays.are(path.table))
            found = {int(key) for (key,) in connection.execute(sa.select(path.table.c[path.path.key[0]]).where(*where))}
            for table in _TABLES:
                connection.exec_driver_sql(f"DELETE FROM {table}")
            connection.commit()
        assert seen.due == len(found)
        return found

    def _replace(self, connection: sa.Connection, rows: list[tuple[str, dict[str, Any]]]) -> None:
        if self._mariadb:
            connection.exec_driver_sql("SET foreign_key_checks = 0")
        for table in _TABLES:
            connection.exec_driver_sql(f"DELETE FROM {table}")
        for table, values in rows:
            told = {name: str(value) if isinstance(value, date) else value for name, value in values.items()}
            names = ", ".join(f":{name}" for name in told)
            connection.execute(sa.text(f"INSERT INTO {table} ({', '.join(told)}) VALUES ({names})"), told)
        connection.commit()

    def memberships(self, found: list[dict[str, Any]]) -> None:
        """A membership ends when the patron leaves, else with its club; a club without an end goes on."""
        rows, wanted = [], set()
        for key, one in enumerate(found, 1):
            rows.append(("clubs", {"id": key, "club_template_id": 1, "name": "c", "date_end": one["over"]}))
            rows.append(
                ("club_enrollments", {"id": key, "club_id": key, "borrowernumber": 11, "date_canceled": one["left"]})
            )
            end = one["left"] or (one["over"] and _day_end(one["over"]))
            if end is not None and end <= LIMIT:
                wanted.add(key)
        assert self.due(RecordType.EVENT_REGISTRATIONS, RecordEvent.ENDED, "club membership", rows) == wanted

    def targets(self, found: list[dict[str, Any]]) -> None:
        """What a hold was meant for goes with the end of the hold, and never while one is open."""
        rows, wanted = [], set()
        for key, one in enumerate(found, 1):
            place = {"itemnumber": key, "biblionumber": 1, "borrowernumber": 11, "reserve_id": key}
            rows.append(("hold_fill_targets", place))
            rows += [
                ("old_reserves", {"reserve_id": key, "timestamp": at, "borrowernumber": None}) for at in one["ended"]
            ]
            if one["open"]:
                rows.append(
                    ("reserves", {"reserve_id": key, "borrowernumber": 11, "biblionumber": 1, "branchcode": "X"})
                )
            if one["ended"] and one["ended"][0] <= LIMIT and not one["open"]:
                wanted.add(key)
        assert self.due(RecordType.HOLDS, RecordEvent.ENDED, "item meant for a patron", rows) == wanted

    def operators(self, found: list[dict[str, Any]], scope: Scope | None) -> None:
        """Who wrote a note is parted from it, unless a legal hold names the writer or the patron."""
        rows, wanted = [], set()
        for key, one in enumerate(found, 1):
            told = {"message_type": "L", "message": "called", "message_date": one["at"]}
            rows.append(
                ("messages", {"message_id": key, "borrowernumber": one["about"], "manager_id": one["by"], **told})
            )
            held = scope is not None and {one["about"], one["by"]} & set(scope.persons)
            if one["by"] is not None and one["at"] <= LIMIT and not held:
                wanted.add(key)
        assert self.due(RecordType.PERSONNEL, RecordEvent.MADE, "staff of a note", rows, scope) == wanted


def _day_end(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59)  # noqa: DTZ001  (as the systems write it)


@pytest.mark.parametrize("law", ["memberships", "targets", "operators"])
def test_another_table_and_another_person_are_asked(koha: Koha, law: str) -> None:
    """On each database in turn."""
    compiled = Compiled(koha)
    told = {
        "memberships": given(members)(compiled.memberships),
        "targets": given(targets)(compiled.targets),
        "operators": given(notes, scopes)(compiled.operators),
    }[law]
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    settings(max_examples=15, deadline=None, phases=(Phase.generate,), suppress_health_check=checks)(told)()
