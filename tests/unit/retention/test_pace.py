"""The pace of a run beside the desk."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.retention import pace
from carrel.retention.pace import Mode, Pace, first_pace, next_size

DESK = st.builds(
    Pace, st.just(Mode.DESK), st.integers(pace.DESK_LEAST, pace.DESK_MOST), st.floats(0, pace.MOST_REST_SECONDS)
)
SECONDS = st.floats(0, 120)
WAITS = st.integers(0, 50)
LAG = st.floats(0, 60)


@given(SECONDS, WAITS, LAG)
def test_a_window_keeps_its_size_and_never_rests(seconds: float, waits: int, lag: float) -> None:
    first = first_pace(Mode.WINDOW)
    assert (first.size, first.rest) == (5_000, 0.0)
    assert next_size(first, seconds, lock_waits=waits, lag_seconds=lag, busy=True) == first


def test_a_desk_begins_small() -> None:
    assert first_pace(Mode.DESK) == Pace(Mode.DESK, 25, 0.0)


@given(DESK, SECONDS, WAITS, LAG, st.booleans(), st.none() | st.integers(0, pace.DESK_MOST))
def test_a_desk_stays_within_its_bounds(
    before: Pace, seconds: float, waits: int, lag: float, busy: bool, loans: int | None
) -> None:
    after = next_size(before, seconds, loans=loans, lock_waits=waits, lag_seconds=lag, busy=busy)
    assert after.mode is Mode.DESK
    assert pace.DESK_LEAST <= after.size <= pace.DESK_MOST
    assert after.size <= max(pace.DESK_LEAST, before.size * pace.GROWTH)
    assert 0 <= after.rest <= pace.MOST_REST_SECONDS


@given(DESK, SECONDS, SECONDS)
def test_a_slower_chunk_is_never_followed_by_a_larger_or_an_earlier_one(before: Pace, one: float, other: float) -> None:
    quick, slow = (next_size(before, seconds) for seconds in sorted((one, other)))
    assert slow.size <= quick.size
    assert slow.rest >= quick.rest


@given(DESK, SECONDS, WAITS, LAG, st.booleans())
def test_a_disturbed_chunk_is_never_followed_by_a_larger_or_an_earlier_one(
    before: Pace, seconds: float, waits: int, lag: float, busy: bool
) -> None:
    quiet = next_size(before, seconds)
    disturbed = next_size(before, seconds, lock_waits=waits, lag_seconds=lag, busy=busy)
    assert disturbed.size <= quiet.size
    assert disturbed.rest >= quiet.rest


@pytest.mark.parametrize("sign", [{"lock_waits": 1}, {"lag_seconds": 2.0}, {"busy": True}])
def test_one_sign_of_the_desk_halves_the_chunk_and_doubles_the_rest(sign: dict[str, float]) -> None:
    before = Pace(Mode.DESK, 400)
    after = next_size(before, 0.1, **sign)
    assert after.size == 200
    assert after.rest >= 0.2


def test_a_lag_that_replicas_always_have_is_no_sign() -> None:
    before = Pace(Mode.DESK, 400)
    assert next_size(before, 0.1, lag_seconds=0.5) == next_size(before, 0.1)


@given(DESK, SECONDS)
def test_a_short_chunk_tells_nothing_of_a_full_one(before: Pace, seconds: float) -> None:
    assert next_size(before, seconds, loans=before.size - 1).size <= before.size


@given(st.floats(0, 0.1), st.floats(0.0002, 0.02))
def test_the_transaction_comes_to_the_target(fixed: float, per_loan: float) -> None:
    now, times = first_pace(Mode.DESK), []
    for _ in range(60):
        times.append(fixed + per_loan * now.size)
        now = next_size(now, times[-1])
    settled = median(times[-10:])
    assert settled <= max(pace.TARGET_SECONDS * 1.05, fixed + per_loan * pace.DESK_LEAST)
    reachable = fixed + per_loan * (pace.DESK_MOST - 1) < pace.TARGET_SECONDS
    assert reachable or settled >= pace.TARGET_SECONDS * 0.8 - 2 * per_loan


def test_a_pace_is_a_value() -> None:
    before = Pace(Mode.DESK, 100)
    next_size(before, 3.0)
    assert before == replace(before)
