"""The relations of Evergreen 3.17.4 in the form of a schema-facts file, from a compact copy with names and types only.

python -m tests.unit.inventory.evergreen_facts FACTS           writes the copy anew
python -m tests.unit.inventory.evergreen_facts FACTS --check   ends with 1 if it is not what it would write
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

COPY = Path(__file__).with_name("evergreen_relations.json")


def compact(facts: dict[str, Any]) -> str:
    """The text of the copy, one relation a line; descriptive prose, defaults and indexes are left behind."""
    lines = []
    for name, one in facts["relations"].items():
        short = {
            "kind": one["kind"],
            "columns": [[c["name"], c["type"], int(c["nullable"])] for c in one["columns"]],
            "key": one["primary_key"],
            "keys": [
                [k["name"], k["columns"], k["target"], k["ref_columns"], k["on_delete"]] for k in one["foreign_keys"]
            ],
            "triggers": [[t["name"], int(t["enabled"]), t["timing"], t["events"]] for t in one["triggers"]],
            "persons": [link["column"] for link in one["patron_links"]],
            "sensitive": int("sensitivity" in one),
            "no_deletion": int(any(rule["event"] == "DELETE" for rule in one.get("rules", ()))),
        }
        lines.append(f"{json.dumps(name)}: {json.dumps(short, separators=(',', ':'))}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


@cache
def _copy() -> dict[str, Any]:
    return json.loads(COPY.read_text(encoding="utf-8"))


def document() -> dict[str, Any]:
    """A schema-facts document, made anew for whoever wants to change it."""
    return {"relations": {name: _relation(one) for name, one in _copy().items()}}


def undeletable() -> frozenset[str]:
    """Tables in which the database turns a deletion into something else."""
    return frozenset(name for name, one in _copy().items() if one["no_deletion"])


def _relation(one: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": one["kind"],
        "columns": [{"name": c[0], "type": c[1], "nullable": bool(c[2]), "default": None} for c in one["columns"]],
        "primary_key": one["key"],
        "indexes": [],
        "foreign_keys": [
            {
                "name": k[0],
                "columns": k[1],
                "target": k[2],
                "ref_columns": k[3],
                "on_delete": k[4],
                "on_update": "NO ACTION",
            }
            for k in one["keys"]
        ],
        "triggers": [{"name": t[0], "enabled": bool(t[1]), "timing": t[2], "events": t[3]} for t in one["triggers"]],
        "patron_links": [{"column": column} for column in one["persons"]],
    }
    return {**told, "sensitivity": "patron data"} if one["sensitive"] else told


def main() -> int:
    text = compact(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    if "--check" not in sys.argv[2:]:
        COPY.write_text(text, encoding="utf-8")
        return 0
    same = COPY.read_text(encoding="utf-8") == text
    print("same" if same else f"{COPY.name} differs from these facts: run this without --check")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
