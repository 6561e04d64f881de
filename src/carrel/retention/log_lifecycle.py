"""What a log service's own lifecycle does with an index, held against the policy's period."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

_SPAN = re.compile(r"(?P<amount>[0-9]{1,12}(?:\.[0-9]{1,6})?)(?P<unit>nanos|micros|ms|s|m|h|d)")
_SECONDS = {"nanos": 1e-9, "micros": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LONGEST = timedelta(days=365_000)


class Ends(enum.StrEnum):
    """Whether a lifecycle ever deletes."""

    AFTER = "after a time"
    NEVER = "never"
    UNTOLD = "untold"  # by size or number alone, or by something that was not understood


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What deletes an index at the service.

    Attributes:
        name: of the lifecycle, as the service calls it.
        ends: whether it ever deletes.
        keeps: with ``after a time``, how old an event can become until then: the time that an index is written to and
            the time after that.
        halted: why it does not go on, in words; empty where it does.
        closes: whether it closes an index to writing on its way.
        unread: what kept it from being read; empty where nothing did.
    """

    name: str
    ends: Ends
    keeps: timedelta = timedelta()
    halted: str = ""
    unread: str = ""
    closes: bool = False


def findings(lifecycle: Lifecycle | None, allowed: timedelta | None) -> Iterator[str]:
    """What is wrong with the lifecycle of an index, in words that fit many of them.

    Args:
        lifecycle: None where nothing manages the index.
        allowed: the policy's period; None where it says none.

    Guarantees:
        Nothing is told of one that goes on, and by which no event becomes older than the policy allows.

    Source:
        MITL-6.3, WPL-8.7.
    """
    if lifecycle is None:
        yield "the service itself deletes nothing: it has no lifecycle"
        return
    told = f"its lifecycle '{lifecycle.name}'"
    if lifecycle.halted:
        yield f"{told} does not go on: {lifecycle.halted}"
    if lifecycle.unread:
        yield f"{told} cannot be read: {lifecycle.unread}"
    elif lifecycle.ends is Ends.NEVER:
        yield f"{told} never deletes"
    elif lifecycle.ends is Ends.UNTOLD:
        yield f"{told} tells no longest time: it goes by size or number, or waits for something else"
    elif allowed is not None and lifecycle.keeps > allowed:
        yield f"{told} keeps events up to {in_words(lifecycle.keeps)}, the policy {in_words(allowed)}"


def described(lifecycle: Lifecycle) -> str:
    """When it deletes, in words."""
    if lifecycle.ends is Ends.AFTER:
        return f"deletes when events are up to {in_words(lifecycle.keeps)} old"
    return "never deletes" if lifecycle.ends is Ends.NEVER else "tells no time"


def span_of(text: object) -> timedelta | None:
    """A length of time as such services write it, such as ``14d``; None where it is none."""
    if text == 0:
        return timedelta()
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return timedelta() if text == "0" else None
    return min(timedelta(seconds=min(float(found["amount"]) * _SECONDS[found["unit"]], 3e13)), _LONGEST)


def in_words(span: timedelta) -> str:
    """A length of time for people: whole days, or hours where it is less than two days."""
    if span % _DAY == timedelta() or span >= 3 * _DAY:
        days = -(-span // _DAY)
        return f"{days:,} day" + ("" if days == 1 else "s")
    hours = -(-span // _HOUR)
    return f"{hours} hour" + ("" if hours == 1 else "s")
