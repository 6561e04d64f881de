"""What leaves the house is on record: with its figures, its class, for whom and for what, and a leaf in the ledger."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from carrel.cli.main import main
from tests.docs import sample_site
from tests.integration.deidentification.test_stats_cli import NOISY, SPEC, make_loans

OCCASION = ("--as", "Ben", "--for", "annual statistics", "--to", "ARL")


def carrel(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([*map(str, words), "--json"])
    told = capsys.readouterr().out
    return int(str(left.value.code)), json.loads(told) if told else {}


def screen(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main([*map(str, words)])
    told = capsys.readouterr().out
    assert all(len(line) <= 100 for line in told.splitlines())
    return told


def leaves(capsys: pytest.CaptureFixture[str], site: Path, kind: str) -> list[dict[str, Any]]:
    told = carrel(capsys, "ledger", "show", "--folder", site / "ledger", "--kind", kind)[1]
    return [one["fields"] for one in told["leaves"]]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = sample_site.make(tmp_path)
    make_loans(folder / "loans.csv")
    (folder / "spec.yaml").write_text(SPEC)
    return folder


def cube(site: Path, *more: object) -> tuple[object, ...]:
    return (
        "stats",
        "cube",
        site / "spec.yaml",
        "--out",
        site / "2026.json",
        "--record",
        "--site",
        site,
        *OCCASION,
        *more,
    )


def test_a_cube_is_on_record_with_what_left(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = carrel(capsys, *cube(site), "--csv", site / "2026.csv", "--record-type", "loans", "--silo", "lending")
    kept = told["recorded"]
    assert (code, kept["class"], kept["reasons"]) == (0, "low", [])
    assert kept["figures"]["setting: width"] == 10
    assert kept["figures"]["narrowest interval"] == told["attack"]["narrowest_interval"] >= 10
    assert kept["figures"]["smallest told"] >= 10
    assert kept["figures"]["hidden figures"] == told["attack"]["hidden_figures"]
    assert [one["sha256"] for one in kept["files"]] == [
        hashlib.sha256((site / name).read_bytes()).hexdigest() for name in ("2026.json", "2026.csv")
    ]
    (leaf,) = leaves(capsys, site, "release")
    assert leaf == {
        "action": "recorded", "files": 2, "release": "cube", "release_digest": kept["record"], "risk": "low",
    }  # fmt: skip
    code, listed = carrel(capsys, "release", "list", "--site", site)
    (one,) = listed["releases"]
    assert (code, one["name"], one["recipient"], one["against"]) == (0, "circulation", "ARL", [])
    code, shown = carrel(capsys, "release", "show", kept["record"][:8], "--site", site)
    assert (code, set(shown["files_now"].values())) == (0, {"as it left"})
    # Whoever is given the record can compute the digest that the ledger has; the plain digest of no file is in it.
    body = {name: shown[name] for name in ("name", "at", "by", "salt", "purpose", "recipient", "record_type", "silo")}
    body |= {name: shown[name] for name in ("kind", "class", "reasons", "threshold", "figures", "columns")}
    body["files"] = [[one["file"], one["sha256"]] for one in shown["files"]]
    assert hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest() == leaf["release_digest"]
    assert len(shown["salt"]) == 64
    (site / "2026.csv").write_text("changed")
    code, shown = carrel(capsys, "release", "show", "circulation", "--site", site)
    assert (code, sorted(shown["files_now"].values())) == (3, ["as it left", "changed"])
    (site / "2026.csv").unlink()
    told_screen = screen(capsys, "release", "show", "circulation", "--site", site)
    assert "not there" in told_screen
    assert "annual statistics" in screen(capsys, "release", "list", "--site", site)


def test_recorded_twice_it_is_one_and_for_another_it_is_two(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = carrel(capsys, *cube(site))[1]["recorded"]
    again = carrel(capsys, "release", "record", site / "2026.json", "--site", site, *OCCASION)[1]["recorded"]
    assert again == first
    carrel(capsys, "release", "record", site / "2026.json", "--site", site, *OCCASION[:-1], "the city")
    code, listed = carrel(capsys, "release", "list", "--site", site)
    assert (code, sorted(one["recipient"] for one in listed["releases"])) == (0, ["ARL", "the city"])
    assert len(leaves(capsys, site, "release")) == 2
    code, several = carrel(capsys, "release", "show", "circulation", "--site", site)
    assert (code, [one["recipient"] for one in several["several"]]) == (0, ["the city", "ARL"])
    error = carrel(capsys, "release", "show", "circulatoin", "--site", site)[1]["errors"][0]
    assert (error["code"], error["found"]) == ("RLS-002", "circulatoin")
    # Another purpose, a type and a silo are the same release: the newest record stands.
    more = ("--as", "Ben", "--for", "another purpose", "--to", "ARL", "--record-type", "loans", "--silo", "lending")
    carrel(capsys, "release", "record", site / "2026.json", "--site", site, *more)
    listed = carrel(capsys, "release", "list", "--site", site)[1]["releases"]
    assert [(one["purpose"], one["class_now"]) for one in listed if one["recipient"] == "ARL"] == [
        ("another purpose", "low")
    ]


def test_a_small_difference_stays_on_record_when_the_file_is_measured_again(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register, loans = site / "told.jsonl", site / "loans.csv"
    carrel(capsys, *cube(site), "--register", register)
    with loans.open("a") as file:
        file.writelines(f"N{n},CPL,2026-03-0{n} 10:00:00,BK,1.00\n" for n in range(1, 4))
    late = [site / "late.json" if one == site / "2026.json" else one for one in cube(site)]
    code, told = carrel(capsys, *late, "--register", register, "--earlier", "warn")
    assert (code, told["recorded"]["class"]) == (3, "medium")
    again = ("release", "record", site / "late.json", "--site", site)
    code, told_again = carrel(capsys, *again, *OCCASION)
    assert (code, told_again["already"], told_again["recorded"]) == (3, True, told["recorded"])
    code, other = carrel(capsys, *again, *OCCASION[:-1], "the city")
    assert (code, other["recorded"]["reasons"]) == (3, told["recorded"]["reasons"])
    # Elsewhere nothing is on record of it: the file alone does not tell, and the register does.
    (site / "copy.json").write_text((site / "late.json").read_text() + " ")
    again = ("release", "record", site / "copy.json", "--site", site, *OCCASION)
    found = carrel(capsys, *again)[1]["recorded"]
    assert (found["class"], found["figures"]["small differences"]) == ("medium", "not compared")
    (site / "copy2.json").write_text((site / "late.json").read_text() + "  ")
    again = ("release", "record", site / "copy2.json", "--site", site, *OCCASION, "--register", register)
    found = carrel(capsys, *again)[1]["recorded"]
    assert found["reasons"] == told["recorded"]["reasons"]


KILLED = """
import os, sys
from functools import reduce
from importlib import import_module
place, when, *words = sys.argv[1:]
module, _, name = place.partition(":")
owner, last = reduce(getattr, name.split(".")[:-1], import_module(module)), name.split(".")[-1]
own = getattr(owner, last)
def dies(*given, **named):
    if when == "after":
        own(*given, **named)
    os._exit(9)
