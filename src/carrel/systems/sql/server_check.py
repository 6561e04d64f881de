"""Checks of a database server: what it records besides the tables, how it keeps time, what it can take back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, text

from carrel.amount import amount
from carrel.systems.check import Check, finding, ok, unknown
from carrel.systems.sql import server_check_postgresql, zone

_OLDEST = (10, 6)
_DAY = 86_400
_LONG_BINLOG_DAYS = 14
_NAMES = (
    "binlog_format",
    "binlog_row_image",
    "binlog_expire_logs_seconds",
    "expire_logs_days",
    "character_set_database",
    "general_log",
    "innodb_file_per_table",
    "log_bin",
    "performance_schema",
    "read_only",
    "slow_query_log",
    "sql_mode",
)
_MISSING = "-"


def server_checks(connection: Connection, declared_zone: str) -> Iterator[Check]:
    """What is to be said of the server behind a session.

    Args:
        connection: a session that reads.
        declared_zone: of the site file.
    """
    if connection.dialect.name == "sqlite":
        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
        yield ok("server version", f"SQLite {version}")
        yield _secure_delete(connection)
        return
    if connection.dialect.name == "postgresql":
        yield from server_check_postgresql.server_checks(connection)
        yield _zone(connection, declared_zone)
        return
    version = str(connection.exec_driver_sql("SELECT VERSION()").scalar_one())
    values = _variables(connection)
    yield _version(version)
    yield _charset(values)
    yield _zone(connection, declared_zone)
    yield _read_only(values)
    yield _sql_mode(values)
    yield from _binary_log(values)
    yield from _statement_logs(values)


def _variables(connection: Connection) -> Mapping[str, str]:
    listed = ", ".join(f"'{name}'" for name in _NAMES)
    rows = connection.execute(text(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({listed})"))
    return {str(name): str(value) for name, value in rows}


def _version(written: str) -> Check:
    parts = written.split(".")
    if "mariadb" not in written.lower():
        fix = "the maps were tried on MariaDB; try a copy first"
        return finding("server version", f"{written[:30]} is no MariaDB", fix)
    if tuple(int(part) for part in parts[:2]) < _OLDEST:
        return finding("server version", f"{written[:30]} no longer gets security updates", "upgrade MariaDB")
    return ok("server version", written[:40])


def _charset(values: Mapping[str, str]) -> Check:
    found = values.get("character_set_database", _MISSING)
    if found == "utf8mb4":
        return ok("character set", found)
    fix = "ALTER DATABASE … CHARACTER SET utf8mb4; the tables are checked one by one below"
    return finding("character set", f"the database's own is {found}; new tables would take it", fix)


def _zone(connection: Connection, declared: str) -> Check:
    if found := zone.disagreement(connection, declared):
        fix = "mend 'time_zone', or write 'session_zone: declared' where the product sets its own zone"
        return finding("time zone", f"declared {declared}: {found}", fix)
    return ok("time zone", f"the session keeps the clock of {declared}")


def _read_only(values: Mapping[str, str]) -> Check:
    if values.get("read_only", "OFF") in {"OFF", "0"}:
        return ok("primary server", "read_only is off")
    return finding(
        "primary server", "read_only is on: a replica", "verify reads from the primary only: mend the address"
    )


def _sql_mode(values: Mapping[str, str]) -> Check:
    mode = values.get("sql_mode", "")
    if "STRICT" in mode:
        return ok("sql_mode", "the server is strict; Carrel's sessions set their own")
    return ok("sql_mode", "the server is not strict, as Koha has it; Carrel's sessions are")


def _binary_log(values: Mapping[str, str]) -> Iterator[Check]:
    if values.get("log_bin", "OFF") != "ON":
        yield ok("binary log", "off: no old values are kept there")
        return
    form, image = values.get("binlog_format", _MISSING), values.get("binlog_row_image", _MISSING)
    if form == "ROW" and image == "MINIMAL":
        yield ok("binary log", "ROW with MINIMAL images: of a cut only keys and changed columns")
    else:
        fix = "SET GLOBAL binlog_format = 'ROW', binlog_row_image = 'MINIMAL', if no replica needs whole rows"
        yield finding("binary log", f"{form} with {image} images: a cut writes whole old rows into it", fix)
    seconds = int(values.get("binlog_expire_logs_seconds", "0") or 0)
    seconds = seconds or int(float(values.get("expire_logs_days", "0") or 0) * _DAY)
    if seconds == 0:
        fix = "SET GLOBAL binlog_expire_logs_seconds = 604800"
        yield finding("binary log expiry", "never: what was cut stays in it for ever", fix)
    elif seconds > _LONG_BINLOG_DAYS * _DAY:
        fix = "SET GLOBAL binlog_expire_logs_seconds = 604800"
        yield finding(
            "binary log expiry", f"{amount(seconds // _DAY, 'day')}: a disposition is complete only then", fix
        )
    else:
        yield ok("binary log expiry", f"{amount(seconds / _DAY, 'day')}; a disposition is complete then")


def _statement_logs(values: Mapping[str, str]) -> Iterator[Check]:
    for variable, name in (("general_log", "general log"), ("slow_query_log", "slow query log")):
        if values.get(variable, "OFF") == "ON":
            fix = f"SET GLOBAL {variable} = OFF, and delete what it wrote"
            yield finding(name, "on: statements with patrons' numbers are written to it", fix)
        else:
            yield ok(name, "off")
    if values.get("performance_schema", "OFF") == "ON":
        detail = "on: texts of recent statements can be read there until the server restarts"
        yield finding("statement statistics", detail, "TRUNCATE performance_schema.events_statements_history_long")
    elif "performance_schema" in values:
        yield ok("statement statistics", "off")
    else:
        yield unknown("statement statistics", "the server does not say")


def _secure_delete(connection: Connection) -> Check:
    if connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1:
        return ok("free pages", "SQLite overwrites what is deleted")
    return finding("free pages", "SQLite leaves deleted values in free pages", "VACUUM the file when nobody uses it")
