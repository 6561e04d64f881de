"""Bulk loading: rows straight through the driver, with the checks that slow a load switched off for its length."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from carrel.systems.sample.koha_versions import koha_of
from carrel.systems.sample.rows import COLUMNS, Row
from carrel.systems.sample.schema_postgresql import ZERO, number_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

_ROWS_A_STATEMENT = 2_000
_ESCAPES = str.maketrans({"'": "''", "\\": "\\\\", "\0": "\\0"})


@contextmanager
def connected(target: Connection | Engine) -> Iterator[Connection]:
    """A connection, or one of an engine, which is closed afterwards."""
    if hasattr(target, "exec_driver_sql"):
        yield cast("Connection", target)
    else:
        with target.connect() as connection:
            yield connection


def has_tables(connection: Connection) -> bool:
    """Whether the schema is there already."""
    if connection.dialect.name == "sqlite":
        query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'old_issues'"
    elif connection.dialect.name == "postgresql":
        query = "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass('public.old_issues')"
    else:
        query = (
            "SELECT count(*) FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND table_name = 'old_issues'"
        )
    found = bool(connection.exec_driver_sql(query).scalar())
    connection.commit()
    return found


@contextmanager
def bulk(connection: Connection) -> Iterator[Callable[[str, list[Row]], None]]:
    """A function that writes rows into a table, for as long as the block lasts; commits at its end."""
    if connection.dialect.name == "sqlite":
        with _sqlite(connection) as write:
            yield write
    elif connection.dialect.name == "postgresql":
        yield _copied(connection.connection.driver_connection)
        connection.commit()
    else:
        with _mariadb(connection.connection.driver_connection) as write:
            yield write


@contextmanager
def unsynced(connection: Connection) -> Iterator[None]:
    """No syncing of a file meanwhile: an interrupted load leaves one to be thrown away. On a server nothing changes."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.commit()
    names = ("synchronous", "journal_mode", "foreign_keys", "cache_size")
    kept = {name: driver.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
    for setting in ("synchronous = OFF", "journal_mode = MEMORY", "foreign_keys = OFF", "cache_size = -131072"):
        driver.execute(f"PRAGMA {setting}")
    try:
        yield
    finally:
        driver.rollback()
        for name, value in kept.items():
            driver.execute(f"PRAGMA {name} = {value}")


def settle(connection: Connection, version: str) -> None:
    """Have PostgreSQL number on from what was loaded, and look at it; other databases do so by themselves."""
    if connection.dialect.name != "postgresql":
        return
    for table in koha_of(version).tables:
        if (statement := number_statement(table)) is not None:
            connection.exec_driver_sql(statement)
    connection.exec_driver_sql("ANALYZE")
    connection.commit()


@contextmanager
def _sqlite(connection: Connection) -> Iterator[Callable[[str, list[Row]], None]]:
    """One transaction."""
    driver: Any = connection.connection.driver_connection
    statements = {
        table: f'INSERT INTO "{table}" ({", ".join(columns)}) VALUES ({", ".join("?" * len(columns))})'
        for table, columns in COLUMNS.items()
    }
    with unsynced(connection):
        cursor = driver.cursor()
        yield lambda table, rows: cursor.executemany(statements[table], rows)
        driver.commit()


@contextmanager
def _mariadb(driver: Any) -> Iterator[Callable[[str, list[Row]], None]]:
    """Multi-row statements; zero dates are let through, as servers set up long ago still do."""
    cursor = driver.cursor()
    cursor.execute("SELECT @@SESSION.sql_mode")
    (mode,) = cursor.fetchone()
    cursor.execute("SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
    heads = {
        table: f"INSERT INTO `{table}` ({', '.join(f'`{name}`' for name in columns)}) VALUES "
        for table, columns in COLUMNS.items()
    }

    def write(table: str, rows: list[Row]) -> None:
        for start in range(0, len(rows), _ROWS_A_STATEMENT):
            part = rows[start : start + _ROWS_A_STATEMENT]
            cursor.execute(heads[table] + ",".join([f"({','.join([_literal(v) for v in row])})" for row in part]))
        driver.commit()

    try:
        yield write
        driver.commit()
    finally:
        driver.rollback()
        cursor.execute("SET SESSION foreign_key_checks = 1, unique_checks = 1, sql_mode = %s", (mode,))
        cursor.close()


def _copied(driver: Any) -> Callable[[str, list[Row]], None]:
    """Rows by COPY, which follows no foreign key that is not there yet."""
    heads = {
        table: 'COPY "{}" ({}) FROM STDIN'.format(table, ", ".join(f'"{name}"' for name in columns))
        for table, columns in COLUMNS.items()
    }

    def write(table: str, rows: list[Row]) -> None:
        with driver.cursor() as cursor, cursor.copy(heads[table]) as copy:
            for row in rows:
                copy.write_row([_dated(value) for value in row])

    return write


def _dated(value: object) -> object:
    return ZERO + value[10:] if type(value) is str and value.startswith("0000-00-00") else value


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if type(value) is str:
        if "'" in value or "\\" in value:
            value = value.translate(_ESCAPES)
        return f"'{value}'"
    return repr(value)