setattr(owner, last, dies)
from carrel.cli.main import main
main(words)
"""


@pytest.mark.parametrize(
    ("place", "when"),
    [
        ("carrel.cli.release_record:put_on_record", "before"),
        ("carrel.store.releases:Releases.record", "after"),
        ("carrel.cli.record:deliver", "after"),
    ],
)
def test_a_kill_at_any_step_ends_in_one_record_and_one_leaf(
    site: Path, capsys: pytest.CaptureFixture[str], place: str, when: str
) -> None:
    words = [sys.executable, "-c", KILLED, place, when, *map(str, cube(site))]
    assert subprocess.run(words, check=False, capture_output=True).returncode == 9
    assert (site / "2026.json").exists()
    code, told = carrel(capsys, "release", "record", site / "2026.json", "--site", site, *OCCASION)
    # What the command knew of earlier releases died with it, unless the record was kept.
    expected = (0, "low") if place != "carrel.cli.release_record:put_on_record" else (3, "medium")
    assert (code, told["recorded"]["class"]) == expected
    assert len(carrel(capsys, "release", "list", "--site", site)[1]["releases"]) == 1
    assert [one["release_digest"] for one in leaves(capsys, site, "release")] == [told["recorded"]["record"]]


def test_what_is_above_its_threshold_is_not_called_low(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = site / "spec.yaml"
    spec.write_text(SPEC + "small: {persons: 3, width: 3}\n")
    code, told = carrel(capsys, *cube(site))
    assert (code, told["recorded"]["class"]) == (0, "medium")
    assert "cells of 3 persons are told" in told["recorded"]["reasons"]
    code, listed = carrel(capsys, "release", "list", "--site", site)
    assert (code, listed["releases"][0]["class_now"]) == (3, "medium")
    assert "cells of 3 persons are told" in screen(capsys, "release", "list", "--site", site)


def test_a_cube_that_counts_records_is_not_called_low(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = site / "each.json"
    words = ("stats", "cube", site / "loans.csv", "--each-record", "--by", "branch", "--out", out, "--site", site)
    told = carrel(capsys, *words, "--record", *OCCASION)[1]
    assert (told["recorded"]["class"], told["recorded"]["figures"]["counted by"]) == ("medium", "records")
    assert told["release"]["rule"]["counted_by"] == "records"
    assert carrel(capsys, "stats", "audit", out)[1]["counted_by"] == "records"
    assert "fewer than 10 records" in screen(capsys, "stats", "audit", out)
    body = json.loads(out.read_text())
    del body["rule"]["counted_by"]  # a file of before
    out.write_text(json.dumps(body))
    told = carrel(capsys, "release", "record", out, "--site", site, *OCCASION)[1]
    assert told["recorded"]["class"] == "medium"
    assert "not known from the file" in " ".join(told["recorded"]["reasons"])


def test_hidden_cells_that_were_filled_by_hand_are_found(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = site / "filled.json"
    words = ("stats", "cube", site / "loans.csv", "--person", "patron", "--by", "branch", "--by", "itype", "--out", out)
    carrel(capsys, *words)
    code, told = carrel(capsys, "stats", "audit", out)
    assert (code, told["told_small"]) == (0, [])
    assert told["smallest_told"] >= 10
    body = json.loads(out.read_text())
    (one,) = body["cubes"]
    labels = [[node[1] for node in axis["nodes"]] for axis in one["dimensions"]]
    with (site / "loans.csv").open() as file:
        loans = list(csv.DictReader(file))
    figures = one["figures"]["rows"]
    for at, figure in enumerate(figures):
        branch, kind = labels[0][at // len(labels[1])], labels[1][at % len(labels[1])]
        if figure is None:
            figures[at] = sum(branch in {row["branch"], "(all)"} and kind in {row["itype"], "(all)"} for row in loans)
    assert 0 < min(figures) < 10
    out.write_text(json.dumps(body))
    code, told = carrel(capsys, "stats", "audit", out)
    assert (code, told["smallest_told"], told["narrow"], told["narrowest_interval"]) == (3, min(figures), [], None)
    assert len(told["told_small"]) == sum(0 < figure < 10 for figure in figures)
    assert "SPL / KIT" in screen(capsys, "stats", "audit", out)
    kept = carrel(capsys, "release", "record", out, "--site", site, *OCCASION)[1]["recorded"]
    assert (kept["class"], kept["figures"]["smallest told"]) == ("medium", min(figures))
    assert "narrowest interval" not in kept["figures"]


def test_a_return_tells_no_small_figure(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = site / "pls.csv"
    words = ("stats", "return", "pls", "--year", "2025", "--system", "koha", "--out", out, "--site", site, "--record")
    code, told = carrel(capsys, *words, *OCCASION)
    assert (code, told["recorded"]["kind"], told["recorded"]["class"]) == (0, "return", "low")
    again = carrel(capsys, "release", "record", out, "--site", site, *OCCASION)[1]["recorded"]
    assert again == told["recorded"]
    assert carrel(capsys, *[site / "no" / "x.csv" if one == out else one for one in words], *OCCASION)[0] == 2
    lines = out.read_text().splitlines()
    cells = lines[1].split(",")
    cells[4] = "7"
    out.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
    code, told = carrel(capsys, "release", "record", out, "--site", site, *OCCASION)
    assert told["recorded"]["class"] == "medium"


def test_a_return_of_a_year_that_is_not_over_is_never_low(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, year = site / "pls.csv", datetime.now(UTC).year + 1
    words = ("stats", "return", "pls", "--year", year, "--system", "koha", "--out", out, "--site", site)
    code, told = carrel(capsys, *words, "--record", *OCCASION)
    assert (code, told["over"], told["recorded"]["class"]) == (3, False, "medium")
    assert "the year was not over" in out.read_text()
    code, told = carrel(capsys, "release", "record", out, "--site", site, *OCCASION[:-1], "the city")
    assert (code, told["recorded"]["class"]) == (3, "medium")
    assert "The year is not over" in screen(capsys, *words[:-4], "--site", site)


def test_search_terms_are_low_only_with_a_roster(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "s.csv").write_text("term,who\n" + "".join(f"polar bears,p{n}\n" for n in range(30)))
    (site / "roster.csv").write_text("first name,last name\nRoald,Amundsen\n")
    words = ("deidentify", "terms", site / "s.csv", site / "t.csv", "--searcher", "who", "--site", site, "--record")
    code, told = carrel(capsys, *words, *OCCASION)
    assert (code, told["recorded"]["class"]) == (0, "medium")
    code, told = carrel(capsys, *words, *OCCASION, "--force", "--roster", site / "roster.csv")
    assert (code, told["recorded"]["class"]) == (0, "low")
    listed = carrel(capsys, "release", "list", "--site", site)[1]["releases"]
    assert [one["class_now"] for one in listed] == ["low"]  # the last record of the same file
    again = ("release", "record", site / "t.csv", "--site", site, *OCCASION)
    same = carrel(capsys, *again)[1]
    assert (same["recorded"], same["already"]) == (told["recorded"], True)
    (site / "t.csv").write_text("term,searchers\npolar bears,29\n")
    code, told = carrel(capsys, *again)
    assert (code, told["recorded"]["class"]) == (3, "medium")
    assert "not known from the file" in " ".join(told["recorded"]["reasons"])


def test_a_text_is_medium_until_a_sample_was_read(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "q.txt").write_text("When does the library open?\n")
    words = ("deidentify", "text", site / "q.txt", site / "r.txt", "--site", site, "--record", "--unit", "line")
    code, told = carrel(capsys, *words, *OCCASION)
    assert (code, told["recorded"]["class"], told["recorded"]["figures"]["read"]) == (0, "medium", 0)
    note = site / "r.txt.release.json"
    body = json.loads(note.read_text())
    body["read"] = {str(n): 0 for n in range(300)}
    note.write_text(json.dumps(body))
    code, told = carrel(capsys, "release", "record", site / "r.txt", "--site", site, *OCCASION)
    assert (code, told["recorded"]["class"], told["recorded"]["figures"]["read"]) == (0, "low", 300)
    (one,) = carrel(capsys, "release", "list", "--site", site)[1]["releases"]
    assert one["class_now"] == "low"


RECORDS = """from: loans.csv
person: patron
columns:
  branch: {as: branch}
