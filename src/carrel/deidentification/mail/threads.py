"""Which messages of a folder belong to one thread, and whether everything in it was answered.

Source: RFC 5322, 3.6.4 (Message-ID, In-Reply-To, References).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import Final

from carrel.deidentification.mail.letters import header_text

_ID: Final = re.compile(r"<([^<>\s]{1,900})>")
_MOST_LINKS: Final = 200
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_REPLY: Final = re.compile(r"\s*(re|aw|antw|sv|vs|rv|res|ref|fw|fwd|wg|tr|enc)\s*(\[\d+\])?\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the headers of a message say of its thread. It names people: it stays in memory.

    Attributes:
        message_id: of its own; empty where it has none.
        links: ids of messages before it, in order.
        subject: without what programs put before the subject of a reply.
        reply: whether something stood before it.
        sender: address of who wrote it.
    """

    message_id: str = field(repr=False)
    links: tuple[str, ...] = field(repr=False)
    subject: str = field(repr=False)
    reply: bool
    sender: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Placed:
    """A message as its thread needs it: its envelope, aware time or None, and whether it is marked as answered."""

    envelope: Envelope
    at: datetime | None
    answered: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """Messages that belong together.

    Attributes:
        members: their places in what was given.
        last: aware time of the youngest; None where one of them has none.
        open: whether something in it waits for an answer.
    """

    members: tuple[int, ...]
    last: datetime | None
    open: bool


def envelope_of(head: bytes) -> Envelope:
    """The envelope of a message.

    Args:
        head: its headers, in whatever encoding, broken or whole.
    """
    message = BytesHeaderParser().parsebytes(head)
    raw: dict[str, str] = {}
    for name, text in message.raw_items():
        raw.setdefault(name.lower(), str(text))
    own = _ID.findall(raw.get("message-id", "")) or raw.get("message-id", "").split()
    before = dict.fromkeys(_ID.findall(raw.get("references", "")))
    for parent in _ID.findall(raw.get("in-reply-to", ""))[:1]:
        before.pop(parent, None)
        before[parent] = None  # what it answers stands last
    subject, reply = _bare(header_text(raw.get("subject", "")))
    try:
        sender = next((address.lower() for _, address in getaddresses([raw.get("from", "")])), "")
    except Exception:  # noqa: BLE001  (the parser of addresses has errors of its own for what is none)
        sender = ""
    return Envelope(own[0] if own else "", tuple(before)[-_MOST_LINKS:], subject, reply, sender)


def threads_of(messages: Sequence[Placed], ours: Collection[str] = ()) -> list[Thread]:
    """The threads of a folder.

    Args:
        messages: all of them.
        ours: addresses of the library, whose messages wait for no answer.

    Returns:
        Threads, each message in one.

    Guarantees:
        Messages are joined by their ids. One that names none before it, and is a reply by its subject or has no id of
        its own, belongs to the youngest one before it with the same subject.
    """
    joined = _Joined(len(messages))
    by_id: dict[str, int] = {}
    for at, one in enumerate(messages):
        for name in (one.envelope.message_id, *one.envelope.links):
            if name:
                joined.join(at, by_id.setdefault(name, at))
    youngest: dict[str, int] = {}
    dated = [(one.at, at) for at, one in enumerate(messages) if one.at is not None]
    for _, at in sorted(dated):
        envelope = messages[at].envelope
        if not envelope.subject:
            continue
        if not envelope.links and (envelope.reply or not envelope.message_id) and envelope.subject in youngest:
            joined.join(at, youngest[envelope.subject])
        youngest[envelope.subject] = at
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for at in range(len(messages)):
        groups[joined.first(at)].append(at)
    return [_thread(messages, members, ours) for members in groups.values()]


def _thread(messages: Sequence[Placed], members: list[int], ours: Collection[str]) -> Thread:
    known = [messages[at] for at in members]
    times = [one.at for one in known if one.at is not None]
    replied = {name for one in known for name in one.envelope.links[-1:]}
    waits = any(
        not (one.answered or one.envelope.sender in ours or one.envelope.message_id in replied) for one in known
    )
    members.sort(key=lambda at: (messages[at].at is not None, messages[at].at or _NEVER, at))
    return Thread(tuple(members), max(times) if len(times) == len(known) else None, waits)


def _bare(subject: str) -> tuple[str, bool]:
    reply = False
    while found := _REPLY.match(subject):
        subject, reply = subject[found.end() :], True
    return " ".join(subject.lower().split()), reply


class _Joined:
    """Sets that are joined two by two."""

    def __init__(self, count: int) -> None:
        self._before = list(range(count))

    def first(self, at: int) -> int:
        while self._before[at] != at:
            self._before[at] = at = self._before[self._before[at]]
        return at

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.first(one), self.first(other)))
        self._before[high] = low
