"""A site whose store lies on PostgreSQL: the whole loop, a server that is restarted under a run, a kill anywhere."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime

import pytest

from tests.integration.run import library
from tests.integration.run.test_kill_anywhere import ROUNDS, driven
from tests.integration.run.test_while_it_waits import due_loans, in_hand, reader_of
from tests.integration.servers import postgresql
from tests.store_place import DATABASE, on_server

pytestmark = pytest.mark.postgresql


@pytest.fixture
def small(small_sqlite, postgresql_server, tmp_path):
    made = library.make(tmp_path / "site", small_sqlite)
    with on_server(postgresql_server, made.folder, fresh=False) as place:
        made.keep_store_in(place)
        yield made


def test_the_whole_loop(small, tmp_path):
    shares = tmp_path / "a.share", tmp_path / "b.share"
    key = small.run("undo", "key", "--out-a", shares[0], "--out-b", shares[1], site=False).out.strip()
    small.edit("    mode: window\n", f"    mode: window\n    undo: 48 hours\n    undo_key: {key}\n")
    [(reader, loan)] = due_loans(small, 1)
    (small.folder / "named.txt").write_text(f"{reader}\n")
    words = ("--as", "Ada Example", "--reason", "preservation letter", "--authority", "County court 26-117")
    held = small.ok("hold", "place", "--patron-file", small.folder / "named.txt", *words)
    before = small.checksum()
    run = small.ok("apply", small.approved())["run"]
    assert (run["complete"], run["remaining"], run["outcome"]) == (True, {}, "applied, residue until")
    assert reader_of(small, loan) == reader
    assert small.ok("verify")["verified"] is True
    small.ok("undo", "restore", run["id"], "--share-a", shares[0], "--share-b", shares[1])
    assert small.checksum() == before
    small.ok("undo", "shred", run["id"])
    small.ok("hold", "release", held["id"], "--as", "Ada Example")
    small.approved("night.json")
    small.ok("run-due")
    assert reader_of(small, loan) != reader
    small.ok("run-due")  # a second call finds nothing to do
    with small.store as store:
        assert [one.night for one in store.nights.newest("koha")] == [store.nights.newest("koha")[0].night]
        assert store.owed.count() == 0
    checks = {one["name"]: one for one in small.run("doctor", "--json").told["checks"]}
    assert f"schema {small.store_place.schema}" in checks["store"]["detail"]
    for name in ("store", "store: rights", "store: forgetting", "store: log", "clock", "ledger"):
        assert checks[name]["state"] == "ok", checks[name]
    assert not (small.folder / "carrel.sqlite3").exists()


@pytest.mark.mariadb
@pytest.mark.deep
def test_a_second_host_takes_part(small_mariadb, postgresql_server, tmp_path):
    """With a folder of its own, which must bear the mark of the store."""
    led = library.make(tmp_path / "site", small_mariadb)
    with on_server(postgresql_server, led.folder, fresh=False) as place:
        led.keep_store_in(place)
        plan = led.approved()
        other = library.Library(tmp_path / "other", led.koha, led.needles)
        other.folder.mkdir(mode=0o700)
        for name in ("carrel.yaml", "policy.yaml", "koha.dsn", "store.dsn"):
            shutil.copy2(led.folder / name, other.folder)
        other.refused("work", code=4, error="STO-009")
        shutil.copy2(led.folder / "store.mark", other.folder)
        joined = other.start("work", "--wait", 10, "--json")
        time.sleep(2)
        run = led.ok("apply", plan, "--workers", 2)["run"]
        done = other.done(joined, 120)
        assert (done.code, done.told["work"]["ended"]) == (0, "finished")
        assert (run["outcome"], run["complete"], run["remaining"]) == ("verified", True, {})
        assert led.ok("verify")["verified"] is True
        assert not list((other.folder / "runs").glob("*.key"))
        # A second ledger would tell of some nights, and the first one of the others.
        other.refused("apply", plan, code=4, error="STO-009")
        assert not (other.folder / "ledger").exists()


@pytest.mark.deep
def test_a_server_restarted_under_a_run_loses_nothing(elm_sqlite):
    """The chunk in flight may be cut and not noted: the next run finds nothing left of it, and says so."""
    elm = elm_sqlite
    elm.edit("    mode: window\n", "    mode: desk\n")
    with postgresql.running() as server, on_server(server, elm.folder) as place:
        elm.keep_store_in(place)
        plan = elm.approved()
        apply = elm.start("apply", plan)
        assert in_hand(elm, apply) is not None
        server.kill()
        answer = elm.done(apply)
        assert (answer.code, set(answer.codes) <= {"STO-001", "STO-007"}) == (1, True), answer.text
        assert "changed: finished chunks stand: at least" in answer.text
        assert "the same command goes on" in answer.text
        server._launch()
        assert server._answers(), server.log
        with elm.store as store:
            broken = store.runs.unfinished("koha")
        assert broken is not None
        cut = elm.linked()
        elm.edit("    mode: desk\n", "    mode: window\n")
        run = elm.ok("apply", plan)["run"]
        assert (run["id"], run["stage"], broken.unknown <= 1) == (broken.id, "1,000 loans", True)
        assert elm.linked() < cut
        with elm.store as store:
            assert store.leases.holder("koha", datetime.now(UTC)) is None
            assert store.owed.count() == 0


@pytest.mark.slow
@pytest.mark.deep
def test_killed_between_any_two_steps(small, tmp_path):
    small.edit("    mode: window\n", "    mode: window\n    sweep_sample: 20\n")
    small.approved()
    server, place = small.store_place.server, small.store_place
    server.sql("DROP DATABASE IF EXISTS kept_store", f"CREATE DATABASE kept_store TEMPLATE {DATABASE}")
    told = {"address": server.address(), "database": DATABASE, "template": "kept_store", "words": place.words[1:]}
    found = driven(small, tmp_path, prepare=lambda: None, rounds=max(4, ROUNDS // 5), store=told)
    assert found["wrong"] == [], found["wrong"]
    assert any(step.startswith("SELECT set_config") for step in found["steps"])
    assert (found["further"], found["verified"], found["unchanged"]) == (0, 0, True)
    server.sql("DROP DATABASE kept_store")