k: %d
suppress at most: 20
"""


@pytest.mark.parametrize(("k", "kept", "risk"), [(12, "", "low"), (10, "", "low"), (12, "keep: itype\n", "medium"),
                                             (12, "sensitive: {itype: {l: 1}}\n", "medium"), (12, "sensitive: {itype: {l: 2}}\n", "low")])  # fmt: skip
def test_records_have_the_class_of_their_smallest_group(
    site: Path, capsys: pytest.CaptureFixture[str], k: int, kept: str, risk: str
) -> None:
    (site / "r.yaml").write_text(RECORDS % k + kept)
    out = site / "out.csv"
    preview = " ".join(screen(capsys, "deidentify", "records", site / "r.yaml").split())
    assert ("It is not with k: 12" in preview) == (k < 12)
    words = ("deidentify", "records", site / "r.yaml", "--out", out, "--site", site, "--record")
    code, told = carrel(capsys, *words, *OCCASION)
    assert (code, told["recorded"]["class"]) == (0, risk), told
    assert told["recorded"]["figures"]["smallest group"] == told["written"]["smallest"]
    # Its file alone does not tell whose records are in it.
    assert carrel(capsys, "release", "record", out, "--site", site, *OCCASION)[1]["errors"][0]["code"] == "RLS-001"
    # Later records that share a column are more to join with.
    (site / "visits.csv").write_text("branch,weather\n" + "CPL,rain\n" * 30)
    carrel(capsys, "risk", "measure", site / "visits.csv", "--record", "--as", "Ben", "--site", site)
    code, listed = carrel(capsys, "release", "list", "--site", site)
    assert code == 3
    assert "visits came later" in " ".join(listed["releases"][0]["against"])


def test_a_batch_that_stands_without_a_record_is_put_on_record_by_the_same_command(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after a kill between its state and its record: the file alone does not tell its smallest group."""
    (site / "r.yaml").write_text(RECORDS % 12 + "batches: {state: loans.state}\n")
    out = site / "out.csv"
    words = ("deidentify", "records", site / "r.yaml", "--out", out)
    code, first = carrel(capsys, *words)
    assert code == 0
    out.unlink()
    (site / "loans.state").unlink()
    recorded = (*words, "--record", "--site", site, *OCCASION)
    killed = [sys.executable, "-c", KILLED, "carrel.cli.release_record:put_on_record", "before", *map(str, recorded)]
    assert subprocess.run(killed, check=False, capture_output=True).returncode == 9
    before = (out.read_bytes(), (site / "loans.state").read_bytes())
    again = (*recorded, "--force")
    assert carrel(capsys, *words, "--force")[1]["errors"][0]["code"] == "REC-009", "there is nothing to be done"
    code, told = carrel(capsys, *again)
    assert (code, told["written"]) == (0, first["written"])
    assert told["recorded"]["figures"]["smallest group"] == first["written"]["smallest"] >= 12
    assert told["recorded"]["files"][0]["sha256"] == hashlib.sha256(before[0]).hexdigest()
    assert (out.read_bytes(), (site / "loans.state").read_bytes()) == before
    assert carrel(capsys, *again)[1]["recorded"] == told["recorded"]
    with pytest.raises(SystemExit):
        main([*map(str, again)])
    assert "out.csv holds this batch since it was added" in " ".join(capsys.readouterr().out.split())
    out.write_bytes(before[0] + b"\n")
    assert carrel(capsys, *again)[1]["errors"][0]["code"] == "REC-009", "another file was not counted"
    assert (site / "loans.state").read_bytes() == before[1]


