"""``carrel deidentify records`` on files: what it releases holds, and what it cannot release stays where it is."""

from __future__ import annotations

import csv
import hashlib
import json
import stat
import sys
from pathlib import Path

import pytest

from carrel.cli.main import main
from tests.integration.deidentification import loan_records
from tests.integration.deidentification.loan_records import RELEASE

SECRET = "Amundsen"


@pytest.fixture
def loans(tmp_path: Path) -> list[dict[str, str]]:
    (tmp_path / "release.yaml").write_text(RELEASE)
    return loan_records.write(tmp_path / "loans.csv", 900)


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["deidentify", "records", *map(str, words), "--json"])
    told = capsys.readouterr()
    return int(str(left.value.code)), json.loads(told.out), told.out + told.err


@pytest.mark.parametrize("method", ["global", "local"])
def test_a_release_holds_k_persons_in_each_combination(tmp_path: Path, loans, capsys, method: str) -> None:
    (tmp_path / "release.yaml").write_text(f"{RELEASE}method: {method}\n")
    code, body, told = run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "out.csv")
    out = loan_records.read(tmp_path / "out.csv")
    assert (code, body["k_counts"]) == (0, "persons")
    assert list(out[0]) == [*loan_records.COLUMNS, "loan"]
    assert loan_records.smallest(out, loans) == body["written"]["smallest"] >= 4
    assert len(out) == body["written"]["records"] == 900 - body["left_out"]
    assert body["left_out"] <= 45
    assert 0 < body["loss"] < 1
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o600
    assert "P0000" not in told
    assert "P0000" not in (tmp_path / "out.csv").read_text()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["loans.csv", "out.csv", "release.yaml"]


@pytest.mark.parametrize("method", ["global", "local"])
def test_the_order_of_rows_leaves_no_trace(tmp_path: Path, loans, capsys, method: str) -> None:
    (tmp_path / "release.yaml").write_text(f"{RELEASE.replace('keep: loan', '')}method: {method}\n")
    digests = set()
    for turn in range(3):
        if turn:  # the first twice, as they are; then the other way round
            lines = (tmp_path / "loans.csv").read_text().splitlines(keepends=True)
            (tmp_path / "loans.csv").write_text(
                "".join([lines[0], *reversed(lines[1:])]) if turn == 2 else "".join(lines)
            )
        assert run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "out.csv", "--force")[0] == 0
        digests.add(hashlib.sha256((tmp_path / "out.csv").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_labels_are_those_that_leave(tmp_path: Path, capsys) -> None:
    """What is left out takes its labels along: the screen tells what stands in the file."""
    (tmp_path / "loans.csv").write_text("branch,who\n" + "".join(f"CPL,{n}\n" for n in range(30)) + "MPL,a\nFPL,b\n")
    said = tmp_path / "release.yaml"
    said.write_text("from: loans.csv\nperson: who\ncolumns: {branch: {as: branch}}\nk: 4\nsuppress at most: 20\n")
    with pytest.raises(SystemExit):
        main(["deidentify", "records", str(said), "--out", str(tmp_path / "out.csv")])
    row = next(line.split() for line in capsys.readouterr().out.splitlines() if line.split()[:1] == ["branch"])
    assert row[-2:] == ["1", "3"]
    assert {*(tmp_path / "out.csv").read_text().splitlines()} == {"branch", "CPL"}


def test_without_a_place_nothing_is_written(tmp_path: Path, loans, capsys) -> None:
    with pytest.raises(SystemExit) as left:
        main(["deidentify", "records", str(tmp_path / "release.yaml")])
    told = capsys.readouterr().out
    assert left.value.code == 0
    assert "Nothing was written" in told
    assert "records by branch and month" in told
    assert "Not released: patron, name, type, title." in told
    assert max(map(len, told.splitlines())) <= 100
    assert sorted(one.name for one in tmp_path.iterdir()) == ["loans.csv", "release.yaml"]


def test_parquet_holds_the_same_as_csv(tmp_path: Path, loans, capsys) -> None:
    import duckdb

    (tmp_path / "release.yaml").write_text(f"{RELEASE}to: out.parquet\n")
    assert run(capsys, tmp_path / "release.yaml", "--write")[0] == 0
    assert run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "out.csv")[0] == 0
    rows = duckdb.sql(f"SELECT * FROM read_parquet('{tmp_path}/out.parquet')").fetchall()
    assert [tuple(one.values()) for one in loan_records.read(tmp_path / "out.csv")] == rows
    # and Parquet can be read: the release again, as records
    again = (
        RELEASE.replace("loans.csv", "out.parquet")
        .replace("person: patron\n", "")
        .replace("levels: [5, 3]", "levels: [3]")
    )
    again = again.split("columns:")[0] + "columns:\n  branch: {as: branch}\nk: 2\n"
    (tmp_path / "again.yaml").write_text(again)
    code, body, _ = run(capsys, tmp_path / "again.yaml")
    assert (code, body["records"], body["k_counts"]) == (0, len(rows), "records")


def test_sensitive_values_stay_diverse(tmp_path: Path, loans, capsys) -> None:
    (tmp_path / "release.yaml").write_text(RELEASE + "sensitive:\n  title: {l: 4}\n  type: {t: 0.4}\n")
    code, body, _ = run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "out.csv")
    assert code == 0
    out = loan_records.read(tmp_path / "out.csv")
    classes: dict[tuple[str, ...], set[str]] = {}
    for row in out:
        classes.setdefault(tuple(row[one] for one in loan_records.COLUMNS), set()).add(row["title"])
    assert min(map(len, classes.values())) >= 4
    assert body["loss"] >= 0


