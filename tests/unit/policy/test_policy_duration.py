from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from carrel.errors import CarrelError
from carrel.policy.duration import Duration, Unit


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("7 days", 7, Unit.DAYS),
        ("1 day", 1, Unit.DAYS),
        ("0 days", 0, Unit.DAYS),
        ("48 hours", 48, Unit.HOURS),
        ("2 weeks", 2, Unit.WEEKS),
        ("18 months", 18, Unit.MONTHS),
        ("5 years", 5, Unit.YEARS),
        ("session", 0, Unit.SESSION),
    ],
)
def test_a_period_reads_as_people_write_it(text: str, amount: int, unit: Unit) -> None:
    period = Duration.parse(text)
    assert (period.amount, period.unit) == (amount, unit)
    assert str(period) == text


@pytest.mark.parametrize(
    "text", ["", "thirty days", "7", "-1 days", "07 days", "7days", "7 days ", "1.5 days", "100000 days"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CarrelError) as refused:
        Duration.parse(text)
    assert refused.value.code == "POL-001"


@pytest.mark.parametrize(
    ("period", "instant", "cutoff"),
    [
        ("1 month", datetime(2026, 3, 31, 12, tzinfo=UTC), datetime(2026, 2, 28, 12, tzinfo=UTC)),
        ("1 month", datetime(2024, 3, 30, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)),
        ("1 year", datetime(2024, 2, 29, tzinfo=UTC), datetime(2023, 2, 28, tzinfo=UTC)),
        ("12 months", datetime(2026, 12, 31, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)),
        ("48 hours", datetime(2026, 3, 30, tzinfo=UTC), datetime(2026, 3, 28, tzinfo=UTC)),
        ("session", datetime(2026, 3, 30, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)),
        ("9000 years", datetime(2026, 3, 30, tzinfo=UTC), datetime.min.replace(tzinfo=UTC)),
    ],
)
def test_the_cutoff_counts_days_by_hours_and_months_on_the_calendar(
    period: str, instant: datetime, cutoff: datetime
) -> None:
    assert Duration.parse(period).before(instant) == cutoff


def test_the_cutoff_is_counted_in_utc() -> None:
    there = datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=2)))  # still February in UTC
    assert Duration.parse("1 month").before(there) == datetime(2026, 1, 28, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        ("7 days", "1 week"),
        ("28 days", "1 month"),
        ("48 hours", "2 days"),
        ("12 months", "1 year"),
        ("session", "0 days"),
    ],
)
def test_within_holds(shorter: str, longer: str) -> None:
    assert Duration.parse(shorter).within(Duration.parse(longer))


@pytest.mark.parametrize(
    ("period", "limit"), [("30 days", "1 month"), ("1 month", "30 days"), ("8 days", "1 week"), ("1 year", "365 days")]
)
def test_within_needs_certainty(period: str, limit: str) -> None:
    assert not Duration.parse(period).within(Duration.parse(limit))
