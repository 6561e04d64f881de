"""``carrel apply --by-night``: an erasure whose rows go within the chunks of the next ``carrel run-due``."""

from __future__ import annotations

import random
import shutil
from importlib import resources

import pytest
import sqlalchemy as sa

from carrel.cli.main import main
from carrel.systems import map_files, policy_files
from tests.integration.run import library
from tests.integration.run.crash_driver import Steps, in_fork
from tests.integration.run.test_erasure import CARD, MAIL, TEXT, USER, elm, mentions, planned, state, subject

__all__ = ["elm"]


def left_to_the_night(elm):
    """A night with an approved plan for loans, and an approved erasure that waits for it."""
    seed, number = subject(elm)
    seed.traces(number, CARD, USER)
    seed.words(TEXT)
    seed.row("old_issues", borrowernumber=number, itemnumber=1, issuedate="2026-11-24 10:00:00",
             date_due="2026-12-20 10:00:00", returndate="2026-11-25 10:00:00", branchcode="CPL")  # fmt: skip
    elm.approved()
    place, plan = planned(elm)
    elm.approve(place)
    told = elm.ok("apply", place, "--by-night")["erasure"]
    assert told == {"case": plan["case"], "plan": plan["digest"], "for_night": True, "already_left": False}
    return number, place


def night(elm, code=0):
    [told] = elm.ok("run-due", code=code)["systems"]
    return told


@pytest.mark.everywhere
def test_its_rows_go_in_the_transactions_of_other_readers(elm):
    number, place = left_to_the_night(elm)
    before = state(elm)
    assert mentions(elm, CARD)
    told = night(elm)
    [erasure] = told["erasures"]
    assert erasure["outcome"] in {"verified", "applied, residue until"}
    assert (erasure["still_there"], erasure["codes"]) == (0, [])
    assert 50 < erasure["rows_with_the_night"] <= erasure["rows"]
    assert not mentions(elm, str(number), CARD, USER, MAIL)
    assert sum(map(len, before.values())) > sum(map(len, state(elm).values()))
    if elm.koha.dialect == "postgresql":
        # Every row that still stands and lost the person bears the mark of a transaction that cut others' loans too.
        parted = "borrowernumber IS NULL AND returndate = '2026-11-25 10:00:00'"
        others = f"SELECT CAST(xmin AS text) FROM old_issues WHERE NOT ({parted})"
        alone = f"SELECT count(*) FROM old_issues WHERE {parted} AND CAST(xmin AS text) NOT IN ({others})"
        assert elm.koha.rows(alone) == [(0,)]
    assert elm.ok("apply", place)["erasure"]["case"] == erasure["case"]  # it is over, and says so


@pytest.mark.one_database
@pytest.mark.deep
def test_whoever_is_kept_since_waits_and_nobody_else_does(elm):
    number, place = left_to_the_night(elm)
    assert "was left to the next night before" in elm.run("apply", place, "--by-night").out
    assert elm.ok("apply", place, "--by-night")["erasure"]["already_left"] is True
    elm.sql(
        "INSERT INTO issues (borrowernumber, itemnumber, date_due, issuedate, branchcode) "
        f"VALUES ({number}, 1, '2026-12-20 10:00:00', '2026-11-26 10:00:00', 'CPL')"
    )
    told = night(elm, code=4)
    assert told["runs"][0]["loans"] > 20
    [erasure] = told["erasures"]
    assert (erasure["outcome"], erasure["rows"], erasure["codes"]) == (None, 0, ["ERA-002"])
    assert {table for table, _ in mentions(elm, CARD)} >= {"borrowers", "accountlines"}
    elm.sql(f"DELETE FROM issues WHERE borrowernumber = {number} AND itemnumber = 1")
    [erasure] = night(elm)["erasures"]
    assert (erasure["still_there"], erasure["rows_with_the_night"]) == (0, 0)
    assert not mentions(elm, str(number), CARD, USER, MAIL)
    assert elm.ok("apply", place)["erasure"]["case"] == erasure["case"]
    assert night(elm)["erasures"] == []  # it is over, for every night to come


@pytest.mark.one_database
def test_what_cannot_be_left_to_a_night(elm):
    place = elm.approved()
    before = elm.checksum()
    assert elm.run("apply", place, "--by-night").code == 2
    assert elm.checksum() == before
    subject(elm)
    place, _ = planned(elm)
    elm.refused("apply", place, "--by-night", code=6, error="APR-008")
    assert elm.ok("run-due", code=0)["systems"][0]["erasures"] == []
    assert mentions(elm, CARD)


def test_killed_anywhere_the_next_night_ends_it(small_sqlite, tmp_path):
    """Between any two statements, commits and files of the night."""
    elm = library.make(tmp_path / "site", small_sqlite)
    shipped = resources.files("carrel.policy") / "shipped" / "worcester.yaml"
    (elm.folder / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"))
    number, _ = left_to_the_night(elm)
    map_files.load("koha")  # once, before any fork
    policy_files.load(elm.folder / "policy.yaml")
    elm.koha.dispose()
    file = sa.make_url(elm.koha.url).database
    shutil.copyfile(file, tmp_path / "kept.db")
    shutil.copytree(elm.folder, tmp_path / "kept")

    def round_of(fatal):
        shutil.rmtree(elm.folder)
        shutil.copytree(tmp_path / "kept", elm.folder)
        shutil.copyfile(tmp_path / "kept.db", file)
        log = tmp_path / "steps.log"

        def work():
            Steps(fatal, str(elm.folder), log).install()
            main(["run-due", "--site", str(elm.folder), "--json"])

        return in_fork(work, tmp_path / "out.txt"), log

    code, log = round_of(0)
    assert code == 0
    steps = len(log.read_text().splitlines())
    undisturbed = state(elm)
    elm.koha.dispose()
    assert not mentions(elm, str(number), CARD)
    for fatal in sorted(random.sample(range(steps // 4, steps), 4)):
        assert round_of(fatal)[0] == -9
        elm.ok("run-due")
        assert state(elm) == undisturbed, fatal
        elm.koha.dispose()
