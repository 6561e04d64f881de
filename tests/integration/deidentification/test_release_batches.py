"""Batches that are added to one another: k holds over all that was released, and nothing is released twice or lost."""

from __future__ import annotations

import json
import random
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
