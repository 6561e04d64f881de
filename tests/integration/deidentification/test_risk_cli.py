"""``carrel risk`` on files and on real databases: what it says, what it keeps, and what it never shows."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from carrel.cli.main import main
from carrel.deidentification.risk.record import Recorded, asked_again, latest
from carrel.inventory.risk import RiskClass
from tests.docs import sample_site
from tests.integration.conftest import Koha

NAMES = ("Amundsen", "Nansen", "Sverdrup", "Astrup", "Johansen")


def carrel(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any], str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([*map(str, words), "--json"])
    told = capsys.readouterr()
    return int(str(left.value.code)), json.loads(told.out), told.out + told.err


def screen(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main([*map(str, words)])
    told = capsys.readouterr()
    assert all(len(line) <= 100 for line in told.out.splitlines())
    return told.out


def _loans(folder: Path, people: int = 40, each: int = 10) -> Path:
    """Loans of people who live in two places: alike in groups, but for the second of each."""
    drawn = random.Random(7)
    lines = ["patron,reader,branch,time,title"]
    for person in range(people):
        for _ in range(each):
            time = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=drawn.randrange(10_000_000))
            title = f"T{drawn.randrange(4)}"
            lines.append(f"{person},r{person * 7919 % 101},B{person % 2},{time:%Y-%m-%d %H:%M:%S},{title}")
    (folder / "loans.csv").write_text("\n".join(lines) + "\n")
    return folder / "loans.csv"


def test_records_that_are_alike_are_low(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = _loans(tmp_path)
    code, said, _ = carrel(capsys, "risk", "measure", place, "--person", "patron", "--column", "branch")
    assert (code, said["class"], said["k"], said["persons"], said["reasons"]) == (0, "low", 20, 40, [])
    code, said, _ = carrel(
        capsys, "risk", "measure", place, "--person", "patron", "--column", "branch", "--sensitive", "title"
    )
    assert (code, said["class"]) == (0, "low")
    assert said["sensitive"]["title"]["distinct_l"] == 4


def test_what_nobody_declared_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = carrel(capsys, "risk", "measure", _loans(tmp_path), "--person", "patron", "--pseudonym", "reader")
    assert (code, said["class"]) == (3, "medium")
    assert said["quasi_identifiers"] == [["time"]]
    assert [(one["known"], one["found"]) for one in said["traces"]] == [(1, 40), (2, 40)]
    told = screen(capsys, "risk", "measure", tmp_path / "loans.csv", "--person", "patron", "--pseudonym", "reader")
    assert "whoever knows time singles out 400 of 400 records" in told


def test_ten_loans_of_one_are_one_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "a.csv"
    place.write_text("patron,branch\n" + "p1,north\n" * 50 + "".join(f"p{n},south\n" for n in range(2, 60)))
    code, said, _ = carrel(capsys, "risk", "measure", place, "--column", "branch")
    assert (code, said["class"], said["persons"]) == (0, "low", None)
    code, said, _ = carrel(capsys, "risk", "measure", place, "--column", "branch", "--person", "patron")
    assert (code, said["class"], said["k"]) == (3, "medium", 1)


def test_blanks_around_a_number_make_nobody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, door = tmp_path / "a.csv", tmp_path / "door.csv"
    place.write_text("patron,branch\n" + "".join(f"{' ' * (n % 3)}p{n % 6}{' ' * (n % 2)},north\n" for n in range(60)))
    door.write_text("card,where\n p1,north\n")
    question = tmp_path / "q.yaml"
    question.write_text(
        "name: a\nrecords: a.csv\nperson: patron\ncolumns: [branch]\nagainst:\n"
        "  - {name: door, records: door.csv, person: card, match: {branch: where}}\n"
    )
    code, said, _ = carrel(capsys, "risk", "measure", question)
    assert (code, said["k"], said["persons"]) == (3, 6, 6)
    assert (said["joined"][0]["one_left"], said["joined"][0]["right"]) == (60, 10)


def test_a_join_with_the_door_names_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loans = _loans(tmp_path)
    door = ["card,entered"]
    for line in loans.read_text().splitlines()[1:]:
        person, _, _, time, _ = line.split(",")
        door.append(f"{person},{time[:-2]}00")
    (tmp_path / "door.csv").write_text("\n".join(door) + "\n")
    question = tmp_path / "q.yaml"
    question.write_text(
        "name: loans\nrecords: loans.csv\nperson: patron\ncolumns: [branch, time]\nsensitive: title\n"
        "against:\n  - name: door\n    records: door.csv\n    person: card\n"
        "    match: {time: {column: entered, within: 1 minute}}\n"
    )
    code, said, _ = carrel(capsys, "risk", "measure", question)
    assert (code, said["class"]) == (3, "high")
    (joined,) = said["joined"]
    assert joined["right"] > 300
    assert joined["right"] <= joined["one_left"]
    assert "the right name to" in screen(capsys, "risk", "measure", question)


def test_a_column_of_names_is_high_and_none_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "a.csv"
    rows = [f"Roald {name},north,{name.lower()}@example.org" for name in NAMES] * 6
    place.write_text("who,branch,mail\n" + "\n".join(rows) + "\n")
    code, said, everything = carrel(capsys, "risk", "measure", place, "--column", "branch", "--column", "mail")
    assert (code, said["class"], list(said["identifying"])) == (3, "high", ["mail"])
    everything += screen(capsys, "risk", "measure", place)
    assert not any(name.lower() in everything.lower() for name in NAMES)


def test_a_view_of_a_real_database(koha: Koha, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = tmp_path / "dsn"
    address.write_text(koha.url)
    address.chmod(0o600)
    query = tmp_path / "q.sql"
    query.write_text(
        "SELECT o.borrowernumber AS patron, o.branchcode AS branch, o.issuedate AS lent FROM old_issues o "
        "WHERE o.borrowernumber IS NOT NULL"
    )
    code, said, _ = carrel(
        capsys, "risk", "measure", "--dsn-file", address, "--query-file", query, "--person", "patron"
    )
    there = koha.rows(
        "SELECT count(*), count(DISTINCT borrowernumber) FROM old_issues WHERE borrowernumber IS NOT NULL"
    )
    assert (code, said["name"], said["records"], said["persons"]) == (3, "q", *there[0])
    code, said, _ = carrel(capsys, "risk", "measure", "--dsn-file", address, "--table", "borrowers")
    assert (code, said["class"]) == (3, "high")


def test_what_was_measured_is_kept_and_asked_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = sample_site.make(tmp_path)
    place = _loans(tmp_path)
    words = ["risk", "measure", place, "--person", "patron", "--column", "branch", "--record", "--site", site]
    code, said, _ = carrel(capsys, *words, "--as", "Ben")
    assert code == 0
    assert len(said["recorded"]) == 64
    code, listed, _ = carrel(capsys, "risk", "list", "--site", site)
    assert (code, [one["class"] for one in listed["measurements"]]) == (0, ["low"])
    (tmp_path / "visits.csv").write_text("branch,weather\n" + "B1,rain\n" * 30)
    carrel(capsys, "risk", "measure", tmp_path / "visits.csv", "--record", "--as", "Ben", "--site", site)
    code, listed, _ = carrel(capsys, "risk", "list", "--site", site)
    again = {one["name"]: one["measure_again"] for one in listed["measurements"]}
    assert (code, again["visits"]) == (3, None)
    assert "visits came later" in str(again["loans"])
    told = screen(capsys, "risk", "list", "--site", site)
    assert "again" in told
    (key,) = site.glob("keys/*.vkey")
    code, verified, _ = carrel(capsys, "ledger", "verify", site / "ledger", "--key", key, "--leaves")
    assert code == 0, verified


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["--as", "Nobody"], "HLD-006", 4),
        (["--as", "ben"], "APR-013", 4),
    ],
)
def test_only_a_person_of_the_site_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: str, exit_code: int
) -> None:
    site = sample_site.make(tmp_path)
    place = _loans(tmp_path)
    left, said, _ = carrel(capsys, "risk", "measure", place, "--column", "branch", "--record", "--site", site, *words)
    assert (left, said["errors"][0]["code"]) == (exit_code, code)
    assert carrel(capsys, "risk", "list", "--site", site)[1]["measurements"] == []


def _refused(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["risk", "measure", *map(str, words), "--json"])
    told = capsys.readouterr().out
    return int(str(left.value.code)), json.loads(told)["errors"][0]["code"] if told else ""


def test_bad_input_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = _loans(tmp_path)
    assert _refused(capsys, place, "--column", "no such")[1] == "SRC-003"
    assert _refused(capsys, place, "--person", "no such")[1] == "SRC-003"
    assert _refused(capsys, tmp_path / "none.csv")[0] == 2
    assert _refused(capsys)[0] == 2
    assert _refused(capsys, place, "--column", "branch", "--sensitive", "branch")[0] == 2
    only = tmp_path / "only.csv"
    only.write_text("patron\n1\n")
    assert _refused(capsys, only, "--person", "patron") == (2, "RSK-001")
    question = tmp_path / "q.yaml"
    question.write_text("name: a\nrecords: loans.csv\nknown: 9\n")
    assert _refused(capsys, question) == (2, "SRC-007")
    question.write_text("name: a\nrecords: loans.csv\n")
    assert _refused(capsys, question, "--person", "patron")[0] == 2
    assert _refused(capsys, place, "--memory", "much")[0] == 2


@pytest.mark.parametrize("written", ["a,b\n", "a,b\n,\n,\n", "a,b\n" + ",\n" * 500])
def test_nothing_and_nothing_but_gaps(tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str) -> None:
    place = tmp_path / "a.csv"
    place.write_text(written)
    code, said, _ = carrel(capsys, "risk", "measure", place)
    rows = written.count("\n") - 1
    assert (said["records"], said["k"]) == (rows, rows)
    assert (code, said["class"]) == ((0, "low") if rows > 11 else (3, "medium"))


def test_a_class_is_asked_again_when_more_came(tmp_path: Path) -> None:
    del tmp_path
    day = datetime(2026, 11, 1, tzinfo=UTC)

    def one(name: str, days: int, *columns: str, joined: tuple[str, ...] = (), risk: str = "low") -> Recorded:
        return Recorded(name, day + timedelta(days=days), "Ben", RiskClass(risk), columns, joined, f"{name}{days}")

    loans, door = one("loans", 0, "branch", "time"), one("door", 1, "time")
    now = day + timedelta(days=2)
    assert asked_again([loans], now) == {}
    assert list(asked_again([door, loans], now)) == ["loans"]
    assert asked_again([loans, one("door", 1, "gate")], now) == {}
    assert asked_again([loans, door, one("loans", 2, "branch", "time", joined=("door",))], now) == {}
    assert asked_again([one("loans", 0, "time", risk="high"), door], now) == {}
    assert "year" in asked_again([loans], day + timedelta(days=400))["loans"]
    assert latest([one("loans", 2), loans]) == (one("loans", 2),)


def test_what_people_differ_by_counts_them_where_nothing_names_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "aged.csv"
    rows = [f"0213{n % 3},{1950 + n},north" for n in range(5) for _ in range(20)]  # five readers, twenty loans each
    place.write_text("zip,born,branch\n" + "\n".join([*rows, ",,north"]) + "\n")
    words = ["risk", "measure", place, "--column", "branch"]
    assert carrel(capsys, *words)[1]["k"] == 101
    code, said, _ = carrel(capsys, *words, "--differ-by", "zip", "--differ-by", "born")
    assert (code, said["class"], said["k"], said["persons"]) == (3, "medium", 6, 6)
    assert carrel(capsys, *words, "--differ-by", "no such")[1]["errors"][0]["code"] == "SRC-003"
    assert _refused(capsys, place, "--person", "zip", "--differ-by", "born")[0] == 2


def test_columns_may_be_called_anything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["p", "c0", "v", "code", "values_c0", "records", 'a "b"', "select", "é", "n", "m0", "whose"]
    place = tmp_path / "a.csv"
    head = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    place.write_text("\n".join([head, *(",".join(str(n % (at + 2)) for at in range(len(names))) for n in range(60))]))
    question = tmp_path / "q.yaml"
    match = "{c0: v, m0: whose, whose: m0}"
    question.write_text(
        f"name: odd\nrecords: a.csv\nperson: p\npseudonym: code\nsensitive: ['n']\n"
        f"against: [{{name: list, records: a.csv, person: p, match: {match}}}]\n"
    )
    code, said, _ = carrel(capsys, "risk", "measure", question)
    assert (code, said["records"], said["persons"]) == (3, 60, 2)
    assert said["joined"][0]["records"] == 60


def test_too_many_sets_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "wide.csv"
    place.write_text(",".join(f"a{n}" for n in range(60)) + "\n" + ",".join("1" for _ in range(60)) + "\n")
    assert _refused(capsys, place, "--known", "4") == (2, "RSK-002")


def test_a_file_without_a_header_shows_nobodys_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "a.csv"
    place.write_text("1,Jane,Amundsen,21868000079194,jane@example.org\n2,Umit,Nansen,21868000079195,umit@example.org\n")
    code, said, everything = carrel(capsys, "risk", "measure", place)
    assert (code, said["errors"][0]["code"]) == (2, "SRC-003")
    assert "Amundsen" not in everything
    place.write_text("Jane,Amundsen\nUmit,Nansen\n")
    code, said, everything = carrel(capsys, "risk", "measure", place, "--person", "patron")
    assert (code, said["errors"][0]["code"]) == (2, "SRC-003")
    assert "Amundsen" not in everything


def test_what_was_not_named_is_told_as_not_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["risk", "measure", _loans(tmp_path), "--person", "patron", "--column", "branch"]
    assert carrel(capsys, *words)[1]["not_looked_at"] == ["reader", "time", "title"]
    assert "not looked at: reader, time, title" in screen(capsys, *words)
