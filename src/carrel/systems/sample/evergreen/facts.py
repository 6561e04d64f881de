"""Facts of Evergreen's database: tables, columns, keys, triggers by name. No prose and no code of it.

The committed copy `evergreen_tables.json` is made from a schema-facts file by `compact`, one table's columns a line,
so that a change of version reads as a short diff.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Saved queries and popularity badges: nothing of a patron, and nothing that a patron's row points at.
LEFT_OUT = ("query.", "rating.")


@dataclass(frozen=True, slots=True)
class Column:
    """One column as PostgreSQL writes it; an inherited one is declared by the parent table."""

    name: str
    type: str
    nullable: bool
    default: str | None
    inherited: bool


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """One foreign key; a deferred one is checked at the end of the transaction."""

    name: str
    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    on_delete: str
    on_update: str
    deferred: bool


@dataclass(frozen=True, slots=True)
class Index:
    """One index that stands by itself; ``body`` is what follows USING: method, expressions, condition."""

    name: str
    unique: bool
    body: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger for each row: when it fires, which function it calls, and whether it ships switched on."""

    name: str
    timing: str
    events: tuple[str, ...]
    function: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One table of Evergreen's, its name with its schema."""

    name: str
    parents: tuple[str, ...]
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    unique: tuple[tuple[str, tuple[str, ...]], ...]
    checks: tuple[tuple[str, str], ...]
    foreign_keys: tuple[ForeignKey, ...]
    indexes: tuple[Index, ...]
    triggers: tuple[Trigger, ...]
    rules: tuple[str, ...]

    @property
    def schema(self) -> str:
        """The schema that the table stands in."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Facts:
    """The tables of one state of Evergreen, by name."""

    commit: str
    tables: Mapping[str, Table]


def compact(facts: Mapping[str, Any]) -> str:
    """The text of the committed copy, made from a schema-facts document; prose, views and sequences are left behind.

    A parent or a key's target outside the facts is dropped: then the inherited columns are the table's own.
    """
    kept = {
        name: one
        for name, one in facts["relations"].items()
        if one["kind"] == "table" and not name.startswith(LEFT_OUT)
    }
    parts = [f"{json.dumps(name)}: {_lines(_sections(kept, name))}" for name in kept]
    head = f'{{"commit": {json.dumps(facts["_about"]["commit"])}, "tables": {{\n'
    return head + ",\n".join(parts) + "}}\n"


def _sections(kept: Mapping[str, Any], name: str) -> dict[str, Any]:
    one = kept[name]
    parents = [parent for parent in one.get("inherits") or () if parent in kept]
    given = {check["name"] for parent in parents for check in kept[parent]["check"]}
    unique = {key["name"] for key in one["unique"]}
    sections = {
        "parents": parents,
        "columns": [
            [c["name"], c["type"], int(c["nullable"]), c["default"], int(c["inherited"] and bool(parents))]
            for c in one["columns"]
        ],
        "primary_key": one["primary_key"] or [],
        "unique": [[key["name"], key["columns"]] for key in one["unique"]],
        "checks": [[check["name"], check["def"]] for check in one["check"] if check["name"] not in given],
        "foreign_keys": [
            [
                k["name"],
                k["columns"],
                k["target"],
                k["ref_columns"],
                k["on_delete"],
                k["on_update"],
                int(k["deferrable"]),
            ]
            for k in one["foreign_keys"]
            if k["target"] in kept
        ],
        "indexes": [
            [index["name"], int(index["unique"]), index["def"].partition(" USING ")[2]]
            for index in one["indexes"]
            if not index["primary"] and index["name"] not in unique
        ],
        "triggers": [[t["name"], t["timing"], t["events"], t["function"], int(t["enabled"])] for t in one["triggers"]],
        "rules": [rule["name"] for rule in one.get("rules") or ()],
    }
    return {section: value for section, value in sections.items() if value}


def _lines(sections: Mapping[str, Any]) -> str:
    lines = [
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"
        for name, value in sections.items()
    ]
    return "{\n" + ",\n".join(lines) + "}"


def parse(text: str) -> Facts:
    """The facts in a committed copy."""
    document = json.loads(text)
    return Facts(document["commit"], {name: _table(name, one) for name, one in document["tables"].items()})


def _table(name: str, one: Mapping[str, Any]) -> Table:
    return Table(
        name,
        tuple(one.get("parents", ())),
        tuple(Column(c[0], c[1], bool(c[2]), c[3], bool(c[4])) for c in one["columns"]),
        tuple(one.get("primary_key", ())),
        tuple((u[0], tuple(u[1])) for u in one.get("unique", ())),
        tuple((c[0], c[1]) for c in one.get("checks", ())),
        tuple(
            ForeignKey(k[0], tuple(k[1]), k[2], tuple(k[3]), k[4], k[5], bool(k[6]))
            for k in one.get("foreign_keys", ())
        ),
        tuple(Index(i[0], bool(i[1]), i[2]) for i in one.get("indexes", ())),
        tuple(Trigger(t[0], t[1], tuple(t[2].split(",")), t[3], bool(t[4])) for t in one.get("triggers", ())),
        tuple(one.get("rules", ())),
    )


@cache
def evergreen() -> Facts:
    """The committed facts: every table that holds or reaches patron data, with what those tables point at."""
    return parse((resources.files(__package__) / "evergreen_tables.json").read_text(encoding="utf-8"))
