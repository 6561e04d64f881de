"""The columns of a release as numbers: values counted by the engine, made codes by their hierarchies, and fetched."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carrel.amount import amount
from carrel.deidentification.records import faults
from carrel.deidentification.records.coded_column import Array, CodedColumn
from carrel.deidentification.records.hierarchy import Hierarchy, code
from carrel.deidentification.records.release import Release, ReleasedColumn
from carrel.deidentification.records.representative import Representative, representative
from carrel.errors import CarrelError, Fault, fault
from carrel.systems.analytics.coarse_statement import DUCKDB, of_text
from carrel.systems.analytics.engine import quoted, told
from carrel.systems.analytics.record_source import Records

TAKEN = "taken"
_MOST_LINES = 200_000
NOBODY = -1


@dataclass(frozen=True, slots=True)
class CodedRecords:
    """Records as codes; in the engine they are the relation ``taken``, and each quasi-identifier has a table of codes.

    Attributes:
        rows: how many there are.
        columns: quasi-identifiers.
        codes: of each of them and each row.
        persons: a number for each row's person, negative where it is nobody's; None where no person is named.
        people: how many there are.
        sensitive: of each sensitive column the code of each row.
    """

    rows: int
    columns: tuple[CodedColumn, ...]
    codes: Array
    persons: Array | None
    people: int
    sensitive: tuple[Array, ...]


def take(records: Records, release: Release, wanted: Mapping[str, Representative]) -> None:
    """Read what is needed of the records, each value as a text; a CSV file once.

    Args:
        records: where they come from.
        release: what is asked for.
        wanted: what is enough of a column's values; no more is taken of times in a CSV file, of which nearly each is
            another one.

    Raises:
        CarrelError: SRC-002 to SRC-006, REC-003.
    """
    records.require(release.needed)
    rules = {name: one for name, one in wanted.items() if one.unit and not records.source.is_parquet}
    columns = ", ".join(
        f"{of_text(DUCKDB, quoted(one), rules.get(one, Representative()))} AS {quoted(one)}" for one in release.needed
    )
    # Parquet is read column by column, and as often as is asked; a CSV file would be read whole for each column.
    kind = "VIEW" if records.source.is_parquet else "TABLE"
    with told(records.source.at):
        records.engine.execute(f"CREATE TEMP {kind} {TAKEN} AS SELECT {columns} FROM {records.name}")
    if not records.ask(f"SELECT 1 FROM {TAKEN} LIMIT 1"):
        raise fault(faults.EMPTY, at=records.source.at, found="no record", fix="look at where they come from")


def hierarchy_lines(column: ReleasedColumn, base: Path) -> list[list[str]]:
    """The lines of a hierarchy's file; none where it has no file.

    Raises:
        CarrelError: REC-002, it cannot be read.
    """
    if column.file is None:
        return []
    place = base / column.file
    try:
        with place.open(encoding="utf-8-sig", newline="") as file:
            text = file.readline(1 << 16)
            file.seek(0)
            lines = list(csv.reader(file, delimiter=";" if text.count(";") > text.count(",") else ","))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise _no_hierarchy(place, "no CSV file in UTF-8 that can be read") from None
    if len(lines) > _MOST_LINES:
        raise _no_hierarchy(place, f"more than {_MOST_LINES:,} lines")
    return lines


def hierarchies(release: Release, base: Path) -> tuple[Hierarchy, ...]:
    """The hierarchy of each quasi-identifier.

    Raises:
        CarrelError: REC-002, all files that describe none.
    """
    found: list[Hierarchy] = []
    wrong: list[Fault] = []
    for column in release.columns.values():
        try:
            found.append(column.hierarchy(hierarchy_lines(column, base)))
        except CarrelError as fault_:
            wrong += fault_.faults
        except ValueError as said:
            wrong += _no_hierarchy(base / (column.file or ""), str(said)).faults
    if wrong:
        raise CarrelError(tuple(wrong))
    return tuple(found)


def enough(release: Release, found: Sequence[Hierarchy]) -> dict[str, Representative]:
    """What is wanted of the values of each quasi-identifier; none where a value is needed for something else as well.

    Args:
        release: what is asked for.
        found: the hierarchy of each quasi-identifier.
    """
    if release.batches is not None:  # whether a batch was added before is told by all that its records say
        return {}
    also = {release.pseudonymise.by} if release.pseudonymise is not None else set()
    return {
        name: representative(hierarchy)
        for name, hierarchy in zip(release.columns, found, strict=True)
        if name not in {*also, *release.people_differ_by}
    }


def code_records(records: Records, release: Release, found: Sequence[Hierarchy]) -> CodedRecords:
    """Give every value its code.

    Args:
        records: of which `take` took what is needed.
        release: what is asked for.
        found: the hierarchy of each quasi-identifier.

    Raises:
        CarrelError: REC-001 and REC-004, of all columns at once; SRC codes.
    """
    import numpy as np

    wrong: list[Fault] = []
    columns: list[CodedColumn] = []
    codes: list[Array] = []
    at = records.source.at
    for number, (name, said) in enumerate(release.columns.items()):
        values = _values(records, name)
        coding = code(
            name, found[number], [one for one, _ in values], [rows for _, rows in values],
            as_missing=said.uncovered == "missing",
        )  # fmt: skip
        if coding.uncovered:
            wrong.append(_uncovered(at, name, coding.uncovered, coding.uncovered_rows))
        if not _has_value(values):
            wrong.append(_nothing(at, name))
        columns.append(coding.column)
        if not wrong:
            codes.append(_fetched(records, name, number, [one for one, _ in values], coding.codes))
    sensitive = []
    for number, name in enumerate(release.sensitive, start=len(columns)):
        values = _values(records, name)
        if not _has_value(values):
            wrong.append(_nothing(at, name))
        if not wrong:
            ordered = sorted(values, key=_by_number)
            place = {value: seat for seat, (value, _) in enumerate(ordered)}
            made = np.array([place[value] for value, _ in values], np.int32)
            sensitive.append(_fetched(records, name, number, [one for one, _ in values], made))
    if wrong:
        raise CarrelError(tuple(wrong))
    persons, people = (None, 0) if release.person is None else _persons(records, release.person)
    stacked = np.stack(codes)
    return CodedRecords(stacked.shape[1], tuple(columns), stacked, persons, people, tuple(sensitive))


def _values(records: Records, name: str) -> list[tuple[str | None, int]]:
    column = quoted(name)
    return [
        (value, int(rows))
        for value, rows in records.ask(f"SELECT {column}, count(*) FROM {TAKEN} GROUP BY {column} ORDER BY {column}")
    ]


def _fetched(records: Records, name: str, number: int, values: Sequence[str | None], codes: Array) -> Array:
    """The code of each row, in the order of rows; and a table of the engine with the code of each value."""
    import numpy as np

    engine, column = records.engine, quoted(name)
    table: Array = np.empty(len(values), dtype=object)
    table[:] = values
    engine.register("arriving", {"value": table, "code": codes, "seat": np.arange(len(values), dtype=np.int32)})
    with told(records.source.at):
        engine.execute(f"CREATE TEMP TABLE codes_{number} AS SELECT value, code, seat FROM arriving")
        engine.unregister("arriving")
        # A join would not keep the order of rows; the number of a value in an enumeration does.
        engine.execute(
            f"CREATE TYPE values_{number} AS ENUM "
            f"(SELECT value FROM codes_{number} WHERE value IS NOT NULL ORDER BY seat)"
        )
        seats = engine.execute(
            f"SELECT coalesce(enum_code(CAST({column} AS values_{number}))::INTEGER, -1) AS seat FROM {TAKEN}"
        ).fetchnumpy()["seat"]
    named = np.array([at for at, one in enumerate(values) if one is not None], np.int64)
    missing = next((at for at, one in enumerate(values) if one is None), 0)
    fetched: Array = codes[np.append(named, missing)[seats]].astype(np.int32)  # -1 is the last one
    return fetched


def _persons(records: Records, name: str) -> tuple[Array, int]:
    """A number for each row's person.

    Two persons of whom one number is made are counted as one, so that more is asked of their class, never less.
    """
    import numpy as np

    column = quoted(name)
    with told(records.source.at):
        found: Any = records.engine.execute(
            f"SELECT coalesce(hash(nullif(trim({column}), '')), 0) AS number, "
            f"nullif(trim({column}), '') IS NULL AS nobody FROM {TAKEN}"
        ).fetchnumpy()
    from carrel.deidentification.records.compiled.class_counting import numbered_hashed

    numbers, nobody = found["number"].view(np.int64), found["nobody"]
    persons, first = numbered_hashed(numbers, max(4, (2 * len(numbers) - 1).bit_length()))
    if nobody.all():
        raise CarrelError((_nothing(records.source.at, name),))
    persons[nobody] = NOBODY
    people = len(first) - int(nobody.any())
    return persons, people


def _by_number(pair: tuple[str | None, int]) -> tuple[int, float, str]:
    text = pair[0]
    if text is None:
        return (0, 0.0, "")
    try:
        return (1, float(text), text)
    except ValueError:
        return (2, 0.0, text)


def _has_value(values: Sequence[tuple[str | None, int]]) -> bool:
    return any(one is not None and one.strip() for one, _ in values)


def _nothing(at: str, name: str) -> Fault:
    return Fault(
        faults.NOTHING_IN_COLUMN,
        at=f"{at}, column {name}",
        wanted="a value in at least one record",
        found="none",
        because="a column that is empty by mistake would make every class look larger than it is",
        fix="look at where the records come from, or take the column out of the release file",
    )


def _uncovered(at: str, name: str, values: int, rows: int) -> Fault:
    return Fault(
        faults.UNCOVERED,
        at=f"{at}, column {name}",
        wanted="values that its hierarchy knows",
        found=f"{amount(values, 'value', 'values')} that it does not, in {amount(rows, 'record', 'records')}",
        because="what cannot be made coarser would be released as it is, or lost without a word",
        fix="correct them, add them to the hierarchy, or write 'uncovered: missing' to count them as no value",
    )


def _no_hierarchy(place: Path, found: str) -> CarrelError:
    return fault(
        faults.HIERARCHY_FILE,
        at=place.name,
        wanted="lines of CSV, each with a value, its group, the group of that, and so on",
        found=found,
        fix="correct the file",
    )
