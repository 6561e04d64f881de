"""MariaDB's catalogue, read table-wise in six statements."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, text

from carrel.inventory.schema import Column, ForeignKey, Index, LiveSchema, Table, TableKind, Trigger
from carrel.systems.sql.grants import triggers_seen

_TABLES = """
SELECT table_name, table_type, engine, table_rows
FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name"""
_COLUMNS = """
SELECT table_name, column_name, column_type, is_nullable, column_default, extra, character_set_name
FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position"""
_INDEXES = """
SELECT table_name, index_name, non_unique, column_name, sub_part
FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index"""
_KEYS = """
SELECT table_name, constraint_name, column_name, referenced_table_name, referenced_column_name
FROM information_schema.key_column_usage
WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL
ORDER BY table_name, constraint_name, ordinal_position"""
_RULES = """
SELECT table_name, constraint_name, delete_rule, update_rule
FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()"""
_TRIGGERS = """
SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_statement
FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY event_object_table, trigger_name"""


def schema(connection: Connection) -> LiveSchema:
    """The schema of the connection's own database."""
    version, zone, charset = connection.execute(
        text("SELECT VERSION(), @@session.time_zone, @@character_set_database")
    ).one()
    columns, charsets = _columns(connection)
    keys, indexes = _indexes(connection)
    foreign = _foreign_keys(connection)
    triggers = _triggers(connection)
    tables = {
        name: Table(
            name=name,
            columns=tuple(columns[name]),
            primary_key=tuple(keys[name]),
            indexes=tuple(indexes[name]),
            foreign_keys=tuple(foreign[name]),
            triggers=tuple(triggers[name]),
            kind=TableKind.VIEW if kind.endswith("VIEW") else TableKind.TABLE,
            engine=engine or "",
            charset=_charset(charsets[name]),
            rows_estimate=rows,
        )
        for name, kind, engine, rows in connection.execute(text(_TABLES))
    }
    return LiveSchema("mariadb", version, "", zone, charset, tables, triggers_seen(connection))


def _columns(connection: Connection) -> tuple[defaultdict[str, list[Column]], defaultdict[str, set[str]]]:
    found: defaultdict[str, list[Column]] = defaultdict(list)
    charsets: defaultdict[str, set[str]] = defaultdict(set)
    for table, name, declared, nullable, default, extra, charset in connection.execute(text(_COLUMNS)):
        found[table].append(Column(name, declared, nullable == "YES", _default(default), extra))
        if charset:
            charsets[table].add(charset)
    return found, charsets


def _charset(found: set[str]) -> str:
    """The character set of a table's text; of several the first that is not the one wanted."""
    return next(iter(sorted(found - {"utf8mb4"})), "utf8mb4" if found else "")


def _default(value: str | None) -> str | None:
    """The default itself: the server writes NULL for none, and puts texts in quotes."""
    if value is None or value == "NULL":
        return None
    return value[1:-1] if value[:1] == "'" == value[-1:] else value


def _indexes(connection: Connection) -> tuple[defaultdict[str, list[str]], defaultdict[str, list[Index]]]:
    primary: defaultdict[str, list[str]] = defaultdict(list)
    parts: defaultdict[tuple[str, str, bool], list[str]] = defaultdict(list)
    for table, name, non_unique, column, prefix in connection.execute(text(_INDEXES)):
        written = f"{column}({prefix})" if prefix else column
        if name == "PRIMARY":
            primary[table].append(written)
        else:
            parts[table, name, not non_unique].append(written)
    found: defaultdict[str, list[Index]] = defaultdict(list)
    for (table, name, unique), columns in parts.items():
        found[table].append(Index(name, unique, tuple(columns)))
    return primary, found


def _foreign_keys(connection: Connection) -> defaultdict[str, list[ForeignKey]]:
    rules = {(table, name): (gone, changed) for table, name, gone, changed in connection.execute(text(_RULES))}
    parts: defaultdict[tuple[str, str, str], list[tuple[Any, Any]]] = defaultdict(list)
    for table, name, column, other, other_column in connection.execute(text(_KEYS)):
        parts[table, name, other].append((column, other_column))
    found: defaultdict[str, list[ForeignKey]] = defaultdict(list)
    for (table, name, other), pairs in parts.items():
        own, theirs = tuple(a for a, _ in pairs), tuple(b for _, b in pairs)
        # An account without rights on the other table may see the key but not its rule; unknown is not RESTRICT.
        gone, changed = rules.get((table, name), ("unknown", "unknown"))
        found[table].append(ForeignKey(name, own, other, theirs, _rule(gone), _rule(changed)))
    return found


def _rule(written: str) -> str:
    """InnoDB checks keys at once, so that NO ACTION is RESTRICT under another name."""
    return "RESTRICT" if written == "NO ACTION" else written


def _triggers(connection: Connection) -> defaultdict[str, list[Trigger]]:
    found: defaultdict[str, list[Trigger]] = defaultdict(list)
    for table, name, timing, event, statement in connection.execute(text(_TRIGGERS)):
        found[table].append(Trigger(name, timing, event, hashlib.sha256((statement or "").encode()).hexdigest()))
    return found
