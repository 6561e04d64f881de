"""How far back a sweep reads: what it leaves out is about none of its loans, or comes in another night."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from carrel.retention.look_back import NIGHTS, LookBack
from carrel.retention.sweep import Loan
from carrel.retention.trail import Trail, speaks

# ruff: noqa: DTZ001, DTZ901  (naive local times, as the systems write them)
TIMES = st.datetimes(min_value=datetime(2019, 1, 1), max_value=datetime(2026, 1, 1))


@given(st.lists(TIMES, min_size=1, max_size=30), TIMES)
def test_what_lies_before_the_earliest_loan_speaks_of_none(opened, at):
    loans = [Loan(n, n, one, one + timedelta(days=9), barcode=f"b{n:09}") for n, one in enumerate(opened)]
    look = LookBack.of(loan.window[0] for loan in loans)
    assert look.since is None
    if look.earliest is not None and at < look.earliest:
        for loan in loans:
            assert not speaks(Trail(times=(at,), texts=(loan.barcode,)), loan)


@given(st.lists(TIMES, min_size=1, max_size=60), st.dates(min_value=date(2026, 1, 1), max_value=date(2030, 1, 1)))
def test_nights_in_a_row_have_every_part_and_no_loan_in_ten_is_older_than_what_is_read_whole(begins, night):
    looks = [LookBack.of(begins, night + timedelta(days=n)) for n in range(NIGHTS)]
    if looks[0].since is None:
        assert [one.says for one in looks] == [""] * NIGHTS
        return
    assert {one.part for one in looks} == set(range(NIGHTS))
    assert sum(at < looks[0].since for at in begins) <= len(begins) / 10
    assert looks[0].whole == LookBack(looks[0].earliest)
    assert looks[0].as_dict()["older_in_parts"] == NIGHTS


def test_a_loan_of_which_nobody_knows_since_when_has_everything_read():
    assert LookBack.of([datetime.min, datetime(2026, 1, 1)]) == LookBack()
    assert LookBack.of([]) == LookBack()
