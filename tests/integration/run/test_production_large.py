"""A production of a hundred thousand records takes no more memory than one of a single record."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.integration.run import library
from tests.integration.run.ready_case import ready_case
from tests.integration.run.test_production import CAL, SCOPE, loan, person, scoped, words

MANY = 100_000
MOST_MORE = 64 * 1024  # KB


def peak(elm, case, name) -> int:
    """The most memory that the command had, in KB."""
    out, told = elm.folder.parent / f"{name}.age", elm.folder.parent / f"{name}.txt"
    said = ("disclose", "produce", scoped(elm), "--out", out, "--age-passphrase-file", words(elm), "--case", case, *CAL)
    with told.open("w") as file:
        child = subprocess.Popen(
            [sys.executable, "-m", "carrel", *map(str, said), "--site", str(elm.folder)],
            cwd=elm.folder, env=library.environment(), stdout=file, stderr=file,
        )  # fmt: skip
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, told.read_text()
    assert (f"{MANY + 1:,}" in told.read_text()) == (name == "many")
    return used.ru_maxrss


@pytest.mark.slow
@pytest.mark.deep
def test_the_memory_of_a_large_production_is_that_of_a_small_one(small_sqlite, tmp_path) -> None:
    """What the passphrase takes is more than the rows."""
    elm = library.make(tmp_path / "site", small_sqlite)
    seed, number = person(elm)
    loan(seed, number, "2026-03-15 12:00:00")
    case = ready_case(elm, SCOPE)
    one = peak(elm, case, "one")
    rest = ", ".join(str(row[1]) for row in elm.koha.rows("PRAGMA table_info(old_issues)") if row[1] != "issue_id")
    elm.sql(
        f"INSERT INTO old_issues (issue_id, {rest}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        f"WHERE i < {MANY}) SELECT 10000000 + i, {rest} FROM n, (SELECT * FROM old_issues WHERE borrowernumber = {number} "
        "LIMIT 1)"
    )
    assert peak(elm, case, "many") - one < MOST_MORE
