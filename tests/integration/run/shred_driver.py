"""Kills `carrel undo shred` at each of its steps, goes on with another command, and looks what the ledger was told.

Steps are those of `crash_driver`.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from carrel.cli.main import main
from carrel.ledger.leaf import decode_leaf
from carrel.store.key_file import read_verifier
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.store import Store
from tests.integration.run.crash_driver import Steps, in_fork


def drive(told: dict[str, Any]) -> dict[str, Any]:
    """One undisturbed call whose steps are counted, then one killed at each, followed by what a site calls next."""
    site, kept, run = Path(told["site"]), Path(told["kept"]), told["run"]
    output, log = site.parent / "output.txt", site / "steps.jsonl"

    def shred(fatal: int) -> None:
        Steps(fatal, str(site), log).install()
        main(["undo", "shred", run, "--site", str(site)])

    def go_on(words: list[str]) -> None:
        main([*words, "--site", str(site)])

    assert in_fork(lambda: shred(0), output) == 0, output.read_text()
    steps = [json.loads(line) for line in log.read_text().splitlines()]
    wrong = []
    for at in range(1, len(steps) + 1):
        shutil.rmtree(site)
        shutil.copytree(kept, site)
        killed = in_fork(lambda at=at: shred(at), output)
        # Half of them are gone on with by the same command, the others by the nightly one alone.
        again = in_fork(lambda: go_on(["undo", "shred", run]), output) if at % 2 else 0
        in_fork(lambda: go_on(["undo", "shred", "--due"]), output)
        there = (site / "undo" / run).exists()
        if there:
            again = in_fork(lambda: go_on(["undo", "shred", run]), output)
        found = _found(site, run)
        if killed != -signal.SIGKILL or again not in {0, 4} or found != (1, 0, 0, False):
            wrong.append({"at": at, "step": steps[at - 1], "killed": killed, "again": again, "found": found})
    return {"steps": steps, "wrong": wrong, "tail": output.read_text()[-2000:]}


def _found(site: Path, run: str) -> tuple[int, int, int, bool]:
    """How often the ledger was told, what is still owed, residues still open, and whether anything is left."""
    ledger = LedgerFolder(site / "ledger")
    ledger.verify(read_verifier(str(site / "keys" / "ledger.vkey")), read_leaves=True)
    leaves = [decode_leaf(entry) for entry in ledger.entries()]
    told = sum(leaf.fields.get("outcome") == "shredded" for leaf in leaves)
    with Store.open(site) as store:
        residues = [one for one in store.residues.open("koha", max(leaf.at for leaf in leaves)) if one.run == run]
        capsules = [one for one in residues if one.place == "undo capsule"]
        return told, store.owed.count(), len(capsules), (site / "undo" / run).exists()


def begin() -> None:
    """What `warm_start` calls: the file that is named tells all; what was found is printed."""
    print(json.dumps(drive(json.loads(Path(sys.argv[1]).read_text()))))
