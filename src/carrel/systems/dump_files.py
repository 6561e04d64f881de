"""Dumps of a database on a disk: their number, sizes and times. What is in them is never opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from carrel.accountability.surroundings import Nothing, Place, Surroundings, Unseen, size
from carrel.amount import amount
from carrel.inventory.dump_folder import DumpFolder
from carrel.policy.clock import segments
from carrel.policy.resolve import Policy
from carrel.policy.schedule import RecordRule
from carrel.retention.backup_expiry import backup_rule

_JOB = timedelta(days=1)  # a job that deletes old files runs once a day


def dumps(declared: Iterable[DumpFolder], policy: Policy, now: datetime) -> Surroundings:
    """Every declared folder of dumps, as it is now.

    A dump that was made before a cut holds what the cut took out, until it is deleted.

    Args:
        declared: of the site file, with absolute folders.
        policy: its rule for backups, if it has one, says how old a dump may be.
        now: aware time.

    Guarantees:
        A folder that cannot be read is among the unseen; no file is opened.
    """
    places: list[Place] = []
    unseen: list[Unseen] = []
    overdue: list[str] = []
    empty: list[Nothing] = []
    rule = backup_rule(policy)
    for one in declared:
        name = f"dumps in {one.folder}"
        try:
            found = sorted(
                (datetime.fromtimestamp(known.st_mtime, UTC), known.st_size)
                for _, known in regular_files(one.folder, one.files)
            )
        except OSError as wrong:
            unseen.append(
                Unseen(name, wrong.strerror or "it cannot be read", "let this account list it, or mend 'dumps:'")
            )
            continue
        if not found:
            empty.append(Nothing(name, "none", proved=True))
            continue
        overdue.extend(_overdue(one, [when for when, _ in found], rule, now))
        places.append(_place(name, one, found, now))
    return Surroundings(tuple(places), tuple(unseen), tuple(overdue), tuple(empty))


def regular_files(folder: Path, patterns: Iterable[str]) -> Iterator[tuple[Path, os.stat_result]]:
    """Each file of a folder that a pattern names, as it is now; a link or a folder is none.

    Raises:
        OSError: it cannot be listed.
    """
    if not folder.is_dir():
        raise NotADirectoryError(0, "there is no such folder")
    for path in {found for pattern in patterns for found in folder.glob(pattern)}:
        known = path.lstat()
        if stat.S_ISREG(known.st_mode):
            yield path, known


def _place(name: str, one: DumpFolder, found: list[tuple[datetime, int]], now: datetime) -> Place:
    oldest, newest = found[0][0], found[-1][0]
    until = None if one.kept is None else newest + one.kept + _JOB
    late = one.kept is not None and oldest + one.kept + _JOB < now
    return Place(
        name,
        None if late else until,
        "delete the dumps from before the cut, once a newer one is proved",
        holds="the whole database as it was when each was made",
        read="names, sizes and times in the folder",
        figures={
            "dumps": len(found),
            "size": size(sum(length for _, length in found)),
            "oldest": f"{oldest:%Y-%m-%d}",
            "newest": f"{newest:%Y-%m-%d}",
        },
    )


def _overdue(one: DumpFolder, times: list[datetime], rule: RecordRule | None, now: datetime) -> Iterator[str]:
    if rule is not None:
        stretches = segments(rule, now)
        due = [when for when in times if any(one.holds(when) and when <= one.cutoff - _JOB for one in stretches)]
        if due:
            told = amount(len(due), f"dump in {one.folder} is", f"dumps in {one.folder} are")
            yield f"{told} older than the policy allows for backups (rule '{rule.id}')"
    if one.kept is not None and (count := sum(when + one.kept + _JOB < now for when in times)):
        yield (
            amount(count, f"dump in {one.folder} is", f"dumps in {one.folder} are") + " older than the site file allows"
        )
