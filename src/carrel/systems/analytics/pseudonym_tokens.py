"""Tokens of a release, made for each value and period once, and put beside the records in the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from carrel.amount import amount
from carrel.deidentification.records import faults
from carrel.deidentification.records.pseudonym import PeriodKey, period_of
from carrel.deidentification.records.release import Pseudonyms
from carrel.errors import fault
from carrel.systems.analytics.engine import quoted, told
from carrel.systems.analytics.period_keys import PeriodKeyFolder
from carrel.systems.analytics.record_coding import TAKEN
from carrel.systems.analytics.record_source import Records


def tokens(records: Records, said: Pseudonyms, today: date, *, draws: bool) -> None:
    """Make the tables ``periods`` and ``tokens_0`` and so on, which `coarse_records` joins with the records.

    Args:
        records: of which ``taken`` was made.
        said: which columns, and whose keys.
        today: by which keys stand or are due.
        draws: whether keys may be written down; a look at what would be released makes its tokens with others.

    Raises:
        CarrelError: REC-001, a record's time is none; REC-010; SRC codes.
    """
    by = quoted(said.by)
    times = records.ask(f"SELECT {by}, count(*) FROM {TAKEN} GROUP BY {by}")
    periods = [period_of((value or "").strip(), said.period) for value, _ in times]
    missing = [rows for (_, rows), period in zip(times, periods, strict=True) if period is None]
    if missing:
        raise fault(
            faults.UNCOVERED,
            at=f"{records.source.at}, column {said.by}",
            wanted="a time in each record, to tell under which key it falls",
            found=f"none in {amount(sum(missing), 'record', 'records')}",
            fix="correct them, or leave them out",
        )
    known = _keys(said, today, draws=draws)
    _table(records, "periods", {"value": [value for value, _ in times], "period": periods})
    for at, name in enumerate(said.columns):
        column = quoted(name)
        pairs = records.ask(
            f"SELECT DISTINCT t.{column}, b.period FROM {TAKEN} t JOIN periods b ON t.{by} IS NOT DISTINCT FROM b.value"
        )
        made = [None if value is None else known(period).token(value) for value, period in pairs]
        _table(
            records,
            f"tokens_{at}",
            {"value": [one for one, _ in pairs], "period": [one for _, one in pairs], "token": made},
        )


def _keys(said: Pseudonyms, today: date, *, draws: bool) -> Callable[[str], PeriodKey]:
    folder = PeriodKeyFolder(said.keys, make=True) if draws else None
    found: dict[str, PeriodKey] = {}

    def of(period: str) -> PeriodKey:
        if period not in found:
            found[period] = (
                PeriodKey(said.silo, period, bytes(32))
                if folder is None
                else folder.key(said.silo, period, said.kept, today)
            )
        return found[period]

    return of


def _table(records: Records, name: str, columns: dict[str, Sequence[str | None]]) -> None:
    import numpy as np

    made: dict[str, Any] = {}
    for column, values in columns.items():
        made[column] = np.empty(len(values), dtype=object)
        made[column][:] = values
    with told(records.source.at):
        records.engine.register("arriving", made)
        records.engine.execute(
            f"CREATE TEMP TABLE {name} AS SELECT {', '.join(f'CAST({one} AS VARCHAR) AS {one}' for one in made)} "
            "FROM arriving"
        )
        records.engine.unregister("arriving")
