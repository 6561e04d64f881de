"""The rights that erasing one person needs beyond those of every night, asked for before anything is taken out."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from carrel.errors import fault
from carrel.inventory.person_map import Act
from carrel.systems import faults
from carrel.systems.sql import grants
from carrel.systems.sql.grants import SWEEP, Grant
from carrel.systems.sql.person_rows import PersonRows


def needed(rows: PersonRows) -> tuple[Grant, ...]:
    """Rights to change and delete, on the tables that the steps and the texts of one person are in."""
    updates = {step.table for step in rows.steps if step.act is Act.CHANGE}
    updates |= {name for name, told in rows.person.tables.items() if told.texts and name in rows.schema.tables}
    deletes = {step.table for step in rows.steps if step.act is Act.DELETE}
    deletes |= {name for name, told in rows.person.tables.items() if told.gone and name in rows.schema.tables}
    return (
        SWEEP,
        *(Grant("UPDATE", name) for name in sorted(updates)),
        *(Grant("DELETE", name) for name in sorted(deletes)),
        *sorted(_moves(rows)),
    )


def _moves(rows: PersonRows) -> set[Grant]:
    """What the product's own triggers do with the rights of whoever deletes a row, and what is put right after them."""
    found = {Grant("INSERT", name) for name in rows.person.audits if name in rows.schema.tables}
    for step in rows.steps:
        aged = rows.moves.get(step.table) if step.trace.moved else None
        if aged is None:
            continue
        found |= {Grant("INSERT", aged.table), Grant("UPDATE", aged.table)}
        if aged.number is not None:
            table, _, column = aged.number.numbers.rpartition(".")
            found.add(Grant("USAGE", f"{table}_{column}_seq"))
        if rows.payer is not None and (ledger := aged.ledger) is not None:
            found |= {Grant("INSERT", ledger.table), Grant("UPDATE", ledger.table)}
            found |= {Grant("INSERT", name) for name in ledger.spares}
    return found


def require(connection: Connection, rows: PersonRows, at: str) -> None:
    """Refuse an account that could not carry the erasure out to its end.

    Raises:
        CarrelError: SQL-005, with the statements that give what is missing.
    """
    require_rights(connection, needed(rows), at, "an erasure reaches tables that no night changes")


def require_rights(connection: Connection, wanted: Iterable[Grant], at: str, because: str) -> None:
    """Refuse an account that lacks a right.

    Raises:
        CarrelError: SQL-005, with the statements that give what is missing.
    """
    if connection.dialect.name == "sqlite":
        return
    missing = grants.compare(wanted, grants.granted(connection)).missing
    if missing:
        there = connection.dialect.name == "postgresql"
        named = "SELECT current_database()" if there else "SELECT DATABASE()"
        database = str(connection.exec_driver_sql(named).scalar_one())
        account = "account" if there else "'ACCOUNT'@'HOST'"
        lines = "\n".join(one.sql(database, account, connection.dialect.name) for one in missing)
        raise fault(
            faults.GRANTS,
            at=at,
            wanted="rights on every table that holds the person",
            found=f"{len(missing)} missing",
            because=because,
            fix=f"give them to the account that carries out, and take them back afterwards:\n{lines}",
        )
