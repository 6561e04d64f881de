"""Batches that are added to one another: k holds over all that was released, and nothing is released twice or lost."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from carrel.cli.main import main
from tests.integration.deidentification import loan_records
from tests.integration.deidentification.loan_records import COLUMNS, RELEASE


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["deidentify", "records", *map(str, words), "--json"])
    return int(str(left.value.code)), json.loads(capsys.readouterr().out)


def release(folder: Path, batch: int, more: str = "") -> Path:
    place = folder / "release.yaml"
    said = RELEASE.replace("loans.csv", f"night{batch}.csv")
    place.write_text(f"{said}batches: {{state: loans.state{more}}}\n")
    return place


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("held", ["together", "alone"])
def test_after_any_batches_k_holds_over_all_that_was_released(tmp_path: Path, capsys, held: str, seed: int) -> None:
    dice = random.Random(seed)
    everything: list[dict[str, str]] = []
    union: list[dict[str, str]] = []
    waiting = 0
    for night in range(5):
        rows = dice.randint(300, 500) if night == 0 else dice.randint(1, 120)
        loans = loan_records.write(
            tmp_path / f"night{night}.csv", rows, seed=seed * 50 + night, people=60, first=len(everything)
        )
        everything += loans
        said = release(tmp_path, night, f", held: {held}")
        code, body = run(capsys, said, "--out", tmp_path / f"out{night}.csv")
        assert code == 0, body
        out = loan_records.read(tmp_path / f"out{night}.csv")
        union += out
        waiting = body["batch"]["waiting"]
        assert body["batch"]["number"] == night + 1
        assert len(union) + waiting == len(everything), "each record was released once, or waits"
        assert len({one["loan"] for one in union}) == len(union)
        assert loan_records.smallest(union, everything) >= 4
        if held == "alone" and out:
            assert loan_records.smallest(out, everything) >= 4
    state = (tmp_path / "loans.state").read_text()
    assert (tmp_path / "loans.state").stat().st_mode & 0o777 == 0o600
    assert not [one for one in everything if one["patron"] in state]
    if held == "together":
        assert waiting < len(everything) / 3


def test_a_look_changes_nothing_and_a_batch_counts_once(tmp_path: Path, capsys) -> None:
    loan_records.write(tmp_path / "night0.csv", 300, people=40)
    said = release(tmp_path, 0)
    assert run(capsys, said)[0] == 0
    assert not (tmp_path / "loans.state").exists()
    assert run(capsys, said, "--out", tmp_path / "out.csv")[0] == 0
    before = (tmp_path / "loans.state").read_text()
    for words in ((), ("--out", tmp_path / "other.csv")):
        code, body = run(capsys, said, *words)
        assert (code, body["errors"][0]["code"]) == (4, "REC-009")
    assert not (tmp_path / "other.csv").exists()
    assert (tmp_path / "loans.state").read_text() == before


def test_a_release_without_its_state_can_be_given_again(tmp_path: Path, capsys) -> None:
    """Killed between the two: the same command gives the same release, and then the state."""
    loan_records.write(tmp_path / "night0.csv", 300, people=40)
    said = release(tmp_path, 0)
    assert run(capsys, said, "--out", tmp_path / "out.csv")[0] == 0
    once = (tmp_path / "out.csv").read_bytes()
    (tmp_path / "loans.state").unlink()
    assert run(capsys, said, "--out", tmp_path / "out.csv", "--force")[0] == 0
    assert (tmp_path / "out.csv").read_bytes() == once
    assert (tmp_path / "loans.state").exists()


@pytest.mark.parametrize("wrong", ["other k", "not whole", "no state"])
def test_a_state_that_does_not_fit_is_refused(tmp_path: Path, capsys, wrong: str) -> None:
    loan_records.write(tmp_path / "night0.csv", 300, people=40)
    loan_records.write(tmp_path / "night1.csv", 50, people=40, seed=9)
    assert run(capsys, release(tmp_path, 0), "--out", tmp_path / "out.csv")[0] == 0
    said = release(tmp_path, 1)
    if wrong == "other k":
        said.write_text(said.read_text().replace("k: 4", "k: 3"))
    else:
        text = (tmp_path / "loans.state").read_text()
        (tmp_path / "loans.state").write_text(text[: len(text) // 2] if wrong == "not whole" else "{}")
    code, body = run(capsys, said, "--out", tmp_path / "second.csv")
    assert (code, body["errors"][0]["code"]) == (4, "REC-009")
    assert not (tmp_path / "second.csv").exists()


def test_who_does_not_wait_is_left_out(tmp_path: Path, capsys) -> None:
    loans = loan_records.write(tmp_path / "night0.csv", 300, people=40)
    code, body = run(capsys, release(tmp_path, 0, ", others: leave out"), "--out", tmp_path / "out.csv")
    assert (code, body["batch"]["waiting"]) == (0, 0)
    assert json.loads((tmp_path / "loans.state").read_text())["waiting"] == []
    out = loan_records.read(tmp_path / "out.csv")
    assert len(out) == len(loans) - body["left_out"]
    assert set(COLUMNS) < set(out[0])


@pytest.mark.parametrize("held", ["together", "alone"])
def test_l_holds_over_all_that_was_released(tmp_path: Path, capsys, held: str) -> None:
    dice, union, rows = random.Random(4), [], 0
    for night in range(4):
        loans = loan_records.write(
            tmp_path / f"night{night}.csv",
            400 if night == 0 else dice.randint(20, 120),
            seed=night,
            people=60,
            first=rows,
        )
        rows += len(loans)
        said = release(tmp_path, night, f", held: {held}")
        said.write_text(f"{said.read_text()}sensitive: {{title: {{l: 3}}}}\n")
        code, body = run(capsys, said, "--out", tmp_path / f"out{night}.csv")
        assert code == 0, body
        out = loan_records.read(tmp_path / f"out{night}.csv")
        union += out
        for some in (union, *([out] if held == "alone" else [])):
            titles = defaultdict(set)
            for one in some:
                titles[tuple(one[name] for name in COLUMNS)].add(one["title"])
            assert min(map(len, titles.values()), default=3) >= 3
        assert len(union) + body["batch"]["waiting"] == rows
    assert union


def test_what_later_records_could_undo_is_not_promised_over_batches(tmp_path: Path, capsys) -> None:
    loan_records.write(tmp_path / "night0.csv", 300, people=40)
    for asked in ("{t: 0.3}", "{l: 3, counted: entropy}"):
        said = release(tmp_path, 0)
        said.write_text(f"{said.read_text()}sensitive: {{title: {asked}}}\n")
        code, body = run(capsys, said)
        assert (code, body["errors"][0]["code"]) == (2, "SRC-007")
        assert "'l:' alone" in body["errors"][0]["fix"]


def test_of_a_batch_the_smallest_new_group_is_told_and_not_k(tmp_path: Path, capsys) -> None:
    loans = loan_records.write(tmp_path / "night0.csv", 300, people=40)
    code, body = run(capsys, release(tmp_path, 0), "--out", tmp_path / "out.csv")
    assert (code, body["written"]["known"]) == (0, 0)
    assert body["written"]["smallest"] == loan_records.smallest(loan_records.read(tmp_path / "out.csv"), loans)
    (tmp_path / "night1.csv").write_text("".join((tmp_path / "night0.csv").read_text().splitlines(keepends=True)[:40]))
    code, body = run(capsys, release(tmp_path, 1), "--out", tmp_path / "second.csv")
    again = {tuple(one[name] for name in COLUMNS) for one in loan_records.read(tmp_path / "second.csv")}
    assert body["written"]["combinations"] == len(again)
    assert (body["written"]["smallest"] is None) == (body["written"]["known"] == len(again))
    assert body["written"]["known"]


# It stops where its file stands and its state does not, until it is told to go on.
_HELD = """
import sys
from carrel.cli.main import main
from carrel.systems.analytics import batch_joining
keep = batch_joining.keep
def held(*words):
    print("written", flush=True)
    sys.stdin.readline()
    keep(*words)
