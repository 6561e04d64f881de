"""A mailbox on an IMAP server: dates, marks and numbers of its messages, and the deletion of single ones."""

from __future__ import annotations

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from carrel.errors import CarrelError, fault
from carrel.inventory.mailbox import Mailbox, MailFolder, Tls
from carrel.retention.clearing import Piece, tag_of
from carrel.systems import faults
from carrel.systems.mailboxes.message_date import read_date
from carrel.systems.mailboxes.shelf import Letter, marks_that_stay, unkept
from carrel.systems.secret import Secret
from carrel.systems.trusted_certificates import trusting

TIMEOUT_SECONDS = 30
_WINDOW = 1000  # messages that are asked for at once
_BATCH = 200  # messages that are deleted at once, or whose headers are asked for at once
_UID = re.compile(rb"[( ]UID (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')
_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")
_ADDED = re.compile(rb"APPENDUID \d+ (\d+)")


@dataclass(frozen=True)
class ImapAccount:
    """One account, signed in.

    Args:
        mailbox: of the site file.
        way: to the server.
        single: whether the server can delete single messages.
    """

    mailbox: Mailbox
    way: imaplib.IMAP4
    single: bool

    def folder(self, part: MailFolder) -> ImapFolder:
        """One folder; nothing is asked yet."""
        return ImapFolder(self, part)


@contextmanager
def signed_in(mailbox: Mailbox, password: Secret) -> Iterator[ImapAccount]:
    """The account of a mailbox, open until the block ends.

    Raises:
        CarrelError: MBX-001, MBX-002; MBX-006, the server ends in between.
    """
    way = _connected(mailbox)
    try:
        with _told(mailbox):
            yield ImapAccount(mailbox, way, _sign_in(mailbox, way, password))
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            way.logout()  # closes nothing on the way: CLOSE would delete what others have marked


def _connected(mailbox: Mailbox) -> imaplib.IMAP4:
    host, port = str(mailbox.host), mailbox.door
    context = trusting(mailbox.ca_file, faults.MAIL_SERVER, f"mailbox {mailbox.name}")
    try:
        if mailbox.tls is Tls.NONE:
            return imaplib.IMAP4(host, port, timeout=TIMEOUT_SECONDS)
        if mailbox.tls is Tls.TLS:
            return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=TIMEOUT_SECONDS)
        way = imaplib.IMAP4(host, port, timeout=TIMEOUT_SECONDS)
        way.starttls(context)
    except (OSError, imaplib.IMAP4.error) as wrong:
        raise fault(
            faults.MAIL_SERVER,
            at=f"mailbox {mailbox.name}",
            wanted=f"an IMAP server behind '{mailbox.tls}' on port {port}",
            found=_plainly(wrong),
            fix="compare 'host', 'port', 'tls' and 'ca_file' in the site file with the server",
        ) from None
    return way


def _sign_in(mailbox: Mailbox, way: imaplib.IMAP4, password: Secret) -> bool:
    user, said = str(mailbox.user), password.reveal()
    try:
        if "AUTH=PLAIN" in way.capabilities:
            way.authenticate("PLAIN", lambda _: f"\0{user}\0{said}".encode())
        else:
            way.login(user, said)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeEncodeError):
        raise fault(
            faults.MAIL_LOGIN,
            at=f"mailbox {mailbox.name}",
            found="a no to this user and this password",
            fix="compare 'user' in the site file, and the first line of the file that 'password_file' names",
        ) from None
    able = b" ".join(one for one in way.capability()[1] if isinstance(one, bytes)).upper().split()
    return b"UIDPLUS" in able or b"IMAP4REV2" in able


