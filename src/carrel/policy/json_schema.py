"""The grammar as a JSON Schema, for editors."""

from __future__ import annotations

from typing import Any

from carrel.policy.grammar import PolicyBody


def policy_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a policy file: keys, closed lists, patterns; not what the parts say together."""
    schema = _without_null(PolicyBody.model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Carrel policy"}


def _without_null(here: Any) -> Any:
    """A key that may be left out may not be left empty: `carrel.policy.yaml_source` refuses that, and so do editors."""
    if isinstance(here, list):
        return [_without_null(below) for below in here if below != {"type": "null"}]
    if not isinstance(here, dict):
        return here
    plain = {key: _without_null(below) for key, below in here.items() if not (key == "default" and below is None)}
    options = plain.get("anyOf")
    if isinstance(options, list) and len(options) == 1:
        del plain["anyOf"]
        plain = {**options[0], **plain}
    return plain
