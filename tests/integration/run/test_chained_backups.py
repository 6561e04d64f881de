"""``carrel backup`` over copies that are built on each other: real pgBackRest, real mariadb-backup."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from carrel.ledger.leaf import decode_leaf
from carrel.store.ledger_folder import LedgerFolder
from tests.integration.run import library
from tests.integration.run.backup_site import ago
from tests.integration.run.chain_site import AGES, CHAINED
from tests.integration.run.test_backups import planned, refused
from tests.integration.servers.backup_tools import PASSWORD

each = pytest.mark.parametrize("chain", CHAINED, indirect=True)
pgbackrest = pytest.mark.parametrize("chain", ["pgbackrest"], indirect=True)
mariadb_backup = pytest.mark.parametrize("chain", ["mariadb-backup"], indirect=True)


def approved(elm):
    place, plan = planned(elm)
    elm.approve(place)
    return place, plan


def goes(plan):
    return [one["id"] for one in plan["goes"]]


@each
def test_a_chain_past_its_time_goes_whole_and_the_newest_stays_with_what_it_stands_on(chained):
    elm, it = chained
    [listed] = elm.ok("backup", "list", code=3)["backups"]
    assert [one["id"] for one in listed["copies"]] == [it.old, it.built, it.full, it.new]
    assert [one["built_on"] for one in listed["copies"]] == [[], [it.old], [], [it.full]]
    for one, days in zip(listed["copies"], AGES, strict=True):
        assert abs(datetime.fromisoformat(one["made_at"]) - ago(days)) < timedelta(seconds=2)
    assert (listed["half_written"], listed["half_removed"]) == (0, 0)
    assert it.repo.ids() == it.everything
    place, plan = planned(elm)
    assert (goes(plan), plan["newest"], plan["stays"]) == ([it.old, it.built], it.new, 2)
    refused(elm, it.repo, "backup", "apply", place, code=6, error="APR-008")
    elm.approve(place)
    assert elm.ok("backup", "apply", place)["expiry"]["outcome"] == "verified"
    assert it.repo.ids() == {it.full, it.new}
    assert elm.ok("backup", "apply", place)["expiry"]["deleted"] == [it.old, it.built]  # again: nothing is left to do
    elm.ok("backup", "list")
    leaves = [decode_leaf(one) for one in LedgerFolder(elm.folder / "ledger").entries()]
    [told] = [one.fields for one in leaves if one.kind == "expiry"]
    assert (told["copies"], told["left"]) == (2, 2)


@each
def test_what_a_copy_that_stays_is_built_on_stays_too(chained):
    elm, it = chained
    it.repo.set_age({it.built: ago(10)})
    [finding] = elm.ok("backup", "list", code=3)["findings"]
    assert "1 copy is older than the policy allows" in finding
    assert "1 is the base of newer ones" in finding
    answer = refused(
        elm, it.repo, "backup", "plan", "--as", "Cal Example", "--out", elm.folder / "o.json", code=2, error="BAK-007"
    )
    assert "base of newer ones" in answer.text
    it.repo.set_age({it.full: ago(35), it.new: ago(34)})  # all is past its time, and nothing newer is there
    it.repo.set_age({it.built: ago(39)})
    place, plan = approved(elm)
    assert goes(plan) == [it.old, it.built]
    assert "1 copy that is past its time stays: newer ones are built on it" in plan["notices"]
    # Before it is carried out, somebody makes the first chain the one that lasts longer.
    it.repo.set_age({it.built: ago(10)})
    refused(elm, it.repo, "backup", "apply", place, code=4, error="BAK-006")


@mariadb_backup
def test_a_disposition_lasts_as_long_as_chains_do(chained):
    """The newest copy can get others built on it; those that are there tell for how long."""
    elm, it = chained
    it.repo.set_age({it.old: ago(20), it.built: ago(14)})
    places = elm.run("audit", "--json").told["around_the_tables"]["places"]
    [residue] = [one for one in places if one["place"] == "backup nightly"]
    until = datetime.fromisoformat(residue["until"])
    assert abs(until - (ago(1) + timedelta(days=30 + 6 + 1))) < timedelta(seconds=3)


# -- pgBackRest --------------------------------------------------------------------------------------------------------


@pgbackrest
def test_the_archived_log_of_what_goes_is_told_and_goes_and_that_of_what_stays_is_left(chained):
    elm, it = chained
    start = next(one for one in it.repo.listed()["backup"] if one["label"] == it.full[6:])["archive"]["start"]
    before = it.repo.segments()
    assert before[0] < start
    place, plan = planned(elm)
    [line] = [one for one in plan["notices"] if "goes too" in one]
    assert line == f"archived log 15-1 of repo1 from before {start} goes too"
    words = ("backup", "plan", "--as", "Cal Example", "--out", elm.folder / "o.json")
    shown = elm.run(*words, env={"COLUMNS": "100"}).out
    assert max(len(line) for line in shown.splitlines() if str(elm.folder) not in line) <= 100
    assert start in shown
    elm.approve(place)
    elm.ok("backup", "apply", place)
    assert it.repo.segments() == [one for one in before if one >= start]
    assert it.repo.call("verify", "--output=text") == ""


@pgbackrest
def test_the_newest_of_each_repository_stays(chained):
    """In the second one the same copies lie, and in the first no new one came for a month."""
    elm, it = chained
    shutil.rmtree(it.repo.folder / "repo2")
    subprocess.run(["cp", "-a", str(it.repo.folder / "repo1"), str(it.repo.folder / "repo2")], check=True)
    config = it.repo.config
    config.write_text("\n".join(line for line in config.read_text().splitlines() if "cipher" not in line))
    it.repo.set_age({it.full: ago(35), it.new: ago(34)})
    second = {one.replace("repo1", "repo2") for one in it.everything}
    assert it.repo.ids() == it.everything | second
    place, plan = approved(elm)
    gone = {it.old, it.built, *(one.replace("repo1", "repo2") for one in (it.old, it.built))}
    assert (set(goes(plan)), plan["newest"]) == (gone, it.new.replace("repo1", "repo2"))
    assert len([one for one in plan["notices"] if "goes too" in one]) == 2
    elm.ok("backup", "apply", place)
    assert it.repo.ids() == (it.everything | second) - gone


@pgbackrest
def test_a_lock_a_stop_a_hold_and_a_wrong_passphrase_change_nothing(chained):
    elm, it = chained
    repo = it.repo
    place, _ = approved(elm)
    with repo.locked():
        elm.ok("backup", "list", code=3)  # listing waits for nobody
        refused(elm, repo, "backup", "apply", place, code=1, error="BAK-004")
    repo.call("stop")
    refused(elm, repo, "backup", "apply", place, code=1, error="BAK-004")
    repo.call("start")
    config = repo.config.read_text()
    repo.config.write_text(config.replace("repo2-cipher-pass=", "repo2-cipher-pass=not-"))
    answer = elm.run("backup", "apply", place)
    assert (answer.code, answer.codes) == (1, ["BAK-003"]), answer.text
    repo.config.write_text(config.replace("repo2-cipher-pass=", "#"))
    answer = elm.run("backup", "list")
    assert (answer.code, answer.codes) == (1, ["BAK-003"]), answer.text
    answer = elm.run("backup", "list", env={"PGBACKREST_REPO2_CIPHER_PASS": PASSWORD})
    assert answer.code == 3, answer.text  # all is listed, and two copies are past their time
    repo.config.write_text(config)
    answer = elm.run("backup", "list", env={"PATH": str(repo.folder)})
    assert (answer.code, answer.codes) == (1, ["BAK-001"]), answer.text
    elm.edit("only: koha", "only: other")
    refused(elm, repo, "backup", "list", code=1, error="BAK-002")
    elm.edit("only: other", "only: koha")
    words = ("--reason", "claim", "--authority", "County court", "--as", "Ada Example")
    hold = elm.ok("hold", "place", "--all", "--sealed", *words)["id"]
    refused(elm, repo, "backup", "apply", place, code=4, error="BAK-009")
    elm.ok("hold", "release", hold, "--as", "Ada Example")
    # A variable of Carrel's environment points the tool nowhere else, and lets nothing go by its own period.
    answer = elm.run("backup", "apply", place, env={"PGBACKREST_REPO1_PATH": "/nowhere", "PGBACKREST_SET": it.new[6:]})
    assert answer.code == 0, answer.text
    assert repo.ids() == {it.full, it.new}


@pgbackrest
def test_beside_a_backup_that_was_broken_off_or_has_bad_pages_nothing_goes(chained):
    elm, it = chained
    place, _ = approved(elm)
    whole = {one[6:] for one in it.everything}
    words = it.repo.command("backup", "--type=full", "--repo=1", "--no-archive-check")
    process = subprocess.Popen(words, start_new_session=True, cwd="/", stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while not (
            half := [one for one in it.repo.place.glob("*F/backup.manifest.copy") if whole.isdisjoint(one.parts)]
        ):
            assert time.monotonic() < until
            assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    [listed] = elm.ok("backup", "list", code=3)["backups"]
    assert (listed["half_written"], listed["unusable"]) == (1, [f"repo1:{half[0].parent.name}"])
    refused(elm, it.repo, "backup", "apply", place, code=4, error="BAK-005")
    shutil.rmtree(half[0].parent)
    it.repo.set_error(it.full)
    listed = elm.ok("backup", "list", code=3)["backups"][0]
    assert listed["half_written"] == 2  # and what is built on it
    refused(elm, it.repo, "backup", "apply", place, code=4, error="BAK-005")
    it.repo.set_error(it.full, wrong=False)
    elm.ok("backup", "apply", place)


@pgbackrest
def test_nothing_goes_where_files_or_log_of_what_stays_are_gone_or_shorter(chained):
    """The tool lists such copies like any other; its own check tells of lost files, and of no lost log."""
    elm, it = chained
    place, plan = approved(elm)
    assert any("lies in its repository in full length" in one for one in plan["notices"])
    full, label = it.repo.place / it.full[6:], it.new[6:]
    start = next(one for one in it.repo.listed()["backup"] if one["label"] == label)["archive"]["start"]
    [log] = (it.repo.folder / "repo1/archive").rglob(f"{start}-*")
    [own] = (it.repo.place / label / "pg_data").rglob("pg_control")
    for spoiled, how, found in (
        (full / "pg_data/base/1/1259", "gone", "file that is gone: 1"),
        (full / "pg_data/base/1/1259", "shorter", "file of another length: 1"),
        (own, "gone", "file that is gone: 1"),
        (log, "gone", "segment of log that is gone: 1"),
        (log, "shorter", "segment of log that is cut short: 1"),
        (full / "backup.manifest", "shorter", "list of files that cannot be read: 1"),
        # The newest one: the tool restores it by the copy of its list, so it is no rest of an expiry.
        (it.repo.place / label / "backup.manifest", "gone", "list of files that is gone: 1"),
    ):
        whole = spoiled.read_bytes()
        if how == "gone":
            spoiled.rename(kept := it.repo.folder / "kept")
        else:
            os.truncate(spoiled, len(whole) // 2)
        answer = refused(elm, it.repo, "backup", "apply", place, code=4, error="BAK-013")
        assert found in answer.text, (spoiled, how)
        words = ("backup", "plan", "--as", "Cal Example", "--out", elm.folder / "o.json")
        refused(elm, it.repo, *words, code=4, error="BAK-013")
        if how == "gone":
            kept.rename(spoiled)
        else:
            spoiled.write_bytes(whole)
    table = full / "pg_data/base/1/1259"
    turned = bytearray(whole := table.read_bytes())
    turned[100] ^= 1
    table.write_bytes(turned)  # only a reading of all finds that
    assert elm.ok(*words)["plan"]
    answer = refused(elm, it.repo, "backup", "apply", place, "--read-data", code=4, error="BAK-013")
    assert "copy in which the tool found faults: 2" in answer.text  # the full one, and what is built on it
    table.write_bytes(whole)
    [theirs] = (it.repo.place / it.old[6:] / "pg_data/base/1").glob("1259")
    theirs.unlink()  # what is to go is not asked to be whole
    assert elm.ok("backup", "apply", place, "--read-data")["expiry"]["outcome"] == "verified"


@pgbackrest
def test_bundles_packed_and_encrypted_are_looked_into_as_well(chained, archived_stanza):
    elm, it = chained
    shutil.rmtree(it.repo.folder / "repo2")
    subprocess.run(["cp", "-a", str(archived_stanza.folder / "repo2"), str(it.repo.folder)], check=True)
    more = ("--repo2-bundle", "--compress-type=gz", "--no-archive-check")  # the log goes to the other stanza's own
    made = [it.repo.back_up(kind, 2, *more) for kind in ("full", "incr")]
    stop = it.repo.listed()["backup"][-1]["archive"]["stop"]
    until = time.monotonic() + 20
    while not list((archived_stanza.folder / "repo2/archive").rglob(f"{stop}-*")):
        assert time.monotonic() < until
    shutil.rmtree(it.repo.folder / "repo2/archive")
    subprocess.run(
        ["cp", "-a", str(archived_stanza.folder / "repo2/archive"), str(it.repo.folder / "repo2")], check=True
    )
    place, plan = approved(elm)
    assert plan["newest"] == made[1]
    bundle = it.repo.folder / "repo2/backup/koha" / made[0][6:] / "bundle/1"
    os.truncate(bundle, bundle.stat().st_size - 1)
    answer = refused(elm, it.repo, "backup", "apply", place, code=4, error="BAK-013")
    assert "file of another length: 1" in answer.text
    bundle.unlink()
    refused(elm, it.repo, "backup", "apply", place, code=4, error="BAK-013")


TAKES_MANIFESTS = """#!/bin/sh
# An expiry that is broken off where the tool has taken the manifests away, and whoever called it with it.
case " $* " in
  *" expire "*|expire*) {first} kill -9 $PPID; exit 1;;
