"""What apply refuses, by code and exit code, with nothing changed in the library's database."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.retention.approval import of_plan
from carrel.retention.signed_approval import sign
from carrel.store.journal import LEASE_TTL
from carrel.store.key_file import read_signer
from carrel.store.owner import new_owner
from carrel.store.store import FILE
from tests.integration.run import library

NOW = datetime.now(UTC)


def reread(place):
    return json.loads(place.read_text())


def rewritten(place, body):
    place.write_text(json.dumps(body))


def leaves(body, path=()):
    """Every value in a JSON document, with where it stands."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield from leaves(value, (*path, key))
    elif isinstance(body, list):
        for index, value in enumerate(body):
            yield from leaves(value, (*path, index))
    else:
        yield path, body


def with_value(body, path, value):
    changed = json.loads(json.dumps(body))
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def test_a_plan_file_with_any_changed_value_is_refused(small_sqlite, tmp_path):
    """By the command line for some kinds of value; for every single value by the store that apply asks."""
    elm = library.make(tmp_path / "site", small_sqlite)
    place = elm.approved()
    body = reread(place)
    for path in (("paths", 0, "bound"), ("basis", "policy_digest"), ("made_by",), ("digest",)):
        old = body
        for step in path:
            old = old[step]
        rewritten(place, with_value(body, path, old + 1 if isinstance(old, int) else f"{old}x"))
        elm.refused("apply", place, code=4, error="APR-001")
    with elm.store as store:
        assert store.plans.check(body, "plan.json").digest == body["digest"]
        for path, old in leaves(body):
            new = (not old) if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old}x"
            with pytest.raises(Exception, match=r"APR-001|STO-005"):
                store.plans.check(with_value(body, path, new), "plan.json")
    rewritten(place, body)
    assert elm.run("apply", place).code == 0


@pytest.mark.one_database
def test_no_plan_file_broken_ones_and_plans_of_other_places(small, tmp_path):
    small.refused("apply", tmp_path / "nowhere.json", code=2, error="RUN-007")
    (tmp_path / "broken.json").write_text("{")
    small.refused("apply", tmp_path / "broken.json", code=2, error="RUN-007")
    (tmp_path / "list.json").write_text("[1]")
    small.refused("apply", tmp_path / "list.json", code=4, error="APR-001")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    small.refused("apply", tmp_path / "bytes.json", code=2, error="RUN-007")
    place = small.plan()
    # Another site never recorded it.
    other = small.folder / "carrel.sqlite3"
    other.rename(tmp_path / "kept.sqlite3")
    small.refused("apply", place, code=4, error="STO-005")


@pytest.mark.one_database
def test_unapproved_approved_by_the_planner_and_by_nobody_who_may(small):
    place = small.plan()
    small.refused("apply", place, code=6, error="APR-008")
    # Ben may plan and approve, but not both.
    by_ben = small.folder / "ben.json"
    small.ok("plan", "--as", "Ben Example", "--out", by_ben)
    words = ("--key", small.folder / "ben.key", "--yes")
    small.refused("approve", by_ben, "--as", "Ben Example", *words, code=4, error="APR-002")
    small.refused(
        "approve", place, "--as", "Cal Example", "--key", small.folder / "cal.key", "--yes", code=4, error="APR-003"
    )
    # Somebody else's key under Ada's name.
    small.refused("approve", place, "--as", "Ada Example", *words, code=4, error="APR-004")
    small.refused("apply", place, code=6, error="APR-008")
    small.refused("apply", by_ben, code=6, error="APR-008")


@pytest.mark.one_database
def test_an_approval_that_has_expired(small):
    """Signed with Ada's own key, for an hour that is over: the clock is in the approval's text, not in this test."""
    place = small.plan()
    with small.store as store:
        plan = store.plans.check(reread(place), "plan.json")
    old = replace(plan, made_at=plan.made_at - timedelta(hours=5))
    ada = next(one for one in _site(small).people if one.name == "Ada Example")
    signer = read_signer(small.folder / "ada.key")
    with small.store as store:
        store.plans.record(old, NOW)
        for waiver in (None, "invented"):
            then = old.made_at + timedelta(hours=1)
            given = of_plan(old, ada, then, then + timedelta(hours=1), waive_rehearsal=waiver)
            store.approvals.record(
                kind=given.kind, system=given.system, person=given.approver, plan_digest=old.digest,
                policy_digest=old.basis.policy_digest, map_digest=old.basis.map_digest, note=sign(given, signer),
                signed_at=given.signed_at, expires_at=given.expires_at, now=datetime.now(UTC),
            )  # fmt: skip
    rewritten(place, old.as_dict())
    small.refused("apply", place, code=6, error="APR-008")


