"""Rows of an answer are told when somebody looks at them, and each once: a page, JSON and CSV look at the same."""

from __future__ import annotations

import pytest

from carrel.rights.answer import DatedRow
from carrel.rights.reckoned_rows import Reckoned
from carrel.rights.third_persons import HeldRow


def test_a_row_is_told_once_and_only_if_somebody_looks() -> None:
    asked: list[int] = []

    def tell(row: dict[str, int]) -> DatedRow:
        asked.append(row["n"])
        return DatedRow(HeldRow(dict(row)), None)

    rows = Reckoned([{"n": n} for n in range(5)], tell)
    assert len(rows) == 5
    assert asked == []
    assert rows[-1].row.values == {"n": 4}
    assert [one.row.values["n"] for one in rows[1:3]] == [1, 2]
    assert [one.row.values["n"] for one in rows] == [0, 1, 2, 3, 4]
    assert [one.row.values["n"] for one in rows[::-2]] == [4, 2, 0]
    assert sorted(asked) == [0, 1, 2, 3, 4]
    with pytest.raises(IndexError):
        rows[5]
    assert [one.row.values["n"] for one in rows.only(2)] == [0, 1]