@dataclass(frozen=True)
class ImapFolder:
    """One folder of an account."""

    account: ImapAccount
    part: MailFolder

    def mark(self) -> str:
        """The folder's UIDVALIDITY: with another one, numbers speak of other messages.

        Raises:
            CarrelError: MBX-003.
        """
        self._select(read_only=True)
        return self._validity()

    def pieces(self, _enough: datetime | None = None) -> Iterator[Piece]:
        """Every message, by the time at which the server took it in; none is fetched or marked as read.

        Raises:
            CarrelError: MBX-003, no such folder; MBX-006, the server told of fewer messages than there are.
        """
        for _, piece in self._messages(read_only=True):
            yield piece

    def clear(self, goes: Callable[[Piece], bool], beat: Callable[[], None]) -> None:
        """Delete single messages by their numbers; what others have marked as deleted stays.

        Raises:
            CarrelError: MBX-005, the server can only delete everything that is marked; MBX-007, it refuses.
        """
        self._require_single()
        numbers = [number for number, piece in self._messages(read_only=False) if goes(piece)]
        for first in range(0, len(numbers), _BATCH):
            beat()
            self._delete(numbers[first : first + _BATCH])

    @contextmanager
    def reading(self) -> Iterator[ImapDesk]:
        """As `Shelf.reading`.

        Raises:
            CarrelError: MBX-003, MBX-006.
        """
        yield ImapDesk(self, self._select(read_only=True), self._validity())

    @contextmanager
    def working(self) -> Iterator[ImapDesk]:
        """As `Shelf.working`.

        Raises:
            CarrelError: MBX-003, MBX-005 to MBX-008.
        """
        self._require_single()
        yield ImapDesk(self, self._select(read_only=False), self._validity())

    def _require_single(self) -> None:
        if not self.account.single:
            raise fault(
                faults.NO_SINGLE,
                at=self._at,
                wanted="the extension UIDPLUS",
                found="a server without it",
                because="it could only delete whatever anybody has marked as deleted",
                fix="use the mailbox's folder as 'kind: maildir' or 'mbox', or another server",
            )

    def _delete(self, numbers: Iterable[int]) -> None:
        batch = _as_set(numbers)
        for words in (("STORE", batch, "+FLAGS.SILENT", r"(\Deleted)"), ("EXPUNGE", batch)):
            if self.account.way.uid(*words)[0] != "OK":
                raise fault(
                    faults.MAIL_UNWRITABLE,
                    at=self._at,
                    found=f"a no to {words[0]}",
                    changed="perhaps some: `carrel mailbox list` counts them",
                    fix="give the account the right to delete in this folder; then apply the same plan again",
                )

    @property
    def _at(self) -> str:
        return f"mailbox {self.account.mailbox.name}, {self.part.folder}"

    def _select(self, *, read_only: bool) -> int:
        way = self.account.way
        try:
            said, data = way.select(_quoted(self.part.folder), readonly=read_only)
        except imaplib.IMAP4.readonly:
            said, data = "NO", [None]
        if said != "OK" or data[0] is None:
            raise fault(
                faults.NO_MAIL_FOLDER,
                at=self._at,
                wanted="a folder that this account may read" if read_only else "a folder that this account may change",
                found="a no of the server",
                fix="write the folder's name as the server lists it, and give the account its rights",
            )
        return int(data[0])

    def _validity(self) -> str:
        found = self.account.way.response("UIDVALIDITY")[1][0]
        return found.decode("ascii", "replace") if isinstance(found, bytes) else ""

    def _messages(self, *, read_only: bool) -> Iterator[tuple[int, Piece]]:
        """Number and piece of each message; places in the list do not move while only such questions are asked."""
        total, validity = self._select(read_only=read_only), self._validity()
        told = 0
        for first in range(1, total + 1, _WINDOW):
            window = f"{first}:{min(first + _WINDOW - 1, total)}"
            lines = self.account.way.fetch(window, "(UID FLAGS INTERNALDATE)")[1]
            for line in lines:
                if isinstance(line, bytes) and (found := _read(line, validity)) is not None:
                    told += 1
                    yield found
        self._require_all(told, total)

    def _require_all(self, told: int, total: int) -> None:
        if told != total:
            raise fault(
                faults.MAIL_LOST,
                at=self._at,
                wanted=f"{total:,} messages, as the server said",
                found=f"{told:,}",
                fix="try again when nobody else works in the folder",
            )


