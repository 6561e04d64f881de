"""Records of any source, as one relation of the engine with columns by name."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from carrel.amount import amount
from carrel.deidentification.records.representative import Representative
from carrel.errors import fault
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics import database_records, faults
from carrel.systems.analytics.csv_header import header_of, require_names, unreadable
from carrel.systems.analytics.engine import quoted, text_literal, told
from carrel.systems.analytics.relation import CODED, COUNT, DESCRIPTION, PERSON

_LONGEST_LINE = 1 << 24


@dataclass(frozen=True, slots=True)
class Records:
    """A relation of the engine that stands for a source.

    Attributes:
        engine: the connection that knows it.
        name: as it stands in a statement.
        columns: their names, in order. Of CSV files and databases every value is a text, or NULL where there is none.
        source: where they come from.
    """

    engine: Any
    name: str
    columns: tuple[str, ...]
    source: NamedSource
    _mark: tuple[int, ...] = ()

    def count(self) -> int:
        """How many rows there are.

        Raises:
            CarrelError: SRC-002, SRC-004 to SRC-006.
        """
        return int(self.ask(f"SELECT count(*) FROM {self.name}")[0][0])

    def ask(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a statement about them answers.

        Raises:
            CarrelError: SRC-002, SRC-004, SRC-006; never with what the engine itself says.
        """
        with told(self.source.at):
            return list(self.engine.execute(statement, list(values)).fetchall())

    @property
    def each_row(self) -> str:
        """An expression that differs from row to row."""
        return "row_number() OVER ()"

    @property
    def no_value(self) -> str:
        """What stands for no value where each value is a number."""
        return "0"

    def require(self, columns: Iterable[str]) -> None:
        """Whether each of these columns is there, written so.

        Raises:
            CarrelError: SRC-003, those that are not.
        """
        require_columns(self.columns, columns, self.source)

    def require_unchanged(self) -> None:
        """A file is read once for each question, so it must stay as it is until the last one.

        Raises:
            CarrelError: SRC-005.
        """
        require_mark(self.source, self._mark)

    def described(self, columns: Sequence[str]) -> Records:
        """As `Relation.described`."""
        self.require(columns)
        self.ask(description_view(self.name, columns))
        return replace(self, name="described", columns=(*self.columns, DESCRIPTION))

    def code(self, columns: Sequence[str], person: str | None) -> None:
        """As `Relation.code`: each value becomes a number, so that the engine groups numbers."""
        joins, chosen = [], []
        named = [*((f"c{at}", one) for at, one in enumerate(columns)), *([(PERSON, person)] if person else [])]
        with told(self.source.at):
            for code, column in named:
                text = text_of_person if code == PERSON else text_of_column
                value = text(column)
                self.engine.execute(
                    f"CREATE TEMP TABLE values_{code} AS SELECT v, CAST(row_number() OVER () AS INTEGER) AS code "
                    f"FROM (SELECT DISTINCT {value} AS v FROM {self.name}) WHERE v IS NOT NULL"
                )
                joins.append(f"LEFT JOIN values_{code} ON values_{code}.v = {text(column, 'r.')}")
                number = f"values_{code}.code"
                chosen.append(f"{number if code == PERSON else f'coalesce({number}, 0)'} AS {code}")
            if person is None:
                chosen.append(f"CAST({self.each_row} AS INTEGER) AS {PERSON}")
            self.engine.execute(
                f"CREATE TEMP TABLE {CODED} AS SELECT {', '.join(chosen)} FROM {self.name} AS r {' '.join(joins)}"
            )
            for code, _ in named:
                self.engine.execute(f"DROP TABLE values_{code}")

    def drawn(self, columns: Sequence[str], most: int) -> list[tuple[Any, ...]]:
        """Values of some rows, drawn at random."""
        chosen = ", ".join(map(text_of_column, columns))
        return self.ask(f"SELECT {chosen} FROM {self.name} USING SAMPLE reservoir({most} ROWS) REPEATABLE (1)")


def text_of_column(column: str, of: str = "") -> str:
    """A column as texts, of a relation where others have columns too; an empty one is no value."""
    return f"nullif(CAST({of}{quoted(column)} AS STRING), '')"


def text_of_person(column: str, of: str = "") -> str:
    """The column of persons as texts: blanks around a number make nobody else of its person, in any count."""
    return f"nullif(trim(CAST({of}{quoted(column)} AS STRING)), '')"


def description_view(name: str, columns: Sequence[str]) -> str:
    """The statement that makes the view ``described`` of a relation."""
    said = ", ".join(f"coalesce({text_of_column(one)}, '')" for one in columns)
    return (
        f"CREATE OR REPLACE TEMP VIEW described AS SELECT *, concat_ws(chr(31), {said}) AS {quoted(DESCRIPTION)} "
        f"FROM {name}"
    )


def require_columns(there: Sequence[str], columns: Iterable[str], source: NamedSource) -> None:
    """Whether each of these columns is there.

    Raises:
        CarrelError: SRC-003, those that are not.
    """
    if missing := [one for one in dict.fromkeys(columns) if one not in there]:
        raise fault(
            faults.NOT_THERE,
            at=source.at,
            wanted=", ".join(missing),
            found=f"{amount(len(there), 'column')}, none of this name",  # their names can be a patron's row
            fix="write the name as the first line, or the database, has it, capitals too",
        )


