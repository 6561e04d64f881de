"""``carrel backup``: real repositories of restic and borg, and folders of dumps, whose copies go by plan only."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from datetime import datetime, timedelta
from pathlib import Path

from carrel.ledger.leaf import decode_leaf
from carrel.store.ledger_folder import LedgerFolder
from tests.integration.run import library
from tests.integration.run.backup_site import ago, declare
from tests.integration.servers.backup_tools import PASSWORD, Repo


def fill(repo: Repo, folder: Path, *days: float) -> list[str]:
    """Copies of a dump, one for each age in days; each of a dump of its own."""
    found = []
    for one in days:
        dump = folder / "koha.sql"
        dump.write_bytes(os.urandom(40_000) + repr(one).encode())
        found.append(repo.back_up(dump, ago(one)))
    return found


def planned(elm, name="expire.json"):
    place = elm.folder / name
    return place, elm.ok("backup", "plan", "--as", "Cal Example", "--out", place)["plan"]


def refused(elm, repo, *words, code, error):
    """A call that ends with this error, and leaves every copy where it is."""
    before = repo.ids()
    answer = elm.run(*words)
    assert (answer.code, error in answer.codes) == (code, True), answer.text
    assert repo.ids() == before
    assert PASSWORD not in answer.text
    return answer


def test_what_is_past_its_time_is_found_planned_and_gone(shelf, tmp_path):
    elm, repo = shelf
    old, older, new = fill(repo, tmp_path, 33, 41, 2)
    listed = elm.ok("backup", "list", code=3)
    [one] = listed["backups"]
    assert [copy["id"] for copy in one["copies"]] == [older, old, new]
    assert [copy["past_its_time"] for copy in one["copies"]] == [True, True, False]
    until = datetime.fromisoformat(one["copies"][2]["expires_at"])
    assert abs(until - (ago(2) + timedelta(days=30))) < timedelta(seconds=2)
    [finding] = listed["findings"]
    assert "2 copies are older than the policy allows (rule 'copies')" in finding
    assert f"{ago(41):%Y-%m-%d}" in finding
    shown = elm.run("backup", "list")
    assert max(map(len, shown.out.splitlines())) <= 100
    place, plan = planned(elm)
    assert [one["id"] for one in plan["goes"]] == [older, old]
    assert (plan["newest"], plan["stays"]) == (new, 1)
    refused(elm, repo, "backup", "apply", place, code=6, error="APR-008")
    elm.approve(place)
    answer = elm.run("backup", "apply", place)
    assert answer.code == 0, answer.text
    assert repo.ids() == {new}
    again = elm.ok("backup", "apply", place)["expiry"]  # nothing is left to do, and nothing is looked at
    assert (again["deleted"], again["outcome"]) == ([older, old], "carried out before")
    assert repo.ids() == {new}
    elm.ok("backup", "list")
    leaves = [decode_leaf(one) for one in LedgerFolder(elm.folder / "ledger").entries()]
    [told] = [one.fields for one in leaves if one.kind == "expiry"]
    assert (told["copies"], told["left"], told["outcome"]) == (2, 1, "verified")
    refused(elm, repo, "backup", "plan", "--as", "Cal Example", "--out", place, code=2, error="BAK-007")


def test_check_audit_and_doctor_tell_of_a_copy_past_its_time(bare, small_sqlite, tmp_path):
    elm, repo = library.make(tmp_path / "site", small_sqlite), bare("restic")
    declare(elm, repo)
    fill(repo, tmp_path, 33, 2)
    [finding] = elm.ok("backup", "list", code=3)["findings"]
    around = next(one for one in elm.ok("check", code=3)["checks"] if one["name"] == "around tables")
    assert finding in around["detail"]
    assert any(finding in line for line in elm.ok("audit", code=3)["process"])
    doctor = elm.run("doctor", "--json").told["checks"]
    assert [one["state"] for one in doctor if one["name"] == "backup nightly"] == ["finding"]


def test_a_disposition_is_complete_when_the_newest_copy_has_expired(bare, small_sqlite, tmp_path):
    elm, repo = library.make(tmp_path / "site", small_sqlite), bare("borg")
    declare(elm, repo)
    fill(repo, tmp_path, 20, 3)
    place = elm.approved()
    run = elm.ok("apply", place)["run"]
    [residue] = [one for one in run["residues"] if one["place"] == "backup nightly"]
    until = datetime.fromisoformat(residue["until"])
    assert abs(until - (ago(3) + timedelta(days=31))) < timedelta(seconds=2)
    assert run["outcome"] == "applied, residue until"


def test_no_other_copy_goes_than_was_approved_and_never_the_newest(shelf, tmp_path):
    elm, repo = shelf
    old, newer = fill(repo, tmp_path, 40, 35)
    place, plan = planned(elm)
    assert [one["id"] for one in plan["goes"]] == [old]  # the other is past its time too, and is all there is
    elm.approve(place)
    # Another copy comes to bear the name; of restic, whose ids tell the content, the newest goes and the old one is left.
    if repo.tool == "restic":
        repo.call("forget", newer)
    elif repo.tool == "borg":
        repo.call("delete", f"{repo.place}::{old}")
        fill(repo, tmp_path, 40)
    else:
        (repo.place / old).unlink()
        fill(repo, tmp_path, 40)
    refused(elm, repo, "backup", "apply", place, code=4, error="BAK-006")
    if repo.tool == "restic":
        [new] = fill(repo, tmp_path, 1)
        elm.ok("backup", "apply", place)  # a newer one is there, so what was approved may go
        assert repo.ids() == {new}


def test_a_plan_speaks_of_one_place_and_a_hold_on_everything_keeps_every_copy(bare, small_sqlite, tmp_path):
    elm, repo = library.make(tmp_path / "site", small_sqlite), bare("dump folder")
    declare(elm, repo)
    old, new = fill(repo, tmp_path, 40, 1)
    place, _ = planned(elm)
    elm.approve(place)
    words = ("--reason", "claim", "--authority", "County court", "--as", "Ada Example")
    hold = elm.ok("hold", "place", "--all", "--sealed", *words)["id"]
    answer = refused(elm, repo, "backup", "apply", place, code=4, error="BAK-009")
    assert "court" not in answer.text
    refused(elm, repo, "backup", "plan", "--as", "Cal Example", "--out", elm.folder / "o.json", code=4, error="BAK-009")
    elm.ok("hold", "release", hold, "--as", "Ada Example")
    elm.edit("keep: 30 days, then: delete}", "keep: 31 days, then: delete}", "policy.yaml")
    answer = refused(elm, repo, "backup", "apply", place, code=4, error="APR-007")
    assert "`carrel backup plan nightly`, and have" in answer.err
    elm.edit("keep: 31 days, then: delete}", "keep: 30 days, then: delete}", "policy.yaml")
    elm.edit(f"place: {repo.place}", f"place: {repo.folder / 'other'}")
    refused(elm, repo, "backup", "apply", place, code=4, error="BAK-006")
    refused(elm, repo, "backup", "list", code=1, error="BAK-002")
    check = next(one for one in elm.run("check", "--json").told["checks"] if one["name"] == "around tables")
    assert "not seen: backup nightly" in check["detail"]
    elm.edit(f"place: {repo.folder / 'other'}", f"place: {repo.place}")
    refused(elm, repo, "backup", "plan", "weekly", "--as", "Cal Example", code=2, error="BAK-011")
    elm.ok("stop", "--as", "Ben Example")
    refused(elm, repo, "backup", "apply", place, code=4, error="RUN-003")
    elm.ok("stop", "--clear", "--as", "Ben Example")
    elm.ok("backup", "apply", place)
    assert repo.ids() == {new}
    assert old


def test_a_wrong_password_a_lock_and_a_tool_that_is_missing_change_nothing(small_sqlite, tmp_path, locking_repo):
    repo = locking_repo
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, repo)
    fill(repo, tmp_path, 40, 1)
    place, _ = planned(elm)
    elm.approve(place)
    secret = elm.folder / "repo.dsn"
    secret.write_text("another\n")
    refused(elm, repo, "backup", "apply", place, code=1, error="BAK-003")
    refused(elm, repo, "backup", "list", code=1, error="BAK-003")
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o644)
    refused(elm, repo, "backup", "list", code=4, error="SIT-005")
    secret.chmod(0o600)
    answer = elm.run("backup", "list", env={"PATH": str(tmp_path / "nothing")})
    assert (answer.code, answer.codes) == (1, ["BAK-001"]), answer.text
    with locked(repo):
        assert elm.ok("backup", "list", code=3)["backups"][0]["half_written"] == 0  # listing waits for nobody
        answer = elm.run("backup", "apply", place)
        assert (answer.code, answer.codes) == (1, ["BAK-004"]), answer.text
    assert len(repo.ids()) == 2
    elm.ok("backup", "apply", place)
    assert len(repo.ids()) == 1


class locked:  # noqa: N801  (reads as what it is)
    """The repository while a backup of somebody else's runs."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo

    def __enter__(self) -> None:
        repo = self.repo
        words = ("backup", "--stdin") if repo.tool == "restic" else ("with-lock", str(repo.place), "sleep", "120")
        self.process = subprocess.Popen(
            repo.command(*words), env=repo.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        place = repo.place / ("locks" if repo.tool == "restic" else "lock.exclusive")
        until = time.monotonic() + 20
        while not (place.is_dir() and list(place.iterdir())):
            assert time.monotonic() < until
            time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.communicate()


def test_beside_a_half_written_copy_nothing_goes(shelf, tmp_path):
    elm, repo = shelf
    _, new = fill(repo, tmp_path, 40, 1)
    place, _ = planned(elm)
    elm.approve(place)
    if repo.tool == "restic":  # a copy cut short by a full disk
        file = repo.place / "snapshots" / new
        file.chmod(0o600)
        file.write_bytes(file.read_bytes()[:70])
    elif repo.tool == "borg":  # what borg leaves where a backup was killed on its way
        repo.call("rename", f"{repo.place}::{new}", f"{new}.checkpoint")
    else:
        (repo.place / "koha-new.sql").touch()
    listed = elm.ok("backup", "list", code=3)
    assert listed["backups"][0]["half_written"] == 1
    assert any("half-written" in one for one in listed["findings"])
    refused(elm, repo, "backup", "apply", place, code=4, error="BAK-005")
    refused(elm, repo, "backup", "plan", "--as", "Cal Example", "--out", elm.folder / "o.json", code=4, error="BAK-005")


def test_a_damaged_repository_is_refused_before_anything_is_forgotten(small_sqlite, tmp_path, locking_repo):
    """The list is good, and what is to stay cannot be read: packs of restic, or segments of borg, are gone."""
    repo = locking_repo
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, repo)
    fill(repo, tmp_path, 40, 1)
    place, plan = planned(elm)
    assert any("were not read" in one for one in plan["notices"])
    elm.approve(place)
    large = [one for one in (repo.place / "data").rglob("*") if one.is_file() and one.stat().st_size > 30_000]
    assert large
    for one in large:
        one.unlink()
    shown = elm.run("backup", "list")
    assert "whether a copy can be restored" in shown.out
    refused(elm, repo, "backup", "apply", place, code=4, error="BAK-013")
    refused(elm, repo, "backup", "plan", "--as", "Cal Example", "--out", elm.folder / "o.json", code=4, error="BAK-013")


