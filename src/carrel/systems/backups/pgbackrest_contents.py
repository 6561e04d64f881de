"""Whether a repository of pgBackRest still holds what its backups need; the tool's own list does not look."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from carrel.errors import fault
from carrel.systems import faults
from carrel.systems.backups.pgbackrest_archive import segment_size, segments
from carrel.systems.backups.pgbackrest_manifest import MANIFEST, Manifest

_TIMELINE_AND_LOG = 16
_SEGMENT = 24
_VERIFIED = re.compile(r"^ *backup: ([^,\s]+), status: ([\w-]+)", re.MULTILINE)
_LOG_VERIFIED = re.compile(r"^ *archiveId: [^,]*, total WAL checked: (\d+), total valid WAL: (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Contents:
    """What lies in the repositories of one stanza.

    Attributes:
        stanza: as the tool lists it.
        ls: what lies under a place of a repository, by its path from there.
        get: the text of a file of a repository.
    """

    stanza: Mapping[str, Any]
    ls: Callable[[int, str], Mapping[str, Mapping[str, Any]]]
    get: Callable[[int, str], str]

    def lacking(self, stays: Collection[tuple[int, str]]) -> Counter[str]:
        """What backups need and a repository does not hold, counted by kind.

        Args:
            stays: each by its repository and label, with everything that they are built on.
        """
        found: Counter[str] = Counter()
        size = segment_size(self.stanza)
        listed = {(one["database"]["repo-key"], one["label"]): one for one in self.stanza["backup"]}
        for key, label in sorted(stays):
            entry = listed.get((key, label))
            if entry is None:
                found["copy that went meanwhile"] += 1
                continue
            place = f"backup/{self.stanza['name']}/{label}"
            there = {name: one["size"] for name, one in self.ls(key, place).items() if "size" in one}
            if MANIFEST not in there:  # its copy alone is left
                found["list of files that is gone"] += 1
                continue
            try:
                manifest = Manifest.of(self.get(key, f"{place}/{MANIFEST}"))
            except (ValueError, LookupError):
                found["list of files that cannot be read"] += 1
                continue
            found["copy that one is built on, and that does not stay"] += len(
                [one for one in manifest.bases if (key, one) not in stays]
            )
            for one in manifest.own:
                if (fits := one.fits(there)) is not True:
                    found["file that is gone" if fits is None else "file of another length"] += 1
            for fits in self._log(key, entry, size, manifest.log):
                if fits is not True:
                    found["segment of log that is gone" if fits is None else "segment of log that is cut short"] += 1
        return +found

    def _log(self, key: int, entry: Mapping[str, Any], size: int, inside: Collection[str]) -> Iterator[bool | None]:
        """Of each segment that a backup needs, whether it is long enough; None where it is gone."""
        needed = entry["archive"] or {}
        if not needed.get("start") or not needed.get("stop"):
            return  # made while the server stood still
        name = next((one["id"] for one in self.stanza["archive"] if one["database"] == entry["database"]), "none")
        folder, there = "", dict[str, tuple[str, int]]()
        for one in segments(needed["start"], needed["stop"], size):
            if one in inside:
                continue
            if folder != (folder := one[:_TIMELINE_AND_LOG]):
                listed = self.ls(key, f"archive/{self.stanza['name']}/{name}/{folder}")
                # Behind its name stands a digest, and the kind of its compression.
                there = {
                    each[:_SEGMENT]: (each, about["size"])
                    for each, about in listed.items()
                    if each[_SEGMENT : _SEGMENT + 1] == "-" and "size" in about
                }
            if one not in there:
                yield None
                continue
            stored, length = there[one]
            yield length > 0 if "." in stored else length >= size  # how long a packed one must be, nothing tells


def unverified(told: str, labels: Collection[str]) -> Counter[str]:
    """What the tool's own check of a repository tells of backups and of log, counted by kind.

    Args:
        told: that it printed as text; it may end with 0 also where it found faults.
        labels: of the backups that are asked for.
    """
    found: Counter[str] = Counter()
    for label, state in _VERIFIED.findall(told):
        found["copy in which the tool found faults"] += label in labels and state != "valid"
    for checked, valid in _LOG_VERIFIED.findall(told):
        found["segment of log in which the tool found faults"] += int(checked) - int(valid)
    return +found


def refuse_lacking(at: str, found: Mapping[str, int], fix: str) -> None:
    """Refuse where anything is lacking.

    Raises:
        CarrelError: BAK-013.
    """
    if found:
        raise fault(
            faults.UNREADABLE,
            at=at,
            wanted="what each copy that stays is made of",
            found=", ".join(f"{kind}: {number:,}" for kind, number in sorted(found.items())),
            because="without it the copies that stay cannot be restored, and one that is due may be the last that can",
            fix=fix,
        )
