from __future__ import annotations

from datetime import UTC, date, datetime

from carrel.policy.clock import Segment, is_due, segments
from carrel.policy.duration import Duration
from carrel.policy.schedule import Applies, Disposition, Event, LoanRule, Period


def rule(*periods: tuple[str, date] | tuple[str, date, bool]) -> LoanRule:
    return LoanRule(
        "closed loans",
        (),
        Applies.ANY,
        frozenset(Event),
        tuple(Period(Duration.parse(keep), since, *rest) for keep, since, *rest in periods),
        Disposition.DE_IDENTIFY,
    )


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_before_the_first_version_nothing_is_due() -> None:
    dated = rule(("7 days", date(2026, 1, 1)))
    assert segments(dated, datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)) == ()
    assert not is_due(dated, at(1999, 1, 1), at(2025, 12, 31))


def test_a_version_that_reaches_back_takes_in_every_older_record() -> None:
    dated = rule(("7 days", date(2026, 1, 1)))
    assert segments(dated, at(2026, 1, 1)) == (
        Segment(None, at(2026, 1, 1), at(2025, 12, 25)),
        Segment(at(2026, 1, 1), None, at(2025, 12, 25)),
    )
    assert is_due(dated, at(1999, 1, 1), at(2026, 1, 1))


def test_a_version_that_does_not_reach_back_speaks_of_later_records_only() -> None:
    dated = rule(("7 days", date(2026, 1, 1), False))
    assert segments(dated, at(2026, 3, 1)) == (Segment(at(2026, 1, 1), None, at(2026, 2, 22)),)
    assert not is_due(dated, at(2025, 12, 31, 23), at(2030, 1, 1))
    assert is_due(dated, at(2026, 1, 1), at(2026, 1, 8))


def test_due_is_half_open_to_the_instant() -> None:
    dated = rule(("48 hours", date(2026, 1, 1)))
    assert is_due(dated, at(2026, 2, 1, 9), at(2026, 2, 3, 9))
    assert not is_due(dated, at(2026, 2, 1, 9), datetime(2026, 2, 3, 8, 59, 59, 999999, tzinfo=UTC))


def test_a_shorter_version_reaches_back() -> None:
    dated = rule(("30 days", date(2026, 1, 1)), ("7 days", date(2026, 6, 1)))
    assert not is_due(dated, at(2026, 5, 20), datetime(2026, 5, 31, 23, 59, tzinfo=UTC))
    assert is_due(dated, at(2026, 5, 20), at(2026, 6, 1))


def test_a_shorter_version_leaves_older_records_alone_where_it_says_so() -> None:
    dated = rule(("30 days", date(2026, 1, 1)), ("7 days", date(2026, 6, 1), False))
    assert not is_due(dated, at(2026, 5, 20), at(2026, 6, 1))
    assert is_due(dated, at(2026, 5, 20), at(2026, 6, 19))
    assert is_due(dated, at(2026, 6, 2), at(2026, 6, 9))


def test_a_longer_version_never_revives_or_prolongs() -> None:
    dated = rule(("7 days", date(2026, 1, 1)), ("30 days", date(2026, 6, 1)))
    assert is_due(dated, at(2026, 5, 1), at(2026, 6, 1))  # was due under the first version
    assert is_due(dated, at(2026, 5, 30), at(2026, 6, 6))  # closed under the first version, due after the second began
    assert not is_due(dated, at(2026, 6, 1), at(2026, 6, 30))
    assert is_due(dated, at(2026, 6, 1), at(2026, 7, 1))


def test_an_earlier_shorter_version_is_not_undone_by_a_later_longer_one() -> None:
    dated = rule(("30 days", date(2026, 1, 1)), ("7 days", date(2026, 3, 1)), ("60 days", date(2026, 6, 1)))
    assert segments(dated, at(2026, 7, 1)) == (
        Segment(None, at(2026, 1, 1), at(2026, 6, 24)),
        Segment(at(2026, 1, 1), at(2026, 3, 1), at(2026, 6, 24)),
        Segment(at(2026, 3, 1), at(2026, 6, 1), at(2026, 6, 24)),
        Segment(at(2026, 6, 1), None, at(2026, 5, 2)),
    )


def test_nothing_that_is_still_to_come_is_due() -> None:
    dated = rule(("0 days", date(2026, 1, 1)))
    assert is_due(dated, at(2026, 2, 1), at(2026, 2, 1))
    assert not is_due(dated, at(2026, 2, 2), at(2026, 2, 1))
