"""A document's faults are told where they stand, all at once, and without what was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from carrel.errors import CarrelError
from carrel.inventory.record_source import RecordSource
from carrel.systems.analytics.document import load, parse


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    records: RecordSource
    k: int = Field(ge=2)
    columns: tuple[str, ...] = ()


def _faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(CarrelError) as refused:
        parse(text, "a.yaml", _Said)
    assert {one.condition.code for one in refused.value.faults} == {"SRC-007"}
    return [(one.at, one.fix) for one in refused.value.faults]


def test_a_whole_document_is_read() -> None:
    said = parse("records: loans.csv\nk: 5\ncolumns: [a, b]\n", "a.yaml", _Said)
    assert (said.records.file, said.k, said.columns) == (Path("loans.csv"), 5, ("a", "b"))
    assert parse("records: {dsn_file: d, table: t}\nk: 5\n", "a.yaml", _Said).records.table == "t"


def test_every_fault_is_told_at_its_place() -> None:
    told = _faults("records: {table: t}\nk: Amundsen\ncolums: [a]\nk: 3\n")
    assert ("a.yaml:3:1", "did you mean 'columns'?") in told
    assert ("a.yaml:2:4", "write a whole number") in told
    assert any(at.startswith("a.yaml:1:") and "dsn_file" in fix for at, fix in told)
    assert any(at.startswith("a.yaml:4:") for at, _ in told)
    assert "Amundsen" not in str(told)


def test_a_missing_key_is_told_where_it_belongs() -> None:
    assert ("a.yaml:1:1", "add 'k:' here") in _faults("records: a.csv\n")
    assert _faults("") != []
    assert _faults("- a\n") != []


@pytest.mark.parametrize("written", [b"\xff\xfe", b"records: [", b"\tk: 5"])
def test_what_is_no_yaml_is_refused(tmp_path: Path, written: bytes) -> None:
    place = tmp_path / "a.yaml"
    place.write_bytes(written)
    with pytest.raises(CarrelError) as refused:
        load(place, _Said)
    assert refused.value.code == "SRC-007"
    with pytest.raises(CarrelError):
        load(tmp_path / "none.yaml", _Said)


def test_what_is_to_be_done_is_said_once() -> None:
    with pytest.raises(CarrelError) as refused:
        parse("records: loans.csv\nk: Amundsen\n", "a.yaml", _Said)
    (one,) = refused.value.faults
    assert (one.wanted, one.fix) == ("", "write a whole number")
