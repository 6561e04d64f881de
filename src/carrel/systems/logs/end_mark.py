"""The last line of a scrubbed log, which says so, with a digest of all before it."""

from __future__ import annotations

import enum
import hashlib
import os
import re
from typing import BinaryIO, Final

from carrel.systems.logs.log_stream import kind_of, opened

_WORDS: Final = b"#carrel scrubbed 1 sha256:"
_LAST = re.compile(rb"#carrel scrubbed 1 sha256:([0-9a-f]{64})\n")
_LENGTH: Final = len(_WORDS) + 64 + 1
_PIECE: Final = 1 << 20


class Mark(enum.StrEnum):
    """What the end of a log says of it."""

    NONE = "not scrubbed"
    AGREES = "scrubbed"
    DISAGREES = "changed after it was scrubbed"


def end_line(digest: str) -> bytes:
    """The last line of a log of which the rest has this digest."""
    return _WORDS + digest.encode() + b"\n"


def is_end_line(line: bytes) -> bool:
    """Whether a line, with its end, says that a log was scrubbed."""
    return _LAST.fullmatch(line) is not None


def mark_of(source: BinaryIO, at: str) -> Mark:
    """What a log says of itself at its end, and whether the rest agrees.

    Args:
        source: at its beginning; a buffered file.
        at: what faults call it.

    Raises:
        CarrelError: LOG-011, LOG-012, it cannot be unpacked.
        OSError: it cannot be read.
    """
    if not kind_of(source.peek(6)[:6]):  # type: ignore[attr-defined]
        source.seek(0, os.SEEK_END)
        source.seek(max(source.tell() - _LENGTH, 0))
        if not is_end_line(source.read()):
            return Mark.NONE
        source.seek(0)
    digest, tail = hashlib.sha256(), b""
    with opened(source, at) as (stream, _):
        while chunk := stream.read(_PIECE):
            tail += chunk
            digest.update(tail[:-_LENGTH])
            tail = tail[-_LENGTH:]
    match = _LAST.fullmatch(tail)
    if match is None:
        return Mark.NONE
    return Mark.AGREES if match[1].decode() == digest.hexdigest() else Mark.DISAGREES
