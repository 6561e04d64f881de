"""The published schema is the one that lies in every package."""

from __future__ import annotations

import json
from pathlib import Path

from carrel.rights.answer import FORMAT_VERSION
from carrel.rights.third_persons import Withheld
from carrel.systems.access_package import schema_text

PUBLISHED = Path(__file__).parents[3] / "schema" / "access.schema.json"


def test_the_published_schema_is_that_of_the_packages():
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text()
    schema = json.loads(schema_text())
    assert schema["properties"]["format_version"]["const"] == FORMAT_VERSION
    words = schema["$defs"]["entry"]["properties"]["withheld"]["additionalProperties"]["enum"]
    assert set(words) == {one.value for one in Withheld}
