"""The errors that only a whole command line can meet, each provoked on a real site; nothing may have changed."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import pytest

from carrel.cli import premises
from carrel.cli.main import main
from carrel.errors import CarrelError
from carrel.retention.pace import Mode, first_pace
from carrel.retention.walk import Tally, _patiently
from carrel.systems import policy_files
from carrel.systems.sql import session_sqlite
from tests.docs import sample_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_site.make(tmp_path_factory.mktemp("site"))


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "koha.db").read_bytes()).hexdigest()


def carrel(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[str], str]:
    """Exit code, codes of the errors, and everything that was printed."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([*map(str, words), "--json"])
    told = capsys.readouterr()
    body = json.loads(told.out)
    return int(str(left.value.code)), [one["code"] for one in body.get("errors", [])], told.out + told.err


def planned(site: Path, capsys: pytest.CaptureFixture[str], name: str = "plan.json") -> Path:
    place = site / name
    code, errors, _ = carrel(capsys, "plan", "--site", site, "--system", "koha", "--as", "Ben", "--out", place)
    assert (code, errors) == (0, [])
    return place


def test_what_nobody_foresaw_is_told_without_its_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprise(_: object) -> None:
        raise KeyError("a secret row, embedded")

    monkeypatch.setattr(policy_files, "load", surprise)
    code, errors, told = carrel(capsys, "policy", "lint", "worcester")
    assert (code, errors) == (1, ["CLI-001"])
    assert "a secret" not in told
    assert "embedded" not in told  # the words of the exception
    assert "Traceback" not in told


