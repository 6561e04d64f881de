"""``carrel deidentify text``, ``review`` and ``sample`` on real files: what is written, what is refused, what nobody sees."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from carrel.deidentification.text.running import Plain
from carrel.errors import CarrelError
from carrel.systems.text.release_place import released_file
from tests.integration.deidentification.released_text import QUESTIONS, VALUES, Run, released, reported, rows


def test_a_file_of_questions_is_written_anew(run: Run) -> None:
    code, told = released(run, "--conversation", "thread", "--column", "question")
    assert code == 0, told
    assert [row[2] for row in rows("out.csv")[1:]] == [
        "Hi, my name is [PATRON 1] and my card is [CARD 1].",
        "[PATRON 1] again: call [PHONE 1]",
        "Do you have David Copperfield, the novel by Charles Dickens?",
        "[PATRON 1] called",
    ]
    assert [row[:2] for row in rows("out.csv")] == [row[:2] for row in rows("questions.csv")]
    assert Path("questions.csv").read_text(encoding="utf-8") == QUESTIONS
    for path in Path().glob("out.csv*"):
        assert not any(one in path.read_text(encoding="utf-8") for one in VALUES), path
    assert not any(one in told for one in VALUES)
    assert "medium" in told


def test_what_lies_beside_it_is_the_owners_and_has_no_plain_digest_of_the_text(run: Run) -> None:
    assert released(run)[0] == 0
    plain = hashlib.sha256(QUESTIONS.encode()).hexdigest()
    first = Path("out.csv.review.jsonl").read_text(encoding="utf-8")
    for name in ("out.csv.review.jsonl", "out.csv.release.json"):
        assert Path(name).stat().st_mode & 0o777 == 0o600
        assert plain not in Path(name).read_text(encoding="utf-8")
    assert released(run, "--force")[0] == 0
    assert Path("out.csv.review.jsonl").read_text(encoding="utf-8").splitlines()[0] != first.splitlines()[0]


def test_the_json_report_has_counts_alone(run: Run) -> None:
    code, told = released(run, "--json")
    body = json.loads(told)
    assert code == 0
    assert body["counts"]["gone"] == {"card": 1, "patron": 2, "phone": 1}
    assert body["residual"]["class"] == "medium"
    assert body["known"]["people"] == 2


def test_places_are_looked_through_and_the_answers_are_carried_out(run: Run) -> None:
    released(run, "--column", "question")
    queue = Path("out.csv.review.jsonl")
    assert "Copperfield" not in queue.read_text(encoding="utf-8")
    code, told = run("review", str(queue), "questions.csv", answers="n\ng\n")
    assert code == 0, told
    assert ">>David Copperfield<<" in told
    code, told = run("review", str(queue), "questions.csv", "--json", answers="g\n")
    assert '"left": 0' in told
    code, told = released(run, "--column", "question", "--force", "--decisions", str(queue))
    assert code == 0, told
    assert rows("out.csv")[3][2].startswith("Do you have [PATRON 1]")


def test_a_sample_that_is_read_decides_the_class(run: Run) -> None:
    Path("many.csv").write_text("note\n" + "Jane Amundsen came\n" * 3_200, encoding="utf-8")
    assert released(run, source="many.csv")[0] == 0
    code, told = run("sample", "out.csv", "--count", "3", answers="0\nq\n")
    assert code == 3
    assert "medium" in told
    code, told = run("sample", "out.csv", "--count", "300", answers="0\n" * 299)
    assert code == 0, told[-400:]
    note = json.loads(Path("out.csv.release.json").read_text(encoding="utf-8"))
    assert note["residual"]["class"] == "low"
    assert note["residual"]["read"] == 300
    assert note["residual"]["bound"] < 0.01
    code, told = run("sample", "out.csv", "--count", "301", "--json", answers="2\n")
    assert code == 3
    assert reported(told)["residual"]["leaking"] == 1


def test_lines_of_json_and_plain_text_are_written_anew(run: Run) -> None:
    Path("chat.jsonl").write_text(
        json.dumps({"id": 7, "messages": [{"text": "Jane Amundsen here"}, "lone \ud800 surrogate"], "n": None})
        + "\n\n",
        encoding="utf-8",
    )
    assert released(run, source="chat.jsonl", target="out.jsonl")[0] == 0
    body = json.loads(Path("out.jsonl").read_text(encoding="utf-8"))
    assert body == {"id": 7, "messages": [{"text": "[PATRON 1] here"}, "lone \ud800 surrogate"], "n": None}
    with gzip.open("notes.txt.gz", "wb") as file:
        file.write("Jos\xe9 came\r\n".encode("latin-1") + "Jane Amundsen, Jane\n\x00\xff".encode("latin-1"))
    assert released(run, source="notes.txt.gz", target="out.txt.gz")[0] == 0
    with gzip.open("out.txt.gz") as file:
        assert file.read() == b"Jos\xe9 came\r\n[PATRON 1], [PATRON 1]\n\x00\xff"


def test_numbers_of_json_are_looked_at_and_keys_that_name_somebody_are_refused(run: Run) -> None:
    lines = ['{"card": 21868000079194, "n": 7, "f": 1.5, "on": true, "of": [6175550134]}', '{"card": 8}']
    Path("a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    code, told = released(run, source="a.jsonl", target="out.jsonl")
    assert code == 0, told
    assert [json.loads(one) for one in Path("out.jsonl").read_text(encoding="utf-8").splitlines()] == [
        {"card": "[CARD 1]", "n": 7, "f": 1.5, "on": True, "of": ["[PHONE 1]"]}, {"card": 8},
    ]  # fmt: skip
    for key in ("Jane Amundsen", "21868000079194"):
        for body in ({key: 1}, {"deep": [{key: 1}]}):
            Path("a.jsonl").write_text(json.dumps(body), encoding="utf-8")
            code, told = released(run, "--force", source="a.jsonl", target="other.jsonl")
            assert (code, "TXT-021" in told, key in told) == (4, True, False)
            assert not Path("other.jsonl").exists()


def test_each_line_can_be_a_conversation(run: Run) -> None:
    Path("notes.txt").write_text("Rosa Quist called\nJane Amundsen called\n", encoding="utf-8")
    released(run, "--unit", "line", source="notes.txt", target="a.txt")
    assert Path("a.txt").read_text(encoding="utf-8") == "[PATRON 1] called\n[PATRON 1] called\n"
    released(run, source="notes.txt", target="b.txt")
    assert Path("b.txt").read_text(encoding="utf-8") == "[PATRON 1] called\n[PATRON 2] called\n"


def test_a_line_of_many_megabytes_and_an_empty_file_pass(run: Run) -> None:
    Path("long.txt").write_bytes(b"x" * 300_000 + b" Jane Amundsen " + b"y" * 300_000)
    assert released(run, source="long.txt", target="long.out")[0] == 0
    assert Path("long.out").read_bytes() == b"x" * 300_000 + b" [PATRON 1] " + b"y" * 300_000
    for name in ("empty.csv", "empty.jsonl", "empty.txt"):
        Path(name).write_bytes(b"")
        assert released(run, source=name, target=f"{name}.out")[0] == 0
        assert Path(f"{name}.out").read_bytes() == b""


def test_settings_say_all_of_it_and_their_faults_have_a_place(run: Run) -> None:
    Path("text.yaml").write_text(
        'cards: ["21868######### mod10"]\nstudent_ids: ["u#######"]\nroster:\n  - records: roster.csv\n    family: surname\n    given: firstname\n'
        "catalogue:\n  - records: books.csv\ncolumns: question\nleave: [number]\n",
        encoding="utf-8",
    )
    code, told = run("text", "questions.csv", "out.csv", "--settings", "text.yaml")
    assert code == 0, told
    assert "[CARD 1]" in rows("out.csv")[1][2]
    Path("text.yaml").write_text("roster:\n  - records: roster.csv\n    familly: surname\n", encoding="utf-8")
    code, told = run("text", "questions.csv", "other.csv", "--settings", "text.yaml")
    assert code == 2
    assert "SRC-007" in told
    assert "text.yaml:3:5" in told
    assert not Path("other.csv").exists()


PETS = """
from types import SimpleNamespace

