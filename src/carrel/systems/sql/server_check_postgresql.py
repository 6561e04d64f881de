"""Checks of a PostgreSQL server: what it records besides the tables, how it keeps time, what it can take back."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from carrel.systems.check import Check, finding, ok
from carrel.systems.sql.settings_postgresql import PostgresSettings
from carrel.systems.sql.statement_logs_postgresql import written_by

_OLDEST = 14
_SLOTS = "SELECT count(*) FROM pg_catalog.pg_replication_slots WHERE NOT active"
_PUBLIC = """
SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
  aclexplode(c.relacl) AS a
WHERE a.grantee = 0 AND a.privilege_type = 'SELECT' AND c.relkind IN ('r', 'p', 'm', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')"""


def server_checks(connection: Connection) -> Iterator[Check]:
    """What is to be said of the server behind a session, besides its clock.

    Args:
        connection: a session that reads.
    """
    server = PostgresSettings(connection)
    yield _version(server)
    yield _charset(server)
    yield _tidying(server)
    yield from _write_ahead_log(connection, server)
    yield from _statements(server)
    yield _everybody(connection)


def _version(server: PostgresSettings) -> Check:
    written = server.text("server_version")[:40]
    if server.number("server_version_num") // 10_000 < _OLDEST:
        return finding("server version", f"PostgreSQL {written} no longer gets security updates", "upgrade PostgreSQL")
    return ok("server version", f"PostgreSQL {written}")


def _charset(server: PostgresSettings) -> Check:
    found = server.text("server_encoding")
    if found == "UTF8":
        return ok("character set", found)
    fix = "dump the database, and load it into one with ENCODING 'UTF8'"
    return finding("character set", f"{found}: words in other scripts cannot stand in it", fix)


def _tidying(server: PostgresSettings) -> Check:
    if server.on("autovacuum"):
        return ok("dead rows", "autovacuum is on: their place is used again")
    fix = "ALTER SYSTEM SET autovacuum = on, or VACUUM the tables by a job of your own"
    return finding("dead rows", "autovacuum is off: rows as they were before a cut stay in the files", fix)


def _write_ahead_log(connection: Connection, server: PostgresSettings) -> Iterator[Check]:
    if server.on("archive_mode"):
        fix = "have the backup tool expire segments as the policy says"
        yield finding("archive of the write-ahead log", "archive_mode is on: nothing here tells when they go", fix)
    else:
        yield ok("archive of the write-ahead log", "archive_mode is off")
    idle = int(connection.execute(text(_SLOTS)).scalar_one())
    if idle and server.number("max_slot_wal_keep_size", -1) < 0:
        fix = "drop what nobody needs: pg_drop_replication_slot, or set max_slot_wal_keep_size"
        yield finding("replication slots", f"{idle} that nobody reads keep the write-ahead log for ever", fix)
    else:
        yield ok("replication slots", f"{idle} that nobody reads")


def _statements(server: PostgresSettings) -> Iterator[Check]:
    if written := written_by(server):
        fix = f"ALTER SYSTEM RESET {', '.join(written)}, and delete the log files"
        yield finding("statement log", f"on ({', '.join(written)}): patrons' numbers are written to it", fix)
    else:
        yield ok("statement log", "off")
    if server.number("auto_explain.log_min_duration", -1) >= 0:
        fix = "ALTER SYSTEM SET auto_explain.log_min_duration = -1, and delete the log files"
        yield finding("log of plans", "on: statements with patrons' numbers are written to it", fix)
    if server.on("pg_stat_statements.track"):
        yield ok("statement statistics", "pg_stat_statements is on; it takes the values out of what it keeps")
    else:
        yield ok("statement statistics", "off")


def _everybody(connection: Connection) -> Check:
    """Whoever may sign in reads what is granted to PUBLIC."""
    if tables := int(connection.execute(text(_PUBLIC)).scalar_one()):
        fix = "REVOKE SELECT ON ... FROM PUBLIC"
        return finding("who may read", f"{tables} tables can be read by everybody with an account", fix)
    return ok("who may read", "no table by everybody with an account")
