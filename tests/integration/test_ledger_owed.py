"""A real process owes leaves and delivers them, and is killed (SIGKILL) between any two steps: each stands once."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from carrel.ledger.leaf import OpenLeaf, decode_leaf
from carrel.ledger.note import Signer
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.store import FILE, Store

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SIGNER = Signer.generate("library.example/ledger", bytes(range(32)))
OWED = 5

# Nothing of Carrel is replaced: the outbox is the store's own, and what stands around it only tells of its steps.
PROCESS = textwrap.dedent(
    """
    import os, signal, sys
    from datetime import UTC, datetime
    from carrel.ledger.leaf import OpenLeaf
    from carrel.ledger.note import Signer
    from carrel.store.ledger_folder import LedgerFolder
    from carrel.store.store import Store

    folder, first, stop = sys.argv[1:]
    signer = Signer.generate("library.example/ledger", bytes(range(32)))
    now = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

    def step(name):
        print(name, flush=True)
        if name == stop:
            os.kill(os.getpid(), signal.SIGKILL)

    class Told:
        def __init__(self, outbox):
            self.outbox = outbox

        def claim(self, size, entries):
            step("recovered")
            found = self.outbox.claim(size, entries)
            step("claimed")
            return found

        def clear(self):
            step("standing")
            self.outbox.clear()
            step("cleared")

    with Store.open(folder) as store:
        step("opened")
        store.owed.add([OpenLeaf("run", now, {"applied": int(first) + n}) for n in range(5)], now)
        step("owed")
        LedgerFolder(folder + "/ledger").deliver(Told(store.owed), signer, now, step=step)
    """
)
STEPS = [
    "opened",
    "owed",
    "recovered",
    "claimed",
    "intent staged",
    "intent",
    "files staged",
    "tile/entries/000.p/128",
    "tile/0/000.p/128",
    "files durable",
    "checkpoint staged",
    "checkpoint",
    "partials removed",
    "intent removed",
    "standing",
    "cleared",
]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    LedgerFolder(tmp_path / "ledger").create(SIGNER.name, SIGNER, NOW)
    Store.open(tmp_path / FILE).close()
    return tmp_path


def process(site: Path, first: int, stop: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", PROCESS, str(site), str(first), stop]
    return subprocess.run(words, check=False, timeout=60, capture_output=True, text=True)


def applied(site: Path) -> list[object]:
    """What the run leaves say, in order, of a folder that verifies."""
    ledger = LedgerFolder(site / "ledger")
    ledger.verify(SIGNER.verifier, read_leaves=True)
    leaves = [decode_leaf(entry) for entry in ledger.entries()]
    return [leaf.fields["applied"] for leaf in leaves if leaf.kind == "run"]


def deliver(site: Path) -> None:
    with Store.open(site) as store:
        LedgerFolder(site / "ledger").deliver(store.owed, SIGNER, NOW)
        assert store.owed.count() == 0


def test_the_list_of_steps_is_complete(site: Path) -> None:
    done = process(site, 100, "")
    assert (done.returncode, sorted(done.stdout.split("\n")[:-1])) == (0, sorted(STEPS)), done.stderr


@pytest.mark.parametrize("stop", STEPS)
def test_killed_at_any_step_the_next_process_delivers_what_was_owed_once(site: Path, stop: str) -> None:
    before = LedgerFolder(site / "ledger").checkpoint_text()
    assert process(site, 100, stop).returncode == -signal.SIGKILL
    owed = [] if stop == "opened" else list(range(100, 100 + OWED))
    LedgerFolder(site / "ledger").verify(SIGNER.verifier, before)  # as an outsider finds it
    # Another process comes, with leaves of its own, and is killed at some step as well.
    second = STEPS[(STEPS.index(stop) * 7 + 3) % len(STEPS)]
    assert process(site, 200, second).returncode in {-signal.SIGKILL, 0}
    owed += [] if second == "opened" else list(range(200, 200 + OWED))
    deliver(site)
    assert applied(site) == owed
    size = LedgerFolder(site / "ledger").size
    deliver(site)
    assert LedgerFolder(site / "ledger").size == size  # nothing owed is no batch


def test_processes_that_deliver_at_once_tell_each_leaf_once(site: Path) -> None:
    words = [sys.executable, "-c", PROCESS, str(site)]
    started = [
        subprocess.Popen([*words, str(first), ""], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for first in range(100, 150, 10)
    ]
    for one in started:
        _, told = one.communicate(timeout=60)
        assert one.returncode == 0 or "LED-013" in told, told  # another was writing; what is owed stays owed
    deliver(site)
    assert Counter(applied(site)) == Counter(first + n for first in range(100, 150, 10) for n in range(OWED))


def test_a_ledger_put_back_from_an_older_copy_gets_what_was_not_yet_settled(site: Path, tmp_path: Path) -> None:
    """The claim of a killed process names places; what stands there now is looked at, and not believed."""
    shutil.copytree(site / "ledger", tmp_path / "older")
    assert process(site, 100, "standing").returncode == -signal.SIGKILL
    shutil.rmtree(site / "ledger")
    (tmp_path / "older").rename(site / "ledger")
    LedgerFolder(site / "ledger").append([OpenLeaf("run", NOW, {"applied": 99})], SIGNER, NOW)
    deliver(site)
    assert applied(site) == [99, *range(100, 105)]
