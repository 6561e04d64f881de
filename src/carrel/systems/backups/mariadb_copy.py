"""One folder that mariadb-backup wrote: when it was made and on what it is built, by the tool's own two files."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_INFO = ("mariadb_backup_info", "xtrabackup_info")  # the first by newer versions
_CHECKPOINTS = ("mariadb_backup_checkpoints", "xtrabackup_checkpoints")
_OPTIONS = "backup-my.cnf"
_SYSTEM = "ibdata1"  # where the options name no other file of the system tablespace
STREAM = re.compile(r".+\.(xb|xbs|xbstream|mbstream)(\.[A-Za-z0-9]+)*")
_BASE = re.compile(r"--incremental[-_]basedir[= ](\S+)")
_LARGEST = 65_536
_CALENDAR = datetime(1582, 10, 15, tzinfo=UTC)  # from which a UUID of version 1 counts
_FURTHEST = timedelta(hours=15)  # that the clock on any wall is from UTC


@dataclass(frozen=True, slots=True)
class MariadbCopy:
    """What the tool's files say.

    Attributes:
        mark: of this copy alone.
        made_at: aware time at which its making began.
        from_lsn: log sequence number from which on it holds what changed; 0 of a full one.
        to_lsn: up to which it holds it.
        base: name of the folder on which it was made, as far as the tool's own file tells; empty elsewhere.
    """

    mark: str
    made_at: datetime
    from_lsn: int
    to_lsn: int
    base: str = ""


def read_copy(folder: Path) -> MariadbCopy | None:
    """What a folder says of itself.

    Args:
        folder: no link.

    Returns:
        None where it is half-written, no copy, or says what cannot be: nobody can tell what it is.

    Raises:
        OSError: it cannot be read.

    Guarantees:
        No link is followed, and nothing but three small files is opened.

    Source:
        The tool writes times by the clock on the wall of its own process, and the server gives it an id that holds the
        time in UTC: their difference at the end of the copy is taken for its beginning as well.
    """
    names = {one.name for one in os.scandir(folder)}
    info, points = _pairs(folder, _INFO, names), _pairs(folder, _CHECKPOINTS, names)
    try:
        given = uuid.UUID(info["uuid"])
        began, ended = (datetime.fromisoformat(info[key]).replace(tzinfo=UTC) for key in ("start_time", "end_time"))
        from_lsn, to_lsn = int(info["innodb_from_lsn"]), int(info["innodb_to_lsn"])
        kind = points["backup_type"]
    except (KeyError, ValueError):
        return None
    if given.version != 1 or not _has_data(folder, names, incremental=kind == "incremental"):
        return None
    at = _CALENDAR + timedelta(microseconds=given.time // 10)
    took = ended - began
    if took < timedelta(0):
        took += timedelta(hours=1)  # clocks were set back meanwhile
    if abs(ended - at) > _FURTHEST or took < timedelta(0):
        return None
    mark = hashlib.sha256(f"{given}/{from_lsn}/{to_lsn}".encode()).hexdigest()[:32]
    base = _BASE.search(info.get("tool_command", ""))
    return MariadbCopy(mark, at - took, from_lsn, to_lsn, Path(base[1]).name if base else "")


def _has_data(folder: Path, names: set[str], *, incremental: bool) -> bool:
    """Whether there is more than the two files, which ``--extra-lsndir`` leaves alone: a stream, or data files."""
    if any(STREAM.fullmatch(one) for one in names):
        return True
    if _OPTIONS not in names:
        return False
    if incremental:
        # What was built into its base by `--prepare` has lost its changes.
        return any(one.endswith(".delta") for one in names)
    # Without the first file of the system tablespace nothing can be restored; compressed it has an ending more.
    told = _pairs(folder, (_OPTIONS,), names).get("innodb_data_file_path", "")
    first = Path(told.partition(":")[0]).name or _SYSTEM
    return any(one == first or one.startswith(f"{first}.") for one in names)


def _pairs(folder: Path, called: Sequence[str], names: set[str]) -> dict[str, str]:
    """The lines of the first of these files that is there, as keys and values."""
    for one in called:
        if one not in names:
            continue
        try:
            number = os.open(folder / one, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as wrong:
            if wrong.errno == errno.ELOOP:  # a link
                return {}
            raise
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                return {}
            text = file.read(_LARGEST).decode("utf-8", errors="replace")
        return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in text.splitlines())}
    return {}
