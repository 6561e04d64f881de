"""Which column of a table tells when it was, in which form and which zone: chosen where it is plain, else asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from carrel.deidentification.column_words import tells_birth, tells_end, tells_start, tells_time
from carrel.errors import fault
from carrel.inventory import faults
from carrel.inventory.clock_guess import ISO, example
from carrel.inventory.row_clock import RowClock
from carrel.inventory.table_sample import SampledColumn, TableSample

_CANDIDATE, _SURE, _LATER = 0.8, 0.9, 0.95
Line = tuple[str, str | None, str]  # key of the site file, value or None where it is asked, evidence


def clock_guesses(
    sample: TableSample, clock: str | None, form: str | None, zone: str | None, at: str
) -> Iterator[Line]:
    """The lines about the clock, that of the column first.

    Args:
        sample: some rows.
        clock: the column, where a person has named it.
        form: how it is written, where a person has said it.
        zone: in which zone, where a person has said it.
        at: what errors call the table.

    Raises:
        CarrelError: TBL-006, no column tells times, or the named one does not.
    """
    times = [one for one in sample.columns if _tells_times(one, named=one.name == clock)]
    if clock is not None:
        times = [one for one in times if one.name == clock]
    if not times:
        raise fault(
            faults.NOT_MAPPED,
            at=at,
            wanted="a column that tells when it was",
            found="none whose values are times" if clock is None else "values that are no times",
            because="without a clock nobody can tell what is past its time",
            fix="name it with --clock, and its form with --format; a table without one is cleared by its own program",
        )
    chosen = _chosen(sample, times) if clock is None else times[0]
    if chosen is None:
        named = "; ".join(f"{one.name}, {_evidence(one)}" for one in times[:4])
        yield "clock", None, f"which of these is the end of it? {named}"
        if zone is not None or any(_needs_zone(one) for one in times):
            yield "zone", zone, "" if zone else "in which these times are written"
        return
    yield "clock", chosen.name, _evidence(chosen)
    yield from _form(chosen, form)
    if zone is not None or _needs_zone(chosen):
        yield "zone", zone, "" if zone else "these times bear none: which clock was it?"


def _tells_times(one: SampledColumn, *, named: bool) -> bool:
    clock = one.clock
    if not clock.filled or clock.fitting < _CANDIDATE * clock.filled or tells_birth(one.name):
        return False
    return named or tells_time(one.name) or not clock.is_number  # ten digits can be a card


def _chosen(sample: TableSample, times: list[SampledColumn]) -> SampledColumn | None:
    """The column that is plainly the clock; None where it must be asked."""
    ends = [one for one in times if tells_end(one.name)]
    if len(ends) == 1:
        starts = [one for one in times if tells_start(one.name)]
        found: SampledColumn | None = ends[0] if all(_is_later(sample, ends[0], one) for one in starts) else None
    elif len(times) == 1 and not tells_start(times[0].name):
        found = times[0]
    else:
        found = None
    return found if found is not None and found.clock.fitting >= _SURE * found.clock.filled else None


def _is_later(sample: TableSample, one: SampledColumn, other: SampledColumn) -> bool:
    """Whether one is not before another in nearly every row that has both."""
    here, there = sample.columns.index(one), sample.columns.index(other)
    read, than = _reader(one), _reader(other)
    pairs = [(read(row[here]), than(row[there])) for row in sample.rows]
    both = [(late, early) for late, early in pairs if late is not None and early is not None]
    return not both or sum(late >= early for late, early in both) >= _LATER * len(both)


def _reader(one: SampledColumn) -> Any:
    forms = [form for form in one.clock.forms if form != ISO]
    clock = RowClock(ZoneInfo("UTC"), forms[0] if forms and not one.clock.typed else None)

    def read(value: Any) -> datetime | None:
        return clock.of(value)

    return read


def _form(chosen: SampledColumn, told: str | None) -> Iterator[Line]:
    forms = chosen.clock.forms
    if told is not None:
        yield "format", told, "as named"
    elif chosen.clock.typed or ISO in forms:
        return
    elif len(forms) == 1:
        yield "format", forms[0], ""
    else:
        yield "format", None, f"every value fits each of: {', '.join(forms[:4])}"


def _needs_zone(one: SampledColumn) -> bool:
    clock = one.clock
    if one.in_utc:
        return False
    if clock.typed:
        return True
    return not clock.is_number and clock.zoned < clock.fitting


def _evidence(one: SampledColumn) -> str:
    clock, empty = one.clock, one.shape.seen - one.shape.filled
    kind = f"times as the database keeps them ({one.kind})" if clock.typed else _look(clock.forms)
    told = f"{clock.fitting:,} of {clock.filled:,} values {'are' if clock.typed else 'look like'} {kind}"
    return told + (f", {empty:,} {'is' if empty == 1 else 'are'} empty" if empty else "")


def _look(forms: list[str]) -> str:
    return example(forms[0]) if forms else ""
