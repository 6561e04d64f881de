"""Facts of a vendor's database: tables, columns, keys. Names and types only, no prose of the vendor's.

The committed copy `koha_tables.json` is made from a schema-facts file (the format that ``carrel map check`` reads) by
`compact`, one column, index or key a line, so that a change of version reads as a short diff.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the vendor declares it; ``type`` is MariaDB's text of the type."""

    name: str
    type: str
    nullable: bool
    default: str | None
    extra: str

    @property
    def follows_updates(self) -> bool:
        """Whether the server sets it anew on every UPDATE that does not name it."""
        return self.extra.startswith("on update")


@dataclass(frozen=True, slots=True)
class Index:
    """One secondary index; a column may carry a prefix length: ``surname(191)``."""

    name: str
    unique: bool
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """One foreign key and what it does when the row it points at goes or changes."""

    name: str
    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    on_delete: str
    on_update: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the vendor's."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    indexes: tuple[Index, ...]
    foreign_keys: tuple[ForeignKey, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """The tables of one version of one product."""

    product: str
    version: str
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        """The table of that name.

        Raises:
            KeyError: the product has no such table.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)

    def within(self, key: ForeignKey) -> bool:
        """Whether the table a key points at is among the facts (acquisitions and the like are not)."""
        return any(table.name == key.table for table in self.tables)


def compact(facts: Mapping[str, Any], version: str) -> str:
    """The text of the committed copy, made from a schema-facts document; descriptive prose is left behind."""
    parts = []
    for name, table in facts["tables"].items():
        columns = [
            [column["name"], column["type"], int(column["nullable"]), column["default"], column.get("extra") or ""]
            for column in table["columns"]
        ]
        indexes = [[index["name"], int(index["unique"]), index["columns"]] for index in table["indexes"]]
        keys = [
            [
                key["name"],
                key["columns"],
                key["references_table"],
                key["references_columns"],
                key["on_delete"],
                key["on_update"],
            ]
            for key in table["foreign_keys"]
        ]
        sections = [
            f'"columns": {_lines(columns)}',
            f'"primary_key": {json.dumps(table["primary_key"])}',
            f'"indexes": {_lines(indexes)}',
            f'"foreign_keys": {_lines(keys)}',
        ]
        parts.append(f'"{name}": {{\n' + ",\n".join(sections) + "}")
    head = f'{{"product": {json.dumps(facts["system"])}, "version": {json.dumps(version)}, "tables": {{\n'
    return head + ",\n".join(parts) + "}}\n"


def _lines(rows: list[list[Any]]) -> str:
    return "[" + ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows) + "]"


def parse(text: str) -> Facts:
    """The facts in a committed copy."""
    document = json.loads(text)
    return Facts(
        document["product"],
        document["version"],
        tuple(_table(name, table) for name, table in document["tables"].items()),
    )


def _table(name: str, table: Mapping[str, Any]) -> Table:
    return Table(
        name,
        tuple(Column(c[0], c[1], bool(c[2]), c[3], c[4]) for c in table["columns"]),
        tuple(table["primary_key"]),
        tuple(Index(i[0], bool(i[1]), tuple(i[2])) for i in table["indexes"]),
        tuple(ForeignKey(k[0], tuple(k[1]), k[2], tuple(k[3]), k[4], k[5]) for k in table["foreign_keys"]),
    )


@cache
def koha() -> Facts:
    """The committed facts of Koha 25.05: the 107 tables that hold or link to patron data, and their lookups."""
    return parse((resources.files(__package__) / "koha_tables.json").read_text(encoding="utf-8"))
