"""The store under real processes: races, and a SIGKILL between every two steps of the journal."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carrel.retention.outcome import ChunkResult, Outcome
from carrel.retention.ports import Position
from carrel.store.owner import new_owner
from carrel.store.store import Store
from tests.store_place import StorePlace
from tests.unit.store.plan_values import plan

RACE = """
import sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from carrel.errors import CarrelError
from carrel.store.owner import new_owner
from tests.store_place import opened
folder = Path(sys.argv[1])
while not (folder / "go").exists():
    time.sleep(0.001)
with opened(sys.argv[1:4]) as store:
    try:
        store.leases.acquire("koha", new_owner(), timedelta(minutes=5), datetime.now(UTC))
    except CarrelError as refused:
        print(refused.code)
    else:
        print("mine", flush=True)
        sys.stdin.readline()
"""

# One run with two chunks that walks through its steps; it kills itself right after the step named.
DIE = """
import os, signal, sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from carrel.retention.outcome import ChunkResult, Outcome
from carrel.retention.ports import Position
from carrel.retention.stage import Stage
from carrel.store.owner import new_owner
from tests.store_place import opened
folder, digest, last = Path(sys.argv[1]), sys.argv[4], sys.argv[5]
now = lambda: datetime.now(UTC)
def step(name):
    if name == last:
        os.kill(os.getpid(), signal.SIGKILL)
store = opened(sys.argv[1:4])
me = new_owner()
store.leases.acquire("koha", me, timedelta(minutes=5), now()); step("lease")
run = store.runs.start(digest, "koha", me, now(), stage=Stage.REST, ordinary=True); step("start")
journal, gate = store.runs.journal(run, now), store.runs.gate(run, now)
for number in (1, 2):
    with gate.chunk():
        step(f"gate {number}")
        chunk = journal.intend(Position("loan", number, 0), 10); step(f"intent {number}")
        (folder / f"cut {number}").touch(); step(f"cut {number}")
        journal.finish(chunk, Position("loan", number, number), ChunkResult(10, {"loan": 10})); step(f"outcome {number}")
    step(f"gate left {number}")
