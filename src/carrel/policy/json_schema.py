"""The grammar as a JSON Schema, for editors."""

from __future__ import annotations

from typing import Any

from carrel.policy.grammar import PolicyBody


def policy_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a policy file: keys, closed lists, patterns; not what the parts say together."""
    schema = PolicyBody.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Carrel policy"}
