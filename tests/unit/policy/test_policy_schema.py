"""The JSON Schema and the parser agree: what parses fits the schema, and mistakes of the grammar do not."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from carrel.policy.json_schema import policy_schema
from carrel.policy.yaml_source import read_yaml
from carrel.systems.policy_files import load, shipped_names

SCHEMA = policy_schema()
KNOWN = {
    "$defs", "$ref", "$schema", "additionalProperties", "anyOf", "const", "default", "description", "enum", "examples",
    "format", "items", "maxLength", "minItems", "minLength", "minProperties", "pattern", "patternProperties",
    "properties", "propertyNames", "required", "title", "type",
}  # fmt: skip
KINDS = {"string": str, "boolean": bool, "array": list, "object": dict}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """A validator for the keywords that the schema uses; it refuses to judge by others."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "$ref" in schema and not fits(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]):
        return False
    if "anyOf" in schema and not any(fits(value, option) for option in schema["anyOf"]):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "type" in schema and not isinstance(value, KINDS[schema["type"]]):
        return False
    if isinstance(value, str):
        return _text_fits(value, schema)
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(fits(one, schema.get("items", {})) for one in value)
    return not isinstance(value, dict) or _mapping_fits(value, schema)


def _text_fits(value: str, schema: dict[str, Any]) -> bool:
    if schema.get("format") == "date":
        try:
            date.fromisoformat(value)
        except ValueError:
            return False
    long_enough = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**6)
    return long_enough and re.search(schema.get("pattern", ""), value) is not None


def _mapping_fits(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    if not set(schema.get("required", ())) <= set(value) or len(value) < schema.get("minProperties", 0):
        return False
    for key, below in value.items():
        found = [named[key]] if key in named else [one for pattern, one in patterns.items() if re.search(pattern, key)]
        if isinstance(schema.get("additionalProperties"), dict):
            found.append(schema["additionalProperties"])
        if not found and schema.get("additionalProperties") is False:
            return False
        if not all(fits(below, one) for one in found):
            return False
    return True


def test_what_parses_fits(minimal: str) -> None:
    assert fits(read_yaml(minimal, "policy.yaml").data, SCHEMA)


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_policies_fit(name: str) -> None:
    assert fits(load(name).document.text.data, SCHEMA)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("keep: 7 days", "keep: thirty days"),
        ("        keep: 7 days\n", ""),
        ("publisher: Test Library", "publisher: Test Library\npublishr: twice"),
        ("source: library", "source: libary"),
        ("event detail: second", "event detail: minute"),
        ("approved: 2026-01-01", "approved: 2026-02-30"),
        ("title: A policy for tests", "title: true"),
        ("ceiling: 30 days", "ceiling:"),
        ("clauses: [T-1]", "clauses: [one]"),
        ("clauses: [T-1]", "clauses: T-1"),
        ("last borrower: {at most: 10 days}", "last borrower: never"),
        ("active until: [returned, settled]", "active until: []"),
    ],
)
def test_what_the_grammar_refuses_does_not_fit(edited, faults_of, old: str, new: str) -> None:
    text = edited((old, new))
    assert faults_of(text)
    assert not fits(read_yaml(text, "policy.yaml").data, SCHEMA)


def test_a_period_is_matched_as_a_whole(edited) -> None:
    assert fits(read_yaml(edited(("{at most: 10 days}", "none")), "policy.yaml").data, SCHEMA)
    pattern = SCHEMA["$defs"]["Retention"]["properties"]["keep"]["pattern"]
    assert not re.search(pattern, "about 7 days")
    assert not re.search(pattern, "7 days or so")
