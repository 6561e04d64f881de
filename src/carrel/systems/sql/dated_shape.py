"""Whether a table is as its entry of a site file says, and whether its rows can go without taking others along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection, column, func, or_, select

from carrel.deidentification.column_words import person_words
from carrel.errors import CarrelError, fault
from carrel.inventory.dated_table import DatedTable
from carrel.inventory.schema import Column, LiveSchema, Table, TableKind
from carrel.systems import faults
from carrel.systems.sql import live
from carrel.systems.sql.dated_company import moved_along
from carrel.systems.sql.failure import told
from carrel.systems.sql.named_table import table

_TEXTS = ("char", "varchar", "nvarchar", "text", "tinytext", "mediumtext", "longtext", "citext", "clob", "nchar")
_TIMES = ("datetime", "timestamp", "date")


@dataclass(frozen=True)
class DatedShape:
    """A table that can be worked on.

    Attributes:
        table: as the server describes it.
        dialect: of the server.
        in_utc: whether its clock keeps instants, which sessions read in UTC.
    """

    table: Table
    dialect: str
    in_utc: bool

    def column(self, name: str) -> Column:
        """A column that is there."""
        found = self.table.column(name)
        if found is None:
            raise KeyError(name)
        return found


@contextmanager
def rights_told() -> Iterator[None]:
    """Have an error of a missing right say what to do about a table that no map describes."""
    try:
        yield
    except CarrelError as wrong:
        fix = (
            "of a table of the site file `carrel doctor` names the right that is missing; to scan one, grant it SELECT"
        )
        raise CarrelError(
            tuple(replace(one, fix=fix) if one.condition is faults.GRANTS else one for one in wrong.faults)
        ) from None


def is_text(column: Column) -> bool:
    """Whether a column takes any text."""
    return column.type.lower().partition("(")[0].strip() in _TEXTS


def keeps_instants(column: Column, dialect: str) -> bool:
    """Whether a column keeps instants, and no wall-clock times."""
    kind = column.type.lower()
    return kind.startswith("timestamptz") or (dialect == "mariadb" and kind.startswith("timestamp"))


def keeps_wall_times(column: Column, dialect: str) -> bool:
    """Whether a column of a server keeps times without a zone; SQLite has no such types."""
    return dialect != "sqlite" and column.type.lower().startswith(_TIMES) and not keeps_instants(column, dialect)


def found_table(schema: LiveSchema, name: str, at: str) -> Table:
    """The table of that name.

    Raises:
        CarrelError: TBL-001, there is none, or a view bears the name.
    """
    there = schema.tables.get(name)
    if there is None or there.kind is not TableKind.TABLE or there.engine in {"foreign", "materialized"}:
        raise fault(
            faults.NOT_AS_DECLARED,
            at=at,
            wanted="a table that this account can see, bare or as 'schema.table'",
            found="none of this name" if there is None else "a view, or a table that lies elsewhere",
            fix="mend 'table:'; name the table itself, and not a view of it",
        )
    return there


def unique_keys(there: Table) -> Iterator[tuple[str, ...]]:
    """The columns by which no two rows are alike and none is without, primary key first."""
    if there.primary_key:
        yield there.primary_key
    for one in there.indexes:
        columns = [there.column(name) for name in one.columns]
        if one.unique and not one.only and all(known is not None and not known.nullable for known in columns):
            yield one.columns


def require(connection: Connection, entry: DatedTable) -> DatedShape:
    """The table of an entry, once everything that could go wrong with it was looked for. Only reads.

    Raises:
        CarrelError: TBL-001 to TBL-004 and TBL-007, all that were found; of the SQL codes.
    """
    at = f"table {entry.name}"
    schema = live.catalogue(connection, at=at)
    there = found_table(schema, entry.table or "", at)
    wrong = [*_columns(schema, there, entry, at), *moved_along(connection, schema, there, entry)]
    if not wrong and schema.dialect == "sqlite":
        wrong += _without_key(connection, entry, at)
    if wrong:
        raise CarrelError(tuple(one for error in wrong for one in error.faults))
    clock = there.column(entry.clock or "")
    return DatedShape(there, schema.dialect, clock is not None and keeps_instants(clock, schema.dialect))


def _columns(schema: LiveSchema, there: Table, entry: DatedTable, at: str) -> Iterator[CarrelError]:
    for name in entry.named:
        if there.column(name) is None:
            yield _undeclared(at, f"the column {name}", "none of this name", "mend the entry: `carrel scan` shows them")
    if not any(set(one) <= set(entry.key) for one in unique_keys(there)):
        yield _undeclared(
            at,
            "in 'key:' columns that the database keeps unique and filled",
            "others",
            "name the primary key, or make a unique index over columns that are NOT NULL",
        )
    yield from key_names_nobody(entry, at)
    clock = there.column(entry.clock or "")
    if clock is not None and entry.zone is None and keeps_wall_times(clock, schema.dialect):
        yield no_zone(at, f"{clock.name} is a {clock.type}")
    for name in entry.blank:
        known = there.column(name)
        if known is not None and not known.nullable and not _takes_nothing(there, known):
            yield _undeclared(
                at,
                f"in 'blank:' columns that can be empty, without {name}",
                f"{known.type} NOT NULL",
                "let the column be NULL in the database, or leave 'blank:' out so that the row goes",
            )


def _takes_nothing(there: Table, known: Column) -> bool:
    keys = {name for key in there.foreign_keys for name in key.columns}
    unique = {one.columns for one in there.indexes if one.unique} | {there.primary_key}
    return is_text(known) and known.name not in keys and (known.name,) not in unique


def key_names_nobody(entry: DatedTable, at: str) -> Iterator[CarrelError]:
    """Refuse a key by which plans would hold digests of card numbers: whoever knows how they look could guess them."""
    for name in entry.key:
        if words := person_words(name):
            yield fault(
                faults.KEY_OF_PERSON,
                at=at,
                wanted="in 'key:' a number of the row itself",
                found=f"{name}, which is called {' '.join(words)}",
                because="a plan names rows by digests of their keys, and short numbers can be guessed from a digest",
                fix="give the rows a number of their own, such as a column that counts up, and name it in 'key:'",
            )


def no_zone(at: str, found: str) -> CarrelError:
    """The error for wall-clock times of a place that nobody named."""
    return fault(
        faults.NO_ROW_ZONE,
        at=at,
        wanted="'zone:' with the time zone in which these times are written",
        found=found,
        because="it is declared, never guessed: hours decide here",
        fix="add such as 'zone: America/New_York' to the entry",
    )


def _without_key(connection: Connection, entry: DatedTable, at: str) -> Iterator[CarrelError]:
    empty = or_(*(column(name).is_(None) for name in entry.key))
    with told(at):
        count = connection.execute(select(func.count()).select_from(table(entry.table or "")).where(empty)).scalar_one()
    if count:
        yield _undeclared(at, "a key in every row", f"{count:,} without", "name another key, or fill it")


def _undeclared(at: str, wanted: str, found: str, fix: str) -> CarrelError:
    return fault(faults.NOT_AS_DECLARED, at=at, wanted=wanted, found=found, fix=fix)
