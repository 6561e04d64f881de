"""DuckDB as Carrel opens it: in memory alone, with no way to the network, and silent about values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from carrel.errors import CarrelError, fault
from carrel.systems.analytics import faults

MEMORY = "3GB"  # of all that one process may hold in tables; a run of 10 M rows stays below 4 GiB with it
_SIZE = re.compile(r"[1-9]\d{0,4} ?(MB|GB)")
_LINE = re.compile(r"\bLine: (\d{1,12})\b")  # the only part of an engine's message that is no patron's


def is_size(text: str) -> bool:
    """Whether a text tells how much memory the engine may take, such as ``3GB``."""
    return _SIZE.fullmatch(text) is not None


@contextmanager
def opened(*, memory: str = MEMORY, threads: int | None = None) -> Iterator[Any]:
    """A DuckDB of this process alone.

    Args:
        memory: how much its tables and sorts may take, such as ``3GB``.
        threads: of the engine; as many as the machine has cores unless given.

    Yields:
        A connection. Nothing that it holds is ever written to a disk: where memory does not suffice, it fails.

    Raises:
        CarrelError: SRC-001, the extra is not installed.
    """
    if find_spec("duckdb") is None:
        raise fault(
            faults.NO_ENGINE,
            wanted="DuckDB, to count and to group records",
            found="an installation without it",
            fix="pip install 'carrel[analytics]'",
        )
    import duckdb

    said: dict[str, Any] = {
        "memory_limit": memory,
        "temp_directory": "",  # patrons' values would lie in it
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        **({"threads": threads} if threads is not None else {}),
    }
    connection = duckdb.connect(":memory:", config=said)
    try:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


@contextmanager
def told(at: str) -> Iterator[None]:
    """Faults of the engine as Carrel's own.

    The engine's message is dropped: it quotes the line that it failed on.

    Args:
        at: what was being read or written.

    Raises:
        CarrelError: SRC-002, SRC-004 or SRC-006.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise _told(error, at) from None


def _told(error: Exception, at: str) -> CarrelError:
    import duckdb

    if isinstance(error, duckdb.OutOfMemoryException):
        return fault(
            faults.MEMORY,
            at=at,
            wanted="to work in memory alone, since a disk would keep what patrons did",
            found="too many records, or too many different values, for it",
            fix="give --memory more of it, name fewer columns, or split the records by year",
        )
    if isinstance(error, duckdb.InvalidInputException | duckdb.ConversionException | duckdb.IOException):
        line = _LINE.search(str(error))
        return fault(
            faults.UNREADABLE,
            at=f"{at}, line {line[1]}" if line else at,
            wanted="a CSV file whose lines have as many fields as its header, in its encoding; or a Parquet file",
            found="a line, or a file, that is not so",
            fix="look at the line; name the delimiter and the encoding where they are others",
        )
    return fault(
        faults.ENGINE,
        at=at,
        found=f"a fault of the kind {type(error).__name__}",
        because="what the engine says of it can quote a value, and is not shown",
        fix="run it on a part of the records to find where; report the kind with what you ran",
    )


def quoted(name: str) -> str:
    """A name of a table or column as it stands in a statement."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """A text as it stands in a statement, for what cannot be given as a value, such as a file to write."""
    return "'" + text.replace("'", "''") + "'"
