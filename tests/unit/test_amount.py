"""Counts as people read them: one of a thing stands in the singular."""

from __future__ import annotations

import pytest

from carrel.amount import amount


@pytest.mark.parametrize(
    ("of", "words", "said"),
    [
        (0, ("row",), "0 rows"),
        (1, ("row",), "1 row"),
        (2, ("row",), "2 rows"),
        (1204, ("row",), "1,204 rows"),
        (1, ("leaf", "leaves"), "1 leaf"),
        (3, ("leaf", "leaves"), "3 leaves"),
        (1, ("loan is due", "loans are due"), "1 loan is due"),
        (2, ("loan is due", "loans are due"), "2 loans are due"),
        ("0-9", ("loan",), "0-9 loans"),
        (1.0, ("hour",), "1 hour"),
        (1.5, ("hour",), "1.5 hours"),
    ],
)
def test_a_count_and_what_is_counted(of: float | str, words: tuple[str, ...], said: str) -> None:
    assert amount(of, *words) == said