def test_lost_data_of_borg_are_noticed_though_every_list_of_files_can_be_read(small_sqlite, tmp_path, bare):
    """Random data fill segments of their own, which no list needs."""
    repo = bare("borg")
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, repo)
    repo.call("config", str(repo.place), "max_segment_size", "600000")
    dump = tmp_path / "koha.sql"
    for days in (40, 1):
        dump.write_bytes(os.urandom(9_000_000))
        repo.back_up(dump, ago(days))
    place, plan = planned(elm)
    assert any("every segment is there in its length" in one for one in plan["notices"])
    elm.approve(place)
    last = max((one for one in (repo.place / "data").rglob("*") if one.is_file() and one.stat().st_size > 500_000),
               key=lambda one: int(one.name))  # fmt: skip
    whole = last.read_bytes()
    repo.call("list", "--short", f"{repo.place}::koha-{ago(1):%Y%m%d%H%M%S}")
    last.unlink()
    repo.call("list", "--short", f"{repo.place}::koha-{ago(1):%Y%m%d%H%M%S}")  # as well
    words = ("backup", "plan", "--as", "Cal Example", "--out", elm.folder / "o.json")
    assert "gone: 1; cut short: 0" in refused(elm, repo, *words, code=4, error="BAK-013").text
    assert "gone: 1; cut short: 0" in refused(elm, repo, "backup", "apply", place, code=4, error="BAK-013").text
    lock = repo.place / "lock.exclusive" / "another.host@1.1-0"
    lock.parent.mkdir()
    lock.touch()
    answer = elm.run(*words)  # somebody may be moving it
    assert (answer.code, answer.codes) == (1, ["BAK-004"]), answer.text
    shutil.rmtree(lock.parent)
    last.write_bytes(whole[:-100])
    assert "gone: 0; cut short: 1" in refused(elm, repo, "backup", "apply", place, code=4, error="BAK-013").text
    turned = bytearray(whole)
    turned[len(whole) // 2] ^= 1
    last.write_bytes(turned)  # only a reading of all finds that
    assert elm.ok(*words)["plan"]
    refused(elm, repo, *words, "--read-data", code=4, error="BAK-013")
    refused(elm, repo, "backup", "apply", place, "--read-data", code=4, error="BAK-013")
    last.write_bytes(whole)
    told = elm.ok(*words, "--read-data")["plan"]["notices"]
    assert any("`borg check` every segment" in one for one in told)
    elm.ok("backup", "apply", place, "--read-data")
    assert len(repo.ids()) == 1


def test_a_repository_of_borg_that_keeps_what_is_deleted_is_refused(small_sqlite, tmp_path, bare):
    """borg ends well there, its list is shorter, and every byte of the copy is still to be had."""
    repo = bare("borg")
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, repo)
    fill(repo, tmp_path, 40, 1)
    place, _ = planned(elm)
    elm.approve(place)
    repo.call("config", str(repo.place), "append_only", "1")
    refused(elm, repo, "backup", "apply", place, code=4, error="BAK-015")
    words = ("backup", "plan", "--as", "Cal Example", "--out", elm.folder / "o.json")
    refused(elm, repo, *words, "--read-data", code=4, error="BAK-015")
    repo.call("config", str(repo.place), "append_only", "0")
    elm.ok("backup", "apply", place)
    assert len(repo.ids()) == 1


