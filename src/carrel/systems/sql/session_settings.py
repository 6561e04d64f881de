"""How a session on a database is set before a run, and its temporary tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from carrel.inventory.system_map import SystemMap
from carrel.retention.predicate import Zoning
from carrel.systems.sql.chunk_table import ChunkTables
from carrel.systems.sql.described_readers import DescribedReaders
from carrel.systems.sql.kept_table import KeptTable
from carrel.systems.sql.named_words import teach
from carrel.systems.sql.session_limits import BESIDE_A_DESK
from carrel.systems.sql.shelf import Shelf
from carrel.systems.sql.unit_rows import UnitRows

# The link columns of a cut library are mostly NULL, and fresh tables have no statistics: the server would take their
# indexes for useless and read whole tables, once per loan. It is told that a look by key is cheap, as it is here.
_STEADY = (
    "max_seeks_for_key = 4",
    "optimizer_switch = 'materialization=off,exists_to_in=off,semijoin=off'",
    "join_cache_level = 0",
    "max_heap_table_size = 268435456",
)


def settle(connection: Connection, system_map: SystemMap) -> None:
    """Set what a server decides by: its plans, its collation, and that an assignment sees the row as it was."""
    if connection.dialect.name == "sqlite":
        teach(connection)
        return
    if connection.dialect.name == "postgresql":
        return  # an assignment there sees the row as it was, and texts of several collations are told apart by theirs
    for setting in _STEADY:
        connection.execute(text(f"SET SESSION {setting}"))
    closed = system_map.loans.closed
    collation = connection.execute(
        text(
            "SELECT collation_name FROM information_schema.columns WHERE table_schema = DATABASE() "
            "AND table_name = :t AND column_name = :c"
        ),
        {"t": closed.table, "c": closed.branch},
    ).scalar()
    # Texts made in a query must compare under the collation of the columns, or the server refuses the mix.
    if collation:
        connection.execute(text("SET collation_connection = :c"), {"c": collation})
    # All assignments of an UPDATE see the row as it was: the reader is compared with columns that are cut with it.
    connection.execute(text("SET sql_mode = CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'SIMULTANEOUS_ASSIGNMENT')"))


def give_way(connection: Connection) -> None:
    """Let the session never wait for a row that the desk has locked: the chunk is undone at once and tried later."""
    if (statement := BESIDE_A_DESK.get(connection.dialect.name)) is not None:
        connection.execute(text(statement))


def create_work_tables(connection: Connection, shelf: Shelf, stand_in: int | None) -> None:
    """Make the temporary tables, also where every write to the database itself is refused."""
    with _writable(connection):
        kept = KeptTable(connection, shelf, stand_in)
        kept.create()
        UnitRows(connection, shelf).create()
        ChunkTables(connection, shelf, kept).create()
        if (readers := DescribedReaders.of(shelf)) is not None:
            readers.create(connection)
        if connection.dialect.name == "postgresql":
            teach(connection)


def know_units(connection: Connection, shelf: Shelf, zoning: Zoning | None) -> None:
    """Make and fill the table of units on a connection that has no other work table; nothing for one policy."""
    if zoning is None:
        return
    rows = UnitRows(connection, shelf)
    with _writable(connection):
        rows.create()
    rows.fill(zoning)


@contextmanager
def _writable(connection: Connection) -> Iterator[None]:
    """Let the session make its own tables, and refuse writes again afterwards where it did."""
    read_only = _opened(connection)
    connection.commit()
    yield
    connection.commit()
    if read_only:
        connection.execute(text(_READ_ONLY[connection.dialect.name == "postgresql"]))
        connection.commit()


_READ_ONLY = ("SET SESSION TRANSACTION READ ONLY", "SET default_transaction_read_only = on")


def _opened(connection: Connection) -> bool:
    """Let the session make its own tables; whether it is to refuse writes again afterwards."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = OFF")  # a read-only file stays read-only without it
        return False
    if connection.dialect.name == "postgresql":
        # Each count sees what is there by then, and no snapshot of hours keeps the server from tidying up.
        connection.execution_options(isolation_level="READ COMMITTED")
        read_only = str(connection.execute(text("SELECT current_setting('default_transaction_read_only')")).scalar())
        connection.execute(text("SET default_transaction_read_only = off"))
        return read_only == "on"
    # Under REPEATABLE READ, filling a table from another one would lock the rows that the desk works on.
    connection.execute(text("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"))
    read_only_now = bool(connection.execute(text("SELECT @@tx_read_only")).scalar())
    connection.execute(text("SET SESSION TRANSACTION READ WRITE"))
    return read_only_now
