"""A mailbox as mbox: one file for a folder, in which messages stand behind each other."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from carrel.errors import CarrelError, fault
from carrel.inventory.mailbox import Mailbox, MailFolder
from carrel.retention.clearing import Piece
from carrel.systems import faults
from carrel.systems.durable_file import as_before, settle
from carrel.systems.mailboxes.mbox_lock import locked, opened
from carrel.systems.mailboxes.mbox_message import OPENS, Reading, Span
from carrel.systems.mailboxes.shelf import Letter, unkept

_CHUNK = 1 << 20
_LINE = 1 << 16
_STATUS = re.compile(rb"^(?:X-)?Status: ?[A-Z]{0,8}\r?$", re.MULTILINE | re.IGNORECASE)
_OPENING = re.compile(rb"^From ", re.MULTILINE)


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
            with opened(self._place, os.O_RDONLY) as file:
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

    def _write(self, file: BinaryIO, gone: list[tuple[int, int]], beside: Path, desk: MboxDesk | None = None) -> None:
        known = os.fstat(file.fileno())
        if known.st_nlink > 1:
            raise self._unwritten("a file with several names")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
            at = 0
            for start, end in [*gone, (known.st_size, known.st_size)]:
                _copy(file, new, at, start)
                if desk is not None:
                    desk.put((start, end), new)
                at = end
            new.flush()
            as_before(new.fileno(), known)  # mail programs tell new mail by both times
            os.fsync(new.fileno())
        if os.fstat(file.fileno()).st_size != known.st_size:
            raise self._unwritten("a file that grew in spite of the lock")
        beside.replace(self._place)
        settle(self._place.parent)

    def _spans(self, file: BinaryIO) -> Iterator[Span]:
        """Each message with its place in the file; memory stays that of one message's headers."""
        file.seek(0)
        reading: Reading | None = None
        at, blank, fresh = 0, True, True
        while line := file.readline(_LINE):
            if fresh and blank and OPENS.match(line) and (reading is None or reading.opens(at)):
                if reading is not None:
                    yield reading.span(at)
                reading = Reading(at)
            elif reading is None:
                raise self._unread("a file that does not begin with a message")
            reading.take(line, whole=fresh, at=at, file=file)
            at += len(line)
            blank, fresh = fresh and not line.strip(b"\r\n"), line.endswith(b"\n")
        if reading is not None:
            yield reading.span(at)

    @contextmanager
    def reading(self) -> Iterator[MboxDesk]:
        """As `Shelf.reading`.

        Raises:
            CarrelError: MBX-003.
        """
        try:
            with opened(self._place, os.O_RDONLY) as file:
                yield MboxDesk(self, file)
        except OSError as wrong:
            raise self._unread(wrong.strerror or "an error of the file system") from None

    @contextmanager
    def working(self) -> Iterator[MboxDesk]:
        """As `Shelf.working`: the file is locked, and written anew at the end, once.

        Raises:
            CarrelError: MBX-003, MBX-004, MBX-007, MBX-008.
        """
        beside = self._place.with_name(f".{self._place.name}.carrel")
        try:
            with locked(self._place, self._at) as file, tempfile.TemporaryFile() as others:
                beside.unlink(missing_ok=True)  # of an earlier try that was killed
                desk = MboxDesk(self, file, others)
                yield desk
                if desk.gone:
                    self._write(file, sorted(desk.gone), beside, desk)
                    desk.read_back(self._place)
        except OSError as wrong:
            raise self._unwritten(wrong.strerror or "an error of the file system") from None
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)

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


@dataclass
class MboxDesk:
    """An mbox file that is open; what is added and dropped is written when the work ends.

    Args:
        folder: of it.
        file: open, and locked where it is worked on.
        others: takes what is added, until then.
    """

    folder: MboxFolder
    file: BinaryIO
    others: BinaryIO | None = None
    gone: set[tuple[int, int]] = field(default_factory=set)
    _added: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    _put: dict[int, tuple[int, int]] = field(default_factory=dict)

    def letters(self) -> Iterator[Letter]:
        """Every message with its headers.

        Raises:
            CarrelError: MBX-003.
        """
        for one in self.folder._spans(self.file):  # noqa: SLF001  (one room)
            piece, head = one.piece, one.head.partition(b"\n")[2]
            yield Letter((one.start, one.end), piece.tag, piece.at, not piece.open, head, kept=piece.kept)

    def whole(self, letter: Letter) -> bytes | None:
        """The message, without the line that opens it."""
        start, end = _stretch(letter)
        self.file.seek(start)
        return self.file.read(end - start).partition(b"\n")[2]

    def add(self, letter: Letter, raw: bytes, _name: str) -> None:
        """Keep the message for the place of the other one, with its marks."""
        if self.others is None or letter.at is None:
            raise ValueError("the folder is not open for work, or the message has no date")
        head, _, body = raw.partition(b"\n\n")
        marks = b"".join(one.strip() + b"\n" for one in _STATUS.findall(letter.head))
        text = b"From nobody@invalid " + letter.at.strftime("%a %b %d %H:%M:%S %Y").encode() + b"\n"
        text += marks + head + b"\n\n" + _OPENING.sub(b">From ", body) + b"\n"
        at = self.others.seek(0, os.SEEK_END)
        self.others.write(text)
        self._added[_stretch(letter)] = (at, at + len(text))

    def drop(self, letters: Sequence[Letter]) -> None:
        """Have messages gone when the file is written; what was added for one stands in its place."""
        self.gone.update(_stretch(one) for one in letters)

    def put(self, span: tuple[int, int], new: BinaryIO) -> None:
        """Write what stands for a message."""
        if self.others is not None and (added := self._added.get(span)) is not None:
            self._put[new.tell()] = added
            _copy(self.others, new, *added)

    def read_back(self, place: Path) -> None:
        """Compare what was added with the file that is there now.

        Raises:
            CarrelError: MBX-008.
        """
        with place.open("rb") as now:
            for at, (start, end) in self._put.items():
                now.seek(at)
                if self.others is None or self.others.seek(start) != start:
                    raise ValueError("the folder is not open for work")
                if now.read(end - start) != self.others.read(end - start):
                    raise unkept(self.folder._at, "another one read back from the file")  # noqa: SLF001  (one room)


def _stretch(letter: Letter) -> tuple[int, int]:
    if not isinstance(letter.where, tuple):
        raise TypeError("a letter of another mailbox")
    return letter.where


def _copy(file: BinaryIO, new: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    left = end - start
    while left and (part := file.read(min(_CHUNK, left))):
        new.write(part)
        left -= len(part)
