"""An account that lacks a right is refused before anything is changed, and told the statements that give it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from carrel.errors import fault
from carrel.systems import faults
from carrel.systems.sql import grants
from carrel.systems.sql.failure import told
from carrel.systems.sql.grants import Grant


def require_rights(
    connection: Connection,
    needs: Iterable[Grant],
    at: str,
    *,
    wanted: str,
    because: str,
    give: str,
    tables: Collection[str] | None = None,
) -> None:
    """Refuse an account that lacks a right; on SQLite nobody has any.

    Args:
        connection: a session of the account that carries out.
        needs: the rights.
        at: the system's name.
        wanted: as the error tells it.
        because: likewise.
        give: to whom the rights are to be given.
        tables: that the database has; rights on others are not asked for. None asks for all.

    Raises:
        CarrelError: SQL-005, with the statements that give what is missing.
    """
    if connection.dialect.name == "sqlite":
        return
    with told(at):
        missing = grants.compare(needs, grants.granted(connection), tables=tables).missing
        lines = statements(connection, missing) if missing else ""
    if missing:
        raise fault(
            faults.GRANTS,
            at=at,
            wanted=wanted,
            found=f"{len(missing)} missing",
            because=because,
            fix=f"{give}:\n{lines}",
        )


def statements(connection: Connection, missing: Iterable[Grant]) -> str:
    """What gives these rights to the account of a session, in its database, a statement a line."""
    there = connection.dialect.name == "postgresql"
    named = "SELECT current_database(), quote_ident(current_user)" if there else "SELECT DATABASE(), CURRENT_USER()"
    database, account = map(str, connection.exec_driver_sql(named).one())
    if not there:
        user, _, host = account.rpartition("@")
        account = "@".join("'" + one.replace("'", "''") + "'" for one in (user, host))
    return "\n".join(one.sql(database, account, connection.dialect.name) for one in missing)