batch_joining.keep = held
main(sys.argv[1:])
"""


def test_two_batches_at_once_are_not_both_added(tmp_path: Path, capsys) -> None:
    for night, rows in enumerate((300, 60, 70)):
        loan_records.write(tmp_path / f"night{night}.csv", rows, people=60, seed=night, first=1000 * night)
    assert run(capsys, release(tmp_path, 0), "--out", tmp_path / "out0.csv")[0] == 0
    words = ("deidentify", "records", release(tmp_path, 1), "--out", tmp_path / "out1.csv")
    with subprocess.Popen(
        [sys.executable, "-c", _HELD, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "written\n"
        code, body = run(capsys, release(tmp_path, 2), "--out", tmp_path / "out2.csv")
        assert (code, body["errors"][0]["code"]) == (4, "REC-009")
        assert "another run" in body["errors"][0]["found"]
        assert not (tmp_path / "out2.csv").exists()
        assert run(capsys, release(tmp_path, 2))[0] == 0, "a look adds nothing"
        other.stdin.write("\n")
        other.stdin.flush()
        other.stdout.read()
    assert other.returncode == 0
    code, body = run(capsys, release(tmp_path, 2), "--out", tmp_path / "out2.csv")
    assert (code, body["batch"]["number"]) == (0, 3)
    loans = [one["loan"] for night in range(3) for one in loan_records.read(tmp_path / f"out{night}.csv")]
    assert len(loans) == len(set(loans)) == 430 - body["batch"]["waiting"], "nothing twice, nothing lost"


# In a process of its own, so that what it forks has no threads: each time one step further, then as it was before.
_KILLED = """
import os, sys
from pathlib import Path
import duckdb, numba
from carrel.cli.main import main
from carrel.systems.analytics import record_release, release_writing
place, state = Path(sys.argv[1]), Path(sys.argv[2])
before = state.read_text()
for step in range(50):
    child = os.fork()
    if not child:
        left = [step]
        def look(event, said):
            writes = event == "open" and isinstance(said[2], int) and said[2] & (os.O_WRONLY | os.O_RDWR)
            if (writes or event in {"os.rename", "os.link", "os.remove"}) and str(said[0]).startswith(str(place.parent)):
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)
        sys.addaudithook(look)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        main(sys.argv[3:])
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    told = place.read_bytes().hex() if place.exists() else ""
    print(code, state.read_text() != before, told, flush=True)
    place.unlink(missing_ok=True)
    state.write_text(before)
    if code != 9:
        break
