"""The part of JSON Schema that our schemas use, read anew: what in a document does not fit."""

from __future__ import annotations

import re
from typing import Any

TYPES: dict[str, Any] = {
    "string": str, "array": list, "object": dict, "null": type(None), "boolean": bool, "number": (int, float), "integer": int,
}  # fmt: skip
KNOWN = {
    "$schema", "$id", "$defs", "$ref", "title", "description", "type", "const", "enum", "required", "properties",
    "additionalProperties", "items", "minimum", "format",
}  # fmt: skip
FORMS = {"date": r"\d{4}-\d\d-\d\d", "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)"}


def faults_of(value: Any, schema: dict[str, Any], whole: dict[str, Any] | None = None, at: str = "$") -> list[str]:
    """Where a document differs from its schema; none where it fits."""
    whole = whole or schema
    assert not (unknown := set(schema) - KNOWN), unknown
    if "$ref" in schema:
        return faults_of(value, whole["$defs"][schema["$ref"].rsplit("/", 1)[1]], whole, at)
    found: list[str] = []
    if "type" in schema:
        named = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        fits = any(
            isinstance(value, TYPES[one]) and not (one in {"integer", "number"} and value is True) for one in named
        )
        found += [] if fits else [f"{at}: {type(value).__name__}"]
    if "const" in schema and value != schema["const"]:
        found.append(f"{at}: const")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: enum")
    if "format" in schema and not re.fullmatch(FORMS[schema["format"]], str(value)):
        found.append(f"{at}: format")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{at}: lacks {name}" for name in schema.get("required", ()) if name not in value]
        for name, one in value.items():
            if name in known:
                found += faults_of(one, known[name], whole, f"{at}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{at}: {name} is not known")
            elif isinstance(further := schema.get("additionalProperties"), dict):
                found += faults_of(one, further, whole, f"{at}.{name}")
    if isinstance(value, list) and "items" in schema:
        for n, one in enumerate(value):
            found += faults_of(one, schema["items"], whole, f"{at}[{n}]")
    return found