@dataclass(frozen=True)
class ImapDesk:
    """A folder that was selected, with how many messages it had then."""

    folder: ImapFolder
    total: int
    validity: str

    def letters(self) -> Iterator[Letter]:
        """Every message with its headers; none is marked as read."""
        told, way = 0, self.folder.account.way
        for first in range(1, self.total + 1, _BATCH):
            window = f"{first}:{min(first + _BATCH - 1, self.total)}"
            for line, head in _with_literals(way.fetch(window, "(UID FLAGS INTERNALDATE BODY.PEEK[HEADER])")[1]):
                if (found := _read(line, self.validity)) is not None:
                    told += 1
                    number, piece = found
                    flags = _FLAGS.search(line)
                    said = b"" if flags is None else flags[1]
                    yield Letter(number, piece.tag, piece.at, not piece.open, head, said.decode("ascii", "replace"))
        self.folder._require_all(told, self.total)  # noqa: SLF001  (one room)

    def whole(self, letter: Letter) -> bytes | None:
        """The message, not marked as read."""
        return self._message(str(letter.where))

    def add(self, letter: Letter, raw: bytes, _name: str) -> None:
        """Hand the message in, with the other one's date and marks, and ask for it again.

        Raises:
            CarrelError: MBX-008.
        """
        at, way = self.folder._at, self.folder.account.way  # noqa: SLF001  (one room)
        if letter.at is None:
            raise ValueError("a message without a date is never due")
        flags = marks_that_stay(letter.flags)
        name = _quoted(self.folder.part.folder)
        said, data = way.append(name, f"({flags})", imaplib.Time2Internaldate(letter.at), raw)
        if said != "OK":
            raise unkept(at, "a no to APPEND")
        number = _ADDED.search(data[0] or b"")
        back = None if number is None else self._message(number[1].decode())
        if back is None or back.replace(b"\r\n", b"\n") != raw:
            raise unkept(at, "another one, or none, read back from the server")

    def drop(self, letters: Sequence[Letter]) -> None:
        """Delete messages by their numbers.

        Raises:
            CarrelError: MBX-007.
        """
        numbers = [one.where for one in letters if isinstance(one.where, int)]
        for first in range(0, len(numbers), _BATCH):
            self.folder._delete(numbers[first : first + _BATCH])  # noqa: SLF001  (one room)

    def _message(self, number: str) -> bytes | None:
        found = self.folder.account.way.uid("FETCH", number, "(UID BODY.PEEK[])")[1]
        asked = ((_UID.search(line), text) for line, text in _with_literals(found))
        return next((text for uid, text in asked if uid is not None and uid[1] == number.encode()), None)


def _with_literals(data: Sequence[Any]) -> Iterator[tuple[bytes, bytes]]:
    """Of an answer each line that bears a literal, with what stands behind it, and the literal."""
    line, literal = b"", b""
    for one in data:
        if isinstance(one, tuple):
            if line:
                yield line, literal
            line, literal = one[0], one[1]
        elif line:
            yield line + one, literal
            line = b""
    if line:
        yield line, literal


def _read(line: bytes, validity: str) -> tuple[int, Piece] | None:
    number, date, flags = _UID.search(line), _DATE.search(line), _FLAGS.search(line)
    if number is None or flags is None or date is None:
        return None  # not what was asked for: somebody else changed a mark meanwhile
    at = read_date(date[1].decode("ascii", "replace"))
    answered = rb"\answered" in flags[1].lower().split()
    return int(number[1]), Piece(tag_of(validity, number[1]), at, open=not answered)


def _as_set(numbers: Iterable[int]) -> str:
    """Numbers as IMAP writes a set of them: only what follows each other without a gap becomes a range."""
    spans: list[list[int]] = []
    for one in sorted(numbers):
        if spans and spans[-1][1] == one - 1:
            spans[-1][1] = one
        else:
            spans.append([one, one])
    return ",".join(f"{first}" if first == last else f"{first}:{last}" for first, last in spans)


def _quoted(name: str) -> str:
    """A folder's name as the protocol takes it: modified UTF-7 (RFC 3501, 5.1.3), in quotes."""
    encoded = re.sub(r"[^\x20-\x7e]+|&", lambda part: "&-" if part[0] == "&" else _base64(part[0]), name)
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _base64(text: str) -> str:
    return "&" + b64encode(text.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"


@contextmanager
def _told(mailbox: Mailbox) -> Iterator[None]:
    """What the connection raises, as one of our errors; no word of the server's is passed on."""
    try:
        yield
    except CarrelError:
        raise
    except (OSError, imaplib.IMAP4.error) as wrong:
        raise fault(
            faults.MAIL_LOST,
            at=f"mailbox {mailbox.name}",
            found=_plainly(wrong),
            changed="perhaps some messages are gone: `carrel mailbox list` counts them",
            fix="when the server is there again, give the same command",
        ) from None


def _plainly(wrong: Exception) -> str:
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return "a certificate that is not trusted"
    if isinstance(wrong, TimeoutError):
        return f"no answer within {TIMEOUT_SECONDS} seconds"
    if isinstance(wrong, OSError):
        return wrong.strerror or "an error of the network"
    return "the connection ended" if isinstance(wrong, imaplib.IMAP4.abort) else "an answer that is no IMAP"
