"""Undo: a whole run put back by two people, row by row and only where nobody has been since; shredded, never again."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.run import library
from tests.integration.run.warm_start import called

TWO_DAYS = "48 hours"


@dataclass(frozen=True)
class Undo:
    """A library that keeps capsules, and the two people's shares."""

    library: library.Library
    shares: tuple[Path, Path]

    def cut(self) -> str:
        """The whole first run of one stage; its id."""
        run = self.library.ok("apply", self.library.approved())["run"]
        assert run["loans"] > 50
        assert run["outcome"] == "applied, residue until"
        assert run["remaining"] == {}
        assert [one["place"] for one in run["residues"] if one["place"] == "undo capsule"] == ["undo capsule"]
        return str(run["id"])

    def restore(self, run, code=0):
        a, b = self.shares
        return self.library.ok("undo", "restore", run, "--share-a", a, "--share-b", b, code=code)["restored"]

    def shares_of(self, name):
        """The shares of another key."""
        places = tuple(self.library.folder.parent / f"{name}-{one}.share" for one in "ab")
        answer = self.library.run("undo", "key", "--out-a", places[0], "--out-b", places[1], site=False)
        assert answer.code == 0, answer.text
        return places


def make(folder, koha, undo=TWO_DAYS, **more):
    kept = Undo(library.make(folder, koha, **more), (Path(), Path()))
    places = kept.shares_of("own")
    line = kept.library.run("undo", "key", "--out-a", places[0], "--out-b", places[1], site=False)
    assert (line.code, line.codes) == (2, ["UND-007"])
    for place in places:
        assert place.stat().st_mode & 0o777 == 0o600
        place.unlink()
    line = kept.library.run("undo", "key", "--out-a", places[0], "--out-b", places[1], site=False).out.strip()
    mode = "    mode: window\n"
    kept.library.edit(mode, f"{mode}    undo: {undo}\n    undo_key: {line}\n")
    return Undo(kept.library, places)


@pytest.fixture
def elm(small_koha, tmp_path):
    return make(tmp_path / "site", small_koha)


@pytest.mark.everywhere
def test_a_run_is_put_back_to_the_byte(elm):
    before = elm.library.checksum()
    run = elm.cut()
    assert elm.library.checksum() != before
    told = elm.restore(run)
    assert told["not_restored"] == {}
    assert told["put_back"]["old_issues"] > 50
    assert elm.library.checksum() == before
    again = elm.restore(run)
    assert (again["put_back"], again["not_restored"]) == ({}, {})
    assert elm.library.checksum() == before
    ledger = elm.library.run(
        "ledger",
        "verify",
        elm.library.folder / "ledger",
        "--key",
        elm.library.folder / "keys" / "ledger.vkey",
        site=False,
    )
    assert ledger.code == 0, ledger.text
    assert elm.library.run("verify").code == 5  # the loans are due again


@pytest.mark.deep
def test_loans_that_are_put_back_and_cut_again_count_once(elm):
    first = elm.cut()
    once = _counts(elm.library)
    assert sum(once.values()) > 50
    elm.restore(first)
    elm.cut()
    assert _counts(elm.library) == once


def _counts(lib):
    with lib.store as store:
        assert store.circulation.in_flight("koha") == ()
        return {cell: one.loans for cell, one in store.circulation.counts("koha")["cell"].items()}


@pytest.mark.everywhere
def test_what_the_desk_changed_since_is_left_alone(elm):
    lib = elm.library
    run = elm.cut()
    stand_in = lib.koha.sample.anonymous_patron
    loans = [row[0] for row in lib.koha.rows(f"SELECT issue_id FROM old_issues WHERE borrowernumber = {stand_in}")]
    gone, noted, *_ = sorted(loans)
    lib.sql(f"DELETE FROM old_issues WHERE issue_id = {gone}")
    lib.sql(f"UPDATE old_issues SET borrowernumber = 1 WHERE issue_id = {noted}")
    [(kept,)] = lib.koha.rows(f"SELECT borrowernumber FROM old_issues WHERE issue_id = {noted}")
    told = elm.restore(run, code=3)
    assert told["not_restored"]["old_issues"] == 2
    assert lib.koha.rows(f"SELECT count(*) FROM old_issues WHERE issue_id = {gone}") == [(0,)]
    assert lib.koha.rows(f"SELECT borrowernumber FROM old_issues WHERE issue_id = {noted}") == [(kept,)]


