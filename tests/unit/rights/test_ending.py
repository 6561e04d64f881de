"""The day by which a record goes: never before the engine would take it, and none while it is in use."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.inventory.map_part import Condition
from carrel.policy.duration import Duration, Unit
from carrel.policy.schedule import Disposition
from carrel.rights.ending import Ends, Rule, after, goes_on, holds, keeping, moment
from carrel.systems import policy_files

ZONE = ZoneInfo("America/New_York")
RULE = Rule("r", ("returned",), Duration(7, Unit.DAYS), Disposition.DE_IDENTIFY, ())
LONG = Rule("l", ("settled",), Duration(1, Unit.MONTHS), Disposition.DE_IDENTIFY, ())
durations = st.builds(Duration, st.integers(0, 60), st.sampled_from([one for one in Unit if one is not Unit.SESSION]))
times = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(durations, times)
def test_at_that_instant_the_engine_takes_it_and_not_before(keep, start):
    end = after(keep, start)
    assert keep.before(end) >= start
    if keep.amount:
        assert keep.before(end - timedelta(days=1, microseconds=1)) < start


def test_of_several_rules_the_longest_is_told():
    row = {"closed": datetime(2026, 1, 31, 22, 0)}  # noqa: DTZ001
    ends = Ends(("closed",))
    assert goes_on(row, ends, (RULE,), ZONE) == date(2026, 2, 7)
    assert goes_on(row, ends, (RULE, LONG), ZONE) == date(2026, 2, 28)
    assert goes_on({"closed": None}, ends, (RULE,), ZONE) is None
    assert goes_on(row, ends, (), ZONE) is None


def test_a_record_that_is_in_use_goes_on_no_day():
    ends = Ends(("at", "later"), (Condition(column="done", equals=1),))
    assert goes_on({"at": "2026-01-02 03:04:05", "done": 0}, ends, (RULE,), ZONE) is None
    assert goes_on({"at": None, "later": "2026-01-02", "done": 1}, ends, (RULE,), ZONE) == date(2026, 1, 9)
    assert goes_on({"at": "9999-12-31 00:00:00", "done": 1}, ends, (RULE,), ZONE) is None


@pytest.mark.parametrize(
    ("value", "one", "passes"),
    [
        (None, {"equals": 1}, False), (1, {"equals": 1}, True), ("a", {"differs": "A"}, False), (None, {"differs": 1}, False),
        ("B", {"one_of": ("a", "b")}, True), (None, {"none_of": ("a",)}, False), (3, {"above": 2}, True),
        ("", {"empty": True}, True), (None, {"empty": False}, False), ("abc", {"contains": "B"}, True), ("", {"lacks": "x"}, False),
    ],
)  # fmt: skip
def test_tests_of_a_map_are_decided_as_a_database_does(value, one, passes):
    assert holds(value, Condition(column="c", **one)) is passes


def test_moments():
    assert moment("2026-01-02 03:04:05") == moment(datetime(2026, 1, 2, 3, 4, 5))  # noqa: DTZ001
    assert moment(date(2026, 1, 2)) == datetime(2026, 1, 2)  # noqa: DTZ001
    assert moment("soon") is None
    assert moment(7) is None


def test_a_kind_of_which_no_policy_speaks():
    policy = policy_files.load("worcester")
    assert keeping(policy, "").rules == ()
    loans = keeping(policy, "loans")
    assert loans.purposes
    assert {one.then for one in loans.rules} == {Disposition.DE_IDENTIFY}
