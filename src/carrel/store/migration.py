"""Bring a store up to this program's shape, or refuse one that is ahead of it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from carrel.errors import fault
from carrel.store import faults
from carrel.store.database import Database

REVISIONS = tuple(f"{number:04}" for number in range(1, 25))


def upgrade(database: Database) -> None:
    """Run the steps that this store has not seen yet, in one transaction.

    Raises:
        CarrelError: STO-002 when a newer Carrel wrote the store.
    """
    with database.reading() as connection:
        if _revision(connection) == REVISIONS[-1]:
            return
    with database.writing() as connection:
        found = _revision(connection)  # another process may have been faster
        if found == REVISIONS[-1]:
            return
        if found is not None and found not in REVISIONS:
            raise fault(
                faults.TOO_NEW,
                wanted=f"a store of revision {REVISIONS[-1]} or older",
                found=f"revision {found}",
                fix="install the Carrel that wrote it, or a newer one",
            )
        _run(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    command.upgrade(config, "head")
