"""Records of any source, as one relation of the engine with columns by name."""

from __future__ import annotations

import csv
import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carrel.errors import CarrelError, fault, shown
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics import database_records, faults
from carrel.systems.analytics.csv_quotes import require_closed, text_of
from carrel.systems.analytics.engine import quoted, text_literal, told

_HEADER = 1 << 20  # characters; a first line that is longer names no columns
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

    def require(self, columns: Iterable[str]) -> None:
        """Whether each of these columns is there, written so.

        Raises:
            CarrelError: SRC-003, those that are not.
        """
        missing = [one for one in dict.fromkeys(columns) if one not in self.columns]
        if missing:
            raise fault(
                faults.NOT_THERE,
                at=self.source.at,
                wanted=", ".join(missing),
                found=f"the columns {', '.join(map(shown, self.columns))}",
                fix="write the name as it stands there, capitals too",
            )

    def require_unchanged(self) -> None:
        """A file is read once for each question, so it must stay as it is until the last one.

        Raises:
            CarrelError: SRC-005.
        """
        if self.source.file is not None and _mark(self.source.file) != self._mark:
            raise fault(
                faults.CHANGED,
                at=self.source.at,
                found="another size or time than at the beginning",
                fix="run again when nothing writes to it",
            )


def read(engine: Any, source: NamedSource, columns: Sequence[str] | None = None, *, name: str = "records") -> Records:
    """Make a source known to the engine.

    Args:
        engine: as `carrel.systems.analytics.engine.opened` yields it.
        source: where the records are.
        columns: those that are needed; all unless given. From a database only these are read.
        name: of the relation.

    Raises:
        CarrelError: SRC-002 to SRC-004, of the SQL codes, SIT-004 and SIT-005.

    Guarantees:
        Nothing is written, and nothing of it to a disk. A file is not copied: each question reads it again.
    """
    if source.file is None:
        return _of_database(engine, source, columns, name)
    try:
        mark = _mark(source.file)
    except OSError:
        raise _unreadable(source, "no file that can be read", "name a file that you may read") from None
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


def _of_database(engine: Any, source: NamedSource, columns: Sequence[str] | None, name: str) -> Records:
    with database_records.reading(source, columns) as (known, batches):
        _require_names(known, source)
        kinds = ", ".join(f"{quoted(one)} VARCHAR" for one in known)
        with told(source.at):
            engine.execute(f"CREATE TEMP TABLE {quoted(name)} ({kinds})")
            for batch in batches:
                engine.register("arriving", batch)
                engine.execute(f"INSERT INTO {quoted(name)} SELECT * FROM arriving")
                engine.unregister("arriving")
    found = Records(engine, quoted(name), known, source)
    found.require(columns or ())
    return found


def header_of(source: NamedSource) -> tuple[str, ...]:
    """The names that the first line of a CSV file gives to its columns.

    Raises:
        CarrelError: SRC-002, the file is empty or no text in this encoding; SRC-003, a column has no name, or two
            have one.
    """
    try:
        with text_of(source) as file:
            first = file.readline(_HEADER)
            while first.count('"') % 2 and len(first) < _HEADER:  # a name that goes over the end of a line
                more = file.readline(_HEADER)
                if not more:
                    break
                first += more
        row = next(csv.reader([first], delimiter=source.delimiter, strict=True), [])
        require_closed(source)
    except UnicodeError:
        raise _unreadable(source, "bytes that are no text in it", "name --encoding, or write it as UTF-8") from None
    except (OSError, EOFError, csv.Error):
        raise _unreadable(source, "a file, or a first line, that cannot be read", "look at its first line") from None
    if not row:
        raise _unreadable(source, "an empty file, or an empty first line", "a first line has to name the columns")
    columns = tuple(row)
    _require_names(columns, source)
    return columns


def _require_names(columns: Sequence[str], source: NamedSource) -> None:
    folded = [one.casefold() for one in columns]
    twice = len(set(folded)) < len(folded)
    if twice or not all(one.strip() for one in columns):
        raise fault(
            faults.NOT_THERE,
            at=source.at,
            wanted="a name for each column, each another one (capitals do not count)",
            found="two columns of one name" if twice else "a column without a name",
            fix="give them names; of a query with AS",
        )


def _place(source: NamedSource) -> str:
    return text_literal(glob.escape(str(source.file)))  # the engine takes a name for a pattern


def _mark(file: Path) -> tuple[int, ...]:
    told_ = file.stat()
    return told_.st_dev, told_.st_ino, told_.st_size, told_.st_mtime_ns


def _unreadable(source: NamedSource, found: str, fix: str) -> CarrelError:
    wanted = "Parquet" if source.is_parquet else f"CSV in {source.encoding}"
    return fault(faults.UNREADABLE, at=source.at, wanted=wanted, found=found, fix=fix)