class Pets:
    supported_entities = ["PERSON"]

    def analyze(self, text, entities, nlp_artifacts):
        at = text.find("Fido")
        return [] if at < 0 else [SimpleNamespace(entity_type=entities[0], start=at, end=at + 4, score=0.9)]
"""


def test_a_recognizer_of_others_is_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("notes.txt").write_text("ñ Fido and Jane Amundsen", encoding="utf-8")
    Path("pets.py").write_text(PETS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(Path.cwd()))
    code, told = released(run, "--recognizer", "pets:Pets", source="notes.txt", target="out.txt")
    assert code == 0, told
    assert Path("out.txt").read_text(encoding="utf-8") == "ñ [PATRON 1] and [PATRON 2]"
    code, told = released(run, "--recognizer", "pets:Dogs", "--force", source="notes.txt", target="out.txt")
    assert code == 2
    assert "TXT-017" in told


@pytest.mark.parametrize(
    ("name", "content", "more", "wanted", "exit_code"),
    [
        ("a.csv", b'x\n"open', (), "TXT-010", 1),
        ("a.jsonl", b"{}\n[1]\n", (), "TXT-010", 1),
        ("a.jsonl", b'{"a": \n', (), "TXT-010", 1),
        ("a.txt.gz", gzip.compress(b"x" * 999)[:-9], (), "TXT-010", 1),
        ("a.txt.gz", gzip.compress(gzip.compress(b"Jane Amundsen")), (), "TXT-011", 4),
        ("a.csv", b"x,y\n1,2,Jane Amundsen\n", (), "TXT-010", 1),
        ("a.csv", b"x,x\n1,Jane Amundsen\n", ("--column", "x"), "TXT-010", 1),
        ("a.txt", "Jane Amundsen".encode("utf-16-le"), (), "TXT-010", 1),
        ("a.txt", "Jane Amundsen".encode("utf-16-be"), (), "TXT-010", 1),
        ("a.csv", b"x,y\n1,2\n", ("--column", "z"), "TXT-012", 2),
        ("a.csv", b"x,y\n1,2\n", ("--conversation", "z"), "TXT-012", 2),
        ("a.jsonl", b'{"x": "1"}\n', ("--column", "z"), "TXT-012", 2),
        ("a.txt", b"Jane", ("--card", "nothing"), "TXT-001", 2),
        ("a.txt", b"Jane", ("--roster", "books.csv"), "TXT-015", 2),
        ("a.txt", b"Jane", ("--catalogue", "roster.csv"), "TXT-015", 2),
        ("a.txt", b"Jane", ("--decisions", "books.csv"), "TXT-018", 2),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_and_nothing_is_left(
    run: Run, name: str, content: bytes, more: tuple[str, ...], wanted: str, exit_code: int
) -> None:
    Path(name).write_bytes(content)
    before = set(Path().iterdir())
    code, told = released(run, *more, source=name, target="out")
    assert (code, wanted in told) == (exit_code, True), told
    assert "Jane" not in told
    assert set(Path().iterdir()) == before


def test_no_file_is_replaced_unless_told_so(run: Run) -> None:
    Path("out.csv.release.json").write_text("mine", encoding="utf-8")
    code, told = released(run)
    assert (code, "TXT-013" in told) == (2, True)
    assert not Path("out.csv").exists()
    assert released(run, "--force")[0] == 0


@pytest.mark.parametrize("target", ["questions.csv", "link.csv", "hard.csv"])
def test_the_text_itself_is_never_replaced(run: Run, target: str) -> None:
    Path("link.csv").symlink_to("questions.csv")
    Path("hard.csv").hardlink_to("questions.csv")
    code, told = released(run, "--force", target=target)
    assert (code, "TXT-013" in told) == (2, True)
    assert Path(target).read_text(encoding="utf-8") == QUESTIONS


@pytest.mark.parametrize(("ending", "packed"), [(".bz2", bz2.compress), (".XZ", lzma.compress)])
def test_a_packed_table_is_read_as_one(run: Run, ending: str, packed: Callable[[bytes], bytes]) -> None:
    Path(f"q.csv{ending}").write_bytes(packed(b'note,by\n"Jane Amundsen","a\n b"\n'))
    assert released(run, "--column", "note", source=f"q.csv{ending}")[0] == 0
    assert rows("out.csv") == [["note", "by"], ["[PATRON 1]", "a\n b"]]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CarrelError) as told, released_file(tmp_path / "gone" / "out.csv"):
        pass
    assert told.value.code == "TXT-022"
    (tmp_path / "long").mkdir()
    with pytest.raises(CarrelError) as told, released_file(tmp_path / "long" / ("x" * 250)):
        pass
    assert told.value.code == "TXT-014"


def test_a_queue_or_a_note_of_another_text_is_refused(run: Run) -> None:
    released(run)
    Path("questions.csv").write_text(QUESTIONS + "5,d,more\n", encoding="utf-8")
    code, told = run("review", "out.csv.review.jsonl", "questions.csv")
    assert (code, "TXT-016" in told) == (4, True)
    with Path("out.csv").open("a", encoding="utf-8") as file:
        file.write("6,e,more\n")
    code, told = run("sample", "out.csv")
    assert (code, "TXT-016" in told) == (4, True)
    Path("out.csv.release.json").unlink()
    code, told = run("sample", "out.csv")
    assert (code, "TXT-018" in told) == (2, True)


def test_without_the_extra_the_plain_way_is_taken(run: Run) -> None:
    from carrel.systems.text.code_folder import running

    assert isinstance(running(), Plain)
    assert released(run)[0] == 0