def require_mark(source: NamedSource, mark: tuple[int, ...]) -> None:
    """Whether a file is as it was at the beginning.

    Raises:
        CarrelError: SRC-005.
    """
    if source.file is not None and mark_of(source.file) != mark:
        raise fault(
            faults.CHANGED,
            at=source.at,
            found="another size or time than at the beginning",
            fix="run again when nothing writes to it",
        )


def read(
    engine: Any,
    source: NamedSource,
    columns: Sequence[str] | None = None,
    *,
    name: str = "records",
    enough: Mapping[str, Representative] | None = None,
) -> Records:
    """Make a source known to the engine.

    Args:
        engine: as `carrel.systems.analytics.engine.opened` yields it.
        source: where the records are.
        columns: those that are needed; all unless given. From a database only these are read.
        name: of the relation.
        enough: what of a column's values is wanted at all; a database groups its records by that, and sends no more.

    Raises:
        CarrelError: SRC-002 to SRC-004, of the SQL codes, SIT-004 and SIT-005.

    Guarantees:
        Nothing is written, and nothing of it to a disk. A file is not copied: each question reads it again.
    """
    if source.file is None:
        return _of_database(engine, source, columns, name, enough)
    if source.file.is_dir():
        raise unreadable(source, "a folder", "name one file")
    try:
        mark = mark_of(source.file)
    except OSError:
        raise unreadable(source, "no file that can be read", "name a file that you may read") from None
    known = _of_parquet(engine, source, name) if source.is_parquet else _of_csv(engine, source, name)
    found = Records(engine, quoted(name), known, source, mark)
    found.require(columns or ())
    return found


def _of_csv(engine: Any, source: NamedSource, name: str) -> tuple[str, ...]:
    columns = header_of(source)
    kinds = ", ".join(f"{text_literal(one)}: 'VARCHAR'" for one in columns)
    with told(source.at):
        engine.execute(
            f"CREATE TEMP VIEW {quoted(name)} AS SELECT * FROM read_csv({_place(source)}, auto_detect = false, "
            f"header = true, columns = {{{kinds}}}, delim = {text_literal(source.delimiter)}, quote = '\"', "
            f"escape = '\"', encoding = {text_literal(source.encoding)}, strict_mode = true, "
            # Its parallel reader loses a row in silence where a line is longer than a buffer (seen in 2.0.1).
            f"max_line_size = {_LONGEST_LINE}, buffer_size = {2 * _LONGEST_LINE}, parallel = false)"
        )
    return columns


def _of_parquet(engine: Any, source: NamedSource, name: str) -> tuple[str, ...]:
    with told(source.at):
        engine.execute(f"CREATE TEMP VIEW {quoted(name)} AS SELECT * FROM read_parquet({_place(source)})")
        return tuple(row[0] for row in engine.execute(f"DESCRIBE {quoted(name)}").fetchall())


def _of_database(
    engine: Any,
    source: NamedSource,
    columns: Sequence[str] | None,
    name: str,
    enough: Mapping[str, Representative] | None,
) -> Records:
    with database_records.reading(source, columns, enough) as (there, batches):
        return arrived(engine, source, there, batches, columns, name)


def arrived(
    engine: Any,
    source: NamedSource,
    there: Sequence[str],
    batches: Iterable[Mapping[str, Any]],
    columns: Sequence[str] | None,
    name: str,
    mark: tuple[int, ...] = (),
) -> Records:
    """Records that another engine read, and may have grouped: there each stands for itself again.

    Args:
        engine: where they are wanted.
        source: where they come from.
        there: the columns of the batches; `COUNT` among them tells how many records a row stands for.
        batches: arrays of texts by name.
        columns: that are needed.
        name: of the relation.
        mark: of the file, before it was read.

    Raises:
        CarrelError: SRC-002 to SRC-006.
    """
    known = tuple(one for one in there if one != COUNT)
    require_names(known, source)
    kinds = ", ".join(f"{quoted(one)} VARCHAR" for one in there)
    table = quoted(f"{name} grouped") if COUNT in there else quoted(name)
    with told(source.at):
        engine.execute(f"CREATE TEMP TABLE {table} ({kinds})")
        for batch in batches:
            engine.register("arriving", batch)
            engine.execute(f"INSERT INTO {table} SELECT * FROM arriving")
            engine.unregister("arriving")
        if COUNT in there:
            count = quoted(COUNT)
            engine.execute(
                f"CREATE TEMP TABLE {quoted(name)} AS SELECT * EXCLUDE ({count}, again) "
                f"FROM (SELECT *, unnest(range(CAST({count} AS BIGINT))) AS again FROM {table})"
            )
            engine.execute(f"DROP TABLE {table}")
    found = Records(engine, quoted(name), known, source, mark)
    found.require(columns or ())
    return found


def _place(source: NamedSource) -> str:
    return text_literal(glob.escape(str(source.file)))  # the engine takes a name for a pattern


def mark_of(file: Path) -> tuple[int, ...]:
    """What changes when a file is written."""
    told_ = file.stat()
    return told_.st_dev, told_.st_ino, told_.st_size, told_.st_mtime_ns
