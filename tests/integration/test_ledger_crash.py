"""A real process appends and is killed (SIGKILL) at one step; the folder must verify before and after recovery."""

import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime

import pytest

from carrel.errors import CarrelError
from carrel.ledger.checkpoint import Checkpoint
from carrel.ledger.leaf import OpenLeaf, decode_leaf
from carrel.ledger.note import Signer
from carrel.store.ledger_folder import LedgerFolder

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SEED = bytes(range(32))
SIGNER = Signer.generate("library.example/ledger", SEED)

# Argument-passed hook: the process kills itself, without a chance to clean up, when the named step is reached.
PROCESS = textwrap.dedent(
    """
    import os, signal, sys, time
    from datetime import UTC, datetime
    from carrel.ledger.leaf import OpenLeaf
    from carrel.ledger.note import Signer
    from carrel.store.ledger_folder import LedgerFolder

    act, folder, stop = sys.argv[1:]
    signer = Signer.generate("library.example/ledger", bytes(range(32)))
    now = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

    def step(name):
        if name == stop:
            os.kill(os.getpid(), signal.SIGKILL)

    ledger = LedgerFolder(folder)
    if act == "create":
        ledger.create(signer.name, signer, now, step=step)
    elif act == "hold":
        with ledger._alone():
            print("held", flush=True)
            sys.stdin.read()
    elif act == "grow":
        for _ in range(int(stop)):
            ledger.append([OpenLeaf("run", now, {"applied": 100}), OpenLeaf("run", now, {})], signer, now)
            time.sleep(0.1)
    else:
        ledger.append([OpenLeaf("run", now, {"applied": 100 + n}) for n in range(70)], signer, now, step=step)
    """
)

APPEND_STEPS = [
    "intent staged",
    "intent",
    "files staged",
    "tile/entries/000",
    "tile/0/000",
    "tile/1/000.p/1",
    "tile/entries/001.p/64",
    "tile/0/001.p/64",
    "files durable",
    "checkpoint staged",
    "checkpoint",
    "partials removed",
    "intent removed",
]
CREATE_STEPS = [
    "intent staged",
    "intent",
    "files staged",
    "tile/entries/000.p/64",
    "tile/0/000.p/64",
    "files durable",
    "checkpoint staged",
    "checkpoint",
    "partials removed",
    "intent removed",
]


def killed(act, folder, stop):
    done = subprocess.run([sys.executable, "-c", PROCESS, act, str(folder), stop], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def test_the_list_of_steps_is_complete(tmp_path):
    told = []
    ledger = LedgerFolder(tmp_path / "ledger")
    ledger.create(SIGNER.name, SIGNER, NOW, step=told.append)
    assert told == CREATE_STEPS
    ledger.append([], SIGNER, NOW)
    ledger.append([], SIGNER, NOW)
    told.clear()
    ledger.append([OpenLeaf("run", NOW, {})] * 70, SIGNER, NOW, step=told.append)
    assert sorted(told) == sorted(APPEND_STEPS)


@pytest.mark.parametrize("stop", APPEND_STEPS)
def test_an_append_killed_at_any_step(tmp_path, stop):
    ledger = LedgerFolder(tmp_path / "ledger")
    ledger.create(SIGNER.name, SIGNER, NOW)
    for _ in range(2):
        ledger.append([], SIGNER, NOW)
    before = ledger.checkpoint_text()
    assert ledger.size == 192

    killed("append", ledger.path, stop)

    found = ledger.verify(SIGNER.verifier, before, read_leaves=True)  # as an outsider finds it: no key, no repair
    assert found.interrupted is (stop != "intent removed")
    assert ledger.size == (320 if stop in APPEND_STEPS[APPEND_STEPS.index("checkpoint") :] else 192)
    ledger.receipt(0)

    recovered = ledger.recover(SIGNER.verifier)
    assert recovered.size == (192 if stop == "intent staged" else 320)
    again = ledger.verify(SIGNER.verifier, before, read_leaves=True)
    assert not again.interrupted
    assert again.checkpoint == recovered
    runs = [decode_leaf(entry).fields["applied"] for entry in ledger.entries(192) if b'"run"' in entry]
    assert runs == ([] if stop == "intent staged" else [100 + n for n in range(70)])

    ledger.append([], SIGNER, NOW, known=[before])
    assert ledger.verify(SIGNER.verifier, before).checkpoint.size == recovered.size + 64


@pytest.mark.parametrize("stop", CREATE_STEPS)
def test_a_beginning_killed_at_any_step(tmp_path, stop):
    ledger = LedgerFolder(tmp_path / "ledger")
    killed("create", ledger.path, stop)
    begun = (ledger.path / "checkpoint").exists()
    assert begun is (CREATE_STEPS.index(stop) >= CREATE_STEPS.index("checkpoint"))
    if begun:
        ledger.verify(SIGNER.verifier)
        with pytest.raises(CarrelError) as caught:
            ledger.create(SIGNER.name, SIGNER, NOW)
        assert caught.value.code == "LED-012"
    else:
        assert isinstance(ledger.create(SIGNER.name, SIGNER, NOW), Checkpoint)
    ledger.append([], SIGNER, NOW)
    found = ledger.verify(SIGNER.verifier, read_leaves=True)
    assert found.kinds == {"genesis": 1, "padding": 127}
    assert not found.interrupted


def test_two_writers_do_not_meet_and_a_dead_one_leaves_no_lock(tmp_path):
    ledger = LedgerFolder(tmp_path / "ledger")
    ledger.create(SIGNER.name, SIGNER, NOW)
    before = ledger.checkpoint_text()
    holder = subprocess.Popen(
        [sys.executable, "-c", PROCESS, "hold", str(ledger.path), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CarrelError) as caught:
            ledger.append([], SIGNER, NOW)
        assert caught.value.code == "LED-013"
        assert ledger.checkpoint_text() == before
        assert ledger.verify(SIGNER.verifier).checkpoint.size == 64
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate()
    assert ledger.append([], SIGNER, NOW).size == 128


def test_a_ledger_that_grows_is_verified_without_false_alarm(tmp_path):
    ledger = LedgerFolder(tmp_path / "ledger")
    ledger.create(SIGNER.name, SIGNER, NOW)
    writer = subprocess.Popen([sys.executable, "-c", PROCESS, "grow", str(ledger.path), "25"])
    sizes = set()
    while writer.poll() is None:
        found = ledger.verify(SIGNER.verifier)
        sizes.add(found.checkpoint.size)
    assert writer.returncode == 0
    assert len(sizes) > 2
    assert ledger.verify(SIGNER.verifier).checkpoint.size == 64 * 26
