"""The schema of a live database as plain values: what a system map is compared with before anything else happens."""

from __future__ import annotations

import enum
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class TableKind(enum.StrEnum):
    """What stands behind a name in the catalogue."""

    TABLE = "table"
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``type`` is the server's own text of the type, ``extra`` what it does by itself."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    extra: str = ""

    @property
    def follows_updates(self) -> bool:
        """Whether the server sets it anew on every UPDATE that does not name it."""
        return self.extra.lower().startswith("on update")


@dataclass(frozen=True, slots=True)
class Index:
    """One secondary index; a prefix length stands after its column: ``surname(191)``.

    Attributes:
        only: SHA-256 of the condition under which a row is in it; empty for one of all rows.
    """

    name: str
    unique: bool
    columns: tuple[str, ...]
    only: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """One foreign key, and what it does when the row it points at goes or changes.

    Attributes:
        waits: ``deferrable`` or ``deferred`` where its check can wait for the end of a transaction; else empty.
    """

    name: str
    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    on_delete: str
    on_update: str
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger, or one rule that rewrites statements; of its text only the SHA-256 is kept.

    Attributes:
        fires: whether it runs in an ordinary session; one that is switched off does not.
    """

    name: str
    timing: str
    event: str
    body: str = ""
    fires: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """One table or view.

    Attributes:
        engine: storage engine, empty on SQLite and for views.
        charset: of its text columns; empty where it has none, or the database has one for all.
        rows_estimate: the server's own guess of its rows, None where it has none; never part of a digest.
        inherits: the tables whose rows its own rows are as well: who reads one of those reads these.
        policies: its row policies, by the SHA-256 of each; none where rows are not guarded one by one.
    """

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    kind: TableKind = TableKind.TABLE
    engine: str = ""
    charset: str = ""
    rows_estimate: int | None = None
    inherits: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of its columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def digest(self) -> str:
        """SHA-256, hex, over everything that decides what a change of its rows does.

        Guarantees:
            The order of columns, indexes, keys and triggers, the names of indexes and keys, defaults and row counts do
            not matter; a column's name, type, nullability or automatic time, a key, a rule of a key, a trigger do, and
            what a table inherits, the condition of an index, a row policy.
        """
        # What only some databases have stands in the digest only where there is any.
        rare = [[name, *some] for name, some in (("inherits", self.inherits), ("policies", self.policies)) if some]
        return _sha256(
            [
                self.name,
                self.kind,
                self.engine.lower(),
                self.charset,
                sorted([c.name, c.type.lower(), c.nullable, c.extra.lower()] for c in self.columns),
                list(self.primary_key),
                sorted([list(i.columns), i.unique, *([i.only] if i.only else [])] for i in self.indexes),
                sorted(
                    [list(k.columns), k.table, list(k.references), k.on_delete, k.on_update]
                    + ([k.waits] if k.waits else [])
                    for k in self.foreign_keys
                ),
                sorted([t.name, t.timing, t.event, t.body, *([] if t.fires else ["off"])] for t in self.triggers),
                *rare,
            ]
        )


class Incoming(NamedTuple):
    """A foreign key as the table that it points at sees it."""

    table: str
    key: ForeignKey


@dataclass(frozen=True, slots=True)
class LiveSchema:
    """What a server says of one database.

    Attributes:
        dialect: ``mariadb``, ``sqlite`` or ``postgresql``; ``facts`` where the schema comes from a file.
        server_version: as the server tells it.
        product_version: as the product tells it in its own table; empty where it does not.
        session_zone: the zone in which the session reads automatic timestamps, as the server names it.
        charset: character set of the database.
        tables: by name.
        triggers_seen: whether the account may see triggers at all; if not, none in ``tables`` proves nothing.
    """

    dialect: str
    server_version: str
    product_version: str
    session_zone: str
    charset: str
    tables: Mapping[str, Table] = field(default_factory=dict)
    triggers_seen: bool = True

    @property
    def digest(self) -> str:
        """SHA-256, hex, over all tables (see `Table.digest`)."""
        return self.digest_of(self.tables)

    def digest_of(self, names: Iterable[str]) -> str:
        """SHA-256, hex, over the named tables only; a table that is missing counts as missing."""
        listed = sorted(set(names))
        return _sha256([[name, self.tables[name].digest if name in self.tables else None] for name in listed])

    def heirs(self, table: str) -> tuple[str, ...]:
        """The tables whose rows are rows of this one as well: its partitions, and what inherits from it."""
        return tuple(one.name for one in self.tables.values() if table in one.inherits)

    def incoming(self, table: str) -> tuple[Incoming, ...]:
        """Every foreign key that points at a table, in order of table and key."""
        found = (Incoming(t.name, key) for t in self.tables.values() for key in t.foreign_keys if key.table == table)
        return tuple(sorted(found, key=lambda one: (one.table, one.key.columns)))

    def cascades(self, table: str) -> tuple[Incoming, ...]:
        """The foreign keys by which deleting a row of a table changes or deletes rows of others."""
        return tuple(one for one in self.incoming(table) if one.key.on_delete in {"CASCADE", "SET NULL", "SET DEFAULT"})


def from_facts(facts: Mapping[str, Any]) -> LiveSchema:
    """The schema that a schema-facts file describes.

    Args:
        facts: the parsed JSON document, in one of two forms: ``tables`` by name with ``columns``, ``primary_key``,
            ``indexes`` and ``foreign_keys``; or ``relations`` by ``schema.table``, views among them by their ``kind``,
            whose keys name their ``target``, with ``triggers``. A trigger that is switched off is none.

    Raises:
        KeyError: a table lacks a field of the format.
    """
    tables = relations(facts)
    return LiveSchema(
        dialect="facts",
        server_version="",
        product_version=str(facts.get("product_version", "")),
        session_zone="",
        charset="utf8mb4",
        tables={name: _table(name, table) for name, table in tables.items()},
    )


def relations(facts: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """What a schema-facts file says of each table and view, by name.

    Raises:
        KeyError: it has neither of the two lists.
    """
    found = facts["relations"] if "relations" in facts else facts["tables"]
    return {str(name): table for name, table in found.items()}


def _table(name: str, table: Mapping[str, Any]) -> Table:
    return Table(
        name=name,
        columns=tuple(
            Column(c["name"], c["type"], bool(c["nullable"]), c["default"], c.get("extra") or "")
            for c in table["columns"]
        ),
        primary_key=tuple(table["primary_key"] or ()),
        indexes=tuple(_index(index) for index in table["indexes"]),
        foreign_keys=tuple(
            ForeignKey(
                k["name"],
                tuple(k["columns"]),
                k["references_table"] if "references_table" in k else k["target"],
                tuple(k["references_columns"] if "references_columns" in k else k["ref_columns"]),
                k["on_delete"],
                k["on_update"],
            )
            for k in table["foreign_keys"]
        ),
        triggers=tuple(
            Trigger(t["name"], t["timing"], event)
            for t in table.get("triggers", ())
            if t["enabled"]
            for event in t["events"].split(",")
        ),
        kind=TableKind(table.get("kind", TableKind.TABLE)),
        engine=table.get("engine") or "",
        charset=(table.get("collation") or "").partition("_")[0],
    )


_KEYS = re.compile(r"\((.*?)\)(?: WHERE .*| INCLUDE .*)?$", re.DOTALL)  # what stands in brackets at the end

_COMMA = re.compile(r", (?![^(]*\))")  # one that is in no brackets


def _index(index: Mapping[str, Any]) -> Index:
    """An index by its columns, or by the statement that makes it: then an expression stands as it is written there."""
    if "columns" in index:
        return Index(index["name"], bool(index["unique"]), tuple(index["columns"]))
    found = _KEYS.search(index["def"].partition(" USING ")[2])
    return Index(index["name"], bool(index["unique"]), tuple(_COMMA.split(found[1])) if found else ())


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