def _site(elm):
    from carrel.systems.site_file import load_site

    return load_site(elm.folder)


def _schema_changes(elm):
    kind = "INTEGER" if elm.koha.dialect == "sqlite" else "INT"
    elm.sql(f"ALTER TABLE old_issues ADD COLUMN added_by_somebody {kind}")


def _overlay(elm):
    (elm.folder / "local.yaml").write_text("format_version: 1\nno_person: [plugin_lockers]\n")
    elm.edit("dsn_file: koha.dsn\n", "dsn_file: koha.dsn\n    local_map: local.yaml\n")


# What changes, and how it is as it was again; the last one stays.
STALE = {
    "policy": (
        lambda elm: elm.edit("7 days", "8 days", "policy.yaml"),
        lambda elm: elm.edit("8 days", "7 days", "policy.yaml"),
    ),
    "map": (_overlay, lambda elm: elm.edit("dsn_file: koha.dsn\n    local_map: local.yaml\n", "dsn_file: koha.dsn\n")),
    "schema": (_schema_changes, None),
}


def test_a_plan_that_the_world_has_overtaken(small):
    """One thing at a time: nothing else is said to have changed."""
    place = small.approved()
    for what, (change, back) in STALE.items():
        change(small)
        refused = small.refused("apply", place, code=4, error="APR-007")
        assert [one for one in STALE if f"the {one} has changed" in refused.err] == [what], refused.text
        if back:
            back(small)


@pytest.mark.one_database
def test_a_plan_that_is_a_day_old(small):
    place = small.plan()
    with small.store as store:
        plan = store.plans.check(reread(place), "plan.json")
        old = replace(plan, made_at=plan.made_at - timedelta(hours=25), as_of=plan.as_of - timedelta(hours=25))
        early = replace(plan, made_at=plan.made_at + timedelta(hours=1))
        store.plans.record(old, NOW)
        store.plans.record(early, NOW)
    rewritten(place, old.as_dict())
    assert "too old" in small.refused("apply", place, code=4, error="APR-007").err
    rewritten(place, early.as_dict())
    assert "future" in small.refused("apply", place, code=4, error="APR-007").err


def test_more_rows_than_were_approved(small):
    place = small.approved()
    # A hundred late traces of readers appear while the plan waits: more than its bound.
    row = "INSERT INTO statistics (datetime, type, borrowernumber, itemnumber, branch) VALUES "
    [(reader,)] = small.koha.rows("SELECT max(borrowernumber) FROM borrowers")
    [(item,)] = small.koha.rows("SELECT min(itemnumber) FROM items")
    small.sql(
        row + ", ".join(f"('2021-03-04 10:{n % 60:02d}:00', 'issue', {reader}, {item}, 'CPL')" for n in range(3000))
    )
    refused = small.refused("apply", place, code=4, error="APR-007")
    assert "statistics" in refused.err


@pytest.mark.one_database
def test_a_destructive_job_that_was_not_declared(small):
    """Koha's own deletion of idle patrons takes every reader for idle once loans are cut."""
    place = small.approved()
    text = (small.folder / "carrel.yaml").read_text()
    start, end = text.index("consumers:"), text.index("people:")
    undeclared = text[:start] + text[end:]
    (small.folder / "carrel.yaml").write_text(undeclared)
    told = small.refused("apply", place, code=4, error="APR-012")
    assert '           consumers:\n             "delete_patrons.pl' in told.err  # within the error's own margin
    assert (
        '  consumers:\n    "delete_patrons.pl --not_borrowed_since": not used'
        in small.run("plan", "--as", "Cal Example", "--out", "blocked.json").out
    )
    # Either of the two blocks that the error proposes lifts it, to the letter; the names are ours to fill in.
    fix = small.ok("apply", place, code=4)["errors"][0]["fix"]
    first, _, second = fix.partition("\nor, for as long as somebody answers for it:\n")
    waived = second.replace("NAME", "Ada Example").replace("WHY", "it looks at five years")
    for lines in (first.partition("\n")[2], waived):
        (small.folder / "carrel.yaml").write_text(f"{undeclared}{lines}\n")
        assert small.plan("again.json").exists()
        assert json.loads((small.folder / "again.json").read_text())["blockers"] == []
    assert small.run("apply", place).code == 0


