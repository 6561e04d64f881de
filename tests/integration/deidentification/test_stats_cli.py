"""``carrel stats`` on real files, as it is typed: what it tells, writes, refuses, and never says."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from carrel.cli.main import main

SPEC = """name: circulation
records: loans.csv
person: patron
dimensions:
  branch: {column: branch, tree: {CPL: city, FPL: city, MPL: rural, SPL: rural}}
  month: {column: issued, time: [month, quarter, year]}
  type: itype
measures: [rows, persons]
cubes: [[branch, month], [branch, type]]
"""


def make_loans(place: Path, count: int = 4000) -> list[tuple[str, ...]]:
    dice = random.Random(7)
    rows = [
        (
            f"P{dice.randrange(900):05}",
            dice.choices(["CPL", "FPL", "MPL", "SPL"], [60, 25, 12, 3])[0],
            f"2026-{dice.randint(1, 6):02}-{dice.randint(1, 28):02} 10:{dice.randint(0, 59):02}:00",
            dice.choices(["BK", "DVD", "KIT"], [70, 28, 2])[0],
            dice.choice(["0.50", "1.00", "2.25"]),
        )
        for _ in range(count)
    ]
    with place.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["patron", "branch", "issued", "itype", "fine"])
        writer.writerows(rows)
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("stats")
    make_loans(place / "loans.csv")
    (place / "spec.yaml").write_text(SPEC)
    return place


def loans(folder: Path) -> list[list[str]]:
    return list(csv.reader((folder / "loans.csv").read_text().splitlines()))[1:]


def carrel(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["stats", *map(str, words)])
    told = capsys.readouterr()
    return int(str(left.value.code)), told.out, told.err


def codes(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[str], str]:
    code, out, err = carrel(capsys, *words, "--json")
    return code, [one["code"] for one in json.loads(out).get("errors", [])], out + err


def cells(release: dict, number: int, measure: str) -> dict[tuple[str, ...], int | None]:
    from itertools import product

    cube = release["cubes"][number]
    labels = product(*([node[1] for node in one["nodes"]] for one in cube["dimensions"]))
    return dict(zip(labels, cube["figures"][measure], strict=True))


def test_a_release_is_counted_hidden_audited_and_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, table = folder / "r.json", folder / "r.csv"
    code, told, _ = carrel(capsys, "cube", folder / "spec.yaml", "--out", out, "--csv", table, "--json")
    assert code == 0
    body = json.loads(told)
    assert body["attack"]["narrow"] == []
    rows = loans(folder)
    month = cells(body["release"], 0, "rows")
    assert month["(all)", "(all)"] in {None, len(rows)}
    counted, people = Counter(), defaultdict(set)
    for patron, branch, issued, *_ in rows:
        for one in (branch, "city" if branch in {"CPL", "FPL"} else "rural"):
            for two in (issued[:7], f"2026-Q{(int(issued[5:7]) + 2) // 3}"):
                counted[one, two] += 1
                people[one, two].add(patron)
    shown = {cell: figure for cell, figure in month.items() if figure is not None}
    assert {cell for cell in counted if len(people[cell]) < 10}.isdisjoint(shown)
    assert all(shown[cell] == counted[cell] for cell in counted if cell in shown)
    persons = cells(body["release"], 0, "persons")
    assert all(persons[cell] == len(people[cell]) for cell in people if cell in shown)
    assert len(shown) > len(month) / 2
    assert json.loads(out.read_text()) == body["release"]
    lines = list(csv.DictReader(table.read_text().splitlines()))
    assert len(lines) == sum(one["cells"] for one in body["cubes"])
    assert {one["rows"] for one in lines if one["branch"] == "SPL" and one["type"] == "KIT"} == {"*"}
    assert carrel(capsys, "audit", out)[0] == 0
    assert (out.stat().st_mode & 0o777, "P00001" in out.read_text()) == (0o644, False)


def test_the_screen_fits_and_names_nobody(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    axes = ("--by", "branch", "--by", "itype", "--by", "issued:quarter,year")
    code, told, _ = carrel(capsys, "cube", folder / "loans.csv", "--person", "patron", *axes)
    assert code == 0
    assert "Attacked: each of" in told
    assert "2026-Q2" in told
    assert max(map(len, told.splitlines())) <= 100
    assert "P0" not in told


def test_the_audit_finds_what_somebody_showed_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the rule's further cells the small ones are told by subtraction."""
    out = folder / "bare.json"
    assert carrel(capsys, "cube", folder / "spec.yaml", "--out", out, "--json")[0] == 0
    body = json.loads(out.read_text())
    rows = loans(folder)
    exact = Counter((branch, kind) for _, branch, _, kind, _ in rows)
    cube = body["cubes"][1]
    labels = list(cells(body, 1, "rows"))
    for measure in cube["figures"]:
        for at, (branch, kind) in enumerate(labels):
            if cube["figures"]["rows"][at] is None and (branch, kind) != ("SPL", "KIT") and measure == "persons":
                cube["figures"][measure][at] = 0
    for at, (branch, kind) in enumerate(labels):
        if cube["figures"]["rows"][at] is None and (branch, kind) != ("SPL", "KIT"):
            both = [
                exact[one, two]
                for one in _leaves(branch)
                for two in ([kind] if kind != "(all)" else ["BK", "DVD", "KIT"])
            ]
            cube["figures"]["rows"][at] = sum(both)
    body["cubes"] = [{**cube, "figures": {"rows": cube["figures"]["rows"]}}]
    out.write_text(json.dumps(body))
    code, told, _ = carrel(capsys, "audit", out, "--json")
    [narrow] = json.loads(told)["narrow"]
    assert code == 3
    assert narrow["low"] == narrow["high"] == exact["SPL", "KIT"]
    code, told, _ = carrel(capsys, "audit", out)
    assert (code, "SPL / KIT" in told) == (3, True)


