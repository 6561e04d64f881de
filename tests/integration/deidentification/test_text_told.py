"""What ``carrel deidentify text`` tells of texts and lists that are not as they should be, and how a release is read again."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.deidentification.released_text import Run, released, reported


def test_review_and_sample_read_the_text_as_it_was_released(run: Run) -> None:
    Path("odd.dat").write_text(
        "id;note\n1;Do you have David Copperfield on the shelf, the novel?\n2;Jane\n", encoding="utf-8"
    )
    more = ("--format", "csv", "--delimiter", ";", "--column", "note")
    code, told = released(run, *more, source="odd.dat", target="it's out")
    assert code == 0, told
    assert "carrel deidentify review 'it'\"'\"'s out.review.jsonl' odd.dat" in told
    assert "carrel deidentify sample 'it'\"'\"'s out'" in told
    code, told = run("review", "it's out.review.jsonl", "odd.dat", answers="s\n")
    assert (code, ">>David Copperfield<<" in told) == (0, True)
    code, told = run("sample", "it's out", "--count", "9", "--json", answers="0\n0\n")
    body = reported(told)
    assert (code, body["residual"]["read"]) == (0, 2)  # all of them were read
    assert body["shape"] == {"format": "csv", "columns": ["note"], "unit": "file", "delimiter": ";"}
    assert "  [PATRON 1]" in told
    assert "id;note" not in told


@pytest.mark.parametrize(("sign", "named"), [(";", "';'"), ("\t", "tab"), ("|", "'|'")])
def test_another_delimiter_is_noticed_and_named(run: Run, sign: str, named: str) -> None:
    Path("odd.csv").write_text(f"id{sign}note\n1{sign}Jane Amundsen\n", encoding="utf-8")
    code, told = released(run, source="odd.csv")
    assert (code, "TXT-023" in told, f"--delimiter {named}" in told) == (2, True, True), told
    assert "Jane" not in told
    code, told = released(run, "--delimiter", "tab" if sign == "\t" else sign, source="odd.csv")
    assert code == 0, told
    assert Path("out.csv").read_text(encoding="utf-8").splitlines()[1] == f"1{sign}[PATRON 1]"
    assert released(run, "--delimiter", ",", "--force", source="odd.csv")[0] == 0
    code, told = released(run, "--delimiter", "ab", "--force", source="odd.csv")
    assert (code, "TXT-023" in told) == (2, True)


def test_a_list_with_another_delimiter_or_a_row_too_long_is_told(run: Run) -> None:
    Path("odd.csv").write_text("firstname;surname\nJane;Amundsen\n", encoding="utf-8")
    code, told = run("text", "questions.csv", "out.csv", "--roster", "odd.csv")
    assert (code, "TXT-015" in told, "';'" in told, "Jane" in told) == (2, True, True, False), told
    Path("odd.csv").write_text("firstname,surname\nAda,Cole\nJane,Amundsen,21868000079194\n", encoding="utf-8")
    code, told = run("text", "questions.csv", "out.csv", "--roster", "odd.csv")
    assert (code, "TXT-015" in told, "row 2" in told, "Jane" in told) == (2, True, True, False), told
    assert not Path("out.csv").exists()


def test_a_roster_without_a_usable_name_is_told(run: Run) -> None:
    Path("odd.csv").write_text(
        "firstname,surname,cardnumber\n,,21868000079194\n 7 ,--,21868000000011\n", encoding="utf-8"
    )
    code, told = run("text", "questions.csv", "out.csv", "--roster", "odd.csv")
    assert (code, "odd.csv: this roster has no name that could be used" in told) == (0, True), told
    code, told = run("text", "questions.csv", "out.csv", "--roster", "odd.csv", "--force", "--json")
    assert json.loads(told)["warnings"] == ["odd.csv: this roster has no name that could be used."]


@pytest.mark.parametrize(("name", "content"), [("a.csv", ""), ("b.csv", "note\n"), ("c.txt", ""), ("d.jsonl", "\n")])
def test_a_text_without_a_record_is_told(run: Run, name: str, content: str) -> None:
    Path(name).write_text(content, encoding="utf-8")
    code, told = released(run, source=name)
    assert (code, f"{name} holds no record" in told, "sample" in told) == (0, True, False), told
    told = released(run, "--force", "--json", source=name)[1]
    assert json.loads(told)["warnings"] == [f"{name} holds no record: what was released is empty."]


@pytest.mark.parametrize(
    ("ending", "unpacked"), [("gz", gzip.decompress), ("bz2", bz2.decompress), ("xz", lzma.decompress)]
)
def test_a_release_is_packed_as_its_name_says(run: Run, ending: str, unpacked: Callable[[bytes], bytes]) -> None:
    assert released(run, target=f"out.csv.{ending}")[0] == 0
    assert b"[PATRON 1]" in unpacked(Path(f"out.csv.{ending}").read_bytes())
    code, told = run("sample", f"out.csv.{ending}", "--count", "1", answers="0\n")
    assert (code, "Read 1 record" in told) == (3, True), told


def test_a_missing_folder_and_a_file_that_is_there_end_alike_before_anything_is_learnt(run: Run) -> None:
    code, told = run("text", "questions.csv", "gone/out.csv", "--roster", "books.csv")
    assert (code, "TXT-022" in told) == (2, True), told
    code, told = run("terms", "questions.csv", "gone/out.csv")
    assert (code, "TXT-022" in told) == (2, True), told
    Path("out.csv").write_text("mine", encoding="utf-8")
    code, told = run("text", "questions.csv", "out.csv", "--roster", "books.csv")
    assert (code, "TXT-013" in told) == (2, True), told


def test_keys_of_a_record_say_nothing_of_the_next_one(run: Run) -> None:
    lines = [{"n": "1234567", "of": "a", "phone": ""}, {"n": "7654321", "of": "a", "phone": ""}]
    Path("a.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    code, told = released(run, "--conversation", "of", source="a.jsonl", target="out.jsonl")
    assert code == 0, told
    assert [json.loads(one) for one in Path("out.jsonl").read_text(encoding="utf-8").splitlines()] == lines


def test_a_text_that_is_shown_steers_no_terminal(run: Run) -> None:
    text = "\x1b]0;mine\x07\x9b31m\u202e Do you have David Copperfield on the shelf, the novel?\r"
    Path("a.txt").write_text(text, encoding="utf-8", newline="")
    assert released(run, source="a.txt", target="out.txt")[0] == 0
    for told in (
        run("review", "out.txt.review.jsonl", "a.txt", answers="n\n")[1], run("sample", "out.txt", answers="0\n")[1],
    ):  # fmt: skip
        assert "David Copperfield" in told
        assert "\\x1b" in told
        assert not any(one in told for one in ("\x1b]", "\x07", "\x9b", "\u202e", "\r"))
