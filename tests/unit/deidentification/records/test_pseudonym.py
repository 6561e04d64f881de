"""Tokens: the same within a period and silo, unlike anything outside, and keys that end when they should."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from carrel.deidentification.records.pseudonym import PeriodKey, due_on, is_due, period_of, place

ONE = PeriodKey("loans", "2026-11", b"k" * 32)


def test_a_token_is_of_its_value_silo_period_and_key() -> None:
    others = [
        PeriodKey("visits", "2026-11", b"k" * 32),
        PeriodKey("loans", "2026-12", b"k" * 32),
        PeriodKey("loans", "2026-11", b"x" * 32),
    ]
    tokens = {key.token("23529000112233") for key in (ONE, *others)} | {ONE.token("23529000112234")}
    assert len(tokens) == 5
    assert ONE.token("23529000112233") in tokens
    assert len(ONE.token("Ana \udcff")) == 20
    assert "kkk" not in repr(ONE)


@pytest.mark.parametrize(
    ("period", "last", "due"),
    [
        ("2026-11-27", date(2026, 11, 27), date(2026, 11, 28)),
        ("2026-W53", date(2027, 1, 3), date(2027, 1, 4)),
        ("2026-12", date(2026, 12, 31), date(2027, 1, 1)),
        ("2026-Q4", date(2026, 12, 31), date(2027, 1, 1)),
        ("2026", date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_a_key_is_due_when_its_period_is_over(period: str, last: date, due: date) -> None:
    assert not is_due(period, last, 0)
    assert is_due(period, due, 0)
    assert not is_due(period, due, 1)
    assert due_on(period, 0) == due
    for kept in (1, 3, 60):
        day = due_on(period, kept)
        assert is_due(period, day, kept)
        assert not is_due(period, day - timedelta(days=1), kept)


@pytest.mark.parametrize("text", ["", "2026-13", "2026-W54", "2026-02-30", "2026-Q5", "soon"])
def test_what_is_no_period_has_no_place(text: str) -> None:
    assert place(text) is None
    with pytest.raises(ValueError, match="no period"):
        is_due(text, date(2026, 1, 1), 0)


def test_the_period_of_a_time() -> None:
    assert period_of("2026-11-27 12:40:13", "quarter") == "2026-Q4"
    assert period_of("2027-01-02", "week") == "2026-W53"
    assert period_of("0000-00-00", "month") is None
