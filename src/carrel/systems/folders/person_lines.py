"""The lines of a folder's files that name one person by card, user name or address."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from carrel.inventory.category import Category
from carrel.inventory.file_folder import FileFolder
from carrel.rights.third_persons import HeldColumn
from carrel.rights.words_of_others import SHORTEST
from carrel.systems.folders import event_file
from carrel.systems.folders.line_time import LineTime
from carrel.systems.folders.rewriting import is_own
from carrel.systems.folders.walk import files, not_read

CLOCK = "time"
COLUMNS = (
    HeldColumn(CLOCK, Category.EVENT_TIME),
    HeldColumn("file"),
    HeldColumn("line", Category.TRANSACTION_LOG),
)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One line; or a file that cannot be read to its end, or was gone by then: without values."""

    values: dict[str, str] | None
    at: datetime | None


def lines_of(folder: FileFolder, words: Collection[str], now: datetime) -> Iterator[PersonLine]:
    """Every line in which one of these words stands by itself.

    Args:
        folder: whose lines tell their times.
        words: card, user name and addresses of the person.
        now: aware time; a time without a year lies before it.

    Raises:
        CarrelError: FIL-001.
    """
    known = sorted((one for one in words if len(one) >= SHORTEST), key=len, reverse=True)
    if not known:
        return
    found = re.compile(rf"(?<![\w@.-])(?:{'|'.join(map(re.escape, known))})(?![\w@-])", re.IGNORECASE)
    times, gone = LineTime(folder_zone(folder), now), list[str]()
    try:
        for spot in files(folder.root, folder.patterns, gone):
            if is_own(spot.name):
                continue
            try:
                with event_file.reading(spot.open()) as (file, _):
                    for line in event_file.lines(file, times, skip_holes=True):
                        text = line.text.decode("utf-8", "replace").rstrip("\r\n")
                        if found.search(text):
                            at = "" if line.at is None else line.at.isoformat(timespec="seconds")
                            yield PersonLine({CLOCK: at, "file": spot.path, "line": text}, line.at)
            except (FileNotFoundError, *event_file.BROKEN):  # renamed or removed meanwhile: nobody knows what it held
                yield PersonLine(None, None)
        if gone:
            yield PersonLine(None, None)
    except OSError as wrong:
        raise not_read(wrong, f"folder {folder.name}") from None


def folder_zone(folder: FileFolder) -> ZoneInfo:
    """In which times without a zone are read."""
    return ZoneInfo(folder.zone or "UTC")