def test_a_copy_of_borg_that_is_called_like_an_option_goes_and_the_repository_stays(
    small_sqlite, tmp_path, bare, monkeypatch
):
    """Without another name beside it, `borg delete REPOSITORY --force` is the end of the whole repository."""
    repo = bare("borg")
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, repo)
    [new] = fill(repo, tmp_path, 1)
    repo.call(
        "create", "--timestamp", f"{ago(40):%Y-%m-%dT%H:%M:%S}", f"{repo.place}::--force", "koha.sql", cwd=tmp_path
    )
    monkeypatch.setenv("BORG_DELETE_I_KNOW_WHAT_I_AM_DOING", "YES")
    place, plan = planned(elm)
    assert [one["id"] for one in plan["goes"]] == ["--force"]
    elm.approve(place)
    elm.ok("backup", "apply", place)
    assert repo.ids() == {new}


def test_data_of_restic_that_were_turned_are_found_where_all_is_read(small_sqlite, tmp_path, bare):
    repo = bare("restic")
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, repo)
    fill(repo, tmp_path, 40, 1)
    place, _ = planned(elm)
    elm.approve(place)
    pack = max((one for one in (repo.place / "data").rglob("*") if one.is_file()), key=lambda one: one.stat().st_size)
    pack.chmod(0o600)
    whole = bytearray(pack.read_bytes())
    whole[1000] ^= 1
    pack.write_bytes(whole)
    refused(elm, repo, "backup", "apply", place, "--read-data", code=4, error="BAK-013")
    elm.ok("backup", "apply", place)