@pytest.mark.everywhere
def test_a_reader_who_is_gone_is_not_named_again(elm):
    lib = elm.library
    [(reader, loans)] = lib.koha.rows(
        "SELECT borrowernumber, count(*) FROM old_issues WHERE returndate < '2026-10-01' AND borrowernumber IS NOT NULL "
        f"AND borrowernumber <> {lib.koha.sample.anonymous_patron} AND borrowernumber NOT IN "
        "(SELECT borrowernumber FROM issues WHERE borrowernumber IS NOT NULL) "
        "GROUP BY borrowernumber ORDER BY 2 DESC LIMIT 1"
    )
    run = elm.cut()
    lib.sql(f"DELETE FROM borrowers WHERE borrowernumber = {reader}")
    named = ("old_issues.borrowernumber", "statistics.borrowernumber", "action_logs.object", "messages.borrowernumber")
    rows = {one: f"SELECT count(*) FROM {one.split('.')[0]} WHERE {one.split('.')[1]} = {reader}" for one in named}
    before = {one: lib.koha.rows(query) for one, query in rows.items()}
    told = elm.restore(run, code=3)
    assert told["not_restored"]["old_issues"] >= 1, loans
    assert told["not_restored"]["statistics"] >= 1
    assert {one: lib.koha.rows(query) for one, query in rows.items()} == before
    assert told["put_back"]["old_issues"] > 10


@pytest.mark.one_database
def test_one_share_or_others_open_nothing(elm):
    run, before = elm.cut(), elm.library.checksum()
    a, b = elm.shares
    others = elm.shares_of("other")
    for one, two, error, code in ((a, a, "UND-001", 2), (a, others[1], "UND-001", 2), (*others, "UND-002", 5)):
        answer = elm.library.refused("undo", "restore", run, "--share-a", one, "--share-b", two, code=code, error=error)
        assert a.read_text().strip() not in answer.err + answer.out
    a.chmod(0o644)
    elm.library.refused("undo", "restore", run, "--share-a", a, "--share-b", b, code=4, error="LED-018")
    a.chmod(0o600)
    assert elm.library.checksum() == before


@pytest.mark.one_database
def test_a_shredded_capsule_is_the_end(elm):
    run = elm.cut()
    [listed] = elm.library.ok("undo", "list")["capsules"]
    assert (listed["run"], listed["system"], listed["due"]) == (run, "koha", False)
    assert listed["chunks"] >= 1
    assert elm.library.ok("undo", "shred", "--due")["shredded"] == []
    with elm.library.store as store:
        assert "undo capsule" in [one.place for one in store.residues.open("koha", store.runs.get(run).finished_at)]
    assert elm.library.ok("undo", "shred", run)["shredded"] == [run]
    assert elm.library.ok("undo", "list")["capsules"] == []
    with elm.library.store as store:
        assert "undo capsule" not in [one.place for one in store.residues.open("koha", store.runs.get(run).finished_at)]
    a, b = elm.shares
    elm.library.refused("undo", "restore", run, "--share-a", a, "--share-b", b, code=4, error="UND-003")
    elm.library.refused("undo", "restore", "../..", "--share-a", a, "--share-b", b, code=4, error="UND-003")
    assert not list((elm.library.folder / "undo").iterdir())