def test_tokens_last_a_period_and_end_with_their_key(tmp_path: Path, loans, capsys) -> None:
    said = "pseudonymise: {columns: patron, silo: loans, by: borrowed, period: year, kept: 60, keys: keys}\n"
    (tmp_path / "release.yaml").write_text(RELEASE + said)
    assert run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "out.csv")[0] == 0
    whose = {one["loan"]: one["patron"] for one in loans}
    pairs = {(whose[row["loan"]], row["patron"]) for row in loan_records.read(tmp_path / "out.csv")}
    assert len(pairs) == len({token for _, token in pairs}) == len({person for person, _ in pairs})
    assert run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "again.csv")[0] == 0
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
    (key,) = (tmp_path / "keys").iterdir()
    assert (key.name, stat.S_IMODE(key.stat().st_mode)) == ("loans.2026.kept60.key", 0o600)
    main_keys = ["deidentify", "keys", str(tmp_path / "keys"), "--json"]
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main([*main_keys, "--destroy-due"])
    told = json.loads(capsys.readouterr().out)
    assert (told["keys"], told["destroyed"]) == (
        [{"silo": "loans", "period": "2026", "due": False, "due_on": "2087-01-01"}], []
    )  # fmt: skip
    (tmp_path / "keys" / f".loans.2020.kept0.key.{'0' * 16}").write_bytes(key.read_bytes())  # as a kill leaves it
    key.rename(key.with_name("loans.2020.kept0.key"))
    with pytest.raises(SystemExit):
        main([*main_keys, "--destroy-due"])
    assert json.loads(capsys.readouterr().out) == {
        "format_version": 1, "keys": [], "destroyed": [{"silo": "loans", "period": "2020"}]
    }  # fmt: skip
    assert list((tmp_path / "keys").iterdir()) == []
    assert run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "third.csv")[0] == 0
    tokens = {row["patron"] for row in loan_records.read(tmp_path / "third.csv")}
    assert not tokens & {token for _, token in pairs}


BAD = [
    ("k: 4", "k: 5000", None, "REC-005"),
    ("", "", "loan,patron,name,zip,category,born,branch,borrowed,type,callno,title\n", "REC-003"),
    ("", "", "", "SRC-002"),
    ("born: {as: birth year}", "born: {as: time}", None, "REC-001"),
    ("[AD, SR]", "[AD]", None, "REC-001"),
    ("as: branch}", "as: branch, file: regions.csv}", None, "REC-002"),
    ("person: patron", "person: reader", None, "SRC-003"),
    ("k: 4", "k: 1", None, "SRC-007"),
    ("k: 4", "k: 4\nsensitive: {title: {l: 500}}", None, "REC-005"),
    ("keep: loan", "pseudonymise: {columns: loan, silo: a, by: name, keys: k}", None, "REC-001"),
]


@pytest.mark.parametrize(("old", "new", "records", "code"), BAD)
def test_what_cannot_be_released_stays(tmp_path: Path, loans, capsys, old: str, new: str, records, code: str) -> None:
    (tmp_path / "regions.csv").write_text(f"Main,centre\n{SECRET}\n")
    (tmp_path / "release.yaml").write_text(RELEASE.replace(old, new))
    if records is not None:
        (tmp_path / "loans.csv").write_text(records)
    before = sorted(one.name for one in tmp_path.iterdir())
    left, body, told = run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "out.csv")
    assert left != 0
    assert [one["code"] for one in body["errors"]] == [code]
    assert SECRET not in told
    assert "Name 1" not in told
    assert sorted({one.name for one in tmp_path.iterdir()} - {"k"}) == before