def _leaves(branch: str) -> list[str]:
    groups = {"city": ["CPL", "FPL"], "rural": ["MPL", "SPL"], "(all)": ["CPL", "FPL", "MPL", "SPL"]}
    return groups.get(branch, [branch])


def test_a_wider_interval_can_be_asked_of_the_audit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "wide.json"
    assert carrel(capsys, "cube", folder / "spec.yaml", "--out", out, "--json")[0] == 0
    assert carrel(capsys, "audit", out, "--width", 4000)[0] == 3


def test_a_later_release_is_compared_with_the_register(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_loans(tmp_path / "loans.csv")
    words = ("cube", tmp_path / "loans.csv", "--person", "patron", "--by", "branch", "--register", tmp_path / "told")
    assert codes(capsys, *words)[:2] == (0, [])
    assert codes(capsys, *words)[:2] == (0, [])  # the same again tells nothing new
    assert len((tmp_path / "told").read_text().splitlines()) == 1
    with (tmp_path / "loans.csv").open("a") as file:
        file.writelines(f"P{n:05},CPL,2026-06-30,BK,0\n" for n in range(3))
    code, found, told = codes(capsys, *words, "--out", tmp_path / "r.json")
    assert (code, found) == (4, ["STC-008"])
    assert "CPL (told twice)" in told
    assert not (tmp_path / "r.json").exists()
    assert len((tmp_path / "told").read_text().splitlines()) == 1
    code, _, told = codes(capsys, *words, "--earlier", "warn")
    assert (code, json.loads(told)["small_differences"][0]["how"]) == (3, "told twice")
    assert len((tmp_path / "told").read_text().splitlines()) == 2
    (tmp_path / "told").write_text((tmp_path / "told").read_text().replace('"CPL"', '"XPL"', 1))
    assert codes(capsys, *words)[:2] == (4, ["STC-009"])


def test_releases_are_compared_by_name_and_the_screen_says_with_how_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--person", "patron", "--by", "branch", "--register", tmp_path / "told")
    for year in (2025, 2026):
        make_loans(tmp_path / f"loans-{year}.csv", 400)
    told = carrel(capsys, "cube", tmp_path / "loans-2025.csv", *words)[1]
    assert "no earlier release in the register is called loans-2025" in told
    code, told, _ = carrel(capsys, "cube", tmp_path / "loans-2026.csv", *words)
    assert code == 0
    assert "It has loans-2025." in told
    assert max(map(len, told.splitlines())) <= 100
    code, told, _ = carrel(capsys, "cube", tmp_path / "loans-2026.csv", *words, "--name", "loans-2025", "--json")
    assert json.loads(told)["compared_with_earlier"] == 1


def test_a_renamed_dimension_is_compared_with_nothing_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_loans(tmp_path / "loans.csv")
    (tmp_path / "spec.yaml").write_text(SPEC)
    words = ("cube", tmp_path / "spec.yaml", "--register", tmp_path / "told.jsonl", "--json")
    code, out, _ = carrel(capsys, *words)
    assert (code, json.loads(out)["compared_with_nothing"]) == (0, [])
    renamed = SPEC.replace("  branch: {", "  library: {").replace("[branch,", "[library,")
    (tmp_path / "spec.yaml").write_text(renamed)
    code, out, _ = carrel(capsys, *words)
    assert (code, json.loads(out)["compared_with_nothing"]) == (3, ["library"])


@pytest.mark.parametrize("option", ["--out", "--csv", "--register"])
def test_a_folder_that_is_not_there_is_told_before_anything_is_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    make_loans(tmp_path / "loans.csv", 50)
    words = ("cube", tmp_path / "loans.csv", "--person", "patron", "--by", "branch", "--register", tmp_path / "told")
    assert codes(capsys, *words, option, tmp_path / "no" / "x.json")[:2] == (2, ["CLI-003"])
    assert not (tmp_path / "told").exists()
    (tmp_path / "spec.yaml").write_text(NOISY)
    words = ("noise", tmp_path / "spec.yaml", "--epsilon", "1", "--cap", 3, "--budget", "5", "--account")
    assert codes(capsys, *words, tmp_path / "no" / "account")[:2] == (2, ["CLI-003"])
    assert codes(capsys, *words, tmp_path / "b", "--out", tmp_path / "no" / "x")[:2] == (2, ["CLI-003"])
    assert not (tmp_path / "b").exists()


def test_nothing_is_written_over_and_nothing_half(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = folder / "there.json"
    place.write_text("mine")
    words = ("cube", folder / "spec.yaml", "--out", place)
    assert codes(capsys, *words)[:2] == (2, ["STC-010"])
    assert place.read_text() == "mine"
    assert codes(capsys, *words, "--force")[:2] == (0, [])
    assert codes(capsys, "cube", folder / "spec.yaml", "--out", folder / "no" / "r.json")[:2] == (2, ["CLI-003"])
    assert not [one for one in folder.iterdir() if one.name.startswith(".")]


SECRET = "Amundsen"


@pytest.mark.parametrize(
    ("lines", "more", "expected"),
    [
        (["P1,CPL,yesterday,BK,1"], ("--by", "issued:month"), (4, "STC-002")),
        (["P1,CPL,2026-13-45,BK,1"], ("--by", "issued:month"), (4, "STC-002")),
        ([], ("--by", "branch"), (4, "STC-012")),
        (["P1,CPL,2026-01-01"], ("--by", "branch"), (1, "SRC-002")),
        (["P1,CPL,2026-01-01,BK,1"], ("--by", "brunch"), (2, "SRC-003")),
    ],
)
def test_bad_records_are_refused_without_their_values(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lines: list[str],
    more: tuple[str, ...],
    expected: tuple[int, str],
) -> None:
    place = tmp_path / "loans.csv"
    place.write_text("\n".join(["patron,branch,issued,itype,fine", *lines, ""]).replace("P1", SECRET))
    code, found, told = codes(capsys, "cube", place, "--person", "patron", *more, "--out", tmp_path / "r.json")
    assert (code, found) == (expected[0], [expected[1]])
    assert SECRET not in told
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("column: branch, tree: {CPL: city, FPL: city, MPL: rural, SPL: rural}", "column: branch, tree: {CPL: city}"), "STC-002"),
        (("column: branch, tree: {CPL: city, FPL: city, MPL: rural, SPL: rural}", "column: branch, tree: {CPL: FPL, FPL: CPL}"), "STC-002"),
        (("column: branch, tree: {CPL: city, FPL: city, MPL: rural, SPL: rural}", "levels: [branch, itype]"), "STC-002"),
        (("measures: [rows, persons]", "sums: {fines: {column: itype}}"), "STC-004"),
        (("cubes: [[branch, month], [branch, type]]", "cubes: [[branch, mnth]]"), "SRC-007"),
        (("name: circulation", "name: circulation\nsmal: {persons: 3}"), "SRC-007"),
        (("time: [month, quarter, year]", "time: [year, month]"), "SRC-007"),
        (("cubes: [[branch, month], [branch, type]]", "cubes: [[who, when, branch, fine]]"), "STC-003"),
    ],
)  # fmt: skip
def test_a_document_that_does_not_fit_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], code: str
) -> None:
    make_loans(tmp_path / "loans.csv", 3000)
    text = SPEC.replace(*change).replace(
        "  type: itype\n", "  type: itype\n  who: patron\n  when: issued\n  fine: fine\n"
    )
    (tmp_path / "spec.yaml").write_text(text)
    _, found, told = codes(capsys, "cube", tmp_path / "spec.yaml")
    assert found == [code]
    assert "P0" not in told
    if code == "SRC-007":
        assert "spec.yaml:" in told


