"""A mailbox as Maildir: a file for each message, whose name tells its marks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from carrel.errors import CarrelError, fault
from carrel.inventory.mailbox import Mailbox, MailFolder
from carrel.retention.clearing import Piece, tag_of
from carrel.systems import faults
from carrel.systems.mailboxes.message_date import head_of, message_date

_INBOX = "INBOX"
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
        for _, piece in self._messages():
            yield piece

    def clear(self, goes: Callable[[Piece], bool], beat: Callable[[], None]) -> None:
        """Delete the files of single messages.

        Raises:
            CarrelError: MBX-007.
        """
        for _ in range(_TRIES):
            paths = [path for path, piece in self._messages() if goes(piece)]
            try:
                for path in paths:
                    beat()
                    path.unlink(missing_ok=True)
            except OSError as wrong:
                raise fault(
                    faults.MAIL_UNWRITABLE,
                    at=self._at,
                    found=wrong.strerror or "an error of the file system",
                    changed="perhaps some: `carrel mailbox list` counts them",
                    fix="let this account delete files there; then apply the same plan again",
                ) from None
            if not paths:
                break

    @property
    def _at(self) -> str:
        return f"mailbox {self.mailbox.name}, {self.part.folder}"

    @property
    def _folder(self) -> Path:
        place = Path(str(self.mailbox.place))
        return place if self.part.folder == _INBOX else place / f".{self.part.folder}"

    def _messages(self) -> Iterator[tuple[Path, Piece]]:
        for box in ("cur", "new"):
            try:
                with os.scandir(self._folder / box) as found:
                    for one in found:
                        if one.is_file(follow_symlinks=False) and not one.name.startswith("."):
                            yield from self._message(Path(one.path), one.name)
            except OSError as wrong:
                raise self._unread(wrong) from None

    def _message(self, path: Path, name: str) -> Iterator[tuple[Path, Piece]]:
        unique, _, marks = name.partition(":2,")
        try:
            with path.open("rb") as file:
                at = message_date(head_of(file))
        except FileNotFoundError:
            return  # its mark was changed, or it was moved, a moment ago
        yield path, Piece(tag_of(unique), at, open="R" not in marks)

    def _unread(self, wrong: OSError) -> CarrelError:
        return fault(
            faults.NO_MAIL_FOLDER,
            at=self._at,
            wanted="a Maildir, with 'cur' and 'new' in it, that this account may read",
            found=wrong.strerror or "an error of the file system",
            fix="mend 'place' or 'folder' in the site file, or let this account read it",
        )
