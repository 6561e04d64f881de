"""A mailbox as Maildir: a file for each message, whose name tells its marks."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from carrel.errors import CarrelError, fault
from carrel.inventory.mailbox import Mailbox, MailFolder
from carrel.retention.clearing import Piece, tag_of
from carrel.systems import faults
from carrel.systems.durable_file import as_before
from carrel.systems.mailboxes import maildir_box
from carrel.systems.mailboxes.maildir_box import Box
from carrel.systems.mailboxes.message_date import head_of, message_date
from carrel.systems.mailboxes.shelf import Letter, unkept

_INBOX = "INBOX"
_OWN_MARKS = frozenset("DFPRST")  # https://cr.yp.to/proto/maildir.html
_TRIES = 3  # a mail program that changes a mark gives the file another name


@dataclass(frozen=True)
class MaildirFolder:
    """One folder: ``INBOX`` is the place itself, any other ``.Name`` in it."""

    mailbox: Mailbox
    part: MailFolder

    def mark(self) -> str:
        """None is needed: unique names are never given twice."""
        return ""

    def pieces(self, _enough: datetime | None = None) -> Iterator[Piece]:
        """Every message by the date in its headers; links and folders are none.

        Raises:
            CarrelError: MBX-003.
        """
        for _, piece, _ in self._messages():
            yield piece

    def clear(self, goes: Callable[[Piece], bool], beat: Callable[[], None]) -> None:
        """Delete the files of single messages.

        Raises:
            CarrelError: MBX-007.
        """
        for _ in range(_TRIES):
            paths = [path for path, piece, _ in self._messages() if goes(piece)]
            try:
                for path in paths:
                    beat()
                    self._unlink(path)
            except OSError as wrong:
                raise fault(
                    faults.MAIL_UNWRITABLE,
                    at=self._at,
                    found=maildir_box.why(wrong),
                    changed="perhaps some: `carrel mailbox list` counts them",
                    fix="let this account delete files there; then apply the same plan again",
                ) from None
            if not paths:
                break

    @contextmanager
    def reading(self) -> Iterator[MaildirFolder]:
        """As `Shelf.reading`."""
        yield self

    @contextmanager
    def working(self) -> Iterator[MaildirFolder]:
        """As `Shelf.working`."""
        try:
            yield self
        except OSError as wrong:
            raise unkept(self._at, wrong.strerror or "an error of the file system") from None

    def letters(self) -> Iterator[Letter]:
        """Every message with its headers.

        Raises:
            CarrelError: MBX-003.
        """
        for path, piece, head in self._messages():
            yield Letter(path, piece.tag, piece.at, not piece.open, head)

    def whole(self, letter: Letter) -> bytes | None:
        """The message's file."""
        path = self._now(letter)
        if path is None:
            return None
        try:
            with self._box(path.parent.name) as box, box.reading(path.name) as file:
                return file.read()
        except FileNotFoundError:
            return None

    def add(self, letter: Letter, raw: bytes, name: str) -> None:
        """Write a file beside the other one's, with its marks, mode, owner and times; one of this name is replaced.

        Keywords, which a file's name tells by small letters, stay behind: people write names into them.

        Raises:
            CarrelError: MBX-008.
        """
        other = self._now(letter)
        if other is None or letter.at is None:
            raise unkept(self._at, "a message that was moved meanwhile")
        unique = f"{int(letter.at.timestamp())}.C{name}.carrel"
        name = f"{unique}{_marks(other)}"
        with self._box("tmp") as tmp, self._box(other.parent.name) as box:
            tmp.drop(unique)  # of an earlier try that was killed
            with tmp.making(unique) as new:
                new.write(raw)
                new.flush()
                as_before(
                    new.fileno(), box.known(other.name)
                )  # a server tells by a file's time when its message came in
                os.fsync(new.fileno())
            tmp.move(unique, box, name)
            with box.reading(name) as file:
                same = file.read() == raw
        if not same:
            raise unkept(self._at, "another one read back from the disk")

    def drop(self, letters: Sequence[Letter]) -> None:
        """Delete the files of messages."""
        for one in letters:
            if (path := self._now(one)) is not None:
                self._unlink(path)

    def _now(self, letter: Letter) -> Path | None:
        """Where a message lies now: another mark gives its file another name."""
        path = letter.where
        if not isinstance(path, Path):
            raise TypeError("a letter of another mailbox")
        if path.exists():
            return path
        return next((one for one, piece, _ in self._messages() if piece.tag == letter.tag), None)

    @property
    def _at(self) -> str:
        return f"mailbox {self.mailbox.name}, {self.part.folder}"

    @property
    def _folder(self) -> Path:
        place = Path(str(self.mailbox.place))
        return place if self.part.folder == _INBOX else place / f".{self.part.folder}"

    def _box(self, name: str) -> AbstractContextManager[Box]:
        part = self.part.folder
        return maildir_box.opened(Path(str(self.mailbox.place)), *(() if part == _INBOX else (f".{part}",)), name)

    def _unlink(self, path: Path) -> None:
        with self._box(path.parent.name) as box:
            box.drop(path.name)

    def _messages(self) -> Iterator[tuple[Path, Piece, bytes]]:
        for name in ("cur", "new"):
            try:
                with self._box(name) as box:
                    for one in box.names():
                        yield from self._message(box, self._folder / name / one)
            except OSError as wrong:
                raise self._unread(wrong) from None

    def _message(self, box: Box, path: Path) -> Iterator[tuple[Path, Piece, bytes]]:
        unique, _, marks = path.name.partition(":2,")
        try:
            with box.reading(path.name) as file:
                head = head_of(file)
        except OSError as wrong:
            if wrong.errno in {errno.ENOENT, errno.ELOOP}:
                return  # its mark was changed, it was moved, or a link took its place, a moment ago
            raise
        yield path, Piece(tag_of(unique), message_date(head), open="R" not in marks), head

    def _unread(self, wrong: OSError) -> CarrelError:
        return fault(
            faults.NO_MAIL_FOLDER,
            at=self._at,
            wanted="a Maildir, with 'cur' and 'new' in it, that this account may read",
            found=maildir_box.why(wrong),
            fix="mend 'place' or 'folder' in the site file, or let this account read it",
        )


def _marks(path: Path) -> str:
    """The end of a file's name with those of its marks that Maildir itself has."""
    _, end, marks = path.name.partition(":2,")
    return end + "".join(sorted(_OWN_MARKS.intersection(marks)))