@pytest.mark.parametrize(
    ("column", "value", "codes"),
    [
        ("born", "", ["REC-004"]), ("patron", " ", ["REC-004"]), ("borrowed", "2026-02-30", ["REC-001"]),
        ("borrowed", f"{SECRET}\ud800", ["SRC-002"]), ("callno", f"{SECRET}, Roald", ["REC-001"]), ("zip", "ü", ["REC-001"]),
    ],
)  # fmt: skip
def test_odd_values_are_counted_and_never_shown(tmp_path: Path, loans, capsys, column, value, codes) -> None:
    (tmp_path / "release.yaml").write_text(RELEASE)
    lines = [",".join(f'"{one[name] if name != column else value}"' for name in loan_records.HEAD) for one in loans]
    text = "\n".join([",".join(loan_records.HEAD), *lines]) + "\n"
    (tmp_path / "loans.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
    left, body, told = run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "out.csv")
    assert left != 0
    assert [one["code"] for one in body["errors"]] == codes
    assert SECRET not in told
    assert not (tmp_path / "out.csv").exists()


def test_values_that_a_hierarchy_does_not_know_may_count_as_none(tmp_path: Path, loans, capsys) -> None:
    said = RELEASE.replace("born: {as: birth year}", "born: {as: birth year, uncovered: missing}")
    (tmp_path / "release.yaml").write_text(said)
    text = (tmp_path / "loans.csv").read_text().replace(f",{loans[0]['born']},", ",soon,")
    (tmp_path / "loans.csv").write_text(text)
    assert run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "out.csv")[0] == 0


def test_too_many_levels_for_a_search_are_refused(tmp_path: Path, capsys) -> None:
    names = [f"c{at}" for at in range(9)]
    (tmp_path / "t.csv").write_text(",".join(names) + "\n" + ",".join(["2026-01-01"] * 9) + "\n")
    columns = "".join(f"  {name}: {{as: time, levels: [minute, hour, day, month, quarter, year]}}\n" for name in names)
    (tmp_path / "r.yaml").write_text(f"from: t.csv\ncolumns:\n{columns}k: 2\n")
    code, body, _ = run(capsys, tmp_path / "r.yaml")
    assert (code, body["errors"][0]["code"]) == (4, "REC-006")


@pytest.mark.parametrize("name", ["out.csv", "out.txt", "none/out.csv", "folder.csv"])
def test_a_place_that_cannot_take_a_release_is_refused_before_any_work(
    tmp_path: Path, loans, capsys, name: str
) -> None:
    (tmp_path / "out.csv").write_text("mine")
    (tmp_path / "folder.csv").mkdir()
    code, body, _ = run(capsys, tmp_path / "release.yaml", "--out", tmp_path / name)
    assert (code, body["errors"][0]["code"]) == (2, "CLI-003" if name == "folder.csv" else "REC-008")
    assert (tmp_path / "out.csv").read_text() == "mine"


def test_keys_in_no_folder_are_a_wrong_command(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as left:
        main(["deidentify", "keys", str(tmp_path / "none")])
    assert left.value.code == 2


def test_a_key_folder_that_others_can_read_is_refused(tmp_path: Path, loans, capsys) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    said = "pseudonymise: {columns: patron, silo: loans, by: borrowed, keys: keys}\n"
    (tmp_path / "release.yaml").write_text(RELEASE + said)
    code, body, _ = run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "out.csv")
    assert (code, body["errors"][0]["code"]) == (4, "REC-010")
    assert run(capsys, tmp_path / "release.yaml")[0] == 0  # a look draws no key


def test_what_does_not_hold_when_it_is_read_back_is_not_released(tmp_path: Path, loans) -> None:
    from contextlib import nullcontext
    from datetime import date

    from carrel.errors import CarrelError
    from carrel.systems.analytics import record_release
    from carrel.systems.analytics.engine import opened
    from carrel.systems.analytics.release_writing import written

    release = record_release.read_release(tmp_path / "release.yaml")
    with opened(memory="1GB") as engine:
        made = record_release.make(engine, release, tmp_path, date(2026, 7, 1), lambda _: nullcontext())
        stricter = release.model_copy(update={"k": 300})
        with pytest.raises(CarrelError) as refused, written(made.records, stricter, tmp_path / "out.csv"):
            pass
    assert refused.value.code == "REC-007"
    assert not (tmp_path / "out.csv").exists()
    with opened(memory="1GB") as engine:  # another release of that name comes while this one is counted back
        made = record_release.make(engine, release, tmp_path, date(2026, 7, 1), lambda _: nullcontext())
        with pytest.raises(CarrelError) as refused, written(made.records, release, tmp_path / "out.csv"):
            (tmp_path / "out.csv").write_text("the other one")
    assert refused.value.code == "REC-008"
    assert (tmp_path / "out.csv").read_text() == "the other one"
    (tmp_path / "out.csv").unlink()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["loans.csv", "release.yaml"]


