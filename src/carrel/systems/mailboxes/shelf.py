"""What the de-identification of mail asks of a folder: its letters, their bytes, and one letter in place of another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from carrel.errors import CarrelError, fault
from carrel.systems import faults

_MARKS = re.compile(
    r"\\(Answered|Flagged|Deleted|Seen|Draft)|\$(Forwarded|MDNSent|Junk|NotJunk|Phishing|Important|Label[1-5])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in its place.

    Attributes:
        where: number, file, or stretch of a file.
        tag: from `tag_of`.
        at: aware time from which its period counts; None where nothing usable tells it.
        answered: whether it bears the mark of an answer.
        head: its headers.
        flags: marks of an IMAP server, as it writes them.
        kept: why it stays whatever its age; empty where nothing keeps it.
    """

    where: int | Path | tuple[int, int]
    tag: str
    at: datetime | None
    answered: bool
    head: bytes = field(repr=False)
    flags: str = field(default="", repr=False)
    kept: str = ""


class Desk(Protocol):
    """A folder, open for reading or for work."""

    def letters(self) -> Iterator[Letter]:
        """Every message."""

    def whole(self, letter: Letter) -> bytes | None:
        """A message to its last byte; None where it is gone by now."""

    def add(self, letter: Letter, raw: bytes, name: str) -> None:
        """Put a message beside another one, with its date and marks, and read it back.

        Args:
            letter: the other one.
            raw: the message, with plain ends of lines.
            name: that no other message bears.

        Raises:
            CarrelError: MBX-008.
        """

    def drop(self, letters: Sequence[Letter]) -> None:
        """Delete messages."""


class Shelf(Protocol):
    """A folder that can be opened for such work."""

    def mark(self) -> str:
        """What tells it from another one that comes to bear its name."""

    def reading(self) -> AbstractContextManager[Desk]:
        """The folder, for reading only; nothing is marked as read."""

    def working(self) -> AbstractContextManager[Desk]:
        """The folder, for changes; when the block ends without an error they are all in it."""


def marks_that_stay(flags: str) -> str:
    """Of the marks of a message those that mail programs agree on: any other word can be a name."""
    return " ".join(one for one in flags.split() if _MARKS.fullmatch(one))


def unkept(at: str, found: str) -> CarrelError:
    """That a message could not be put in place of another one."""
    return fault(
        faults.MAIL_NOT_ANEW,
        at=at,
        wanted="the message without what names a person, as it was written",
        found=found,
        because="the other one goes only when this one has been read back",
        changed="perhaps some messages: nothing is gone without what stands for it",
        fix="give the account room and the right to add messages there; then apply the same plan again",
    )