def test_what_nobody_measured_is_said_and_can_be_measured(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = site / "given.csv"
    given.write_text("branch\n" + "CPL\n" * 40)
    words = ("release", "record", given, "--site", site, *OCCASION)
    assert carrel(capsys, *words)[1]["errors"][0]["code"] == "RLS-001"
    code, told = carrel(capsys, *words, "--unmeasured", "--name", "given")
    assert (code, told["recorded"]["class"]) == (0, None)
    assert "not measured" in screen(capsys, "release", "list", "--site", site)
    assert carrel(capsys, "release", "list", "--site", site)[0] == 3
    carrel(capsys, "risk", "measure", given, "--name", "given", "--record", "--as", "Ben", "--site", site)
    code, listed = carrel(capsys, "release", "list", "--site", site)
    assert (code, listed["releases"][0]["class_now"]) == (0, "low")
    assert carrel(capsys, "release", "show", "no such", "--site", site)[1]["errors"][0]["code"] == "RLS-002"


def test_a_file_in_a_folder_of_releases_without_a_record_is_told(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = site / "released"
    text = (site / "carrel.yaml").read_text()
    (site / "carrel.yaml").write_text(f"{text}release_folders: [released]\n")
    assert carrel(capsys, "release", "list", "--site", site)[0] == 3  # the folder is not there
    folder.mkdir()
    words = [folder / "2026.json" if one == site / "2026.json" else one for one in cube(site)]
    assert carrel(capsys, *words)[0] == 0
    (folder / ".hidden").write_text("x")
    for name in ("2026.json.review.jsonl", "2026.json.release.json"):  # called like notes, beside what is no text
        (folder / name).write_text("P00001,a title\n")
        code, told = carrel(capsys, "release", "list", "--site", site)
        assert (code, told["folders"][0]["unrecorded"]) == (3, [name])
        (folder / name).unlink()
    (site / "q.txt").write_text("When does amundsen open the library? ask roald 5551234567\n")
    words = ("deidentify", "text", site / "q.txt", folder / "r.txt", "--site", site, "--unit", "line")
    carrel(capsys, *words[:-4], *words[-2:])
    assert {"r.txt.release.json", "r.txt.review.jsonl"} <= {one.name for one in folder.iterdir()}
    assert carrel(capsys, "release", "list", "--site", site)[1]["folders"][0]["unrecorded"] == ["r.txt"]
    with (folder / "r.txt.review.jsonl").open("a") as file:
        file.write("P00001,a title\n")
    told = carrel(capsys, "release", "list", "--site", site)[1]["folders"][0]
    assert told["unrecorded"] == ["r.txt", "r.txt.review.jsonl"]
    for one in list(folder.glob("r.txt*")):
        one.unlink()
    assert carrel(capsys, "release", "list", "--site", site)[0] == 0
    clauses = ("MITL-4.6", "MITL-4.7")
    assert not _findings(carrel(capsys, "audit", "--site", site, "--system", "koha")[1]) & {*clauses}
    (folder / "below").mkdir()
    (folder / "below" / "extra.csv").write_text("branch,loans\nCPL,3\n")
    os.mkfifo(folder / "pipe")
    code, told = carrel(capsys, "release", "list", "--site", site)
    assert (code, told["folders"][0]["unrecorded"]) == (3, ["below/extra.csv", "pipe"])
    assert "below/extra.csv is not on record" in " ".join(screen(capsys, "release", "list", "--site", site).split())
    audited = carrel(capsys, "audit", "--site", site, "--system", "koha")[1]
    assert _findings(audited) >= {*clauses}
    (standing,) = [one for one in audited["clauses"] if one["clause"] == "MITL-4.6"]
    assert standing["evidence"]["measured"]["files without a record"] == 2


def _findings(audited: dict[str, Any]) -> set[str]:
    return {one["clause"] for one in audited["clauses"] if one["standing"] == "finding"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--as", "Ben", "--for", "x"), 2),
        (("--as", "Ben", "--to", "x"), 2),
        (("--as", "Ben", "--for", " ", "--to", "x"), 2),
        (("--for", "x", "--to", "y"), 2),
        (("--as", "Ben", "--for", "x\u202e", "--to", "y"), 2),
        (("--as", "Nobody", "--for", "x", "--to", "y"), 4),
        (("--as", "ben", "--for", "x", "--to", "y"), 4),
        (("--as", "Ada", "--for", "x", "--to", "y"), 4),
    ],
)
def test_a_record_tells_who_for_whom_and_for_what_or_nothing_is_made(
    site: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], expected: int
) -> None:
    out = site / "2026.json"
    common = ("stats", "cube", site / "spec.yaml", "--out", out, "--site", site)
    assert carrel(capsys, *common, "--record", *words)[0] == expected
    assert not out.exists()
    assert carrel(capsys, *common, "--to", "ARL")[0] == 2
    assert carrel(capsys, "stats", "cube", site / "spec.yaml", "--site", site, "--record", *OCCASION)[0] == 2


