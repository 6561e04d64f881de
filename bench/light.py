"""Figures that need no library: the command line's start, the ledger."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.library import AS_OF
from bench.row import Row
from carrel.ledger.key import Signer
from carrel.ledger.leaf import OpenLeaf
from carrel.store.ledger_folder import LedgerFolder

PER_BATCH = 8_192


def start(times: int) -> Row:
    """CPU seconds of ``carrel --help`` against those of importing Click."""
    ours, click = [], []
    for _ in range(times):
        ours.append(_cpu(["-m", "carrel", "--help"]))
        click.append(_cpu(["-c", "import click"]))
    ratio = median(ours) / median(click)
    return Row(
        "command line: carrel --help", f"median of {times} starts", f"{median(ours):.3f} s", f"{median(click):.3f} s",
        "python -c 'import click'", "measured", ratio, "at most 2.5", ratio <= 2.5 if times >= 15 else None,
    )  # fmt: skip


def _cpu(arguments: list[str]) -> float:
    before = os.times()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env={**os.environ})
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def ledger(leaves: int) -> list[Row]:
    """Leaves appended and verified, against hashing the same bytes once."""
    import hashlib

    signer = Signer.generate("bench.example/ledger", os.urandom(32))
    with tempfile.TemporaryDirectory() as folder:
        book = LedgerFolder(Path(folder) / "ledger")
        book.create("bench.example/ledger", signer, AS_OF, pad_to=1)
        batches = [
            [
                OpenLeaf("plan", AS_OF, {"system": "koha", "due": 5_000 + start + n})
                for n in range(min(PER_BATCH, leaves - start))
            ]
            for start in range(0, leaves, PER_BATCH)
        ]
        began = time.monotonic()
        for batch in batches:
            book.append(batch, signer, AS_OF, pad_to=1)
        appended = leaves / (time.monotonic() - began)
        began = time.monotonic()
        for batch in batches:
            for leaf in batch:
                hashlib.sha256(leaf.encode()).digest()
        hashed = leaves / (time.monotonic() - began)
        began = time.monotonic()
        book.verify(signer.verifier)
        verified = time.monotonic() - began
    size = f"{leaves:,} leaves in batches of {PER_BATCH:,}"
    whole = leaves >= 1_000_000
    return [
        Row("ledger: leaves appended a second", size, f"{appended:,.0f} /s", f"{hashed:,.0f} /s",
            "encoding and hashing them once", "measured", appended / hashed, "20,000 /s", appended >= 20_000 if whole else None),
        Row("ledger: verified", size, f"{verified:.1f} s", f"{leaves / hashed:.1f} s", "encoding and hashing them once",
            "measured", verified * hashed / leaves, "1 M in 30 s", verified < 30 if whole else None),
    ]  # fmt: skip
