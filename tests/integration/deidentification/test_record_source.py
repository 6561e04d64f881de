"""Records of every kind come into the engine whole, or not at all."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics.engine import opened, told
from carrel.systems.analytics.record_source import read
from tests.integration.conftest import Koha

SECRET = "Amundsen"
TWICE = gzip.compress(gzip.compress(b"a,b\n1,2\n"))
CUT = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)[:-30]
LONG = b"x" * 40_000_000


def _rows(source: NamedSource, columns: tuple[str, ...] | None = None) -> tuple[tuple[str, ...], list[tuple[object]]]:
    with opened() as engine:
        found = read(engine, source, columns)
        rows = found.ask(f"SELECT * FROM {found.name}")
        assert found.count() == len(rows)
        found.require_unchanged()
        return found.columns, rows


@pytest.mark.parametrize(
    ("name", "written", "more", "columns", "rows"),
    [
        ("a[1]*.csv", b'a,"b c"\r\n1,2\r\n"x\ny",\r\n', {}, ("a", "b c"), [("1", "2"), ("x\ny", None)]),
        ("bom.csv", b"\xef\xbb\xbfa,b\n1,\xc3\xa9\n", {}, ("a", "b"), [("1", "é")]),
        ("old.csv", b"a;b\n1;\xe9\n", {"delimiter": ";", "encoding": "latin-1"}, ("a", "b"), [("1", "é")]),
        ("wide.csv", "a,b\n1,é\n".encode("utf-16"), {"encoding": "utf-16"}, ("a", "b"), [("1", "é")]),
        ("p.csv.gz", gzip.compress(b"a,b\n1,2\n"), {}, ("a", "b"), [("1", "2")]),
        ("none.csv", b"a,b\n", {}, ("a", "b"), []),
    ],
    ids=range(6),
)
def test_a_file_is_read_whole(
    tmp_path: Path, name: str, written: bytes, more: dict[str, str], columns: object, rows: object
) -> None:
    place = tmp_path / name
    place.write_bytes(written)
    assert _rows(NamedSource(file=place, **more)) == (columns, rows)


@pytest.mark.parametrize(
    ("name", "written", "code"),
    [
        ("empty.csv", b"", "SRC-002"),
        ("more.csv", f"a,b\n1,2\n{SECRET},2,3\n".encode(), "SRC-002"),
        ("fewer.csv", f"a,b\n1,2\n{SECRET}\n".encode(), "SRC-002"),
        ("bytes.csv", b"a,b\n1,2\n" * 200_000 + f"{SECRET},".encode() + b"\xff\n", "SRC-002"),
        ("open.csv", f'a,b\n1,"{SECRET}\n'.encode(), "SRC-002"),
        ("open_later.csv", f'a,b\n1,2"\n1,"{SECRET}\n3,4\n'.encode(), "SRC-002"),
        ("after.csv", f'a,b\n1,"{SECRET}"x\n'.encode(), "SRC-002"),
        ("ends.csv", f"a,b\n1,{SECRET}\r\n3,4\n".encode(), "SRC-002"),
        ("twice.csv.gz", TWICE, "SRC-002"),
        ("cut.csv.gz", CUT, "SRC-002"),
        ("no.parquet", b"PAR1" + SECRET.encode(), "SRC-002"),
        ("same.csv", b"a,A\n1,2\n", "SRC-003"),
        ("nameless.csv", b"a,\n1,2\n", "SRC-003"),
    ],
    ids=range(13),
)
def test_what_cannot_be_read_is_refused_without_a_value(tmp_path: Path, name: str, written: bytes, code: str) -> None:
    place = tmp_path / name
    place.write_bytes(written)
    with pytest.raises(CarrelError) as refused:
        _rows(NamedSource(file=place))
    assert refused.value.code == code
    said = "\n".join(refused.value.faults[0].lines())
    assert SECRET not in said
    assert name in said
    if name == "more.csv":
        assert "line 3" in said


@pytest.mark.parametrize("before", [b"", b"1,2\n"])
@pytest.mark.parametrize("after", [b"", b"1,2\n"])
def test_no_row_is_lost_to_a_line_that_is_too_long(tmp_path: Path, before: bytes, after: bytes) -> None:
    """The engine's parallel reader counted none, or one less, without a word."""
    place = tmp_path / "long.csv"
    place.write_bytes(b"a,b\n" + before + b"1," + LONG + b"\n" + after)
    with opened() as engine, pytest.raises(CarrelError) as refused:
        read(engine, NamedSource(file=place)).count()
    assert refused.value.code == "SRC-002"