@pytest.mark.one_database
@pytest.mark.deep
def test_the_audit_says_that_it_is_not_disposed_of_yet(elm):
    def told():
        found = json.loads(elm.library.run("audit", "--json").out)
        return found["not_yet_disposed"], found["verdict"]

    run = elm.cut()
    [listed] = elm.library.ok("undo", "list")["capsules"]
    [capsule], verdict = told()
    assert (capsule["place"], capsule["residue_until"]) == ("undo capsule", listed["expires"])
    assert capsule["loans"] > 50
    assert "not yet disposed of" in verdict
    leaves = elm.library.run("ledger", "show", "--folder", elm.library.folder / "ledger", site=False)
    assert leaves.code == 0, leaves.text
    assert listed["expires"][:10] in leaves.out
    elm.library.ok("undo", "shred", run)
    assert told()[0] == []
    assert "not yet disposed of" not in told()[1]


@pytest.mark.one_database
def test_without_room_for_the_capsule_nothing_is_cut(elm):
    place = elm.library.approved()
    in_the_way = elm.library.folder / "undo"
    in_the_way.write_text("")
    elm.library.refused("apply", place, code=1, error="UND-005")
    in_the_way.unlink()
    assert elm.library.ok("apply", place)["run"]["remaining"] == {}


@pytest.mark.one_database
def test_the_capsule_holds_no_value_in_clear(elm):
    lib = elm.library
    run = elm.cut()
    parts = [place.read_bytes() for place in (lib.folder / "undo" / run).iterdir()]
    assert max(map(len, parts)) > 10_000
    needles = {*lib.needles, "borrowernumber", "old_issues"}
    needles |= {str(row[0]) for row in lib.koha.rows("SELECT title FROM biblio") if len(str(row[0])) > 8}
    assert not [one for one in needles if any(one.encode() in part for part in parts)]


@pytest.mark.one_database
def test_a_capsule_that_would_outlive_the_ceiling_is_refused(small_koha, tmp_path):
    elm = make(tmp_path / "site", small_koha, undo="24 days")  # 7 and 24 are more than 30
    elm.library.refused("plan", "--as", "Cal Example", "--out", tmp_path / "plan.json", code=4, error="UND-004")
    elm.library.edit("undo: 24 days", "undo: 23 days")
    place = elm.library.approved()
    elm.library.edit("undo: 23 days", "undo: 24 days")
    elm.library.refused("apply", place, code=4, error="UND-004")
    elm.library.edit("undo: 24 days", "undo: 23 days")
    assert elm.library.ok("apply", place)["run"]["complete"]


@pytest.mark.one_database
def test_the_night_shreds_what_is_over(small_koha, tmp_path):
    elm = make(tmp_path / "site", small_koha, undo="8 seconds")
    lib = elm.library
    run = elm.cut()
    [told] = lib.ok("undo", "list")["capsules"]
    time.sleep(8)
    [due] = lib.ok("undo", "list")["capsules"]
    assert (told["expires"], due["due"]) == (due["expires"], True)
    with lib.store as store:  # it is over, and still there: the residue says so
        assert "undo capsule" in [one.place for one in store.residues.open("koha", datetime.now(UTC))]
    a, b = elm.shares
    lib.refused("undo", "restore", run, "--share-a", a, "--share-b", b, code=4, error="UND-003")
    night = lib.ok("run-due")
    assert night["shredded"] == [run]
    assert night["ledger"]["size"] % 64 == 0
    assert lib.ok("undo", "list")["capsules"] == []
    with lib.store as store:
        assert "undo capsule" not in [one.place for one in store.residues.open("koha", datetime.now(UTC))]
    assert lib.ok("run-due")["shredded"] == []


DRIVER = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from carrel.cli.main import main

site, when, *words = sys.argv[1:]
opened = 0

def end():
    os.kill(os.getpid(), signal.SIGKILL)

def commit(_):
    if any(place.stat().st_size for place in Path(site).glob("undo/*/*.rows")):
        end()

def audit(name, told):
    global opened
    if name == "open" and str(told[0]).endswith(".rows") and told[2] & (os.O_WRONLY | os.O_RDWR):
        opened += 1
        if opened == 3:  # made, the chunk, and now the note that it is committed
            end()

