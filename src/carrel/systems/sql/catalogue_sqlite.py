"""SQLite's catalogue: ``sqlite_master`` and the table-valued PRAGMA functions, each over all tables at once."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import string
from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, text

from carrel.inventory.schema import Column, ForeignKey, Index, LiveSchema, Table, TableKind, Trigger

_TABLES = (
    "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
_COLUMNS = """
SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk
FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type IN ('table', 'view') ORDER BY m.name, c.cid"""
_INDEXES = """
SELECT m.name, i.name, i."unique", c.name
FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
WHERE m.type = 'table' AND i.origin <> 'pk' ORDER BY m.name, i.name, c.seqno"""
_KEYS = """
SELECT m.name, k.id, k."table", k."from", k."to", k.on_delete, k.on_update
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k WHERE m.type = 'table' ORDER BY m.name, k.id, k.seq"""
_TRIGGERS = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY tbl_name, name"
_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_HEAD = re.compile(r"\b(?:(BEFORE|AFTER|INSTEAD\s+OF)\s+)?(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)

_COMMENT = re.compile(r"--[^\n]*(?:\n|\Z)|/\*.*?\*/", re.DOTALL)


def schema(connection: Connection) -> LiveSchema:
    """The schema of the connection's own file."""
    columns, primary = _columns(connection)
    spelled = {_folded(name): name for name in columns}
    foreign = _foreign_keys(connection, primary, spelled, columns)
    indexes, triggers = _indexes(connection), _triggers(connection, spelled)
    tables = {
        name: Table(
            name=name,
            columns=tuple(columns[name]),
            primary_key=tuple(column for _, column in sorted(primary[name])),
            indexes=tuple(indexes[name]),
            foreign_keys=tuple(foreign[name]),
            triggers=tuple(triggers[name]),
            kind=TableKind(kind),
        )
        for name, kind in sorted(tuple(row) for row in connection.execute(text(_TABLES)))
    }
    encoding = connection.execute(text("PRAGMA encoding")).scalar_one()
    return LiveSchema("sqlite", sqlite3.sqlite_version, "", "", encoding, tables)


def _columns(
    connection: Connection,
) -> tuple[defaultdict[str, list[Column]], defaultdict[str, list[tuple[int, str]]]]:
    found: defaultdict[str, list[Column]] = defaultdict(list)
    primary: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for table, name, declared, not_null, default, position in connection.execute(text(_COLUMNS)):
        found[table].append(Column(name, declared.lower(), not not_null, default))
        if position:
            primary[table].append((position, name))
    return found, primary


def _indexes(connection: Connection) -> defaultdict[str, list[Index]]:
    parts: defaultdict[tuple[str, str, bool], list[str]] = defaultdict(list)
    for table, name, unique, column in connection.execute(text(_INDEXES)):
        parts[table, name, bool(unique)].append(column or "(expression)")
    found: defaultdict[str, list[Index]] = defaultdict(list)
    for (table, name, unique), columns in parts.items():
        found[table].append(Index(name, unique, tuple(columns)))
    return found


def _folded(name: str) -> str:
    """A name as SQLite compares names: capitals of ASCII are small letters."""
    return name.translate(_SMALL)


def _foreign_keys(
    connection: Connection,
    primary: defaultdict[str, list[tuple[int, str]]],
    spelled: Mapping[str, str],
    columns: Mapping[str, list[Column]],
) -> defaultdict[str, list[ForeignKey]]:
    """The foreign keys, with the names of the other table and its columns as these are spelled there."""
    parts: defaultdict[tuple[str, int, str, str, str], list[tuple[str, str | None]]] = defaultdict(list)
    for table, number, other, own, theirs, gone, changed in connection.execute(text(_KEYS)):
        there = spelled.get(_folded(other), other)
        their = None if theirs is None else _spelled(columns, there, theirs)
        parts[table, number, there, gone, changed].append((_spelled(columns, table, own), their))
    found: defaultdict[str, list[ForeignKey]] = defaultdict(list)
    for (table, number, other, gone, changed), pairs in parts.items():
        # A key that names no column of the other table points at its primary key.
        implied = [column for _, column in sorted(primary[other])]
        references = tuple(b or (implied[i] if i < len(implied) else "") for i, (_, b) in enumerate(pairs))
        found[table].append(ForeignKey(str(number), tuple(a for a, _ in pairs), other, references, gone, changed))
    return found


def _spelled(columns: Mapping[str, list[Column]], table: str, column: str) -> str:
    return {_folded(one.name): one.name for one in columns.get(table, ())}.get(_folded(column), column)


def _triggers(connection: Connection, spelled: Mapping[str, str]) -> defaultdict[str, list[Trigger]]:
    found: defaultdict[str, list[Trigger]] = defaultdict(list)
    for table, name, statement in connection.execute(text(_TRIGGERS)):
        # The name comes first and could itself hold one of the words.
        match = _HEAD.search(_COMMENT.sub(" ", statement.partition(name)[2]))
        timing, event = (match[1] or "BEFORE", match[2]) if match else ("", "")
        body = hashlib.sha256(statement.encode()).hexdigest()
        found[spelled.get(_folded(table), table)].append(Trigger(name, timing.upper(), event.upper(), body))
    return found