def test_noise_is_low_while_little_was_spent_and_the_site_knows_its_account(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "spec.yaml").write_text(NOISY)
    account = site / "budget"
    words = ("stats", "noise", site / "spec.yaml", "--epsilon", "0.6", "--cap", 30, "--account", account, "--force")
    words += ("--out", site / "n.json", "--record", "--site", site, *OCCASION)
    code, told = carrel(capsys, *words, "--budget", "4")
    assert (code, told["recorded"]["class"]) == (0, "low")
    again = carrel(capsys, "release", "record", site / "n.json", "--site", site, *OCCASION)[1]["recorded"]
    assert again == told["recorded"]
    body = json.loads((site / "n.json").read_text())
    (site / "own.json").write_text(json.dumps(body, indent=1))  # other bytes, and what the site's account says
    words_again = ("release", "record", site / "own.json", "--site", site, *OCCASION)
    assert carrel(capsys, *words_again)[1]["recorded"]["class"] == "low"
    body["spent"]["epsilon"] = "0.7"
    (site / "own.json").write_text(json.dumps(body))
    found = carrel(capsys, *words_again)[1]["recorded"]
    assert (found["class"], "as the file says" in " ".join(found["reasons"])) == ("medium", True)
    code, told = carrel(capsys, *words)
    assert (code, told["recorded"]["class"]) == (0, "medium")
    assert "1.2 was spent" in told["recorded"]["reasons"][0]
    assert [one["spendings"] for one in leaves(capsys, site, "budget")] == [1, 2]
    whole = account.read_text()
    lines = whole.splitlines(keepends=True)
    account.write_text(lines[0])  # the last spending is cut off: no line of the file tells
    assert carrel(capsys, *words)[1]["errors"][0]["code"] == "STC-018"
    account.unlink()  # and neither does a new one
    assert carrel(capsys, *words, "--budget", "4")[1]["errors"][0]["code"] == "STC-018"
    moved = site / "elsewhere"
    moved.write_text(lines[0])
    elsewhere = [moved if one == account else one for one in words]
    assert carrel(capsys, *elsewhere)[1]["errors"][0]["code"] == "STC-018"
    assert [one["spendings"] for one in leaves(capsys, site, "budget")] == [1, 2]  # nothing was drawn
    moved.write_text(whole)
    assert carrel(capsys, *elsewhere)[0] == 0
