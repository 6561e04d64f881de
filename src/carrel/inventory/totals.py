"""Whether what is declared as totals is that: no column about single persons, and no row for each who passed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import Any

from carrel.deidentification.column_words import counts, tells_row, words_of
from carrel.inventory.table_sample import SampledColumn, TableSample

TOTALS = "totals"
_ENOUGH = 20  # rows from which a share tells something
_PLACES = 40  # different gates, branches or floors; persons are more
_PASSAGES = frozenset({"in", "out", "passed", "passages", "entered", "left"})
_CALENDAR = frozenset({"year", "quarter", "month", "week", "weekday", "day", "hour", "minute", "slot", "time"})
_SECOND = re.compile(r"(?:^|[ T])\d{1,2}:\d\d:(\d\d)")
_OF_THE_DAY = re.compile(r"\d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?|\d{1,4}")
_THOUSANDS = re.compile(r",(\d{3})$")
_SECONDS = 10  # a counter that is read on the hour writes few different ones


def person_level(sample: TableSample, declared: Collection[str] = ()) -> Iterator[str]:
    """What in a table is about single persons.

    Args:
        sample: some of its rows.
        declared: columns that the site file says are counts, whatever they are called.

    Yields:
        A column and why, in names of columns, kinds and counts; nothing where there are totals only: counts, times, and
        places of which there are few.

    Source:
        MITL-2.7.
    """
    counting = [one for one in sample.columns if _counts(sample, one, declared)]
    for column in sample.columns:
        if why := sample.suspicion(column):
            yield f"column {column.name}: {why}"
        elif column not in counting and _differs(sample, column):
            found = f"{column.shape.distinct:,} of {column.shape.filled:,} values differ"
            yield f"column {column.name}: {found}, as those of persons do: totals have few places"
    if sample.looked_at and not counting:
        yield "no column counts anything, by its name or as declared: each row stands for one event"
    elif sample.looked_at >= _ENOUGH:
        yield from _single(sample, counting)


def _single(sample: TableSample, counting: Sequence[SampledColumn]) -> Iterator[str]:
    """Whether rows stand for one person each."""
    columns = [_values(sample, one) for one in counting]
    single = sum(all(_amount(one) <= 1 for one in row) for row in zip(*columns, strict=True))
    if single == sample.looked_at:
        yield f"column {counting[0].name}: every count is 1, so that each row stands for one person"
    elif 2 * single > sample.looked_at:
        for column in sample.columns:
            if _to_the_second(sample, column):
                told = f"times to the second, and {single:,} of {sample.looked_at:,} rows count one"
                yield f"column {column.name}: {told}: such a row stands for one person"


def _counts(sample: TableSample, column: SampledColumn, declared: Collection[str]) -> bool:
    """Whether a column holds counts: numbers, called so, that are neither the row's own nor a time."""
    shape, name = column.shape, column.name
    if not shape.filled or shape.numbers < shape.filled or column.is_clock or tells_row(name):
        return False
    is_called = counts(name) or bool(_PASSAGES & set(words_of(name))) or name in declared
    numbers_rows = shape.filled >= _ENOUGH and shape.once_each and shape.runs_on
    return is_called and not numbers_rows and (name,) not in sample.keys


def _differs(sample: TableSample, column: SampledColumn) -> bool:
    """Whether values differ from row to row as persons do, and not as times or the numbers of rows."""
    shape, name = column.shape, column.name
    if column.is_clock or (name,) in sample.keys or (tells_row(name) and shape.once_each):
        return False
    if _CALENDAR & set(words_of(name)) and all(_OF_THE_DAY.fullmatch(one) for one in _texts(sample, column)):
        return False
    return shape.filled >= _ENOUGH and (shape.distinct > _PLACES or 2 * shape.distinct > shape.filled)


def _to_the_second(sample: TableSample, column: SampledColumn) -> bool:
    """Whether a column holds times that tell when somebody passed, and not when a counter was read."""
    if column.is_clock and column.clock.is_number:
        per_second = 1000 if "milliseconds" in column.clock.forms else 1
        seconds = {str(int(_amount(one)) // per_second % 60) for one in _values(sample, column)}
    else:
        found = (_SECOND.search(one) for one in _texts(sample, column))
        seconds = {one[1] for one in found if one is not None}
    return len(seconds) > _SECONDS


def _values(sample: TableSample, column: SampledColumn) -> list[Any]:
    place = sample.columns.index(column)
    return [row[place] for row in sample.rows]


def _texts(sample: TableSample, column: SampledColumn) -> Iterator[str]:
    return (text for one in _values(sample, column) if one is not None and (text := str(one).strip()))


def _amount(value: Any) -> Decimal:
    """How many a value counts; nothing where it is empty."""
    text = "" if value is None else _THOUSANDS.sub(r"\1", str(value).strip()).replace(",", ".")
    return Decimal(text) if text else Decimal(0)
