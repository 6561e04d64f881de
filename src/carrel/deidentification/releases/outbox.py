"""Folders from which releases leave: every file in them is on record as it is, or is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from carrel.deidentification.releases.release import Release


@dataclass(frozen=True, slots=True)
class Outbox:
    """One folder, held against the record.

    Attributes:
        place: of the folder.
        unrecorded: names of files that are not on record as they are.
        unread: whether it could not be looked at.
    """

    place: str
    unrecorded: tuple[str, ...] = ()
    unread: bool = False


def held_against(place: str, files: Mapping[str, str], releases: Iterable[Release]) -> Outbox:
    """The files of a folder that no record speaks of.

    Args:
        place: of the folder.
        files: name → SHA-256.
        releases: every record.
    """
    known = {file.sha256 for one in releases for file in one.files}
    return Outbox(place, tuple(sorted(name for name, digest in files.items() if digest not in known)))