def test_a_repository_that_was_put_back_from_an_older_copy_is_told_as_such(small_sqlite, tmp_path, bare):
    repo = bare("borg")
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, repo)
    fill(repo, tmp_path, 40, 35)
    older = shutil.copytree(repo.place, tmp_path / "older")
    fill(repo, tmp_path, 1)
    assert elm.run("backup", "list").code == 3  # one is past its time
    shutil.rmtree(repo.place)
    shutil.copytree(older, repo.place)
    answer = elm.run("backup", "plan", "--as", "Cal Example", "--out", elm.folder / "o.json")
    assert (answer.code, "BAK-014" in answer.codes) == (4, True), answer.text
    [cache] = (elm.folder / "cache").iterdir()
    shutil.rmtree(cache)
    assert len(planned(elm)[1]["goes"]) == 1


def test_of_a_repository_that_others_use_only_the_named_copies_are_looked_at(small_sqlite, tmp_path, locking_repo):
    repo = locking_repo
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, repo)
    only = "koha" if repo.tool == "restic" else "koha-*"
    elm.edit("password_file: repo.dsn", f"password_file: repo.dsn, only: '{only}'")
    old, new = fill(repo, tmp_path, 40, 1)
    theirs = repo.back_up(tmp_path / "koha.sql", ago(90), "mail")
    [one] = elm.ok("backup", "list", code=3)["backups"]
    assert ([copy["id"] for copy in one["copies"]], one["half_written"]) == ([old, new], 0)
    place, plan = planned(elm)
    assert [one["id"] for one in plan["goes"]] == [old]
    elm.approve(place)
    elm.ok("backup", "apply", place)
    assert repo.ids() == {new, theirs}