def test_a_plan_file_that_is_not_there(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = digest(site)
    code, errors, _ = carrel(capsys, "apply", site / "nothing.json", "--site", site, "--system", "koha")
    assert (code, errors) == (2, ["RUN-007"])
    code, errors, _ = carrel(
        capsys, "plan", "--site", site, "--system", "koha", "--as", "Ben", "--out", site / "no" / "plan.json"
    )
    assert (code, errors) == (2, ["RUN-007"])
    assert digest(site) == before


def test_who_is_no_person_of_the_site_or_may_not_plan_plans_nothing(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest(site)
    words = ("plan", "--site", site, "--system", "koha", "--out", site / "none.json")
    monkeypatch.setenv("CARREL_PERSON", "somebody")
    for name, expected in (
        (("--as", "Ada"), "HLD-006"),
        (("--as", "Eve"), "HLD-006"),
        (("--as", "carrel run-due"), "HLD-006"),
        ((), "HLD-006"),
        (("--as", "\u0412en"), "APR-013"),
        (("--as", "ben"), "APR-013"),
    ):
        assert carrel(capsys, *words, *name)[:2] == (4, [expected]), name
    assert not (site / "none.json").exists()
    assert digest(site) == before
    monkeypatch.setenv("CARREL_PERSON", "Ben")
    assert carrel(capsys, *words)[:2] == (0, [])


def test_a_living_anonymous_patron_is_refused_from_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Approved beforehand: the card came into use while the plan waited."""
    site = sample_site.make(tmp_path)
    place = planned(site, capsys)
    code, errors, _ = carrel(
        capsys, "approve", place, "--site", site, "--as", "Ada", "--key", site / "ada.key", "--yes",
        "--waive-rehearsal", "this library is invented",
    )  # fmt: skip
    assert (code, errors) == (0, [])
    with sqlite3.connect(site / "koha.db") as desk:
        [(number,)] = desk.execute("SELECT value FROM systempreferences WHERE variable = 'AnonymousPatron'")
        desk.execute(
            "UPDATE issues SET borrowernumber = ? WHERE issue_id = (SELECT min(issue_id) FROM issues)", [number]
        )
    desk.close()
    before = digest(site)
    here = ("--site", site, "--system", "koha")
    for words in (
        ("check", *here),
        ("plan", *here, "--as", "Ben", "--out", place),
        ("apply", place, *here),
        ("verify", *here),
    ):
        assert carrel(capsys, *words)[:2] == (4, ["SQL-017"]), words
    code, _, told = carrel(capsys, "run-due", *here)
    assert (code, json.loads(told)["systems"][0]["codes"]) == (4, ["SQL-017"])
    code, _, told = carrel(capsys, "doctor", "--site", site)
    assert code == 4
    assert "SQL-017" in told
    assert digest(site) == before


def test_a_plan_file_in_which_a_key_stands_twice_is_not_applied(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, before = planned(site, capsys, "twice.json"), digest(site)
    text = place.read_text()
    place.write_text(text.replace('"made_by": "Ben"', '"made_by": "Ada",\n "made_by": "Ben"'))
    assert place.read_text() != text
    assert carrel(capsys, "apply", place, "--site", site, "--system", "koha")[:2] == (4, ["APR-001"])
    assert digest(site) == before


def test_a_plan_for_another_system(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, before = planned(site, capsys), digest(site)
    for words, error in (
        (("--system", "copy"), "SIT-010"),
        (("--system", "copy", "--rehearse-on", "copy"), "RUN-010"),
        (("--rehearse-on", "koha"), "SIT-011"),
        (("--rehearse-on", "copy"), "SQL-018"),  # its address is that of the system itself
    ):
        assert carrel(capsys, "apply", place, "--site", site, *words)[:2] == (4, [error]), words
    assert digest(site) == before


def test_the_demo_clears_no_folder_that_it_did_not_make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    code, errors, _ = carrel(capsys, "demo", "--folder", tmp_path)
    assert (code, errors) == (2, ["RUN-011"])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_outside_copy_that_fails_is_told_and_the_run_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = sample_site.make(tmp_path, more=f"outside_copies:\n  - folder: {tmp_path / 'outside'}\n")
    # A folder where a checkpoint should lie: it can be listed, and not be read.
    (tmp_path / "outside" / "checkpoints" / "64-20260101T000000Z.note").mkdir(parents=True)
    place = planned(site, capsys)
    code, errors, _ = carrel(
        capsys, "approve", place, "--site", site, "--as", "Ada", "--key", site / "ada.key", "--yes",
        "--waive-rehearsal", "this library is invented",
    )  # fmt: skip
    assert (code, errors) == (0, [])
    before = digest(site)
    code, errors, told = carrel(capsys, "apply", place, "--site", site, "--system", "koha")
    assert (code, errors) == (1, ["RUN-009"])
    assert json.loads(told)["errors"][0]["changed"].startswith("the ledger holds the run")
    assert digest(site) != before
    assert (site / "ledger" / "checkpoint").exists()


def test_a_policy_that_deletes_some_loans_and_keeps_others_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = sample_site.make(tmp_path)
    shipped = (resources.files("carrel.policy") / "shipped" / "worcester.yaml").read_text(encoding="utf-8")
    # The first of its two rules deletes, the second still de-identifies.
    mixed, changed = re.subn(r"then: de-identify\n +methods: .+\n", "then: delete\n", shipped, count=1)
    assert changed
    (site / "mixed.yaml").write_text(mixed)
    text = (site / "carrel.yaml").read_text()
    (site / "carrel.yaml").write_text(text.replace("policy: mit-libraries", "policy: mixed.yaml"))
    before = digest(site)
    code, errors, _ = carrel(
        capsys, "plan", "--site", site, "--system", "koha", "--as", "Ben", "--out", site / "plan.json"
    )
    assert (code, errors) == (2, ["RUN-012"])
    assert digest(site) == before


def test_without_room_for_its_capsule_no_chunk_is_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["undo", "key", "--out-a", str(tmp_path / "a"), "--out-b", str(tmp_path / "b"), "--json"])
    key = json.loads(capsys.readouterr().out)["undo_key"]
    site = sample_site.make(tmp_path)
    text = (site / "carrel.yaml").read_text()
    undo = f"undo: 48 hours, undo_key: '{key}', mode: window"
    (site / "carrel.yaml").write_text(text.replace("mode: window", undo, 1))
    (site / "undo").write_text("a file where the capsules' folder should be")
    place = planned(site, capsys)
    code, errors, _ = carrel(
        capsys, "approve", place, "--site", site, "--as", "Ada", "--key", site / "ada.key", "--yes",
        "--waive-rehearsal", "this library is invented",
    )  # fmt: skip
    assert (code, errors) == (0, [])
    before = digest(site)
    code, errors, _ = carrel(capsys, "apply", place, "--site", site, "--system", "koha")
    assert (code, errors) == (1, ["UND-005"])
    assert digest(site) == before


def test_a_desk_that_never_lets_go_ends_the_run(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The course gives up after its tries, each later and none larger than the one before, with nothing cut."""
    monkeypatch.setattr(session_sqlite, "BUSY_SECONDS", 0.01)
    waits: list[float] = []
    sizes: list[int] = []
    means = SimpleNamespace(pace=first_pace(Mode.WINDOW), wait=waits.append)
    before = digest(site)
    with premises.enter(site, "koha", read_only=False) as here, here.loans().session() as loans:
        at = premises.now()
        life = here.life(at, at)

        def chunk(size: int) -> object:
            sizes.append(size)
            return loans.cut_chunk(life, at, None, size, lambda *_: None)

        desk = sqlite3.connect(site / "koha.db", isolation_level=None)
        desk.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(CarrelError) as told:
                _patiently(means, Tally(), chunk, 400)  # type: ignore[arg-type]
        finally:
            desk.execute("ROLLBACK")
            desk.close()
    assert told.value.code == "RUN-008"
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == len(waits) == 8
    assert waits == sorted(waits)
    assert digest(site) == before