"""


def test_killed_before_any_step_at_a_file_it_ends_right_when_given_again(tmp_path: Path, capsys) -> None:
    loan_records.write(tmp_path / "night0.csv", 300, people=40)
    loan_records.write(tmp_path / "night1.csv", 80, people=40, seed=9, first=300)
    assert run(capsys, release(tmp_path, 0), "--out", tmp_path / "out.csv")[0] == 0
    said, place, state = release(tmp_path, 1), tmp_path / "second.csv", tmp_path / "loans.state"
    before = state.read_text()
    words = ["deidentify", "records", said, "--out", place]
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, *map(str, (place, state, *words))], capture_output=True, check=True
    )
    *killed, last = [line.split(" ") for line in done.stdout.decode().splitlines()]
    assert run(capsys, said, "--out", place)[0] == 0
    whole, after = place.read_bytes(), state.read_text()
    assert last == ["0", "True", whole.hex()]
    assert len(killed) >= 4
    # The state takes its name last, and a release has its own only when it is whole; so given again it is the same.
    assert {tuple(one) for one in killed} == {("9", "False", ""), ("9", "False", whole.hex())}
    state.write_text(before)
    assert run(capsys, said, "--out", place, "--force")[0] == 0
    assert (place.read_bytes(), state.read_text()) == (whole, after)
