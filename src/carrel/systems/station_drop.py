"""The folder in which public computers leave their reports: anybody in the building may be able to write there."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from carrel.accountability import faults
from carrel.accountability.station_report import MOST_BYTES, StationReport, named_machine, read_report
from carrel.errors import CarrelError, fault
from carrel.inventory.stations import Stations
from carrel.systems import secret
from carrel.systems.durable_file import replace_file

ENDING = ".report"
KEPT = timedelta(days=35)
_MOST_FILES = 50_000


@dataclass(frozen=True, slots=True)
class Drop:
    """What lay in the folder.

    Attributes:
        reports: whose signature held, by file.
        refused: code → how many files were refused with it.
        strange: files that are no report of any machine of the site.
        unkeyed: machines whose secret cannot be read here, so that nothing of theirs is believed.
        whole: False where there were more files than are looked at.
    """

    reports: dict[Path, StationReport] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    strange: int = 0
    unkeyed: tuple[str, ...] = ()
    whole: bool = True


def read_drop(stations: Stations) -> Drop:
    """Read every report in the drop and check it against the secret of the machine that it names.

    Raises:
        CarrelError: STA-003, the folder cannot be read.

    Guarantees:
        No link is followed, nothing but regular files is opened, at most 16 KiB of each and 50,000 of them. A file that
        cannot be believed is counted and does no more.
    """
    known, unkeyed = _secrets(stations)
    reports: dict[Path, StationReport] = {}
    refused: Counter[str] = Counter()
    strange, number = 0, 0
    for number, path in enumerate(_files(stations.drop), 1):
        if number > _MOST_FILES:
            break
        text = _content(path)
        machine = "" if text is None else named_machine(text)
        if text is None or stations.group_of(machine) is None:
            strange += 1
        elif machine in known:
            try:
                reports[path] = read_report(text, known[machine], f"a report of {machine}")
            except CarrelError as wrong:
                refused[wrong.code] += 1
    return Drop(reports, refused, strange, unkeyed, whole=number <= _MOST_FILES)


def tidy(stations: Stations, now: datetime) -> int:
    """Delete the reports that are older than 35 days; how many those were.

    Guarantees:
        Only files whose signature holds go: what else lies in the folder is not Carrel's to delete.
    """
    old = [path for path, report in read_drop(stations).reports.items() if report.at < now - KEPT]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def require_free(stations: Stations, machine: str, *, replace: bool) -> None:
    """A secret may be made for a machine.

    Raises:
        CarrelError: STA-004, no such machine; STA-005, it has one already and ``replace`` is not set.
    """
    if stations.group_of(machine) is None:
        raise fault(
            faults.STATION_UNKNOWN,
            wanted="one of the machines under 'stations:' of the site file",
            found="another name",
            fix="write it as in the site file, or add it there",
        )
    if stations.key_of(machine).exists() and not replace:
        raise fault(
            faults.STATION_KEY,
            at=str(stations.key_of(machine)),
            found="a secret that the machine may be signing with",
            because="with another one here, its reports are no longer believed",
            changed="nothing",
            fix="add --replace, and put the new one on the machine",
        )


def keep_secret(stations: Stations, machine: str, made: str) -> None:
    """Put a machine's secret where Carrel looks for it, whole or not at all.

    Raises:
        CarrelError: STA-003, the folder cannot be written.
    """
    try:
        stations.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(stations.key_of(machine), f"{made}\n", mode=0o600)
    except OSError as wrong:
        raise fault(
            faults.STATION_DROP,
            at=str(stations.keys),
            wanted="a folder for the secrets that this account may write",
            found=os.strerror(wrong.errno or 0),
            fix="make it, or name another with 'keys:' under 'stations:'",
        ) from None


def _secrets(stations: Stations) -> tuple[dict[str, str], tuple[str, ...]]:
    known, missing = {}, []
    for machine in stations.machines:
        try:
            known[machine] = secret.from_file(stations.key_of(machine)).reveal()
        except CarrelError:
            missing.append(machine)
    return known, tuple(missing)


def _files(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as inside:
            for one in inside:
                if one.name.endswith(ENDING) and not one.name.startswith("."):
                    yield Path(one.path)
    except OSError as wrong:
        raise fault(
            faults.STATION_DROP,
            at=str(folder),
            wanted="a folder that this account may list",
            found=os.strerror(wrong.errno or 0),
            fix="make it, or let this account read it",
        ) from None


def _content(path: Path) -> bytes | None:
    """The bytes of a regular file of at most so many; None of anything else."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            text = file.read(MOST_BYTES + 1)
    except OSError:
        return None
    return text if len(text) <= MOST_BYTES else None
