"""A capsule and the rule's period together stay below the ceiling, or nothing runs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.errors import CarrelError, Exit
from carrel.retention.undo_period import require_undo_below_ceiling
from carrel.systems import policy_files

ON = date(2026, 11, 22)
MIT = policy_files.load("mit-libraries")  # keep: 7 days, and 30 days at most


@given(st.integers(1, 90 * 24))
def test_seven_days_and_the_capsule_are_at_most_thirty(hours):
    undo = timedelta(hours=hours)
    if undo <= timedelta(days=23):
        require_undo_below_ceiling(MIT, undo, ON, "koha")
        return
    with pytest.raises(CarrelError) as refused:
        require_undo_below_ceiling(MIT, undo, ON, "koha")
    assert (refused.value.code, refused.value.exit) == ("UND-004", Exit.REFUSED)
    told = str(refused.value)
    assert "30 days" in told
    assert "changed: nothing" in told.replace("changed:  ", "changed: ")


def test_without_a_ceiling_any_capsule_is_below_it():
    require_undo_below_ceiling(policy_files.load("manhattan"), timedelta(days=900), ON, "koha")
