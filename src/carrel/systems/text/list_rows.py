"""Records of a file or a table on their way into what is known: read once, many rows at a time, column by column."""

from __future__ import annotations

import csv
import gc
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from carrel.amount import amount
from carrel.errors import CarrelError, fault
from carrel.inventory.record_source import NamedSource
from carrel.systems.text import faults
from carrel.systems.text.delimiter import require_parted

BATCH = 4_000  # rows
_LONGEST = 1 << 20  # signs of a field

IN_SETTINGS = "name its delimiter in settings, as `records: {file: …, delimiter: …}`"

Batches = Iterator[list[Sequence[str]]]  # some rows at a time, column by column


@contextmanager
def batches_of(source: NamedSource, wanted: Sequence[str], columns: Sequence[str]) -> Iterator[Batches]:
    """Some columns of records of any source, as texts, many rows at once and column by column.

    Args:
        source: a file or a table.
        wanted: the columns.
        columns: all that it has, as `columns_of` tells them.

    Raises:
        CarrelError: TXT-015; SRC, SQL and SIT codes.
    """
    if source.file is not None and not source.is_parquet:
        yield _of_csv(source, [columns.index(one) for one in wanted])
        return
    from carrel.systems.analytics import engine, record_source

    with engine.opened() as opened:
        found = record_source.read(opened, source, tuple(wanted))
        names = ", ".join(engine.quoted(one) for one in wanted)
        answer = opened.execute(f"SELECT {names} FROM {found.name}")
        yield _fetched(answer)


def _fetched(answer: Any) -> Batches:
    while rows := answer.fetchmany(BATCH):
        yield turned(rows)


def turned(rows: Sequence[Sequence[Any]]) -> list[Sequence[str]]:
    """Rows of a table as columns of texts."""
    return [["" if one is None else str(one) for one in values] for values in zip(*rows, strict=True)]


def _of_csv(source: NamedSource, places: Sequence[int]) -> Batches:
    from carrel.systems.analytics.csv_quotes import text_of

    csv.field_size_limit(_LONGEST)
    collected = gc.isenabled()
    gc.disable()  # rows come by the million, and none of them holds another
    try:
        with text_of(source) as file:
            reader = csv.reader(file, delimiter=source.delimiter)
            width, before = len(next(reader, ())), 0
            while batch := list(itertools.islice(reader, BATCH)):
                if set(map(len, batch)) != {width}:
                    _require_narrow(batch, width, before, source)
                    batch = [[*row, *[""] * (width - len(row))] for row in batch if row]
                before += len(batch)
                columns = list(zip(*batch, strict=True))
                if columns:
                    yield [columns[at] for at in places]
    except (OSError, EOFError, UnicodeError, csv.Error):
        raise unusable(source.at, f"CSV in {source.encoding}", "a line that cannot be read") from None
    finally:
        if collected:
            gc.enable()


def _require_narrow(batch: Sequence[Sequence[str]], width: int, before: int, source: NamedSource) -> None:
    rows = (row for row in batch if row)
    wide = next((at for at, row in enumerate(rows, before + 1) if len(row) > width), None)
    if wide is not None:
        raise too_wide(width, wide, source)


def too_wide(width: int, row: int, source: NamedSource) -> CarrelError:
    """The error of a row with a field that the first line does not name: its values stand in columns of others."""
    return fault(
        faults.LIST, at=f"{source.at}, row {row}", wanted=f"{amount(width, 'field')}, as the first line names",
        found="a field without a name", because="its values would stand in columns of others",
        fix="put quotes around a field that holds the delimiter, or name that field in the first line",
    )  # fmt: skip


def columns_of(source: NamedSource, how: str = IN_SETTINGS) -> tuple[str, ...]:
    """The names of the columns of records.

    Args:
        source: a file or a table.
        how: people name the delimiter of such a file.

    Raises:
        CarrelError: TXT-015, its first line has one field, which another delimiter parts; SRC, SQL and SIT codes.
    """
    from carrel.systems.analytics import csv_header, engine, record_source

    if source.file is not None and not source.is_parquet:
        columns = csv_header.header_of(source)
        if "delimiter" not in source.model_fields_set:
            fix = how + ", with {}; where this is one column, with a comma"
            require_parted(columns, source.delimiter, faults.LIST, source.at, fix)
        return columns
    with engine.opened() as opened:
        return tuple(record_source.read(opened, source).columns)


def unusable(at: str, wanted: str, found: str) -> CarrelError:
    """The error of a list that does not say what it should."""
    return fault(
        faults.LIST,
        at=at,
        wanted=wanted,
        found=found,
        fix="give the file a first line with names of columns, or name them in the settings, such as `family: surname`",
    )


def others(columns: Sequence[str]) -> str:
    """How many columns there are: a file without a first line of names has a patron's values in their place."""
    return amount(len(columns), "column of another name", "columns of other names")