if when == "before":
    event.listen(Engine, "commit", commit)
else:
    sys.addaudithook(audit)
main(words)
"""


def killed(elm, when, *words):
    """`carrel` with these words, which ends itself before or right after the commit of the first chunk."""
    lib = elm.library
    arguments = [str(lib.folder), when, *map(str, words), "--site", str(lib.folder)]
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, *arguments],
        cwd=lib.folder,
        env=library.environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    [listed] = lib.ok("undo", "list")["capsules"]
    return str(listed["run"])


def test_a_chunk_that_never_was_committed_is_not_put_back(elm):
    lib, before = elm.library, elm.library.checksum()
    place = lib.approved()
    run = killed(elm, "before", "apply", place)
    assert lib.checksum() == before
    told = elm.restore(run)
    assert (told["put_back"], told["not_restored"]) == ({}, {})
    assert told["as_before"]["old_issues"] > 50
    assert lib.checksum() == before

    # A row that the capsule holds as deleted, and that the desk deletes itself, does not come back.
    claims = told["as_before"]["return_claims"]
    assert lib.sql("DELETE FROM return_claims WHERE resolution IS NOT NULL") >= claims > 0
    before = lib.checksum()
    told = elm.restore(run, code=3)
    assert told["put_back"] == {}
    assert told["not_restored"] == {"return_claims": claims}
    assert lib.checksum() == before

    # The run goes on with a part of its own, and the whole of it is put back.
    assert lib.ok("apply", place)["run"]["remaining"] == {}
    assert lib.checksum() != before
    told = elm.restore(run, code=3)
    assert told["not_restored"] == {"return_claims": claims}
    assert lib.checksum() == before


def test_a_chunk_that_was_committed_and_not_noted_is_put_back(elm):
    lib, before = elm.library, elm.library.checksum()
    place = lib.approved()
    run = killed(elm, "after", "apply", place)
    assert lib.checksum() != before
    told = elm.restore(run)
    assert told["not_restored"] == {}
    assert lib.checksum() == before
    assert lib.ok("apply", place)["run"]["remaining"] == {}
    assert elm.restore(run)["not_restored"] == {}
    assert lib.checksum() == before


@pytest.mark.slow
@pytest.mark.deep
def test_shredding_killed_between_any_two_steps_is_told_to_the_ledger_once(small_sqlite, tmp_path):
    elm = make(tmp_path / "site", small_sqlite)
    run = elm.cut()
    kept = tmp_path / "kept"
    shutil.copytree(elm.library.folder, kept)
    (tmp_path / "told.json").write_text(json.dumps({"site": str(elm.library.folder), "kept": str(kept), "run": run}))
    program = "tests.integration.run.shred_driver:begin"
    code, out, err = called([str(tmp_path / "told.json")], tmp_path, library.environment(), 600, program)
    assert code == 0, (out[-2000:], err[-4000:])
    found = json.loads(out)
    assert found["wrong"] == [], (found["wrong"], found["tail"])
    assert sum("/undo/" in step for step in found["steps"]) >= 4
    assert any(step.startswith("INSERT INTO owed_leaf") for step in found["steps"])


def test_a_restoration_that_was_begun_is_in_the_ledger_whatever_comes_of_it(small_sqlite, tmp_path):
    elm = make(tmp_path / "site", small_sqlite)
    run = elm.cut()
    a, b = elm.shares_of("another")
    words = ("undo", "restore", run, "--share-a", a, "--share-b", b)
    assert elm.library.run(*words).codes == ["UND-002"]
    with elm.library.store as store:
        assert store.owed.count() == 0  # nothing was begun with the wrong key
    elm.restore(run)
    shown = elm.library.run("ledger", "show", "--folder", elm.library.folder / "ledger", "--json", site=False).told
    told = [one["fields"]["outcome"] for one in shown["leaves"] if one["fields"].get("reason") == "undo"]
    assert told == ["begun", "undone"]
