"""The logs that an entry of the site file names, one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date

from carrel.deidentification.logs.log_format import LogFormat
from carrel.errors import fault
from carrel.inventory.scrubbed_log import ScrubbedLog
from carrel.inventory.site import Site
from carrel.policy.resolve import Policy
from carrel.policy.schedule import Disposition, RecordRule
from carrel.retention.clearing import rule_for
from carrel.systems.folders.walk import Spot, files
from carrel.systems.logs import faults, known_formats
from carrel.systems.logs.day_key_folder import DayKeyFolder
from carrel.systems.logs.log_copy import BESIDE

THEN = (Disposition.DE_IDENTIFY, Disposition.DELETE)  # what may become of a line


def place(entry: ScrubbedLog) -> str:
    """What faults and findings call it."""
    return f"log {entry.name}"


def entries(site: Site, names: tuple[str, ...] = ()) -> list[ScrubbedLog]:
    """The entries of these names, or all.

    Raises:
        CarrelError: LOG-021, the site file has none of that name, or none at all.
    """
    known = {one.name: one for one in site.logs}
    if not known or any(name not in known for name in names):
        raise fault(
            faults.NOT_DECLARED,
            at="logs",
            wanted=" or ".join(known) or "an entry under 'logs:' in the site file",
            found="another name" if names else "none",
            fix="name one of them" if known else "declare them in the site file: docs/scrub.md",
        )
    return [known[name] for name in dict.fromkeys(names)] or list(known.values())


def rule_of(policy: Policy, entry: ScrubbedLog) -> RecordRule:
    """The policy's rule for the lines of an entry.

    Raises:
        CarrelError: CLR-002, CLR-007, RUN-014.
    """
    return rule_for(policy, entry, place(entry), THEN)


def spots(entry: ScrubbedLog) -> Iterator[Spot]:
    """Each log, once, also where it is replaced meanwhile.

    Raises:
        CarrelError: LOG-010, the folder cannot be read.
    """
    done: set[str] = set()
    try:
        for spot in files(entry.root, entry.patterns):
            if spot.path in done or spot.name.startswith(".") or spot.name.endswith(BESIDE):
                continue
            done.add(spot.path)
            yield spot
    except OSError as wrong:
        found = os.strerror(wrong.errno or 0)
        raise fault(faults.UNREADABLE, at=place(entry), found=found, fix="check 'root' and who may read it") from None


def format_of(entry: ScrubbedLog) -> LogFormat | None:
    """The declared format.

    Raises:
        CarrelError: LOG-001.
    """
    return None if entry.format is None else known_formats.format_of(entry.format)


def destroy_due_keys(entry: ScrubbedLog, today: date, gone: list[date]) -> None:
    """Destroy the day keys of an entry that are due.

    Args:
        entry: of the site file.
        today: by this machine.
        gone: takes the days of which they were, also where an error comes after.

    Raises:
        CarrelError: LOG-017.
    """
    if entry.keys is not None and entry.keys.exists():
        DayKeyFolder(entry.keys, destroys=True).destroy_due(today, gone)
