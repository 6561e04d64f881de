"""Columns of records that name people by themselves, found by what is in them; nothing that was read is kept."""

from __future__ import annotations

from collections.abc import Sequence

from carrel.deidentification.column_shape import ColumnShape
from carrel.inventory.table_sample import FILE, MOST, SampledColumn, TableSample
from carrel.systems.analytics.engine import quoted
from carrel.systems.analytics.record_source import Records


def identifying(records: Records, columns: Sequence[str]) -> dict[str, str]:
    """The columns whose values name people, and how that shows, in counts.

    Args:
        records: of any source.
        columns: those that leave the house.

    Returns:
        By column. Free text is no name by itself, and how a column is called is none either: both are for whoever
        reads the report.
    """
    if not columns:
        return {}
    chosen = ", ".join(f"CAST({quoted(one)} AS VARCHAR)" for one in columns)
    rows = records.ask(f"SELECT {chosen} FROM {records.name} USING SAMPLE reservoir({MOST} ROWS) REPEATABLE (1)")
    sample = TableSample.of([SampledColumn(one, FILE, ColumnShape(one)) for one in columns], rows)
    return {one.name: why for one in sample.columns if (why := one.shape.names_people)}
