"""How a store on a server stands: its version, its clock, who else may read it, and what it has not forgotten yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from carrel.store.database import Database
from carrel.store.server_home import PLAIN, SEALED, ServerHome

_FACTS = """
SELECT current_setting('server_version'), clock_timestamp(), current_user,
       current_setting('archive_mode') <> 'off', (SELECT count(*) FROM pg_replication_slots)"""
# Rights of a table, or of the schema's default, that somebody but its owner has.
_READERS = """
SELECT count(DISTINCT a.grantee) FROM pg_class c
CROSS JOIN LATERAL aclexplode(c.relacl) a
WHERE c.relnamespace = to_regnamespace(:schema) AND a.grantee <> c.relowner"""
_DEAD = """
SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_all_tables WHERE schemaname = :schema AND relname = ANY(:names)"""
_HELD = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND xact_start < clock_timestamp() - interval '10 minutes'"""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a store on a server stands.

    Attributes:
        version: of the server.
        clock: the server's own time, aware.
        account: that Carrel uses.
        readers: accounts that were given rights on its tables, besides the owner.
        dead_plain: deleted rows that named somebody, or a loan, and lie in the tables' files still, as the server
            counts them.
        dead_sealed: likewise of rows whose key is shredded.
        held_by: transactions in this database that are older than ten minutes; nothing newer is tidied up before them.
        archived: whether the write-ahead log is kept in an archive.
        slots: replication slots, whose readers get every change.
    """

    version: str
    clock: datetime
    account: str
    readers: int
    dead_plain: int
    dead_sealed: int
    held_by: int
    archived: bool
    slots: int


def condition_of(database: Database) -> Condition | None:
    """Ask the server; None of a store in a file.

    Raises:
        CarrelError: of the STO codes.
    """
    home = database.home
    if not isinstance(home, ServerHome):
        return None
    with database.reading() as connection:
        version, clock, account, archived, slots = connection.execute(text(_FACTS)).one()
        readers = connection.execute(text(_READERS), {"schema": f'"{home.schema}"'}).scalar_one()
        plain, sealed = (
            int(connection.execute(text(_DEAD), {"schema": home.schema, "names": list(names)}).scalar_one())
            for names in (PLAIN, SEALED)
        )
        held = connection.execute(text(_HELD)).scalar_one()
    return Condition(version.split()[0], clock, account, readers, plain, sealed, held, archived, slots)
