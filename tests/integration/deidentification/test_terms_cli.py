"""``carrel deidentify terms``: what many people searched for leaves, and what names somebody, or few searched for, never."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from carrel.cli.main import main
from carrel.deidentification.text.knowledge import Knowledge
from carrel.deidentification.text.reader import TextReader
from carrel.deidentification.text.search_terms import TermCount, normalised, rounded
from carrel.errors import CarrelError
from carrel.inventory.record_source import NamedSource
from carrel.systems.text.term_release import release, require_true, searches

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    from carrel.systems.text import code_folder

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(code_folder, "is_compiler_here", lambda: False)
    Path("roster.csv").write_text("firstname,surname\nJane,Amundsen\nStephen,King\n", encoding="utf-8")
    Path("books.csv").write_text('author,title\n"King, Stephen",It\n', encoding="utf-8")
    with Path("searches.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["patron", "session", "at", "query"])
        for who in range(23):
            day = f"2026-01-0{1 + who % 2}T10:00:00"
            for term in (
                "Harry Potter",
                "harry  potter!",
                "jane amundsen",
                "Stephen King",
                "617-555-0134",
                "=tax(1)",
                "",
            ):
                out.writerow([f"p{who}", f"s{who // 2}", day, term])
            out.writerow(["p1", "s1", day, "one reader's own words"])
            out.writerow([f"p{who}", "s", day, f"rare {who}"])
            if who < 9:
                out.writerow([f"p{who}", "s", day, "nine people"])
        out.writerow(["", "", "", "nobody"])

    def go(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["deidentify", "terms", *words])
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return go


OPTIONS = ("--term", "query", "--roster", "roster.csv", "--catalogue", "books.csv")


def test_terms_of_many_people_leave_with_rounded_counts(run: Run) -> None:
    code, told = run("searches.csv", "out.csv", "--searcher", "patron", *OPTIONS, "--json")
    assert code == 0, told
    assert Path("out.csv").read_text(encoding="utf-8").splitlines() == [
        "term,searchers", "'=tax(1,20", "harry potter,20", "stephen king,20",
    ]  # fmt: skip
    body = json.loads(told)
    assert (body["left"], body["verified"], body["naming"]) == (3, 3, 2)
    assert body["rare"] == 25


def test_sessions_count_once_a_day_where_nobody_is_known(run: Run) -> None:
    code, told = run("searches.csv", "out.csv", "--session", "session", "--time", "at", *OPTIONS)
    assert code == 0, told
    assert "harry potter,20" in Path("out.csv").read_text(encoding="utf-8")
    assert "own words" not in Path("out.csv").read_text(encoding="utf-8")


def test_whoever_searched_has_to_be_known(run: Run) -> None:
    code, told = run("searches.csv", "out.csv", *OPTIONS)
    assert (code, "TXT-020" in told) == (2, True)
    code, told = run("searches.csv", "out.csv", "--searcher", "nobody", *OPTIONS)
    assert (code, "TXT-012" in told) == (2, True)
    assert not Path("out.csv").exists()


def test_a_file_that_does_not_read_back_is_refused(run: Run) -> None:
    assert run("searches.csv", "out.csv", "--searcher", "patron", *OPTIONS)[0] == 0
    source = NamedSource(file=Path("searches.csv"))
    for wrong in ("nine people,10", "harry potter,25", "617-555-0134,20"):
        Path("wrong.csv").write_text(f"term,searchers\n{wrong}\n", encoding="utf-8")
        with pytest.raises(CarrelError) as told:
            require_true(Path("wrong.csv"), searches(source, "query", "patron", None, None), 10, "wrong.csv")
        assert told.value.code == "TXT-019"


def test_a_file_takes_its_name_only_after_the_check(run: Run) -> None:
    read = [("dune", f"p{who}") for who in range(10)]
    later = iter([read, read[:9]])
    Path("out.csv").write_text("mine", encoding="utf-8")
    before = set(Path().iterdir())
    with pytest.raises(CarrelError) as told:
        release(lambda: iter(next(later)), TermCount(b"k"), TextReader(Knowledge()), Path("out.csv"), force=True)
    assert told.value.code == "TXT-019"
    assert Path("out.csv").read_text(encoding="utf-8") == "mine"
    assert set(Path().iterdir()) == before


def test_one_person_however_written_is_one_and_a_term_that_may_not_leave_holds_no_other_up(run: Run) -> None:
    Path("roster.csv").write_text("firstname,surname\nAda,Featherstonehaugh\nBea,Borne\n", encoding="utf-8")
    Path("books.csv").write_text('author,title\n"Borne, C.",Middlemarch\n', encoding="utf-8")
    ids = ["p1", "P1", " p1", "p1 ", "\uff501", "p\u200b1", "p1\t", "p 1", "P1 ", " P 1", "p1\u00a0", "p1\u2060"]
    with Path("s.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["patron", "query"])
        out.writerows([one, "one reader"] for one in ids)
        for term in ("featherstonehaugh", "featherstonehaugh obituary", "borne", "middlemarch", "1200 3456 7890"):
            out.writerows([f"p{who}", term] for who in range(10))
    code, told = run("s.csv", "out.csv.gz", "--searcher", "patron", *OPTIONS)
    assert code == 0, told
    with gzip.open("out.csv.gz", "rt", encoding="utf-8") as file:
        assert file.read().split() == ["term,searchers", "borne,10", "middlemarch,10"]


@pytest.mark.parametrize(
    ("typed", "term"),
    [
        ("  Harry   POTTER? ", "harry potter"),
        ("\uff28arry", "harry"),
        ("a\u0000b", "a b"),
        ("\u201c", "\u201c"),
        ("x" * 300, ""),
        ("?!", ""),
    ],
)
def test_a_term_is_counted_however_it_was_typed(typed: str, term: str) -> None:
    assert normalised(typed) == term


def test_a_count_is_rounded_down_and_never_below_what_was_asked_for() -> None:
    assert [rounded(one, 12) for one in (12, 14, 15, 19)] == [12, 12, 15, 15]
