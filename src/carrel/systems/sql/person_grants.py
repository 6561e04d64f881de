"""The rights that erasing one person needs beyond those of every night, asked for before anything is taken out."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from carrel.inventory.person_map import Act
from carrel.systems.sql import grants
from carrel.systems.sql.grants import SWEEP, Grant
from carrel.systems.sql.person_rows import PersonRows
from carrel.systems.sql.required_rights import require_rights


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
        *sorted(_moves(rows) | grants.of_triggers(rows.map, {*updates, *deletes} & set(rows.schema.tables))),
    )


def _moves(rows: PersonRows) -> set[Grant]:
    """What it takes to move rows as they are deleted, and to put right what arrived."""
    found: set[Grant] = set()
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
    require_for_person(connection, needed(rows), at, "an erasure reaches tables that no night changes")


def require_for_person(connection: Connection, needs: Iterable[Grant], at: str, because: str) -> None:
    """Refuse an account that lacks a right to change the record of one person.

    Raises:
        CarrelError: SQL-005, with the statements that give what is missing.
    """
    require_rights(
        connection, needs, at, because=because,
        wanted="rights on every table that holds the person",
        give="give them to the account that carries out, and take them back afterwards",
    )  # fmt: skip