def test_sums_are_told_with_their_decimals(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "fines.yaml").write_text(
        "name: fines\nrecords: loans.csv\nperson: patron\ndimensions: {branch: branch}\nsums: {charged: {column: fine}}\n"
    )
    code, told, _ = carrel(capsys, "cube", folder / "fines.yaml")
    rows = loans(folder)
    cents = sum(round(float(row[4]) * 100) for row in rows)
    assert code == 0
    assert f"{cents // 100}.{cents % 100:02}" in told


def test_what_is_no_release_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("", "[]", '{"kind": "carrel statistics"}', "[" * 100_000, '{"kind": 1e999}'):
        (tmp_path / "r.json").write_text(text)
        assert codes(capsys, "audit", tmp_path / "r.json")[:2] == (2, ["STC-006"])
    (tmp_path / "r.json").write_bytes(b"\xff\xfe")
    assert codes(capsys, "audit", tmp_path / "r.json")[:2] == (2, ["STC-006"])


def test_counts_are_rounded_and_audited(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "rounded.json"
    words = ("cube", folder / "loans.csv", "--person", "patron", "--by", "branch", "--by", "itype", "--round", 10)
    code, told, _ = carrel(capsys, *words, "--out", out)
    assert code == 0
    assert "every count is rounded to 10" in told
    figures = cells(json.loads(out.read_text()), 0, "rows")
    exact = Counter((branch, kind) for _, branch, _, kind, _ in loans(folder))
    assert all(figures[cell] % 10 == 0 and abs(figures[cell] - exact[cell]) < 10 for cell in exact)
    assert carrel(capsys, "audit", out)[0] == 0
    body = json.loads(out.read_text())
    body["cubes"][0]["figures"]["rows"][0] += 10
    out.write_text(json.dumps(body))
    assert codes(capsys, "audit", out)[:2] == (3, ["STC-007"])


def test_two_cubes_that_round_a_shared_cell_apart_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One and one are nothing in the first cube; the same two are three in the second."""
    (tmp_path / "loans.csv").write_text("p,a,b\n1,x,z\n2,y,z\n")
    (tmp_path / "spec.yaml").write_text(
        "name: r\nrecords: loans.csv\nperson: p\ndimensions: {a: a, b: b}\ncubes: [[a], [b]]\n"
    )
    assert codes(capsys, "cube", tmp_path / "spec.yaml", "--round", 3)[:2] == (4, ["STC-013"])


NOISY = """name: loans
records: loans.csv
person: patron
dimensions:
  branch: {column: branch, tree: {CPL: city, FPL: city, MPL: rural, SPL: rural}, values: [CPL, FPL, MPL, SPL]}
  month: {column: issued, time: [month, quarter], values: [2026-01, 2026-02, 2026-03, 2026-04]}
"""


def test_noise_is_paid_for_and_a_spent_budget_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = make_loans(tmp_path / "loans.csv")
    (tmp_path / "spec.yaml").write_text(NOISY)
    account, out = tmp_path / "budget", tmp_path / "noisy.json"
    words = ("noise", tmp_path / "spec.yaml", "--epsilon", "0.5", "--cap", 30, "--account", account)
    assert codes(capsys, *words)[:2] == (4, ["STC-017"])  # nobody said how much there is
    code, told, _ = carrel(capsys, *words, "--budget", "1.2", "--out", out, "--csv", tmp_path / "n.csv", "--json")
    body = json.loads(told)
    assert (code, body["left"]) == (0, {"epsilon": "0.7", "delta": "0"})
    figures = cells({"cubes": [body["cube"]]}, 0, "rows")
    exact = Counter((branch, issued[:7]) for _, branch, issued, *_ in rows)
    off = [
        abs(figures[branch, month] - exact[branch, month])
        for branch in ("CPL", "SPL")
        for month in ("2026-01", "2026-04")
    ]
    assert 0 < max(off) < 60 * 20  # twenty times the scale
    assert figures["(all)", "(all)"] == figures["city", "(all)"] + figures["rural", "(all)"]
    assert figures["CPL", "2026-Q1"] == sum(figures["CPL", f"2026-0{month}"] for month in (1, 2, 3))
    assert json.loads(out.read_text())["promise"]["unit"] == "person"
    code, told, _ = carrel(capsys, *words)
    assert code == 0
    assert "Left in budget: epsilon 0.2." in told
    assert max(map(len, told.splitlines())) <= 100
    assert codes(capsys, *words)[:2] == (4, ["STC-016"])
    assert codes(capsys, *words, "--budget", "9")[:2] == (4, ["STC-017"])
    lines = account.read_text().splitlines()
    assert len(lines) == 2
    account.write_text("\n".join(lines[1:]) + "\n")  # a spending is taken out
    assert codes(capsys, *words)[:2] == (4, ["STC-017"])


def test_one_readers_many_loans_count_as_often_as_the_cap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{'P1' if n < 5000 else f'Q{n}'},CPL,2026-01-05,BK,0" for n in range(5100)]
    (tmp_path / "loans.csv").write_text("\n".join(["patron,branch,issued,itype,fine", *lines, ""]))
    (tmp_path / "spec.yaml").write_text(NOISY)
    words = (
        "noise",
        tmp_path / "spec.yaml",
        "--epsilon",
        "5",
        "--cap",
        3,
        "--account",
        tmp_path / "b",
        "--budget",
        "5",
    )
    code, told, _ = carrel(capsys, *words, "--json")
    assert code == 0
    assert 60 < cells({"cubes": [json.loads(told)["cube"]]}, 0, "rows")["CPL", "2026-01"] < 150


@pytest.mark.parametrize(
    "change", [(", values: [CPL, FPL, MPL, SPL]", ""), ("2026-04]", "April]"), ("2026-04]", "2026-13]")]
)
def test_noise_without_declared_values_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str]
) -> None:
    make_loans(tmp_path / "loans.csv", 50)
    (tmp_path / "spec.yaml").write_text(NOISY.replace(*change))
    words = (
        "noise",
        tmp_path / "spec.yaml",
        "--epsilon",
        "1",
        "--cap",
        3,
        "--account",
        tmp_path / "b",
        "--budget",
        "5",
    )
    assert codes(capsys, *words)[:2] == (2, ["STC-015"])
    assert not (tmp_path / "b").exists()


def test_values_that_lead_to_persons_are_no_dimension(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their figures would be hidden, and their names would stand beside the star."""
    code, found, told = codes(capsys, "cube", folder / "loans.csv", "--person", "patron", "--by", "patron")
    assert (code, found) == (4, ["STC-002"])
    code, found, more = codes(capsys, "cube", folder / "loans.csv", "--person", "patron", "--by", "issued")
    assert (code, found) == (4, ["STC-002"])
    assert "P0" not in told + more
    assert "2026-" not in more


def test_blanks_around_a_number_make_nobody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{' ' * (n % 2)}P{n % 9},CPL" for n in range(90)] + [f"Q{n},FPL" for n in range(40)]
    (tmp_path / "loans.csv").write_text("\n".join(["patron,branch", *lines, ""]))
    code, told, _ = carrel(capsys, "cube", tmp_path / "loans.csv", "--person", "patron", "--by", "branch", "--json")
    assert code == 0
    assert json.loads(told)["cubes"][0]["small"] == 1
