"""The temporary tables of a run, and the times that lie around a loan.

They live in the session and die with it. They hold ids and times that the database holds already.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Integer, String, TableClause, and_, case, column, delete, text

from carrel.inventory.system_map import Anchor
from carrel.systems.sql.anchor_rows import over
from carrel.systems.sql.expressions import EVER, NEVER, LocalTime, earlier_of, is_time, later_of, shifted, stretch_of
from carrel.systems.sql.named_table import table
from carrel.systems.sql.span import REMINDED_SECONDS

# A row that belongs to a loan can be written a little before or after the loan's own second, and up to a day after a
# return that was dated back (a book drop emptied in the morning).
WORK = "carrel_"  # how the names of all of them begin
SLACK_SECONDS = 300
DATED_BACK_SECONDS = 86_400
TITLE_LENGTH = 190


# The further times of a loan's events, as many as its map names; a chunk has no column for the rest.
MOMENTS = tuple(f"moment_{number}" for number in range(6))


def _kept(name: str) -> TableClause:
    return table(
        name,
        column("loan", Integer()),
        column("person", Integer()),
        column("item", Integer()),
        column("lo", LocalTime()),
        column("later", LocalTime()),
        column("state", Integer()),
    )


# The loans that are open or kept, and those of them that can account for a row of the chunk in flight.
KEPT = _kept("carrel_kept")
NEAR = _kept("carrel_near")
KEPT_KEYS = ("person, item", "item", "loan")
# The loans of the chunk in flight, and their ids alone.
CHUNK: TableClause = table(
    "carrel_chunk",
    column("loan", Integer()),
    column("person", Integer()),
    column("item", Integer()),
    column("item_text", String()),
    column("lo", LocalTime()),
    column("later", LocalTime()),
    column("opened", LocalTime()),
    column("closed", LocalTime()),
    column("renewed", LocalTime()),
    column("barcode", String()),
    column("title", String()),
    *(column(name, LocalTime()) for name in MOMENTS),
)
CHUNK_KEYS = ("loan", "person, item", "person, item_text", "person, lo", "item")
PICKED: TableClause = table("carrel_picked", column("loan", Integer()))
# The rows of one path that lead to them, by their key.
FOUND: TableClause = table("carrel_found", column("id", Integer()))
# Which loans of a chunk a text of some four weeks can speak of: a reader's thousand loans are not looked at for each of
# their thousand notices. One row per loan and stretch, from its beginning to the last reminder.
SPELL: TableClause = table(
    "carrel_spell", column("person", Integer()), column("slot", Integer()), column("loan", Integer())
)
# The loans of a chunk that move to another table, with their new numbers; and those whose bills keep a payer.
AGED: TableClause = table(
    "carrel_aged", column("loan", Integer()), column("number", Integer()), column("person", Integer())
)
CHARGED: TableClause = table("carrel_charged", column("loan", Integer()))
SLOT_DAYS = 28


def slot(at: ColumnElement[Any]) -> ColumnElement[int]:
    """The stretch of days in which a time lies."""
    return stretch_of(at, text(str(SLOT_DAYS)))


def window(rows: Any, anchor: Anchor) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """From when until when the traces of a closed loan were written."""
    opened, closed = rows.c[anchor.opened], over(anchor, rows)
    both = and_(is_time(opened), is_time(closed))
    first = case((both, earlier_of(opened, closed)), (is_time(closed), closed))
    last = case((both, later_of(opened, closed)), (is_time(closed), closed))
    # A loan without a usable return date lasts for ever: whatever it may explain is left alone.
    return (
        case((is_time(closed), shifted(first, text(str(-SLACK_SECONDS)))), else_=EVER),
        case((is_time(closed), shifted(last, text(str(DATED_BACK_SECONDS)))), else_=NEVER),
    )


def make(
    connection: Connection, name: str, columns: str, keys: tuple[str, ...], *, memory: bool = True, one: str = ""
) -> None:
    """Make a temporary table anew.

    Args:
        connection: of the session.
        name: of the table.
        columns: their definitions; or a query that gives none of its rows, so that texts compare under the collation of
            the columns that they come from.
        keys: columns of each index.
        one: the key that one row only has; SQLite would look by another that is as long.
        memory: MariaDB keeps it in memory, where a look-up costs a fraction; what does not fit is refused there.
    """
    like = columns.startswith("SELECT")
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"DROP TABLE IF EXISTS temp.{name}"))
        body = f" AS {columns}" if like else f" ({columns})"
        connection.execute(text(f"CREATE TEMPORARY TABLE {name}{body}".replace(":", "\\:")))
        for number, key in enumerate(keys):
            kind = "UNIQUE INDEX" if key == one else "INDEX"
            connection.execute(text(f"CREATE {kind} temp.{name}_{number} ON {name} ({key})"))
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS pg_temp.{name}")
        body = f" AS {columns}" if like else f" ({columns})"
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name}{body}".replace("%", "%%"))
        for number, key in enumerate(keys):
            connection.exec_driver_sql(f"CREATE INDEX {name}_{number} ON pg_temp.{name} ({key})")
        return
    # Dropping a temporary table as such needs no right to drop others.
    connection.execute(text(f"DROP TEMPORARY TABLE IF EXISTS {name}"))
    # A tree serves the first column alone, and ranges of the second; a hash (the default in memory) does not.
    index = ", ".join(f"KEY ({key}) USING BTREE" for key in keys)
    own = columns if like else ""
    parts = ", ".join(part for part in ("" if like else columns, index) if part)
    engine = "MEMORY" if memory else "InnoDB"
    connection.execute(text(f"CREATE TEMPORARY TABLE {name} ({parts}) ENGINE={engine} {own}".replace(":", "\\:")))


def empty(connection: Connection, rows: TableClause) -> None:
    """Take every row out of a work table of a session that writes.

    PostgreSQL keeps what is deleted until somebody tidies up, and nobody does so for a session's own tables.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"TRUNCATE pg_temp.{rows.name}"))
    else:
        connection.execute(delete(rows))


def inserted(connection: Connection, statement: Insert) -> int:
    """How many rows an INSERT of a query has made; SQLAlchemy tells it only when asked beforehand."""
    return int(connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount)


def know(connection: Connection, rows: TableClause) -> None:
    """Have PostgreSQL look at what a work table holds; it would take an empty one for one of thousands of rows."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ANALYZE pg_temp.{rows.name}"))


__all__ = [
    "AGED",
    "CHARGED",
    "CHUNK",
    "CHUNK_KEYS",
    "DATED_BACK_SECONDS",
    "FOUND",
    "KEPT",
    "KEPT_KEYS",
    "MOMENTS",
    "NEAR",
    "PICKED",
    "REMINDED_SECONDS",
    "SLACK_SECONDS",
    "SPELL",
    "empty",
    "inserted",
    "know",
    "make",
    "slot",
    "window",
]
