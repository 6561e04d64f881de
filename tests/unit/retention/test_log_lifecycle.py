"""What a log service's own lifecycle does, held against the policy; and when what is counted by days is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.policy.duration import Duration
from carrel.policy.schedule import Disposition, Period, RecordEvent, RecordRule
from carrel.retention.clearing import Piece, Standing, Yardstick
from carrel.retention.log_lifecycle import Ends, Lifecycle, described, findings, in_words, span_of
from carrel.systems.log_services.lifecycle import ilm_end, ism_end

NOW = datetime(2026, 11, 26, 10, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "span"),
    [("14d", 14 * DAY), ("48h", 2 * DAY), ("0ms", 0 * DAY), ("90m", DAY / 16), ("1.5h", DAY / 16), (0, 0 * DAY),
     ("-1", None), ("14 days", None), (None, None), (7, None), ("", None)],
)  # fmt: skip
def test_a_length_of_time_is_read_as_services_write_it(text: object, span: timedelta | None) -> None:
    assert span_of(text) == span


def test_what_is_missing_longer_or_at_a_stop_is_told() -> None:
    fits = Lifecycle("two-weeks", Ends.AFTER, 14 * DAY)
    assert list(findings(fits, 14 * DAY)) == []
    assert list(findings(fits, None)) == []
    assert "the policy 13 days" in next(findings(fits, 13 * DAY))
    assert "has no lifecycle" in next(findings(None, 14 * DAY))
    assert "never deletes" in next(findings(Lifecycle("x", Ends.NEVER), None))
    assert "no longest time" in next(findings(Lifecycle("x", Ends.UNTOLD), 14 * DAY))
    halted = list(findings(Lifecycle("x", Ends.AFTER, DAY, halted="an error"), 14 * DAY))
    assert halted == ["its lifecycle 'x' does not go on: an error"]
    assert "cannot be read" in next(findings(Lifecycle("x", Ends.UNTOLD, unread="the key lacks 'r'"), DAY))
    assert [in_words(one) for one in (DAY, 1.5 * DAY, 15.2 * DAY)] == ["1 day", "36 hours", "16 days"]
    assert described(fits) == "deletes when events are up to 14 days old"


def hot(**rollover: object) -> dict[str, object]:
    return {"actions": {"rollover": rollover} if rollover else {}}


@pytest.mark.parametrize(
    ("phases", "end"),
    [
        ({"hot": hot(max_age="1d"), "delete": {"min_age": "13d", "actions": {"delete": {}}}}, (Ends.AFTER, 14 * DAY)),
        ({"hot": hot(), "delete": {"min_age": "14d", "actions": {"delete": {}}}}, (Ends.AFTER, 14 * DAY)),
        ({"delete": {"actions": {"delete": {}}}}, (Ends.AFTER, 0 * DAY)),
        ({"hot": hot(max_size="50gb"), "delete": {"min_age": "1d", "actions": {"delete": {}}}}, (Ends.UNTOLD, 0 * DAY)),
        ({"delete": {"min_age": "soon", "actions": {"delete": {}}}}, (Ends.UNTOLD, 0 * DAY)),
        ({"hot": hot(max_age="1d", min_docs=1, min_age="3d"), "delete": {"min_age": "9d", "actions": {"delete": {}}}},
         (Ends.AFTER, 12 * DAY)),
        ({"hot": hot(max_age="1d", min_docs=2), "delete": {"min_age": "9d", "actions": {"delete": {}}}},
         (Ends.UNTOLD, 0 * DAY)),
        ({"hot": hot(max_age="1d", min_size="1gb"), "delete": {"min_age": "9d", "actions": {"delete": {}}}},
         (Ends.UNTOLD, 0 * DAY)),
        ({"delete": {"min_age": "9d", "actions": {"delete": {}, "wait_for_snapshot": {"policy": "x"}}}},
         (Ends.UNTOLD, 0 * DAY)),
        ({"hot": hot(max_age="1d")}, (Ends.NEVER, 0 * DAY)),
        ({"delete": {"min_age": "1d", "actions": {"wait_for_snapshot": {}}}}, (Ends.NEVER, 0 * DAY)),
        ({}, (Ends.NEVER, 0 * DAY)),
    ],
)  # fmt: skip
def test_ilm_ends_after_the_time_that_an_index_is_written_to_and_the_time_after_that(
    phases: dict[str, object], end: tuple[Ends, timedelta]
) -> None:
    assert ilm_end(phases) == end


def state(name: str, *actions: dict[str, object], **to: dict[str, str]) -> dict[str, object]:
    steps = [{"state_name": where, **({"conditions": one} if one else {})} for where, one in to.items()]
    return {"name": name, "actions": list(actions), "transitions": steps}


GONE = state("gone", {"delete": {}})


@pytest.mark.parametrize(
    ("states", "end"),
    [
        ([state("hot", gone={"min_index_age": "14d"}), GONE], (Ends.AFTER, 14 * DAY)),
        ([state("hot", warm={"min_index_age": "2d"}), state("warm", gone={"min_index_age": "9d"}), GONE],
         (Ends.AFTER, 9 * DAY)),
        ([state("hot", {"rollover": {"min_index_age": "1d"}}, gone={"min_rollover_age": "13d"}), GONE],
         (Ends.AFTER, 14 * DAY)),
        ([state("hot", {"rollover": {"min_size": "50gb"}}, gone={"min_rollover_age": "13d"}), GONE],
         (Ends.UNTOLD, 0 * DAY)),
        ([state("hot", gone={"min_doc_count": "5"}), GONE], (Ends.UNTOLD, 0 * DAY)),
        ([state("hot", warm={}), state("warm", hot={})], (Ends.NEVER, 0 * DAY)),  # round and round
        ([state("hot", gone={})], (Ends.NEVER, 0 * DAY)),  # there is no such state
        ([state("hot", gone={}), GONE], (Ends.AFTER, 0 * DAY)),
        ([state("hot", gone={"min_index_age": "3d"}, warm={}), state("warm", gone={"min_index_age": "40d"}), GONE],
         (Ends.AFTER, 40 * DAY)),
        ([], (Ends.NEVER, 0 * DAY)),
    ],
)  # fmt: skip
def test_ism_ends_on_the_slowest_of_its_ways(states: list[dict[str, object]], end: tuple[Ends, timedelta]) -> None:
    assert ism_end({"default_state": "hot", "states": states}) == end


periods = st.lists(
    st.tuples(st.dates(date(2026, 6, 1), date(2026, 11, 20)), st.integers(0, 90), st.booleans()),
    min_size=1, max_size=4, unique_by=lambda one: one[0],
)  # fmt: skip
ages = st.timedeltas(timedelta(), timedelta(days=200))


@given(periods, ages, st.timedeltas(timedelta(), 3 * DAY), st.lists(st.floats(0, 1), max_size=12))
def test_what_is_counted_together_is_due_only_if_each_of_it_would_be(
    versions: list[tuple[date, int, bool]], age: timedelta, span: timedelta, between: list[float]
) -> None:
    """Law: a piece that stands for many is never due while one of them, whenever it was, would not be."""
    first = NOW - age - span
    told = tuple(Period(Duration.parse(f"{days} days"), since, back) for since, days, back in sorted(versions))
    stick = Yardstick(RecordRule("x", (), RecordEvent.SENT, told, Disposition.DELETE), NOW)
    whole = stick.stands(Piece("x", first + span, since=first, count=9))
    each = {stick.stands(Piece("y", first + part * span)) for part in (0.0, *between, 1.0)}
    assert whole is not Standing.DUE or each == {Standing.DUE}
    assert stick.stands(Piece("z", first)) is stick.stands(Piece("z", first, since=first))
