"""Totals of nobody: a count, times and few places, or they are refused."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from carrel.deidentification.column_shape import ColumnShape
from carrel.inventory.table_sample import FILE, SampledColumn, TableSample
from carrel.inventory.totals import person_level

DRAW = random.Random(11)
BASE = datetime(2026, 2, 1, 8)  # noqa: DTZ001  (on a wall)
HOURS = [str(BASE + timedelta(hours=n)) for n in range(300)]
PASSAGES = [str(BASE + timedelta(seconds=n * 37)) for n in range(300)]
MANY = [DRAW.randrange(2, 400) for _ in HOURS]


def told(columns, declared=()):
    made = [SampledColumn(name, FILE, ColumnShape(name)) for name in columns]
    rows = [[str(one) for one in row] for row in zip(*columns.values(), strict=True)]
    return list(person_level(TableSample.of(made, rows), declared))


@pytest.mark.parametrize(
    ("columns", "declared"),
    [
        ({"at": HOURS, "gate": ["north", "south"] * 150, "total": MANY}, ()),
        (
            {"day": [one[:10] for one in HOURS], "time": [one[11:16] for one in HOURS], "in": MANY, "out": MANY[::-1]},
            (),
        ),
        ({"day": [n % 365 + 1 for n in range(300)], "hour": [n % 24 for n in range(300)], "visits": MANY}, ()),
        ({"at": HOURS, "v1": MANY}, ["v1"]),
        ({"at": HOURS, "count": ["1,000"] * 300}, ()),
        ({"at": PASSAGES, "count": MANY}, ()),  # read at odd seconds, and sums still
        ({"id": range(70_000, 70_300), "at": HOURS, "count": [n % 3 for n in range(300)]}, ()),
    ],
)
def test_sums_are_taken(columns, declared):
    assert told(columns, declared) == []


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"at": PASSAGES, "gate": [n % 2 + 1 for n in range(300)]}, "no column counts anything"),
        ({"at": HOURS, "v1": MANY}, "no column counts anything"),
        ({"at": PASSAGES, "count": range(1, 301)}, "no column counts anything"),  # they number the rows
        ({"at": PASSAGES, "gate": [1, 2] * 150, "count": [1] * 300}, "every count is 1"),
        ({"at": PASSAGES, "count": [1, 1, 2] * 100}, "column at: times to the second, and 200 of 300 rows count one"),
        ({"at": HOURS, "who4": [DRAW.randrange(1000, 1200) for _ in HOURS], "total": MANY}, "column who4: "),
        (
            {"at": HOURS, "x": [f"quill{n % 60}" for n in range(300)], "total": MANY},
            "column x: 60 of 300 values differ",
        ),
        ({"at": HOURS[:30], "x": [f"q{n % 20}" for n in range(30)], "total": MANY[:30]}, "column x: 20 of 30 values"),
    ],
)
def test_what_tells_of_persons_is_refused(columns, why):
    found = told(columns)
    assert any(why in one for one in found)
    assert "quill" not in str(found)
