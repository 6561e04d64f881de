from __future__ import annotations

from carrel.retention.reasons import OTHER, by_reason


def test_small_reasons_are_merged_and_the_merged_line_is_always_there() -> None:
    assert by_reason({"open charge": 10, "legal hold": 9, "recorded exception": 0}) == {"open charge": 10, OTHER: "0-9"}
    assert by_reason({}) == {OTHER: "0-9"}