def test_a_policy_without_a_period_for_backups_expires_none(small_sqlite, tmp_path, bare):
    elm = library.make(tmp_path / "site", small_sqlite)
    repo = bare("dump folder")
    declare(elm, repo)
    fill(repo, tmp_path, 400, 1)
    elm.edit("policy: ./policy.yaml", "policy: mit-libraries")
    elm.ok("backup", "list")
    refused(elm, repo, "backup", "plan", "--as", "Cal Example", code=2, error="BAK-008")


KILLER = """#!/bin/sh
# The tool itself, and then the end of whoever called it.
case " $* " in
  *" {word} "*) {tool} {words}; kill -9 $PPID; exit 1;;
esac
exec {tool} "$@"
"""


def test_killed_between_deleting_and_freeing_the_same_plan_goes_on(small_sqlite, tmp_path, locking_repo):
    repo = locking_repo
    elm = library.make(tmp_path / "site", small_sqlite)
    declare(elm, repo)
    fill(repo, tmp_path, 40, 1)
    place, plan = planned(elm)
    elm.approve(place)
    full = repo.bytes_stored()
    bins = tmp_path / "bin"
    bins.mkdir()
    tool = shutil.which(repo.tool)
    old = plan["goes"][0]["id"]
    words = f"--repo {repo.place} --no-cache forget {old}" if repo.tool == "restic" else '"$@"'
    word = "forget" if repo.tool == "restic" else "delete"
    (bins / repo.tool).write_text(KILLER.format(word=word, tool=tool, words=words))
    (bins / repo.tool).chmod(0o755)
    answer = elm.run("backup", "apply", place, env={"PATH": f"{bins}:{os.environ['PATH']}"})
    assert answer.code == -signal.SIGKILL, answer.text
    assert len(repo.ids()) == 1  # forgotten, and its data are there still
    assert repo.bytes_stored() > full - 30_000
    done = elm.ok("backup", "apply", place)["expiry"]
    assert (done["deleted"], done["outcome"]) == ([old], "verified")
    assert repo.bytes_stored() < full - 30_000
    assert json.dumps(done).count(old) == 1


def test_a_tool_that_only_says_so_is_not_believed(small_sqlite, tmp_path, bare):
    """Read back: what is still listed was not expired, whatever the tool's exit code."""
    elm = library.make(tmp_path / "site", small_sqlite)
    repo = bare("borg")
    declare(elm, repo)
    fill(repo, tmp_path, 40, 1)
    place, _ = planned(elm)
    elm.approve(place)
    bins = tmp_path / "bin"
    bins.mkdir()
    for code, error, ends in ((0, "BAK-010", 5), (2, "BAK-012", 1)):
        (bins / "borg").write_text(
            f'#!/bin/sh\ncase " $* " in *" delete "*) exit {code};; esac\nexec {shutil.which("borg")} "$@"\n'
        )
        (bins / "borg").chmod(0o755)
        answer = elm.run("backup", "apply", place, env={"PATH": f"{bins}:{os.environ['PATH']}"})
        assert (answer.code, answer.codes) == (ends, [error]), answer.text
        assert len(repo.ids()) == 2
    elm.ok("backup", "apply", place)
    assert len(repo.ids()) == 1
