"""Where a message in an mbox file begins and ends, and what is known of it when its last byte has gone by."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from carrel.retention.clearing import Piece, tag_of
from carrel.systems.mailboxes.message_date import LONGEST_HEAD, message_date

# A line of a message's text can begin with "From " as well; one that opens a message bears a date.
OPENS = re.compile(rb"From .*(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*,? +(\w{3} +\d{1,2}|\d{1,2} +\w{3}).* \d{1,2}:\d\d")
_CHANGES = (b"status:", b"x-status:", b"x-keywords:", b"x-uid:", b"content-length:", b"x-imapbase:")
_LENGTH = re.compile(rb"content-length: *(\d{1,15})\s*\Z")
_BLANK = re.compile(rb"\r?\n")
_OWN_DATA = "the folder's own data"
_PEEK = 1 << 10


@dataclass(frozen=True, slots=True)
class Span:
    """One message: from where to where, and what is known of it."""

    start: int
    end: int
    piece: Piece
    head: bytes = field(default=b"", repr=False)


class Reading:
    """One message while its lines go by. What mail programs rewrite later, such as its marks, names it not.

    Some programs (Dovecot, mboxcl2) leave a line of text that opens a message as it is, and say by ``Content-Length:``
    how far the text goes. A sender can write that header as well. So where such a line stands in what the length
    claims, nobody can tell what is one message, and all of it goes at once, when the youngest date in it is due.

    Args:
        start: of the line that opens it.

    Attributes:
        answered: whether it bears the mark of an answer.
    """

    def __init__(self, start: int) -> None:
        self._start, self._head, self._in_head = start, bytearray(), True
        self._digest = hashlib.sha256()
        self.answered = self._own = self._skips = False
        self._length: int | None = None
        self._claims = 0
        self._inner: Reading | None = None
        self._dates: list[datetime] = []
        self._waits = False

    def opens(self, at: int) -> bool:
        """Whether a line that could open a message does, and does not stand in what this one claims."""
        if at >= self._claims:
            return True
        self._fold()
        self._inner = Reading(at)
        return False

    def take(self, line: bytes, *, whole: bool, at: int, file: BinaryIO) -> None:
        """Take a line in, or a piece of one that is very long.

        Args:
            line: as it stands in the file.
            whole: whether it begins a line.
            at: where it begins.
            file: stands behind the line, and does afterwards.
        """
        if self._inner is not None:
            self._inner.take(line, whole=whole, at=at, file=file)
        if self._in_head:
            self._take_header(line, whole=whole)
            if not self._in_head and self._length is not None:
                self._claims = _end_of(file, at + len(line), self._length)
            if self._skips:
                return
        self._digest.update(line)

    def _take_header(self, line: bytes, *, whole: bool) -> None:
        if whole:
            low = line.lower()
            self._skips = low.startswith(_CHANGES)
            self.answered |= low.startswith(b"x-status:") and b"a" in low[9:]
            self._own |= low.startswith(b"x-imap:")
            if found := _LENGTH.match(low):
                self._length = int(found[1])
            self._in_head = bool(line.strip(b"\r\n"))
        if len(self._head) < LONGEST_HEAD and self._head:
            self._head += line
        elif not self._head:
            self._head += b"X-Opened: yes\n"  # the line that opens a message is no header

    def _fold(self) -> None:
        """What stands in this one's text, and could be a message, has ended."""
        inner, self._inner = self._inner, None
        if inner is not None and (at := inner.date) is not None:
            self._dates.append(at)
            self._waits |= not inner.answered

    @property
    def date(self) -> datetime | None:
        """When it came in, by what went by of its headers."""
        return message_date(bytes(self._head))

    def span(self, end: int) -> Span:
        """The message, whose last byte has gone by."""
        self._fold()
        at = self.date
        youngest = None if at is None else max([at, *self._dates])
        kept = _OWN_DATA if self._own and self._start == 0 else ""
        waits = self._waits or not self.answered
        return Span(
            self._start, end, Piece(tag_of(self._digest.digest()), youngest, open=waits, kept=kept), bytes(self._head)
        )


def _end_of(file: BinaryIO, start: int, length: int) -> int:
    """Where a text of this length ends; 0 where no message and no end of the file comes behind it."""
    end = start + length
    if end > os.fstat(file.fileno()).st_size:
        return 0
    file.seek(end)
    behind = file.read(_PEEK)
    file.seek(start)
    blank = _BLANK.match(behind)
    follows = behind[blank.end() if blank else 0 :]
    return end if not follows or OPENS.match(follows) else 0