def test_a_file_that_changes_is_noticed(tmp_path: Path) -> None:
    place = tmp_path / "a.csv"
    place.write_text("a\n1\n")
    with opened() as engine:
        found = read(engine, NamedSource(file=place))
        assert found.count() == 1
        place.write_text("a\n1\n2\n")
        with pytest.raises(CarrelError) as refused:
            found.require_unchanged()
    assert refused.value.code == "SRC-005"


def test_memory_ends_in_an_error_and_nothing_lies_on_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with opened(memory="50MB") as engine, pytest.raises(CarrelError) as refused, told("numbers"):
        engine.execute("CREATE TEMP TABLE a AS SELECT range AS x, md5(range::VARCHAR) AS y FROM range(9000000)")
    assert refused.value.code == "SRC-004"
    assert list(tmp_path.iterdir()) == []


def _source(koha: Koha, folder: Path, **more: object) -> NamedSource:
    address = folder / "dsn"
    address.write_text(koha.url)
    address.chmod(0o600)
    return NamedSource.model_validate({"dsn_file": address, **more})


def test_a_table_comes_as_the_database_has_it(koha: Koha, tmp_path: Path) -> None:
    columns, rows = _rows(_source(koha, tmp_path, table="borrowers"), ("borrowernumber", "surname", "dateofbirth"))
    assert columns == ("borrowernumber", "surname", "dateofbirth")
    there = koha.rows("SELECT borrowernumber, surname, dateofbirth FROM borrowers")
    assert sorted(rows) == sorted((str(a), b, None if c is None else str(c)[:10]) for a, b, c in there)


def test_a_query_takes_its_signs_as_they_stand(koha: Koha, tmp_path: Path) -> None:
    place = tmp_path / "q.sql"
    place.write_text("SELECT count(*) AS n, '12:30 %s \\\\ :x' AS said FROM borrowers WHERE surname LIKE '%a%' ;\n")
    _, rows = _rows(_source(koha, tmp_path, query_file=place))
    ((n, said),) = rows
    assert int(str(n)) == koha.rows("SELECT count(*) FROM borrowers WHERE surname LIKE '%a%'")[0][0]
    assert str(said).startswith("12:30 %s ")
    assert str(said).endswith(":x")


@pytest.mark.parametrize("said", ["DELETE FROM borrowers", "", "-- x\nSELECT 1"])
def test_only_a_select_is_run(koha: Koha, tmp_path: Path, said: str) -> None:
    place = tmp_path / "q.sql"
    place.write_text(said)
    before = koha.rows("SELECT count(*) FROM borrowers")
    with pytest.raises(CarrelError) as refused:
        _rows(_source(koha, tmp_path, query_file=place))
    assert refused.value.code == "SRC-002"
    assert koha.rows("SELECT count(*) FROM borrowers") == before


def test_a_hidden_write_is_refused_by_the_server(koha: Koha, tmp_path: Path) -> None:
    place = tmp_path / "q.sql"
    place.write_text("WITH a AS (SELECT 1) DELETE FROM borrowers WHERE 1 = 1")
    before = koha.rows("SELECT count(*) FROM borrowers")
    with pytest.raises(CarrelError):
        _rows(_source(koha, tmp_path, query_file=place))
    assert koha.rows("SELECT count(*) FROM borrowers") == before


def test_what_is_not_there_is_told(koha: Koha, tmp_path: Path) -> None:
    for table, columns in (("borrowers", ("nothing",)), ("no_such", None)):
        with pytest.raises(CarrelError) as refused:
            _rows(_source(koha, tmp_path, table=table), columns)
        assert refused.value.code == "SRC-003"


def test_numbers_of_a_parquet_file_keep_their_kind(tmp_path: Path) -> None:
    place = tmp_path / "a.parquet"
    with opened() as engine:
        engine.execute(f"COPY (SELECT 1 AS a, 'x' AS b) TO '{place}' (FORMAT parquet)")
    assert _rows(NamedSource(file=place)) == (("a", "b"), [(1, "x")])


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)  # as where it was never installed
    with pytest.raises(CarrelError) as refused, opened():
        pass
    assert refused.value.code == "SRC-001"
    assert "carrel[analytics]" in refused.value.faults[0].fix


def test_what_else_the_engine_says_is_not_passed_on() -> None:
    with opened() as engine, pytest.raises(CarrelError) as refused, told("records"):
        engine.execute(f"SELECT '{SECRET}'::INTEGER[] [1")
    assert refused.value.code == "SRC-006"
    assert SECRET not in "\n".join(refused.value.faults[0].lines())
