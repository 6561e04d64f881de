"""The tables of one version of Koha as DDL: exact for MariaDB, and as near as SQLite gets for the embedded sample.

SQLite keeps table and column names, nullability, defaults, keys and cascades. Dates and times are text without
fractions, whole-number primary keys are the rowid, prefix lengths are dropped, and there is no ``ON UPDATE``: what
needs that behaviour is tried on MariaDB. Of the large tables' secondary indexes only those that find few rows are made.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carrel.systems.sample import schema_postgresql
from carrel.systems.sample.facts import Column, Facts, ForeignKey, Index, Table
from carrel.systems.sample.koha_versions import BASE, koha_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

# Large tables: on SQLite an index on a column of a handful of values costs more to build than any query gains.
_LARGE = frozenset({
    "accountlines", "action_logs", "issues", "message_queue", "old_issues", "pseudonymized_transactions", "statistics",
})  # fmt: skip
_COARSE = frozenset({
    "action", "branch", "branchcode", "categorycode", "ccode", "credit_type_code", "debit_type_code", "interface",
    "itemtype", "letter_id", "message_transport_type", "module", "register_id", "transaction_branchcode",
    "transaction_type", "type",
})  # fmt: skip
_WHOLE = re.compile(r"(tinyint|smallint|bigint|int)\b")


def create_schema(connection: Connection, version: str = BASE) -> None:
    """Make all tables with their keys in an empty database and commit.

    Args:
        connection: a SQLAlchemy connection to MariaDB, PostgreSQL or SQLite.
        version: of Koha.
    """
    create_tables(connection, version)
    create_keys(connection, version)


def create_tables(connection: Connection, version: str = BASE) -> None:
    """Make the tables; on MariaDB without secondary and foreign keys, so that a bulk load runs before they exist."""
    run(connection, table_statements(connection.dialect.name, version))


def create_keys(connection: Connection, version: str = BASE) -> None:
    """Add the secondary indexes and, on a server, the foreign keys."""
    run(connection, key_statements(connection.dialect.name, version))


def run(connection: Connection, statements: Iterator[str]) -> None:
    """Execute statements through the driver with key checks off, then commit."""
    if connection.dialect.name in {"sqlite", "postgresql"}:
        for statement in statements:
            connection.exec_driver_sql(statement)
    else:
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 1")
    connection.commit()


def table_statements(dialect: str, version: str = BASE) -> Iterator[str]:
    """The CREATE TABLE statements for one dialect, in an order that needs no second pass with key checks off."""
    facts = koha_of(version)
    for table in facts.tables:
        yield _table(dialect, facts, table)


def key_statements(dialect: str, version: str = BASE) -> Iterator[str]:
    """The statements that add what `table_statements` left out."""
    facts = koha_of(version)
    for table in facts.tables:
        if dialect == "postgresql":
            yield from schema_postgresql.key_statements(facts, table)
        elif dialect == "sqlite":
            yield from (_sqlite_index(table, index) for index in table.indexes if _worth_it(table, index))
        elif parts := [*(_mariadb_index(index) for index in table.indexes), *_mariadb_keys(facts, table)]:
            yield f"ALTER TABLE `{table.name}` " + ", ".join(f"ADD {part}" for part in parts)


def _table(dialect: str, facts: Facts, table: Table) -> str:
    if dialect == "postgresql":
        return schema_postgresql.table_statement(table)
    return _sqlite_table(facts, table) if dialect == "sqlite" else _mariadb_table(table)


def _mariadb_table(table: Table) -> str:
    lines = [_mariadb_column(column) for column in table.columns]
    if table.primary_key:
        lines.append("PRIMARY KEY (" + ", ".join(_prefixed(name) for name in table.primary_key) + ")")
    body = ",\n  ".join(lines)
    return (
        f"CREATE TABLE `{table.name}` (\n  {body}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"
    )


def _mariadb_column(column: Column) -> str:
    words = [f"`{column.name}` {column.type}", "NULL" if column.nullable else "NOT NULL"]
    if column.default is not None:
        words.append(f"DEFAULT {_default(column)}")
    elif column.nullable:
        words.append("DEFAULT NULL")
    if column.extra:
        words.append(column.extra.upper())
    return " ".join(words)


def _default(column: Column) -> str:
    value = column.default or ""
    if value == "current_timestamp()" or (value and _WHOLE.match(column.type)):
        return value
    return f"'{value}'"


def _mariadb_index(index: Index) -> str:
    kind = "UNIQUE KEY" if index.unique else "KEY"
    return f"{kind} `{index.name}` (" + ", ".join(_prefixed(name) for name in index.columns) + ")"


def _prefixed(name: str) -> str:
    column, bracket, length = name.partition("(")
    return f"`{column}`{bracket}{length}"


def _mariadb_keys(facts: Facts, table: Table) -> Iterator[str]:
    for key in table.foreign_keys:
        if facts.within(key):
            own = ", ".join(f"`{name}`" for name in key.columns)
            other = ", ".join(f"`{name}`" for name in key.references)
            yield (f"CONSTRAINT `{key.name}` FOREIGN KEY ({own}) REFERENCES `{key.table}` ({other}){_rules(key)}")


def _rules(key: ForeignKey) -> str:
    """The rules that are not the default; MariaDB lists a default that is written out as another word."""
    rules = (("DELETE", key.on_delete), ("UPDATE", key.on_update))
    return "".join(f" ON {event} {rule}" for event, rule in rules if rule != "RESTRICT")


def _sqlite_table(facts: Facts, table: Table) -> str:
    rowid = _rowid(table)
    lines = [_sqlite_column(column, rowid=column.name == rowid) for column in table.columns]
    if table.primary_key and rowid is None:
        lines.append("PRIMARY KEY (" + ", ".join(_bare(name) for name in table.primary_key) + ")")
    for key in table.foreign_keys:
        if facts.within(key):
            own = ", ".join(f'"{name}"' for name in key.columns)
            other = ", ".join(f'"{name}"' for name in key.references)
            lines.append(f'CONSTRAINT "{key.name}" FOREIGN KEY ({own}) REFERENCES "{key.table}" ({other}){_rules(key)}')
    return f'CREATE TABLE "{table.name}" (\n  ' + ",\n  ".join(lines) + "\n)"


def _rowid(table: Table) -> str | None:
    if len(table.primary_key) != 1:
        return None
    column = next(c for c in table.columns if c.name == table.primary_key[0])
    return column.name if _WHOLE.match(column.type) else None


def _sqlite_column(column: Column, *, rowid: bool) -> str:
    if rowid:
        return f'"{column.name}" INTEGER PRIMARY KEY NOT NULL'
    words = [f'"{column.name}" {_sqlite_type(column.type)}']
    if not column.nullable:
        words.append("NOT NULL")
    if column.default is not None:
        default = _default(column)
        words.append("DEFAULT " + ("CURRENT_TIMESTAMP" if default == "current_timestamp()" else default))
    return " ".join(words)


def _sqlite_type(declared: str) -> str:
    if _WHOLE.match(declared):
        return "INTEGER"
    base = declared.partition("(")[0]
    if base.endswith("text"):
        return "TEXT"
    if base.endswith("blob"):
        return "BLOB"
    if base == "enum":
        return "VARCHAR(64)"
    return declared.upper()


def _worth_it(table: Table, index: Index) -> bool:
    if index.unique or table.name not in _LARGE:
        return True
    begins = any(other.columns[: len(index.columns)] == index.columns for other in table.indexes if other is not index)
    return not begins and index.columns[0].partition("(")[0] not in _COARSE


def _sqlite_index(table: Table, index: Index) -> str:
    kind = "UNIQUE INDEX" if index.unique else "INDEX"
    columns = ", ".join(_bare(name) for name in index.columns)
    return f'CREATE {kind} "{table.name}__{index.name}" ON "{table.name}" ({columns})'


def _bare(name: str) -> str:
    return f'"{name.partition("(")[0]}"'