@pytest.mark.parametrize("missing", ["duckdb", "numba"])
def test_without_the_extra_it_says_what_to_install(tmp_path: Path, loans, capsys, monkeypatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # as where it was never installed
    code, body, _ = run(capsys, tmp_path / "release.yaml")
    assert (code, body["errors"][0]["code"]) == (1, "SRC-001")
    assert "carrel[analytics]" in body["errors"][0]["fix"]


@pytest.mark.parametrize("method", ["global", "local"])
def test_columns_may_be_called_anything(tmp_path: Path, loans, capsys, method: str) -> None:
    names = dict(
        zip(
            loan_records.HEAD,
            ["q0", "person", 'a "b"', "value", "label", "place", "number", "period", "code", "t", "n;"],
            strict=True,
        )
    )
    said = (
        RELEASE
        + f"method: {method}\nsensitive: {{title: {{l: 2}}}}\n" * (method == "global")
        + f"method: {method}\n" * (method == "local")
    )
    said += "pseudonymise: {columns: type, silo: loans, by: borrowed, keys: keys}\n"
    for old, new in names.items():
        said = (
            said.replace(f"  {old}: {{", f"  {new!r}: {{")
            .replace(f": {old}\n", f": {new!r}\n")
            .replace(f": {old},", f": {new!r},")
        )
        said = said.replace(f"{{{old}: ", f"{{{new!r}: ")
    (tmp_path / "release.yaml").write_text(said)
    rows = [[row[name] for name in names] for row in loans]
    with (tmp_path / "loans.csv").open("w", newline="") as file:
        csv.writer(file).writerows([list(names.values()), *rows])
    code, body, _ = run(capsys, tmp_path / "release.yaml", "--out", tmp_path / "out.csv")
    assert code == 0, body
    out = loan_records.read(tmp_path / "out.csv")
    assert {"value", "label", "place", "number", "period", "t", "q0"} < set(out[0])
    assert {"person", 'a "b"'}.isdisjoint(out[0])
    back = {new: old for old, new in names.items()}
    renamed = [{back[name]: value for name, value in row.items()} for row in out]
    assert loan_records.smallest(renamed, loans) >= 4


@pytest.mark.parametrize(("size", "code"), [("lots", 2), ("0MB", 2), ("2TB", 2), ("300MB", 0)])
def test_memory_is_a_number_with_a_unit(tmp_path: Path, loans, size: str, code: int) -> None:
    with pytest.raises(SystemExit) as left:
        main(["deidentify", "records", str(tmp_path / "release.yaml"), "--memory", size])
    assert left.value.code == code


@pytest.mark.parametrize("linked", [False, True])
def test_the_records_are_never_written_over(tmp_path: Path, loans, capsys, linked: bool) -> None:
    before, out = (tmp_path / "loans.csv").read_bytes(), tmp_path / "loans.csv"
    if linked:
        out = tmp_path / "link.csv"
        out.symlink_to(tmp_path / "loans.csv")
    code, body, _ = run(capsys, tmp_path / "release.yaml", "--out", out, "--force")
    assert (code, body["errors"][0]["code"]) == (2, "REC-008")
    assert (tmp_path / "loans.csv").read_bytes() == before


def test_what_a_spreadsheet_would_reckon_is_told_as_text(tmp_path: Path, capsys) -> None:
    notes = ("=1+1", "@x", "-5", "-5+1", "+x", "plain", "'=x", "-1.5")
    lines = [f"P{at},{'=north' if at % 2 else 'south'},{notes[at % len(notes)]}" for at in range(80)]
    (tmp_path / "loans.csv").write_text("\n".join(["patron,side,note", *lines]) + "\n")
    said = "from: loans.csv\nperson: patron\ncolumns: {side: {as: value}}\nkeep: note\nk: 5\n"
    (tmp_path / "release.yaml").write_text(said)
    for ending, guarded in (("csv", True), ("parquet", False)):
        place = tmp_path / f"out.{ending}"
        code, body, _ = run(capsys, tmp_path / "release.yaml", "--out", place)
        assert code == 0, body
        if guarded:
            out = {(one["side"], one["note"]) for one in loan_records.read(place)}
            assert {side for side, _ in out} == {"'=north", "south"}
            assert {note for _, note in out} == {"'=1+1", "'@x", "-5", "'-5+1", "'+x", "plain", "'=x", "-1.5"}


def test_a_folder_is_no_file_of_records(tmp_path: Path, capsys) -> None:
    for name in ("folder", "folder.parquet"):
        (tmp_path / name).mkdir()
        (tmp_path / "release.yaml").write_text(RELEASE.replace("loans.csv", name))
        code, body, _ = run(capsys, tmp_path / "release.yaml")
        assert (code, body["errors"][0]["found"]) == (1, "a folder")
