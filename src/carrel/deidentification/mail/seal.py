"""What tells a message that Carrel has written from one that only says so: two keyed digests in a header of it.

The head alone shows that Carrel wrote it, so that counting reads no text; with the body it shows that nothing was
changed since. Whoever sends mail has not the key, and what a server adds on the way breaks the seal as well.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final, NamedTuple

HEADER: Final = "X-Carrel"
_MARK: Final = re.compile(rb"^X-Carrel: de-identified; of=([0-9a-f]{24}); text=([0-9a-f]{32}); seal=([0-9a-f]{32})$")
# What mail programs write into a message of an mbox file as they read it.
_CHANGES: Final = (b"status:", b"x-status:", b"x-keywords:", b"x-uid:", b"content-length:", b"x-imap:", b"x-imapbase:")
_QUOTED: Final = re.compile(rb"^>*From ", re.MULTILINE)
_ORIGIN: Final = 24
_SEAL: Final = 32


class Seal(NamedTuple):
    """What a message that Carrel wrote says of itself.

    Attributes:
        origin: stands for the message in whose place it was put.
        text: digest of its body.
    """

    origin: str
    text: str


def origin_of(key: bytes, tag: str) -> str:
    """What stands for a message in the one that takes its place: of no use without the key."""
    return _told(key, b"origin", tag.encode())[:_ORIGIN]


def stand_in(key: bytes, message_id: str) -> str:
    """What a message is called instead of its own id; the same wherever that id stands."""
    return f"{_told(key, b'message-id', message_id.encode('utf-8', 'surrogateescape'))[:_SEAL]}@carrel.invalid"


def sealed(key: bytes, head: bytes, body: bytes, origin: str) -> bytes:
    """The header that makes a message one that is believed.

    Args:
        key: of the site.
        head: all its other headers, each with its end of line.
        body: of it.
        origin: from `origin_of`.
    """
    text = _told(key, b"text", _plain_body(body))[:_SEAL]
    seal = _told(key, b"seal", _plain_head(head), origin.encode(), text.encode())[:_SEAL]
    return f"{HEADER}: de-identified; of={origin}; text={text}; seal={seal}".encode()


def seal_of(key: bytes, head: bytes) -> Seal | None:
    """The seal of a message; None where it has none, or one that does not fit every other header it has.

    Args:
        key: of the site; nothing is believed without one.
        head: its headers.
    """
    marks = [found for line in head.splitlines() if (found := _MARK.match(line))]
    if len(marks) != 1 or not key:
        return None
    origin, text, seal = (one.decode() for one in marks[0].groups())
    wanted = _told(key, b"seal", _plain_head(head), origin.encode(), text.encode())[:_SEAL]
    return Seal(origin, text) if hmac.compare_digest(seal, wanted) else None


def is_whole(key: bytes, raw: bytes) -> bool:
    """Whether a message is as Carrel wrote it, to its last word."""
    plain = raw.replace(b"\r\n", b"\n")
    head, _, body = plain.partition(b"\n\n")
    found = seal_of(key, head)
    return found is not None and hmac.compare_digest(found.text, _told(key, b"text", _plain_body(body))[:_SEAL])


def _plain_head(head: bytes) -> bytes:
    lines = [one for one in head.replace(b"\r\n", b"\n").split(b"\n") if one]
    return b"\n".join(
        one for one in lines if not one.lower().startswith((*_CHANGES, b"x-carrel:")) and not one.startswith(b"From ")
    )


def _plain_body(body: bytes) -> bytes:
    return _QUOTED.sub(b"From ", body.replace(b"\r\n", b"\n")).rstrip(b"\n")


def _told(key: bytes, *parts: bytes) -> str:
    made = hmac.new(key, digestmod=hashlib.sha256)
    for one in parts:
        made.update(len(one).to_bytes(8, "big") + one)
    return made.hexdigest()
