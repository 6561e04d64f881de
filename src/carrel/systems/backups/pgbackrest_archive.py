"""The write-ahead log that pgBackRest keeps beside its backups: which of it a backup needs, and which none any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_SEGMENT = 16 * 1024 * 1024  # unless the server was made with another size
_LOG = 1 << 32  # bytes that bear one middle number


@dataclass(frozen=True)
class Archive:
    """The archived log of one database cluster in one repository.

    Attributes:
        key: of the repository.
        name: of the archive, such as ``15-1``; a new one begins with each upgrade of the server.
        oldest: segment that is there.
        needed: segment from which on it is needed; empty where no backup needs any of it, None where nobody can tell.
    """

    key: int
    name: str
    oldest: str
    needed: str | None

    def told(self) -> str:
        """What of it goes, in words; nothing where none does."""
        if self.needed is None or (self.needed and self.oldest >= self.needed):
            return ""
        which = f"from before {self.needed}" if self.needed else "of which no backup is left"
        return f"archived log {self.name} of repo{self.key} {which} goes too"


def archives(stanza: Mapping[str, Any], stays: Callable[[int, str], bool]) -> Iterator[Archive]:
    """The archives of a stanza.

    Args:
        stanza: as the tool lists it.
        stays: whether a backup with this label, of this repository, stays.
    """
    newest: dict[int, int] = {}
    for one in stanza["db"]:
        newest[one["repo-key"]] = max(newest.get(one["repo-key"], 0), one["id"])
    for archive in stanza["archive"]:
        key, cluster = archive["database"]["repo-key"], archive["database"]["id"]
        if archive["min"] is None:
            continue
        starts = [
            (one["archive"] or {}).get("start")
            for one in sorted(stanza["backup"], key=lambda one: str(one["label"]))
            if one["database"] == archive["database"] and one["prior"] is None and stays(key, one["label"])
        ]
        # Of the cluster that runs, the tool keeps the log also where no backup is; of a backup that was made while the
        # server stood still it knows no start, and leaves everything.
        needed = starts[0] if starts else "" if cluster != newest.get(key) else None
        yield Archive(key, archive["id"], archive["min"], needed)


def segment_size(stanza: Mapping[str, Any]) -> int:
    """The bytes of a segment, by where in the log the backups began and in which segment that lies."""
    for one in stanza["backup"]:
        start, place = (one["archive"] or {}).get("start") or "", (one.get("lsn") or {}).get("start") or ""
        if place and (number := int(start[16:24] or "0", 16)):
            return 1 << (int(place.partition("/")[2], 16) // number).bit_length() - 1
    return _SEGMENT


def segments(start: str, stop: str, size: int) -> Iterator[str]:
    """The names of all segments from one to another.

    Args:
        start: the first one; its timeline is that of all.
        stop: the last one.
        size: of a segment in bytes.
    """
    each = _LOG // size
    first, last = (int(one[8:16], 16) * each + int(one[16:24], 16) for one in (start, stop))
    for number in range(first, last + 1):
        yield f"{start[:8]}{number // each:08X}{number % each:08X}"