esac
exec {tool} "$@"
"""


@pytest.mark.parametrize("after", ["its first step", "its last step"])
@pgbackrest
def test_killed_on_its_way_the_same_plan_goes_on_with_pgbackrest(chained, tmp_path, after):
    elm, it = chained
    repo = it.repo
    if os.geteuid() == 0:  # the stand-in must be able to kill whoever called it
        subprocess.run(["chown", "-R", "0:0", str(repo.folder)], check=True)
    place, _ = approved(elm)
    bins = tmp_path / "bin"
    bins.mkdir()
    tool = shutil.which("pgbackrest")
    gone = " ".join(str(repo.place / one[6:] / "backup.manifest*") for one in (it.built, it.old))
    first = f"rm {gone};" if after == "its first step" else f'{tool} "$@";'
    (bins / "pgbackrest").write_text(TAKES_MANIFESTS.format(first=first, tool=tool))
    (bins / "pgbackrest").chmod(0o755)
    answer = elm.run("backup", "apply", place, env={"PATH": f"{bins}:{os.environ['PATH']}"})
    assert answer.code == -signal.SIGKILL, answer.text
    if after == "its first step":
        [listed] = elm.ok("backup", "list", code=3)["backups"]
        assert (len(listed["copies"]), listed["half_removed"], listed["half_written"]) == (2, 2, 0)
    done = elm.ok("backup", "apply", place)["expiry"]
    assert (done["deleted"], done["outcome"]) == ([it.old, it.built], "verified")
    assert {one.name for one in repo.place.glob("2*")} == {it.full[6:], it.new[6:]}
    elm.ok("backup", "list")


# -- mariadb-backup ----------------------------------------------------------------------------------------------------


@mariadb_backup
def test_nothing_but_whole_folders_of_the_tool_goes(chained, tmp_path):
    elm, it = chained
    place, _ = approved(elm)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (it.repo.place / "latest").symlink_to(it.repo.place / it.old)  # as many jobs leave one
    (it.repo.place / it.old / "mysql" / "link").symlink_to(outside)
    (it.repo.place / it.old / "data").symlink_to(outside)
    (it.repo.place / "notes.txt").write_text("kept")
    it.repo.set_age({it.built: ago(38)})  # another one by now, under the same name
    refused(elm, it.repo, "backup", "apply", place, code=4, error="BAK-006")
    it.repo.set_age({it.built: ago(39)})
    elm.edit(f"place: {it.repo.place}", f"place: {it.repo.place}-other")
    refused(elm, it.repo, "backup", "apply", place, code=4, error="BAK-006")
    refused(elm, it.repo, "backup", "list", code=1, error="BAK-002")
    elm.edit(f"place: {it.repo.place}-other", f"place: {it.repo.place}")
    elm.ok("backup", "apply", place)
    assert it.repo.ids() == {it.full, it.new, "latest", "notes.txt"}
    assert (outside / "kept").read_text() == "kept"
    elm.ok("backup", "list")


@mariadb_backup
def test_beside_what_cannot_be_judged_nothing_goes(chained, tmp_path):
    elm, it = chained
    folder, kept = it.repo.place, tmp_path / "kept"
    place, _ = approved(elm)
    shutil.copytree(folder, kept)
    info, points = "xtrabackup_info", "xtrabackup_checkpoints"
    wrong = {  # what is done, and how many copies are then of no use
        "a copy is being made": (2, (folder / it.full / info).unlink),
        "it ends before its last file": (1, (folder / it.new / points).unlink),
        "a file is cut short": (1, lambda: os.truncate(folder / it.new / info, 100)),
        "its changes were built into another": (1, (folder / it.new / "ibdata1.delta").unlink),
        "what it is built on is gone": (1, lambda: shutil.rmtree(folder / it.full)),
        "only the two files, without data": (2, (folder / it.full / "backup-my.cnf").unlink),
        "a stream": (1, lambda: (folder / "koha.mbstream.gz").write_bytes(b"\x1f\x8b")),
    }
    for how, (copies, spoil) in wrong.items():
        spoil()
        [listed] = elm.run("backup", "list", "--json").told["backups"]
        assert listed["half_written"] == len(listed["unusable"]) == copies, how
        refused(elm, it.repo, "backup", "apply", place, code=4, error="BAK-005")
        if how != "a stream":
            shutil.rmtree(folder)
            shutil.copytree(kept, folder)
    elm.edit(f"place: {folder}, ", f"place: {folder}, only: 'koha-[0-9]', ")
    refused(elm, it.repo, "backup", "apply", place, code=4, error="BAK-006")  # the entry speaks of other copies
    assert goes(planned(elm)[1]) == [it.old, it.built]


KILLED = """
import os, signal, sys
fatal, seen = int(sys.argv.pop(1)), 0
def step(name, told):
    global seen
    if name in {"os.rename", "os.remove", "os.rmdir"} and (told[-1] != -1 or "copies" in str(told[0])):
        seen += 1
        if seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(step)
