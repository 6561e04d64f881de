"""What a backup of pgBackRest is made of, by its own list of files, and how much of that lies in the repository."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

MANIFEST = "backup.manifest"
_BLOCKS = ".pgbi"  # a file of which only changed blocks are kept, since version 2.46
_SUFFIX = {"none": "", "bz2": ".bz2", "gz": ".gz", "lz4": ".lz4", "zst": ".zst"}
_LAST = "backrest-checksum="
_LOG = "pg_data/pg_wal/"


class Stored(NamedTuple):
    """A file that a repository must hold.

    Attributes:
        names: under one of which it lies, from the backup's own folder on.
        size: in the repository, in bytes.
        shared: others lie in it as well, so that it may be longer.
    """

    names: tuple[str, ...]
    size: int
    shared: bool

    def fits(self, there: Mapping[str, int]) -> bool | None:
        """Whether it is there as long as it must be; None where it is not there."""
        found = next((there[one] for one in self.names if one in there), None)
        return None if found is None else found >= self.size if self.shared else found == self.size


@dataclass(frozen=True, slots=True)
class Manifest:
    """The list of files of one backup.

    Attributes:
        own: what the backup itself holds; the rest lies in those that it is built on.
        bases: labels of the backups in which the rest lies.
        log: segments of the write-ahead log that the backup has in itself.
    """

    own: tuple[Stored, ...]
    bases: frozenset[str]
    log: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Manifest:
        """Read one.

        Args:
            text: of the file `backup.manifest`, as the tool opens it.

        Raises:
            ValueError: it is cut short, or no such list.
        """
        lines = text.rstrip("\n").split("\n")  # a name of a file can hold other ends of lines
        if not lines[-1].startswith(_LAST):
            raise ValueError("a list of files that is cut short")
        suffix = ""
        bases: set[str] = set()
        log: set[str] = set()
        whole: list[Stored] = []
        packs: dict[int, int] = {}
        for name, value in _told(lines):
            if name == "option-compress-type":
                suffix = _SUFFIX[value]
            if not isinstance(value, dict) or not (size := value.get("repo-size", value.get("size", 0))):
                continue  # an option; or an empty file, which the tool makes anew
            if "reference" in value:
                bases.add(value["reference"])
            elif "bni" in value:
                end = value.get("bno", 0) + size
                packs[value["bni"]] = max(packs.get(value["bni"], 0), end)
            else:
                whole.append(Stored((name + suffix, name + _BLOCKS), size, shared=False))
            if name.startswith(_LOG):
                log.add(name.removeprefix(_LOG))
        shared = [Stored((f"bundle/{number}",), end, shared=True) for number, end in packs.items()]
        return cls((*whole, *shared), frozenset(bases), frozenset(log))


def _told(lines: list[str]) -> Iterator[tuple[str, Any]]:
    """The compression, and every file."""
    section = ""
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif section == "target:file":
            yield from _file(line)
        elif section == "backup:option" and line.startswith("option-compress-type="):
            yield "option-compress-type", json.loads(line.partition("=")[2])


def _file(line: str) -> Iterator[tuple[str, Any]]:
    """The name of a file and what is told of it; a name can hold what stands between the two as well."""
    name, equals, value = line.partition("={")
    while equals:
        try:
            yield name, json.loads("{" + value)
        except ValueError:
            more, equals, value = value.partition("={")
            if not equals:
                raise
            name += "={" + more
        else:
            return
