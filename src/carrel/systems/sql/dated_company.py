"""What would run, keep a copy or go along when rows of a table go: triggers, rules, histories, keys of other tables."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from carrel.errors import CarrelError, fault
from carrel.inventory.dated_table import DatedTable
from carrel.inventory.schema import LiveSchema, Table
from carrel.systems import faults
from carrel.systems.sql.failure import told
from carrel.systems.sql.grants import ALL, granted

_VERSIONED = "SELECT table_type FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = :t"


def moved_along(connection: Connection, schema: LiveSchema, there: Table, entry: DatedTable) -> Iterator[CarrelError]:
    """Everything that nobody has counted and that rows of a table would take along, or leave behind. Only reads.

    Args:
        connection: a session.
        schema: of its database.
        there: the table.
        entry: of the site file.

    Yields:
        TBL-003 and TBL-004, also where the account is not shown what it would have to see.
    """
    at = f"table {entry.name}"
    yield from _movers(connection, schema, there, entry, at)
    yield from _unseen(connection, schema, at)
    yield from _hanging(schema, there, entry, at)


def _movers(
    connection: Connection, schema: LiveSchema, there: Table, entry: DatedTable, at: str
) -> Iterator[CarrelError]:
    event = "UPDATE" if entry.blank else "DELETE"
    own = [one for name in _family(schema, there) for one in schema.tables[name].triggers]
    if not schema.triggers_seen:
        yield fault(
            faults.ROW_TRIGGER,
            at=at,
            wanted="an account that may see triggers",
            found="an account that may not see triggers",
            because="a trigger could copy every row that goes",
            fix="GRANT TRIGGER on the database to the account that reads",
        )
    runs = sorted({one.name for one in own if one.fires and one.event in {event, ""}} - set(entry.triggers))
    if runs:
        yield fault(
            faults.ROW_TRIGGER,
            at=at,
            wanted=f"no trigger or rule on {event} that nobody has looked at",
            found=", ".join(runs),
            because="it could copy what goes into another table",
            fix=f"look at it; where it keeps no copy, write 'triggers: [{', '.join(runs)}]' into the entry",
        )
    if schema.dialect == "mariadb":
        with told(at):
            kind = connection.execute(text(_VERSIONED), {"t": there.name}).scalar()
        if "VERSIONED" in str(kind).upper():
            yield fault(
                faults.ROW_TRIGGER,
                at=at,
                wanted="a table without a history",
                found="system versioning",
                because="the server keeps every row that was deleted or changed",
                fix="ALTER TABLE ... DROP SYSTEM VERSIONING, then plan again",
            )


def _unseen(connection: Connection, schema: LiveSchema, at: str) -> Iterator[CarrelError]:
    """On MariaDB an account is shown the keys of those tables only on which it has a right."""
    if schema.dialect != "mariadb":
        return
    with told(at):
        has = granted(connection)
    if not any(right.table == "*" and right.privilege in {ALL, "REFERENCES", "SELECT"} for right in has):
        yield fault(
            faults.ROWS_HANG,
            at=at,
            wanted="an account that may see the keys of every table",
            found="an account that may not see the keys of every table",
            because="rows of another table could go along, uncounted",
            fix="GRANT REFERENCES on the database to the account",
        )


def _hanging(schema: LiveSchema, there: Table, entry: DatedTable, at: str) -> Iterator[CarrelError]:
    family = _family(schema, there)
    held = tuple(one for name in family for one in schema.incoming(name) if one.table not in family)
    if entry.blank:
        held = tuple(one for one in held if set(one.key.references) & set(entry.blank))
    for one in held:
        yield fault(
            faults.ROWS_HANG,
            at=at,
            wanted="a table on which no other hangs",
            found=f"a key from {one.table} ({', '.join(one.key.columns)}), ON DELETE {one.key.on_delete}",
            because="rows of that table would go along, or hold these up; no plan has counted them",
            fix="blank columns that no key points at, or have the program that owns both tables delete them",
        )


def _family(schema: LiveSchema, there: Table) -> list[str]:
    """The table, and those whose rows are its own as well: partitions, and what inherits from it."""
    found = [there.name]
    for name in found:
        found += [heir for heir in schema.heirs(name) if heir not in found]
    return found
