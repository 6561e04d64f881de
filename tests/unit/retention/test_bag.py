"""A package as BagIt 1.0 wants it: whole as it was closed, and any changed byte is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from carrel.retention import bag

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
CUSTODY = bag.Custody("Elm Library", "Town Archives\nRecords: 99", "koha", "elm", "a" * 64, "b" * 64, "run")
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
rows = st.lists(st.dictionaries(texts, st.none() | st.integers() | texts, max_size=4), max_size=5)


def package(payload: dict[str, bytes]) -> dict[str, bytes]:
    files = {f"data/{name}": content for name, content in payload.items()}
    tags = {
        "bagit.txt": bag.DECLARATION.encode(),
        bag.INFO: bag.info(CUSTODY, files, 2, NOW).encode(),
        bag.MANIFEST: bag.manifest(files).encode(),
    }
    return {**files, **tags, bag.TAG_MANIFEST: bag.manifest(tags).encode()}


@given(rows)
def test_rows_come_back_as_they_were(told: list[dict[str, object]]) -> None:
    assert bag.rows_of(bag.lines(told)) == told
    assert bag.lines(told).count(b"\n") == len(told)


payloads = st.dictionaries(st.sampled_from(["000001-main-t.ndjson", "000001-part-u.ndjson"]), st.binary(max_size=9))


@given(payloads, st.data())
def test_any_changed_missing_or_further_byte_is_told(payload: dict[str, bytes], data: st.DataObject) -> None:
    files = package(payload)
    assert bag.faults_of(files) == ()
    name = data.draw(st.sampled_from(sorted(set(files) - {bag.TAG_MANIFEST})))
    assert name in bag.faults_of({**files, name: files[name] + b"x"})
    assert name in bag.faults_of({one: content for one, content in files.items() if one != name})
    assert bag.faults_of({**files, "data/more": b""}) == ("data/more",)
    assert bag.faults_of({**files, "more.txt": b""}) == ("more.txt",)


def test_a_name_of_the_site_writes_no_line_of_its_own() -> None:
    said = bag.info(CUSTODY, {"data/a": b"12345"}, 2, NOW).splitlines()
    assert "Custody-To: Town Archives Records: 99" in said
    assert [line for line in said if line.startswith("Records:")] == ["Records: 2"]
    assert "Payload-Oxum: 5.1" in said


def test_a_schema_names_every_column() -> None:
    told = json.loads(bag.schema("t", [("id", "int(11)", False), ("note", "longtext", True)]))
    assert told["required"] == ["id", "note"]
    assert told["properties"]["note"]["type"] == ["string", "number", "null"]
    assert told["properties"]["id"] == {"type": ["string", "number"], "description": "int(11)"}
