"""The rows of a large production wait sealed on the disk: once the passphrase is made its memory is that of a small one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.run import library
from tests.integration.run.ready_case import ready_case
from tests.integration.run.test_production import CAL, SCOPE, loan, person, scoped, words

MANY = int(os.environ.get("CARREL_TEST_LOANS", "100000"))
MOST_MORE = 32 * 1024  # KB
PASSPHRASE = 200 * 1024  # KB: scrypt takes 256 MB for a second, and gives them back


def peak(elm, case, name) -> int:
    """The most memory that the command had after the passphrase was made, in KB."""
    out, told = elm.folder.parent / f"{name}.age", elm.folder.parent / f"{name}.txt"
    said = ("disclose", "produce", scoped(elm), "--out", out, "--age-passphrase-file", words(elm), "--case", case, *CAL)
    seen: list[int] = []
    began = time.monotonic()
    with told.open("w") as file:
        child = subprocess.Popen(
            [sys.executable, "-m", "carrel", *map(str, said), "--site", str(elm.folder)],
            cwd=elm.folder, env=library.environment(), stdout=file, stderr=file,
        )  # fmt: skip
        while child.poll() is None:
            seen.append(since_last(Path(f"/proc/{child.pid}")))
            time.sleep(0.03)
    assert child.returncode == 0, told.read_text()
    assert (f"{MANY + 1:,}" in told.read_text()) == (name == "many")
    made = next(n for n, size in enumerate(seen) if size > PASSPHRASE)
    after = next(n for n, size in enumerate(seen) if n > made and size < PASSPHRASE)
    print(f"{name}: {max(seen[after:]) // 1024} MB, {time.monotonic() - began:.1f} s, {out.stat().st_size:,} bytes")
    return max(seen[after:])


def since_last(process: Path) -> int:
    """The most memory of a process since it was last asked, in KB."""
    try:
        lines = (process / "status").read_text().splitlines()
        (process / "clear_refs").write_text("5")
    except (OSError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


@pytest.mark.slow
@pytest.mark.deep
@pytest.mark.mariadb
def test_the_memory_of_a_large_production_is_that_of_a_small_one(small_mariadb, tmp_path) -> None:
    """On a server: in a file of SQLite's the process itself is the database, and keeps 64 MB of its pages."""
    elm = library.make(tmp_path / "site", small_mariadb)
    seed, number = person(elm)
    loan(seed, number, "2026-03-15 12:00:00")
    case = ready_case(elm, SCOPE)
    one = peak(elm, case, "one")
    columns = elm.koha.rows("SHOW COLUMNS FROM old_issues")
    rest = ", ".join(str(row[0]) for row in columns if row[0] != "issue_id")
    with elm.koha.engine().begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO old_issues (issue_id, {rest}) SELECT 10000000 + seq, {rest} FROM seq_1_to_{MANY}, (SELECT * "
            f"FROM old_issues WHERE borrowernumber = {number} LIMIT 1) AS mine"
        )
    assert peak(elm, case, "many") - one < MOST_MORE
