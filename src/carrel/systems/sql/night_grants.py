"""The rights by which a night writes: those of the product's own triggers, and a refusal before anything is cut."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from carrel.inventory.system_map import SystemMap
from carrel.systems.sql import grants
from carrel.systems.sql.grants import Grant, Purpose
from carrel.systems.sql.required_rights import require_rights

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "USAGE"})


def require(connection: Connection, system_map: SystemMap, tables: Collection[str], at: str) -> None:
    """Refuse an account that could not carry a night out to its end: what it may cut would be cut, and the rest not.

    Args:
        connection: a session of the account that carries out.
        system_map: with the policy's records in force.
        tables: that the database has.
        at: the system's name.

    Raises:
        CarrelError: SQL-005, with the statements that give what is missing. Whether the account may read is told by the
            first statement that does.
    """
    needs = (one for one in grants.needed(system_map, Purpose.APPLY, connection.dialect.name) if _writes(one))
    require_rights(
        connection, needs, at, tables=tables,
        wanted="every right by which this policy's records are cut",
        because="a night that stops half way leaves what the policy promised to take",
        give="give them to the account that carries out",
    )  # fmt: skip


def _writes(right: Grant) -> bool:
    return right.privilege in _WRITES and not right.table.endswith("*")