from carrel.cli.main import main
sys.argv[0] = "carrel"
sys.exit(main())
"""


@mariadb_backup
def test_killed_on_its_way_the_same_plan_goes_on_with_mariadb_backup(chained):
    """A copy is renamed before anything of it goes, so that its rest is never taken for one."""
    elm, it = chained
    place, _ = approved(elm)
    for fatal in (2, 60):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(fatal), "backup", "apply", str(place), "--site", str(elm.folder)],
            env=library.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == -signal.SIGKILL, done.stderr
        [listed] = elm.ok("backup", "list", code=3)["backups"]
        assert (len(listed["copies"]), listed["half_removed"], listed["half_written"]) == (3, 1, 0)
    assert elm.ok("backup", "apply", place)["expiry"]["deleted"] == [it.old, it.built]
    assert it.repo.ids() == {it.full, it.new}


@mariadb_backup
def test_the_times_are_right_whatever_clock_the_tool_wrote_by(chained):
    """The tool writes by the clock on the wall: an hour comes twice in autumn, and the copy tells which it was."""
    elm, it = chained
    first = datetime(2025, 10, 26, 0, 30, tzinfo=UTC)  # 03:30 in Helsinki, and an hour later as well
    it.repo.set_age({it.old: first, it.built: first + timedelta(hours=1)})
    walls = {it.repo.info(one)["start_time"] for one in (it.old, it.built)}
    assert walls == {"2025-10-26 03:30:00"}
    copies = elm.ok("backup", "list", code=3)["backups"][0]["copies"]
    assert [one["id"] for one in copies[:2]] == [it.old, it.built]
    times = [datetime.fromisoformat(one["made_at"]) for one in copies[:2]]
    assert abs(times[0] - first) < timedelta(seconds=1)
    assert times[1] - times[0] == timedelta(hours=1)
    # One that ran while clocks were set back ended, by the wall, before it began.
    it.repo.rewrite(it.built, first + timedelta(minutes=25), first + timedelta(minutes=35))
    [_, one, *_] = elm.ok("backup", "list", code=3)["backups"][0]["copies"]
    assert datetime.fromisoformat(one["made_at"]) - first == timedelta(minutes=25)
