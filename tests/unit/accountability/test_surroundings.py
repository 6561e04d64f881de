"""What lies around the tables, as it is told: dates, what has none, what was not seen, and one line for a check."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.accountability.audit import audit
from carrel.accountability.surroundings import Place, Surroundings, Unseen, joined, size, span
from carrel.systems.check import State
from carrel.systems.surroundings_reading import surroundings_check
from tests.unit.accountability.library import FACTS

NOW = datetime(2026, 11, 25, tzinfo=UTC)
DATED = Place("binary log", NOW + timedelta(days=8), "purge it", holds="rows", figures={"files": 3})
ENDLESS = Place("general log", None, "switch it off")
PAGES = Place("undo log and free pages", None, "OPTIMIZE TABLE", lasting=False)
UNSEEN = Unseen("slow query log", "no right", "GRANT SELECT (start_time) ON mysql.slow_log")


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (Surroundings(), State.OK),
        (Surroundings((PAGES,)), State.OK),
        (Surroundings((DATED, PAGES)), State.OK),
        (Surroundings((DATED,), (UNSEEN,)), State.UNKNOWN),
        (Surroundings((DATED, ENDLESS), (UNSEEN,)), State.FINDING),
        (Surroundings(overdue=("2 dumps are older",)), State.FINDING),
    ],
)
def test_a_check_is_ok_only_where_everything_has_an_end_and_was_seen(found: Surroundings, state: State):
    assert surroundings_check(found).state is state


def test_each_place_says_what_it_holds_and_until_when():
    assert DATED.told == "rows (files 3)"
    assert DATED.when == "until 2026-12-03"
    assert ENDLESS.when == "no date: nothing deletes it"
    assert PAGES.when == "until the server reuses them, nobody can tell when"


def test_what_is_overdue_makes_the_audit_speak():
    overdue = replace(FACTS, around=Surroundings(overdue=("2 dumps are older",)))
    assert audit(FACTS).exit.value == 0
    assert (audit(overdue).exit.value, audit(overdue).process) == (3, ("2 dumps are older",))


PLACES = st.builds(
    Place,
    st.text(max_size=5),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.just("end it"),
    lasting=st.booleans(),
)


@given(st.lists(PLACES), st.lists(PLACES))
def test_readings_are_joined_without_loss(one: list[Place], other: list[Place]):
    both = joined([Surroundings(tuple(one)), Surroundings(tuple(other))])
    assert both.places == (*one, *other)
    assert len(both.endless) + sum(p.until is not None or not p.lasting for p in both.places) == len(both.places)
    assert both.until is None or all(p.until is None or not p.lasting or p.until <= both.until for p in both.places)


def test_sizes_and_periods_are_told_as_people_read_them():
    assert [size(count) for count in (42, 2048, 5 * 1024**2, 3 * 1024**4)] == [
        "42 bytes",
        "2.0 KiB",
        "5.0 MiB",
        "3072.0 GiB",
    ]
    assert [span(seconds) for seconds in (604_800, 7_200, 90)] == ["7 days", "2 hours", "90 seconds"]
