"""Rows that wait for their package: none of them lies in the clear, and what is put there comes back as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from carrel.rights.third_persons import HeldRow, Withheld
from carrel.systems.sealed_rows import AT_ONCE, row_shelf

SECRET = "Ishmael Quill borrowed this"


def row(n: int) -> HeldRow:
    values = {
        "n": n,
        "note": f"{SECRET} {n}",
        "paid": Decimal("1.50"),
        "at": datetime(2026, 3, 1, tzinfo=UTC),
        "none": None,
    }
    return HeldRow(values, {"desk": Withheld.STAFF}, ("note",) if n % 2 else ())


def on_disk() -> bytes:
    """What every file without a name that this process has open holds."""
    found = b""
    for one in Path("/proc/self/fd").iterdir():
        try:
            if "(deleted)" in str(one.readlink()):
                found += Path(f"/proc/self/fd/{one.name}").read_bytes()
        except OSError:
            continue
    return found


def test_rows_come_back_as_they_were_in_their_order_again_and_again(tmp_path: Path) -> None:
    with row_shelf(tmp_path) as shelf:
        many, few = shelf.keep(map(row, range(3 * AT_ONCE + 7))), shelf.keep(map(row, range(3)))
        more = shelf.keep(HeldRow({"raw": memoryview(b"\0\xff")}) for _ in range(AT_ONCE))
        for _ in range(2):
            assert list(many) == list(map(row, range(3 * AT_ONCE + 7)))
            assert list(few) == list(map(row, range(3)))
        assert type(next(iter(more)).values["raw"]) is bytes
        assert (len(many), many.withheld, many.redacted) == (3 * AT_ONCE + 7, 3 * AT_ONCE + 7, 3 * AT_ONCE // 2 + 3)
        assert not shelf.keep(())


def test_nothing_lies_in_the_clear_and_what_was_changed_does_not_open(tmp_path: Path) -> None:
    with row_shelf(tmp_path) as shelf:
        kept = shelf.keep(map(row, range(AT_ONCE)))
        sealed = on_disk()
        assert len(sealed) > AT_ONCE
        assert SECRET.encode() not in sealed
        assert b"note" not in sealed
        assert list(tmp_path.iterdir()) == []
        os.pwrite(shelf._descriptor, b"\0\0\0", 10)
        with pytest.raises(InvalidTag):
            list(kept)


_PROGRAM = """
import sys, time
from pathlib import Path
from tests.unit.systems.test_sealed_rows import row
from carrel.systems.sealed_rows import row_shelf
with row_shelf(Path(sys.argv[1])) as shelf:
    kept = shelf.keep(map(row, range(5000)))
    print(len(kept), flush=True)
    time.sleep(60)
"""


def test_whoever_is_killed_leaves_nothing(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _PROGRAM, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "5000\n"
        child.send_signal(signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []
