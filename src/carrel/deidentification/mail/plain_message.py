"""A message made plain: its subject, whom it names in its headers, and its text, whatever it was wrapped in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import (
    InvalidBase64LengthDefect,
    MultipartInvariantViolationDefect,
    NoBoundaryInMultipartDefect,
    StartBoundaryNotFoundDefect,
)
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses
from typing import Final

from carrel.deidentification.mail.html_text import html_text
from carrel.deidentification.mail.letters import UnreadableError, header_text, letters

LARGEST: Final = 1 << 26  # bytes of a message that is read as a whole
PEOPLE: Final = ("From", "Sender", "Reply-To", "To", "Cc")
_DEEPEST: Final = 40
_WAYS: Final = frozenset({"", "7bit", "8bit", "binary", "base64", "quoted-printable"})
_SEALED: Final = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_BROKEN: Final = (MultipartInvariantViolationDefect, NoBoundaryInMultipartDefect, StartBoundaryNotFoundDefect)
_GONE: Final = "[attachment removed]"
_MESSAGE_GONE: Final = "[attached message removed]"
# What is no text and stands in one: files as mail once carried them, and what a key has made.
_BEGIN: Final = re.compile(r"begin [0-7]{3,4} .|-----BEGIN PGP (MESSAGE|SIGNATURE|PUBLIC KEY BLOCK)-----\s*")
_END: Final = re.compile(r"end\s*|-----END PGP (MESSAGE|SIGNATURE|PUBLIC KEY BLOCK)-----\s*")


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody in a header: a name, which may be empty, and an address in small letters."""

    name: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlainMessage:
    """What a message says.

    Attributes:
        subject: on one line.
        body: its text.
        people: of each header of `PEOPLE` that it has, whom it names.
        removed: parts that are no text.
    """

    subject: str = field(repr=False)
    body: str = field(repr=False)
    people: dict[str, tuple[Address, ...]] = field(repr=False)
    removed: int = 0


def plain_message(raw: bytes) -> PlainMessage:
    """Make a message plain.

    Args:
        raw: its bytes, as they lie in the mailbox.

    Raises:
        UnreadableError: it is encrypted, broken, of an unknown encoding, too deep or too large.

    Guarantees:
        HTML becomes text; attachments and attached messages are gone, with a line in place of each that names nothing.
    """
    if len(raw) > LARGEST:
        raise UnreadableError
    try:
        message = BytesParser().parsebytes(raw)
        parts = _Parts()
        text = parts.text(message, 0)
        subject = " ".join(header_text(one) for one in _raw(message, "Subject")[:1])
        people = {name: tuple(_people(found)) for name in PEOPLE if (found := _raw(message, name))}
    except UnreadableError:
        raise
    except Exception:  # noqa: BLE001  (the parser of mail has errors of its own for what is none)
        raise UnreadableError from None
    return PlainMessage(subject, text.strip("\n") + "\n", people, parts.removed)


def _raw(message: Message, name: str) -> list[str]:
    low = name.lower()
    return [str(text) for known, text in message.raw_items() if known.lower() == low]


def _people(raw: list[str]) -> list[Address]:
    try:
        found = [Address(header_text(name), address.strip().lower()) for name, address in getaddresses(raw)]
    except Exception:  # noqa: BLE001  (as above; what nobody can take apart stands for one person)
        found = []
    known = [one for one in found if one.address]
    return known or [Address("", one.lower()) for one in raw if "@" in one]


class _Parts:
    """The parts of one message, one after the other."""

    def __init__(self) -> None:
        self.removed = 0

    def text(self, part: Message, depth: int) -> str:
        kind = part.get_content_type()
        if depth > _DEEPEST or kind in _SEALED or any(isinstance(one, _BROKEN) for one in part.defects):
            raise UnreadableError
        if kind.startswith("message/") and depth:
            self.removed += 1
            return _MESSAGE_GONE
        if kind.startswith("multipart/"):
            return self._several(part, kind, depth)
        if kind not in {"text/plain", "text/html"} or self._is_file(part):
            self.removed += 1
            return _GONE
        found = letters(_payload(part), part.get_content_charset())
        if kind == "text/html":
            return html_text(found)
        if str(part.get_param("format", "")).lower() == "flowed":
            found = _unflowed(found)
        return "\n".join(self._without_files(found.split("\n")))

    def _several(self, part: Message, kind: str, depth: int) -> str:
        payload = part.get_payload()
        children = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
        if not children:
            raise UnreadableError
        if kind == "multipart/signed":
            return self.text(children[0], depth + 1)
        if kind != "multipart/alternative":
            return "\n\n".join(self.text(one, depth + 1).strip("\n") for one in children)
        plain = [one for one in children if one.get_content_type() == "text/plain"]
        before = self.removed
        for one in (*plain, *reversed(children)):
            self.removed = before
            if (found := self.text(one, depth + 1)).strip():
                return found
        return ""

    def _without_files(self, lines: list[str]) -> Iterator[str]:
        """The lines of a text but for files in it; one that never ends is none, but what a key has made goes."""
        ends = [at for at, line in enumerate(lines) if _END.fullmatch(line)]
        last, within = ends[-1] if ends else -1, False
        for at, line in enumerate(lines):
            if within:
                within = not _END.fullmatch(line)
            elif (found := _BEGIN.match(line)) and (at < last or found[1]):
                self.removed, within = self.removed + 1, True
                yield _GONE
            else:
                yield line

    @staticmethod
    def _is_file(part: Message) -> bool:
        return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _payload(part: Message) -> bytes:
    way = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if way not in _WAYS:
        raise UnreadableError
    found = part.get_payload(decode=True)
    if not isinstance(found, bytes) or any(isinstance(one, InvalidBase64LengthDefect) for one in part.defects):
        raise UnreadableError
    return found


def _unflowed(text: str) -> str:
    """Lines that were broken softly, in one again: a name can stand on such a break."""
    out: list[str] = []
    for line in text.split("\n"):
        soft = out and out[-1].endswith(" ") and out[-1] != "-- " and not out[-1].startswith(">")
        if soft and not line.startswith(">") and line != "-- ":
            out[-1] += line.removeprefix(" ")
        else:
            out.append(line)
    return "\n".join(out)
