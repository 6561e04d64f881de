"""Keys that last a day: what is tokenised under one of them cannot be joined with another day, once it is gone.

A key serves one day of a log, by the log's own calendar. From it come a key for tokens and one for each way to encrypt
addresses. A token tells that two lines belong to one session; once the key is destroyed nobody can make it from a
session's name again, so no list of names leads back to it.

Source: MITL-2.5, "kept logs hold per-day keyed tokens whose keys are destroyed"; MITL-6.3.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Lock
from typing import Final

KEY_BYTES: Final = 32
AHEAD: Final = timedelta(days=1)  # lines of tomorrow come from another time zone
KEPT_DAYS: Final = 1  # after the day itself: a day's log can come in pieces, the last of them after midnight
_MARK = b"~"


_TOKEN = re.compile(rb"~[a-z2-7]{16}")


def is_token(value: bytes) -> bool:
    """Whether a value looks like a token of a day."""
    return _TOKEN.fullmatch(value) is not None


@dataclass(frozen=True, slots=True, repr=False)
class DayKey:
    """The key of one day; it never shows itself.

    Attributes:
        day: that it serves.
        secret: 32 random bytes.
    """

    day: date
    secret: bytes

    def __repr__(self) -> str:
        return f"DayKey({self.day})"

    def token(self, value: bytes) -> bytes:
        """What stands for a value on this day: a mark and sixteen letters."""
        digest = hmac.digest(self.secret, b"token\0" + value, "sha256")
        return _MARK + b32encode(digest[:10]).lower()

    def derived(self, purpose: bytes, length: int) -> bytes:
        """A key of its own for another purpose, 16 or 32 bytes."""
        return hmac.digest(self.secret, b"key\0" + purpose, "sha256")[:length]


@dataclass(slots=True, repr=False)
class DayKeys:
    """The keys that one run may use, drawn or fetched as the days of a log come up.

    Attributes:
        fetch: gives the secret of a day; it draws one where there is none, and decides which of them are written down.
    """

    fetch: Callable[[date], bytes]
    _known: dict[date, DayKey] = field(default_factory=dict)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def of(self, day: date) -> DayKey:
        """The key of a day; the same one as long as the run lasts, also where several threads ask for it."""
        with self._one_at_a_time:
            if day not in self._known:
                self._known[day] = DayKey(day, self.fetch(day))
            return self._known[day]

    def forget(self, today: date) -> tuple[date, ...]:
        """Let go of every key that may not stand; a run that lasts for weeks holds none longer than its folder does."""
        gone = tuple(day for day in self._known if is_due(day, today) or is_far_ahead(day, today))
        for day in gone:
            del self._known[day]
        return gone

    @property
    def days(self) -> tuple[date, ...]:
        """Days whose keys were used, in order."""
        return tuple(sorted(self._known))


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """The keys of some rows, each that of its row's day.

    Attributes:
        keys: one for each row.
        one: the key of all of them, where it is one; rows that lie together are nearly always of one day.
    """

    keys: Sequence[DayKey]
    one: DayKey | None


def is_due(day: date, today: date, kept_days: int = KEPT_DAYS) -> bool:
    """Whether the key of a day is to be destroyed: so many days after that day are over."""
    return today - day > timedelta(days=kept_days)


def is_far_ahead(day: date, today: date) -> bool:
    """Whether a day is one that only a clock which jumped has named; its key would stand until that day is over."""
    return day > today + AHEAD
