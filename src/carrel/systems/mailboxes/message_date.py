"""When a message was received or written, by its own headers; a file's time is never asked."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import BinaryIO

LONGEST_HEAD = 1 << 18
_WEST = timezone(-timedelta(hours=12))  # a time without a zone is read as late as it can have been


def head_of(file: BinaryIO) -> bytes:
    """The headers of a message, at most 256 KiB of them, whatever its size."""
    found = bytearray()
    while len(found) < LONGEST_HEAD and (line := file.readline(LONGEST_HEAD)):
        found += line
        if not line.strip(b"\r\n"):
            break
    return bytes(found)


def message_date(head: bytes) -> datetime | None:
    """When a message came in: by the topmost ``Received:``, which the library's own server wrote; else by ``Date:``.

    Args:
        head: its headers, in whatever encoding.

    Returns:
        Aware time; None where neither can be read.
    """
    message = BytesHeaderParser().parsebytes(head)
    for text in (str(message.get("Received", "")).rpartition(";")[2], str(message.get("Date", ""))):
        if (found := read_date(text)) is not None:
            return found
    return None


def read_date(text: str) -> datetime | None:
    """A date as mail writes it; None where it is none."""
    try:
        found = parsedate_to_datetime(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=_WEST)).astimezone(timezone.utc)  # noqa: UP017
    except (TypeError, ValueError, IndexError, OverflowError, AttributeError):
        return None
