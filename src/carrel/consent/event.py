"""A consent event: that somebody agreed, or took it back; it is written down once and never changed."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


class Act(enum.StrEnum):
    """What somebody did."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Channel(enum.StrEnum):
    """How it reached the library; the last is Carrel's own: a record that is gone ends its consents."""

    WEB = "web"
    DESK = "desk"
    PAPER_CARD = "paper card"
    PHONE = "phone"
    LETTER = "letter"
    EMAIL = "email"
    RECORD_ERASED = "record erased"


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """One event of one person for one purpose.

    Attributes:
        act: given or withdrawn.
        purpose: of the policy.
        channel: how it came.
        taker: who of the library took it; for the web, the page.
        at: aware time at which the person said so; of a paper card, its day.
        recorded_at: aware time at which it was written down.
        text, version, language: which text was agreed to; empty and 0 of a withdrawal.
        digest: of its words; empty of a withdrawal.
    """

    act: Act
    purpose: str
    channel: Channel
    taker: str
    at: datetime
    recorded_at: datetime
    text: str = ""
    version: int = 0
    language: str = ""
    digest: str = ""

    @property
    def order(self) -> tuple[datetime, bool, datetime]:
        """Events stand in the order in which people spoke; of two at one moment, the withdrawal is the later."""
        return self.at, self.act is Act.WITHDRAWN, self.recorded_at


def commitment(event: ConsentEvent, subject: str, salt: bytes) -> str:
    """What the ledger is told of an event: SHA-256 over a salt and all of it; without the salt it tells nothing."""
    whole = [
        subject, event.act, event.purpose, event.channel, event.taker, event.at.isoformat(),
        event.recorded_at.isoformat(), event.text, event.version, event.language, event.digest,
    ]  # fmt: skip
    return hashlib.sha256(salt + json.dumps(whole, ensure_ascii=True).encode()).hexdigest()


def in_order(events: Iterable[ConsentEvent]) -> tuple[ConsentEvent, ...]:
    """The events as they followed one another, in whatever order they were written down."""
    return tuple(sorted(events, key=lambda one: one.order))