def test_a_rehearsal_without_a_copy_in_the_site_file(small_sqlite, tmp_path):
    """What the error proposes is the entry that was missing."""
    elm = library.make(tmp_path / "site", small_sqlite)
    place = elm.approved()
    elm.refused("apply", place, "--rehearse-on", "copy", code=2, error="SIT-007")
    fix = elm.ok("apply", place, "--rehearse-on", "copy", code=2)["errors"][0]["fix"]
    head, *entry = fix.partition("\n")[2].split("\n")
    assert head == "systems:"
    elm.edit("systems:\n", "\n".join([head, *entry, ""]))
    elm.secret("copy.dsn", f"sqlite:///{tmp_path / 'copy.db'}")
    shutil.copyfile(tmp_path / "koha.db", tmp_path / "copy.db")
    assert "  copy_of: koha" in [line[2:] for line in entry]
    assert elm.ok("apply", place, "--rehearse-on", "copy")["run"]["complete"] is True


@pytest.mark.one_database
def test_a_stop_a_lease_and_a_clock_that_goes_backwards_hold_an_approved_plan_until_they_are_gone(small):
    place = small.approved()
    # A stop that stands, and who may clear it.
    small.ok("stop", "--as", "Cal Example", "--reason", "the catalogue is slow")
    small.refused("apply", place, code=4, error="RUN-003")
    small.refused("stop", "--clear", "--as", "Cal Example", code=4, error="HLD-006")
    small.refused("apply", place, code=4, error="RUN-003")
    small.ok("stop", "--clear", "--as", "Ben Example")
    # A lease that another process holds.
    owner = new_owner()  # this process, which is alive
    with small.store as store:
        store.leases.acquire("koha", owner, LEASE_TTL, datetime.now(UTC))
    small.refused("apply", place, code=4, error="RUN-001")
    with small.store as store:
        store.leases.release("koha", owner, datetime.now(UTC))
    # A clock that goes backwards.
    with small.store as store:  # the store has seen tomorrow
        store.leases.acquire("elsewhere", new_owner(), LEASE_TTL, datetime.now(UTC) + timedelta(days=1))
    small.refused("apply", place, code=4, error="STO-004")
    small.ok("stop", "--clear", "--accept-clock", "--as", "Ben Example")
    assert small.run("apply", place).code == 0


@contextmanager
def frozen_inside_a_chunk(elm, process, seconds=60):
    """Stop a running apply where it has recorded the intent of a chunk and not yet its outcome; let it go on after.

    A file of SQLite has one lock for everybody, and inside a chunk the second run would meet that before the lease: there
    the first one is stopped where it is under way and has the file not in hand.
    """
    deadline, is_file = time.monotonic() + seconds, elm.koha.dialect == "sqlite"
    files = [elm.folder / FILE, *([Path(sa.make_url(elm.koha.url).database)] if is_file else [])]
    with elm.store as store:
        while time.monotonic() < deadline and process.poll() is None:
            run = store.runs.unfinished("koha")
            if run is not None and (run.unknown or is_file):
                process.send_signal(signal.SIGSTOP)
                while _state(process.pid) not in {"T", "Z"}:
                    time.sleep(0.001)
                run = store.runs.unfinished("koha")  # as it stands now, and will stand until it goes on
                if run is not None and (run.unknown or is_file) and all(map(_free, files)):
                    try:
                        yield run
                    finally:
                        process.send_signal(signal.SIGCONT)
                    return
                process.send_signal(signal.SIGCONT)
            time.sleep(0.002)
    raise AssertionError(elm.done(process, 1).text)


def _state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _free(file):
    """Whether nobody is in the middle of writing into a file of SQLite."""
    raw = sqlite3.connect(file, timeout=0.2, isolation_level=None)
    try:
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        raw.close()
    return True


@pytest.mark.slow
def test_of_two_runs_at_once_exactly_one_works(elm):
    elm.edit("mode: window", "mode: desk")  # with rests between its chunks
    place, due = elm.approved(), elm.linked()
    first = elm.start("apply", place, "--json")
    with frozen_inside_a_chunk(elm, first) as run:
        for words in (("apply", place), ("apply", place, "--json")):
            second = elm.run(*words)
            assert (second.code, second.codes) == (4, ["RUN-001"]), second.text
        with elm.store as store:
            assert store.runs.unfinished("koha") == run
    answer = elm.done(first)
    assert answer.code == 0, answer.text
    assert (answer.told["run"]["id"], answer.told["run"]["loans"]) == (run.id, 1000)
    assert due - elm.linked() == 1000


@pytest.mark.slow
def test_the_lease_of_a_run_killed_under_way_is_nobodys(elm):
    elm.edit("mode: window", "mode: desk")
    place = elm.approved()
    first = elm.start("apply", place, "--json")
    with frozen_inside_a_chunk(elm, first) as run:
        with elm.store as store:
            assert store.leases.holder("koha", datetime.now(UTC)) is not None
        first.kill()
        first.communicate()
    assert not _alive(first.pid)
    told = elm.ok("apply", place)["run"]
    assert (told["id"], told["loans"]) == (run.id, 1000)


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