store.runs.finish(run.id, me, Outcome.VERIFIED, now(), night=date(2026, 3, 1), leaves=lambda _: ()); step("finish")
"""
CHUNK = ("gate", "intent", "cut", "outcome", "gate left")
STEPS = ("lease", "start", *(f"{name} {number}" for number in (1, 2) for name in CHUNK), "finish")


def now() -> datetime:
    return datetime.now(UTC)


def test_of_processes_that_race_for_a_lease_exactly_one_gets_it(no_store_yet: StorePlace) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, *no_store_yet.words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    (no_store_yet.folder / "go").touch()  # they race for making the store, too
    answers = [racer.stdout.readline().strip() for racer in racers if racer.stdout]
    for racer in racers:
        racer.communicate("\n", timeout=30)
    assert sorted(answers) == ["RUN-001"] * 5 + ["mine"]


@pytest.mark.parametrize("last", STEPS)
def test_after_a_kill_at_any_step_the_run_goes_on_and_ends_with_the_same_sums(
    store_place: StorePlace, last: str
) -> None:
    with store_place.open() as store:
        digest = store.plans.record(plan(), now())
        died = subprocess.run([sys.executable, "-c", DIE, *store_place.words, digest, last], check=False, timeout=60)
        assert died.returncode == -signal.SIGKILL

        me = new_owner()
        store.leases.acquire("koha", me, timedelta(minutes=5), now())  # the dead process keeps nobody waiting
        run = store.runs.unfinished("koha")
        reached = STEPS.index(last)
        if run is None:
            assert last in ("lease", "finish")
            assert list((store_place.folder / "runs").glob("*.key")) == []
            return
        assert run.unknown == (1 if last.split(maxsplit=1)[0] in ("intent", "cut") else 0)
        assert run.chunks == (reached >= STEPS.index("outcome 1")) + (reached >= STEPS.index("outcome 2"))
        run = store.runs.resume(run.id, me, now())
        journal, gate = store.runs.journal(run, now), store.runs.gate(run, now)
        at = journal.resume()
        assert (at.loan if at else 0) == run.chunks
        for number in range(run.chunks + 1, 3):
            with gate.chunk():
                chunk = journal.intend(Position("loan", number, 0), 10)
                # A cut that was made already finds nothing: that is what conditional means.
                found = 0 if (store_place.folder / f"cut {number}").exists() else 10
                journal.finish(chunk, Position("loan", number, number), ChunkResult(found, {"loan": found}))
        unknown_cut = 10 * run.unknown if last.startswith("cut") else 0
        done = store.runs.finish(run.id, me, Outcome.VERIFIED, now(), night=now().date(), leaves=lambda _: ())
        assert done.loans + unknown_cut == 20
        assert list((store_place.folder / "runs").glob("*.key")) == []


def test_a_process_that_died_inside_the_gate_keeps_no_hold_waiting(store_place: StorePlace) -> None:
    from carrel.retention.legal_hold import Scope
    from carrel.store.placement import Kind, Order

    with store_place.open() as store:
        digest = store.plans.record(plan(), now())
        subprocess.run([sys.executable, "-c", DIE, *store_place.words, digest, "cut 1"], check=False, timeout=60)
        order = Order(Kind.LEGAL_HOLD, "koha", Scope(persons=(7,)), "letter", "court", "Ada")
        placed = store.keepings.place(order, now, timedelta(seconds=2))
    assert not placed.waited


def test_a_lease_of_a_dead_process_is_free_and_of_a_living_one_is_not(store_place: StorePlace) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    host, space, _, _ = new_owner().split("/")
    other = f"{host}/{space}/{sleeper.pid}/00000000"
    with store_place.open() as store:
        store.leases.acquire("koha", other, timedelta(minutes=5), now())
        from carrel.errors import CarrelError

        with pytest.raises(CarrelError) as refused:
            store.leases.acquire("koha", new_owner(), timedelta(minutes=5), now())
        assert refused.value.code == "RUN-001"
        sleeper.communicate()
        assert store.leases.acquire("koha", new_owner(), timedelta(minutes=5), now()).owner != other


def test_two_processes_write_at_once_and_nothing_is_lost(store_place: StorePlace) -> None:
    writer = (
        "import sys; from datetime import date; from tests.store_place import opened\n"
        "store = opened(sys.argv[1:4])\n"
        "for _ in range(50): store.counts.record('koha', date(2026, 1, 1), {'loan': 1}, ordinary=True)\n"
    )
    store_place.open().close()
    writers = [subprocess.Popen([sys.executable, "-c", writer, *store_place.words]) for _ in range(3)]
    assert [one.wait(60) for one in writers] == [0, 0, 0]
    with store_place.open() as store:
        assert store.counts.earlier("koha", datetime(2026, 1, 2, tzinfo=UTC).date()) == {"loan": (150,)}


def test_what_is_committed_after_a_second_opening_is_there_for_everybody(tmp_path: Path) -> None:
    """A file that is opened and closed beside SQLite takes its locks away; the next process would drop the log."""
    moment = datetime.now(UTC)
    with Store.open(tmp_path) as first:
        with Store.open(tmp_path) as second:
            second.leases.acquire("two", new_owner(), timedelta(minutes=5), moment)
        race = subprocess.Popen(
            [sys.executable, "-c", RACE, str(tmp_path), "", ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        (tmp_path / "go").touch()
        out, _ = race.communicate("\n", timeout=30)
        assert out == "mine\n"
        first.leases.acquire("one", new_owner(), timedelta(minutes=5), datetime.now(UTC))
        seen = "import sqlite3, sys; print(len(sqlite3.connect(sys.argv[1]).execute('SELECT * FROM lease').fetchall()))"
        told = subprocess.run(
            [sys.executable, "-c", seen, str(tmp_path / "carrel.sqlite3")], capture_output=True, text=True, check=True
        )
        assert told.stdout.strip() == "3"


def test_nothing_heavy_is_imported_for_help() -> None:
    check = (
        "import sys, carrel.cli.approve, carrel.cli.stop, carrel.cli.hold, carrel.cli.exception\n"
        "heavy = {'sqlalchemy', 'pydantic', 'alembic', 'rich', 'cryptography', 'ruamel'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
