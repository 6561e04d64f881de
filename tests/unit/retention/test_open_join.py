"""Open joins: what led a sweep back stays open until enough was tried, from where it can be seen, and led nowhere."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from carrel.retention.open_join import Look, OpenJoin, Side, led_nowhere, opened
from carrel.retention.sweep import Attack, Severity

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAYS = (date(2026, 11, 10), date(2026, 11, 12))
SAMPLE = 200
NAME = ("discovered", "text", "message_queue", ("borrowernumber", "content"))


def attack(hits: int, tried: int = 200, severity: Severity = Severity.SINGLED_OUT) -> Attack:
    kind, name, table, columns = NAME
    return Attack(name, kind, table, columns, tried, hits, severity)


def look(side: Side = Side.LOANS, tried: int = 200, *, whole: bool = False, run: str = "r2", hours: int = 24) -> Look:
    return Look(run, AT + timedelta(hours=hours), side, tried, whole, DAYS, SAMPLE)


SEEN = OpenJoin(*NAME, 116, 200, "r1", AT, AT, DAYS, from_loans=True)
sides = st.sampled_from(list(Side))
looks = st.builds(
    look,
    sides,
    st.integers(0, 400),
    whole=st.booleans(),
    run=st.sampled_from(["r2", "r3", ""]),
    hours=st.integers(1, 900),
)
joins = st.builds(
    lambda hits, more, clean, from_loans: replace(SEEN, hits=hits, tried=hits + more, clean=clean, from_loans=from_loans),
    st.integers(1, 200), st.integers(0, 2_000), st.integers(0, 1_000), st.booleans(),
)  # fmt: skip


def test_what_leads_back_is_opened_with_when_and_by_whom() -> None:
    [one] = opened((), [attack(116)], look(Side.PAIRS, run="r1", hours=0))
    assert one == replace(SEEN, from_loans=False)
    assert (one.closed_at, one.clean) == (None, 0)
    assert opened((), [], look()) == []


@given(joins, looks, st.integers(1, 200))
def test_what_leads_back_again_is_open_from_its_first_day_and_begins_anew(
    before: OpenJoin, at: Look, hits: int
) -> None:
    [one] = opened([before], [attack(hits)], at)
    assert (one.key, one.run, one.first_seen) == (before.key, before.run, before.first_seen)
    assert (one.last_seen, one.clean, one.closed_at) == (at.at, 0, None)
    assert one.from_loans == (before.from_loans or at.side is Side.LOANS)
    assert led_nowhere([before], [attack(hits)], at) == []


@given(joins, looks)
def test_nothing_is_closed_by_what_could_not_see_it_or_tried_too_little(before: OpenJoin, at: Look) -> None:
    for one in led_nowhere([before], [], at):
        if one.closed_at is None:
            continue
        assert (one.closed_at, one.closed_by) == (at.at, at.run)
        assert at.tried > 0
        assert before.from_loans == (at.side is Side.LOANS)
        assert (at.side is Side.LOANS and at.whole) or before.clean + at.tried >= before.wanted(SAMPLE) >= SAMPLE


@given(joins, looks, st.integers(1, 50))
def test_rows_that_no_rule_reaches_yet_close_nothing(before: OpenJoin, at: Look, hits: int) -> None:
    assert led_nowhere([before], [attack(hits, severity=Severity.NOT_COVERED)], at) == []


@given(joins, looks, st.integers(1, 50))
def test_rows_that_are_kept_keep_nothing_open(before: OpenJoin, at: Look, hits: int) -> None:
    kept = [attack(hits, severity=Severity.KEPT)]
    assert led_nowhere([before], kept, at) == led_nowhere([before], [], at)


def test_enough_loans_close_it_and_a_rare_one_wants_more() -> None:
    [one] = led_nowhere([SEEN], [], look())
    assert (one.closed_at, one.closed_by) == (AT + timedelta(hours=24), "r2")
    rare = replace(SEEN, hits=1)
    [step] = led_nowhere([rare], [], look())
    assert (step.closed_at, step.clean) == (None, 200)
    [whole] = led_nowhere([rare], [], look(tried=50, whole=True))
    assert whole.closed_at is not None
    for _ in range(6):
        [step] = led_nowhere([step], [], look())
    assert (step.clean, step.closed_at) == (1_400, AT + timedelta(hours=24))
    assert led_nowhere([SEEN], [], look(tried=199)) == []


def test_what_only_pairs_of_a_run_saw_is_closed_by_pairs_from_night_to_night() -> None:
    blind = replace(SEEN, from_loans=False)
    assert led_nowhere([blind], [], look(whole=True)) == []
    step = blind
    for _ in range(3):
        [step] = led_nowhere([step], [], look(Side.PAIRS, 60))
        assert step.closed_at is None
    assert led_nowhere([step], [], look(Side.PAIRS, 0)) == []
    [step] = led_nowhere([step], [], look(Side.PAIRS, 60))
    assert step.closed_at is not None


def test_where_the_loans_are_gone_new_pairs_must_tell() -> None:
    [one] = led_nowhere([replace(SEEN, clean=150)], [], look(tried=0, whole=True))
    assert (one.from_loans, one.clean, one.closed_at) == (False, 0, None)


def test_days_grow_and_how_often_is_told_by_where_it_is_closed() -> None:
    later = replace(look(Side.PAIRS, 200), days=(date(2026, 11, 11), date(2026, 11, 19)))
    [one] = opened([SEEN], [attack(2)], later)
    assert (one.days, one.hits, one.tried) == ((DAYS[0], date(2026, 11, 19)), 116, 200)
    [one] = opened([SEEN], [attack(9, 90)], replace(later, side=Side.LOANS, days=None))
    assert (one.days, one.hits, one.tried) == (None, 9, 90)


def test_it_says_names_and_counts() -> None:
    assert SEEN.says == "discovered: text, message_queue (borrowernumber, content)"
    told = json.loads(json.dumps(SEEN.as_dict()))
    assert told["columns"] == ["borrowernumber", "content"]
    assert (told["hits"], told["tried"], told["run"], told["seen_from"]) == (116, 200, "r1", "loans that name nobody")
