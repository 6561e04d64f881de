"""A mailbox as mbox: one file for a folder, in which messages stand behind each other."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from carrel.errors import CarrelError, fault
from carrel.inventory.mailbox import Mailbox, MailFolder
from carrel.retention.clearing import Piece, tag_of
from carrel.systems import faults
from carrel.systems.durable_file import as_before, settle
from carrel.systems.mailboxes.mbox_lock import locked
from carrel.systems.mailboxes.message_date import LONGEST_HEAD, message_date

_CHUNK = 1 << 20
_LINE = 1 << 16
# A line of a message's text can begin with "From " as well; one that opens a message bears a date.
_OPENS = re.compile(rb"From .*(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*,? +(\w{3} +\d{1,2}|\d{1,2} +\w{3}).* \d{1,2}:\d\d")
_CHANGES = (b"status:", b"x-status:", b"x-keywords:", b"x-uid:", b"content-length:", b"x-imapbase:")
_OWN_DATA = "the folder's own data"


@dataclass(frozen=True, slots=True)
class _Span:
    """One message: from where to where, and what is known of it."""

    start: int
    end: int
    piece: Piece


@dataclass(frozen=True)
class MboxFolder:
    """One file of a mailbox."""

    mailbox: Mailbox
    part: MailFolder

    def mark(self) -> str:
        """None is needed: a message is known by its content."""
        return ""

    def pieces(self, _enough: datetime | None = None) -> Iterator[Piece]:
        """Every message by the date in its headers.

        Raises:
            CarrelError: MBX-003.
        """
        try:
            with os.fdopen(os.open(self._place, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                for span in self._spans(file):
                    yield span.piece
        except OSError as wrong:
            raise self._unread(wrong.strerror or "an error of the file system") from None

    def clear(self, goes: Callable[[Piece], bool], beat: Callable[[], None]) -> None:
        """Write the file anew without single messages, every other byte as it was, and put it in place at once.

        Raises:
            CarrelError: MBX-004, MBX-007.
        """
        beside = self._place.with_name(f".{self._place.name}.carrel")
        try:
            with locked(self._place, self._at) as file:
                beside.unlink(missing_ok=True)  # of an earlier try that was killed
                gone = [(one.start, one.end) for one in self._spans(file) if goes(one.piece)]
                if gone:
                    beat()
                    self._write(file, gone, beside)
        except OSError as wrong:
            raise self._unwritten(wrong.strerror or "an error of the file system") from None
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)

    def _write(self, file: BinaryIO, gone: list[tuple[int, int]], beside: Path) -> None:
        known = os.fstat(file.fileno())
        if known.st_nlink > 1:
            raise self._unwritten("a file with several names")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
            at = 0
            for start, end in [*gone, (known.st_size, known.st_size)]:
                _copy(file, new, at, start)
                at = end
            new.flush()
            as_before(new.fileno(), known)  # mail programs tell new mail by both times
            os.fsync(new.fileno())
        if os.fstat(file.fileno()).st_size != known.st_size:
            raise self._unwritten("a file that grew in spite of the lock")
        beside.replace(self._place)
        settle(self._place.parent)

    def _spans(self, file: BinaryIO) -> Iterator[_Span]:
        """Each message with its place in the file; memory stays that of one message's headers."""
        file.seek(0)
        reading: _Reading | None = None
        at, blank, fresh = 0, True, True
        while line := file.readline(_LINE):
            if fresh and blank and _OPENS.match(line):
                if reading is not None:
                    yield reading.span(at)
                reading = _Reading(at)
            elif reading is None:
                raise self._unread("a file that does not begin with a message")
            reading.take(line, whole=fresh)
            at += len(line)
            blank, fresh = fresh and not line.strip(b"\r\n"), line.endswith(b"\n")
        if reading is not None:
            yield reading.span(at)

    @property
    def _at(self) -> str:
        return f"mailbox {self.mailbox.name}, {self.part.folder}"

    @property
    def _place(self) -> Path:
        return Path(str(self.mailbox.place)) / self.part.folder

    def _unread(self, found: str) -> CarrelError:
        return fault(
            faults.NO_MAIL_FOLDER,
            at=self._at,
            wanted="a file in the format mbox that this account may read",
            found=found,
            fix="mend 'place' or 'folder' in the site file, or let this account read it",
        )

    def _unwritten(self, found: str) -> CarrelError:
        return fault(
            faults.MAIL_UNWRITABLE,
            at=self._at,
            wanted="room for a second copy, and the right to write in the folder of the file",
            found=found,
            fix="give both; then apply the same plan again",
        )


class _Reading:
    """One message while its lines go by. What mail programs rewrite later, such as its marks, names it not."""

    def __init__(self, start: int) -> None:
        self._start, self._head, self._in_head = start, bytearray(), True
        self._digest = hashlib.sha256()
        self._answered = self._own = self._skips = False

    def take(self, line: bytes, *, whole: bool) -> None:
        """Take a line in, or a piece of one that is very long."""
        if self._in_head:
            if whole:
                low = line.lower()
                self._skips = low.startswith(_CHANGES)
                self._answered |= low.startswith(b"x-status:") and b"a" in low[9:]
                self._own |= low.startswith(b"x-imap:")
                self._in_head = bool(line.strip(b"\r\n"))
            if len(self._head) < LONGEST_HEAD and self._head:
                self._head += line
            elif not self._head:
                self._head += b"X-Opened: yes\n"  # the line that opens a message is no header
            if self._skips:
                return
        self._digest.update(line)

    def span(self, end: int) -> _Span:
        """The message, whose last byte has gone by."""
        at = message_date(bytes(self._head))
        kept = _OWN_DATA if self._own and self._start == 0 else ""
        return _Span(self._start, end, Piece(tag_of(self._digest.digest()), at, open=not self._answered, kept=kept))


def _copy(file: BinaryIO, new: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    left = end - start
    while left and (part := file.read(min(_CHUNK, left))):
        new.write(part)
        left -= len(part)
