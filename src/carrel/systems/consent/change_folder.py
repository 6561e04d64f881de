"""What mailing tools are told: a folder of CSV files, each with who may be written to by now, and who may not."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from carrel.consent import faults
from carrel.errors import CarrelError, fault
from carrel.ledger.leaf import utc_seconds
from carrel.systems.consent.contact_file import plain
from carrel.systems.durable_file import replace_file

HEAD = ("email address", "purpose", "may be written to", "since")


@dataclass(frozen=True, slots=True)
class Change:
    """That one address may be written to for a purpose, or may not.

    Attributes:
        address: of the person, as the system has it now.
        purpose: of the policy.
        may: whether.
        since: aware time of the event.
    """

    address: str
    purpose: str
    may: bool
    since: datetime


def file_name(first: int, last: int) -> str:
    """Of a file, by the events that it tells of: told again after a kill, it is the same file."""
    return f"consent-changes.{first:08}-{last:08}.csv"


def write_changes(folder: Path, name: str, changes: Iterable[Change]) -> int:
    """Write a file, and read it back.

    Returns:
        How many lines it has.

    Raises:
        CarrelError: CNS-009, it cannot be written, or does not read as it was written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    rows = [(plain(one.address), one.purpose, "yes" if one.may else "no", utc_seconds(one.since)) for one in changes]
    writer.writerows(rows)
    try:
        replace_file(folder / name, text.getvalue(), mode=0o600)
        back = (folder / name).read_text(encoding="utf-8")
    except OSError as wrong:
        raise _unwritten(folder, os.strerror(wrong.errno or 0)) from None
    if back != text.getvalue():
        raise _unwritten(folder, "other text than was written")
    return len(rows)


def waiting(folder: Path) -> tuple[str, ...]:
    """Files that nobody has taken away yet, the oldest first; a folder that is not there has none."""
    try:
        return tuple(sorted(one.name for one in folder.iterdir() if one.name.startswith("consent-changes.")))
    except OSError:
        return ()


def _unwritten(folder: Path, found: str) -> CarrelError:
    return fault(
        faults.CHANGES,
        at=str(folder),
        wanted="a folder that this account may write",
        found=found,
        because="mailing tools do not know yet who withdrew",
        changed="the consent or withdrawal itself is recorded and holds in every export from now on",
        fix="see to the folder; the next `carrel consent` or `carrel export contacts` tells them",
    )
