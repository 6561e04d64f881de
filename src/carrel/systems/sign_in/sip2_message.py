"""Messages of the Standard Interchange Protocol, version 2.00: how one is written, and what an answer says.

Source: 3M Standard Interchange Protocol, version 2.00, document revision 2.12 (2006).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

END = b"\r"
PARTS_END: Final = "|"
# Signs before the first field, by message: after its two digits stand fields of a fixed length.
_FIXED = {"94": 1, "98": 34, "96": 0, "24": 14 + 3 + 18, "64": 14 + 3 + 18 + 6 * 4}
_TAIL = re.compile(rb"AY([0-9])AZ([0-9A-F]{4})", re.IGNORECASE)
_FIELD = re.compile(r"[A-Z][A-Z0-9]")


class BrokenMessageError(ValueError):
    """It is no message of the protocol, or not whole. It says in which way, and repeats nothing of it."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """One message of a server.

    Attributes:
        kind: its two digits.
        fixed: what stands at fixed places behind them.
        fields: by identifier; one that stands twice has both values.
        has_checksum: whether it came with one, which was right.
    """

    kind: str
    fixed: str
    fields: dict[str, tuple[str, ...]]
    has_checksum: bool

    def said(self, field: str) -> str:
        """The value of a field; empty if it is missing, or stands there with two values."""
        values = set(self.fields.get(field, ()))
        return values.pop() if len(values) == 1 else ""


def written(body: str, sequence: int, encoding: str) -> bytes:
    """A message with its sequence number and checksum, ready to be sent.

    Args:
        body: digits and fields, ending with a fixed field or a ``|``.
        sequence: 0 to 9.
        encoding: of the server.

    Raises:
        BrokenMessageError: it cannot be written in that encoding.
    """
    try:
        text = f"{body}AY{sequence}AZ".encode(encoding)
    except UnicodeEncodeError:
        raise BrokenMessageError("a text that the encoding does not have") from None
    return text + checksum(text) + END


def read(line: bytes, sequence: int, encoding: str) -> Answer:
    """What a server answered.

    Args:
        line: without its end.
        sequence: of the message that it must answer.
        encoding: of the server.

    Raises:
        BrokenMessageError: another checksum or sequence number, too short, fields that are none, no text.
    """
    checked = _TAIL.fullmatch(line[-9:])
    if checked is not None:
        if checksum(line[:-4]) != checked[2].upper():
            raise BrokenMessageError("another checksum")
        if int(checked[1]) != sequence:
            raise BrokenMessageError("an answer to another message")
    try:
        text = (line[:-9] if checked is not None else line).decode(encoding)
    except UnicodeDecodeError:
        raise BrokenMessageError("bytes that are no text in this encoding") from None
    kind = text[:2]
    if (length := _FIXED.get(kind)) is None:
        raise BrokenMessageError("a message of another kind")
    fixed, rest = text[2 : 2 + length], text[2 + length :]
    if len(fixed) < length:
        raise BrokenMessageError("a message that is cut")
    return Answer(kind, fixed, _fields(rest), checked is not None)


def checksum(text: bytes) -> bytes:
    """Four hexadecimal digits that make the sum of all bytes zero in sixteen bits.

    Args:
        text: up to and with ``AZ``.
    """
    return b"%04X" % (-sum(text) & 0xFFFF)


def fits_in(value: str) -> bool:
    """Whether a value can stand in a field: nothing in the protocol hides a ``|`` or the end of a message."""
    return PARTS_END not in value and value.isprintable()


def login(user: str, password: str, location: str) -> str:
    """Sign this client in (93)."""
    return f"9300CN{user}|CO{password}|" + (f"CP{location}|" if location else "")


def status() -> str:
    """Ask what the server can do (99): status 0, lines of 30 signs, version 2.00."""
    return "9900302.00"


def patron_information(institution: str, card: str, password: str, at: datetime) -> str:
    """Ask for a patron with no list of anything (63)."""
    return f"63000{_moment(at)}{' ' * 10}AO{institution}|AA{card}|AC|AD{password}|"


def patron_status(institution: str, card: str, password: str, at: datetime) -> str:
    """Ask for a patron's standing (23)."""
    return f"23000{_moment(at)}AO{institution}|AA{card}|AC|AD{password}|"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%d}   Z{at.astimezone(UTC):%H%M%S}"


def _fields(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in text.split(PARTS_END):
        if not part.strip():
            continue
        if not _FIELD.fullmatch(name := part[:2]):
            raise BrokenMessageError("a field without a name")
        found[name] = (*found.get(name, ()), part[2:])
    return found
