"""What is past its time outside the databases: laws of the yardstick, tags, and a plan read back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.inventory.mailbox import MailFolder
from carrel.policy.duration import Duration
from carrel.policy.schedule import Disposition, Period, RecordEvent, RecordRule
from carrel.retention.approval import Kind
from carrel.retention.clearing import Piece, Standing, Yardstick, tag_of, tally
from carrel.retention.clearing_plan import ClearedPart, ClearingPlan
from carrel.retention.plan import Basis

PART = MailFolder(folder="INBOX", record="correspondence", purpose="provide")
BASE = datetime(2026, 1, 1, tzinfo=UTC)
TIMES = st.integers(-400, 400).map(lambda days: BASE + timedelta(days=days))
EVENTS = st.sampled_from([RecordEvent.MADE, RecordEvent.ANSWERED])


def rule(event: RecordEvent, days: int) -> RecordRule:
    return RecordRule("r", (), event, (Period(Duration.parse(f"{days} days"), date(2020, 1, 1)),), Disposition.DELETE)


@given(EVENTS, st.integers(0, 200), TIMES, TIMES, st.integers(0, 300), st.booleans())
def test_passing_time_takes_nothing_out_of_what_is_due(event, days, at, as_of, later, is_open):
    piece, law = Piece("x", at, open=is_open), rule(event, days)
    now = Yardstick(law, as_of).stands(piece)
    then = Yardstick(law, as_of + timedelta(days=later)).stands(piece)
    assert now is not Standing.DUE or then is Standing.DUE
    assert (now is Standing.DUE) == (
        at <= as_of - timedelta(days=days) and not (is_open and event is RecordEvent.ANSWERED)
    )


@given(EVENTS, st.integers(0, 200), TIMES)
def test_what_has_no_date_or_is_kept_is_never_due(event, days, as_of):
    stick = Yardstick(rule(event, days), as_of)
    assert stick.stands(Piece("x", None)) is Standing.UNDATED
    assert stick.stands(Piece("x", as_of + timedelta(days=2))) is Standing.UNDATED
    assert stick.stands(Piece("x", BASE - timedelta(days=4000), kept="being written")) is Standing.LEFT


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_two_things_have_one_tag_only_where_they_are_equal(one, other):
    assert (tag_of(*one) == tag_of(*other)) == (one == other)


def test_a_plan_reads_back_and_no_other_text_passes_for_it():
    late: list[str] = []
    pieces = [Piece(tag_of(str(n)), BASE - timedelta(days=n)) for n in range(20)]
    found = tally(lambda _: pieces, rule(RecordEvent.MADE, 10), BASE, late)
    part = ClearedPart.of(PART, "INBOX", "r", "7", found, late)
    assert (part.count, part.total, part.stays) == (10, 20, {"not yet": 10})
    plan = ClearingPlan(
        Kind.MAIL, "desk", "p", BASE, "Cal", Basis("a", "b", "", "imap", "1"), (part,), ("nothing brings it back",)
    )
    assert ClearingPlan.from_dict(plan.as_dict()) == plan
    assert tag_of(*part.goes) in plan.lines[1]
    for name, value in (("holder", "other"), ("kind", "plan"), ("parts", []), ("extra", 1), ("format_version", 2)):
        with pytest.raises(ValueError, match=r"plan|Kind|not a valid"):
            ClearingPlan.from_dict({**plan.as_dict(), name: value})
