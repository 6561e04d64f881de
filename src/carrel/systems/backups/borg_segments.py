"""The segments of a borg repository on this machine: whether each is there, and as long as its index says."""

from __future__ import annotations

import configparser
import struct
from collections.abc import Iterator
from pathlib import Path

_MAGIC = b"BORG_IDX"
_HEADER = struct.Struct("<8siibb")
_ENTRY = struct.Struct("<32sII")  # an object's id, its segment, and where in it the object begins
_LIVE = 0xFFFFFBFF  # larger numbers mark places of the table that hold nothing
_OBJECT = struct.Struct("<IIB")  # a checksum, the length with this head, and what it is
_PUT = 0
_SMALLEST = 41
_BLOCK = _ENTRY.size * 65_536
_FORMAT = "1"
_TRIES = 3


def lacking(place: Path) -> tuple[int, int] | None:
    """How many segments with objects in them are gone, and how many end too early. Only reads, and takes no lock.

    Args:
        place: of the repository.

    Returns:
        None where there is no index of the known form, so that nobody can tell.

    Guarantees:
        Of each segment one object is looked for, the last that is in use: whatever shortens a segment takes that first.
    """
    found: tuple[int, int] | None = None
    for _ in range(_TRIES):
        index = _newest(place)
        found = None if index is None else _compare(place, index)
        if found == (0, 0) or index == _newest(place):
            break
    return found


def is_written(place: Path) -> bool:
    """Whether somebody holds, or has left, the lock of whoever writes."""
    return (place / "lock.exclusive").exists()


def keeps_all(place: Path) -> bool:
    """Whether the repository is set to append only, so that what is deleted stays in it."""
    try:
        return _settings(place).getboolean("append_only", fallback=False)
    except (OSError, ValueError, KeyError, configparser.Error):
        return False  # the tool tells


def _newest(place: Path) -> Path | None:
    there = [one for one in place.glob("index.*") if one.suffix[1:].isdigit()]
    return max(there, key=lambda one: int(one.suffix[1:]), default=None)


def _compare(place: Path, index: Path) -> tuple[int, int] | None:
    try:
        each = _per_folder(place)
        last: dict[int, int] = {}
        for segment, start in _entries(index):
            last[segment] = max(last.get(segment, 0), start)
    except (OSError, ValueError, KeyError, configparser.Error):
        return None
    whole = [_reaches(place / "data" / str(segment // each) / str(segment), start) for segment, start in last.items()]
    return whole.count(None), whole.count(False)


def _per_folder(place: Path) -> int:
    settings = _settings(place)
    if settings["version"] != _FORMAT:
        raise ValueError("a repository of another form")
    return int(settings["segments_per_dir"])


def _settings(place: Path) -> configparser.SectionProxy:
    config = configparser.RawConfigParser()
    config.read_string((place / "config").read_text(encoding="utf-8"))
    return config["repository"]


def _entries(index: Path) -> Iterator[tuple[int, int]]:
    """Segment and place of every object that is in use."""
    with index.open("rb") as file:
        magic, _, buckets, key, value = _HEADER.unpack(file.read(_HEADER.size).ljust(_HEADER.size, b"\0"))
        size = _HEADER.size + buckets * _ENTRY.size
        if (magic, key, value, index.stat().st_size) != (_MAGIC, 32, 8, size):
            raise ValueError("an index of another form")
        while block := file.read(_BLOCK):
            for _, segment, start in _ENTRY.iter_unpack(block):
                if segment <= _LIVE:
                    yield segment, start


def _reaches(segment: Path, start: int) -> bool | None:
    """Whether a segment holds the whole object that begins there; None where there is no such segment."""
    try:
        with segment.open("rb") as file:
            file.seek(start)
            head = file.read(_OBJECT.size)
            if len(head) < _OBJECT.size:
                return False
            length, kind = (int(one) for one in _OBJECT.unpack(head)[1:])
            return kind == _PUT and length >= _SMALLEST and start + length <= segment.stat().st_size
    except FileNotFoundError:
        return None
