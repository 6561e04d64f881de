"""What a restore brings back, found again by keyed entries: no number and no name of anybody is kept for it."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from carrel.retention.approval import Kind

CLOCKS = timedelta(minutes=5)  # by which a backup tool's host may differ from this one
_BETWEEN = b"\x1f"  # stands in no system's name and in no number


@dataclass(frozen=True, slots=True)
class Entry:
    """That something was done for one person, whom only the key can tell.

    Attributes:
        kind: erasure, rectification, or lifting of a restriction.
        tag: of the person's number.
        card_tag: of the card the person had then; empty where there was none, or where it does not matter.
        case: in which it was done.
        done_at: aware time at which it had been done.
        mark: of the key under which it was made.
    """

    kind: Kind
    tag: str
    card_tag: str
    case: str
    done_at: datetime
    mark: str

    def needed_after(self, made_at: datetime | None) -> bool:
        """Whether a backup that was made at a time can hold the state before this; of an unknown time, yes."""
        return made_at is None or self.done_at + CLOCKS >= made_at


def key_mark(key: bytes) -> str:
    """What tells one key from another, and nothing else of it."""
    return hmac.digest(key, b"mark of a replay key", "sha256").hex()[:16]


def number_tag(key: bytes, system: str, number: int) -> str:
    """HMAC-SHA256 of system and number, hex.

    Whoever holds the key can try every number: it hides nobody from its holder.
    """
    return hmac.digest(key, system.encode() + _BETWEEN + str(number).encode(), "sha256").hex()


def card_tag(key: bytes, system: str, card: str) -> str:
    """The same of a card; empty for no card."""
    said = card.strip().casefold()
    if not said:
        return ""
    return hmac.digest(key, system.encode() + _BETWEEN * 2 + said.encode(), "sha256").hex()


def entry_of(key: bytes, system: str, number: int, card: str, *, kind: Kind, case: str, done_at: datetime) -> Entry:
    """The entry that a person's case leaves."""
    return Entry(kind, number_tag(key, system, number), card_tag(key, system, card), case, done_at, key_mark(key))


def back_again(key: bytes, system: str, entries: Iterable[Entry], numbers: Iterable[int]) -> dict[int, list[Entry]]:
    """Who of the living is spoken of by entries.

    Args:
        key: under which they were made.
        system: its name.
        entries: of the system.
        numbers: of every record that is there.

    Returns:
        The entries of each, by number; of whoever has none, nothing.
    """
    by_tag: defaultdict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        by_tag[one.tag].append(one)
    if not by_tag:
        return {}
    tags = ((number, number_tag(key, system, number)) for number in numbers)
    return {number: by_tag[tag] for number, tag in tags if tag in by_tag}


def same_card(key: bytes, system: str, entry: Entry, cards: Iterable[str]) -> bool:
    """Whether the record has the card that the erased person had.

    After a restore the product gives numbers anew that were given before: a number alone can be somebody else's.
    """
    said = [one for one in cards if one.strip()]
    if not entry.card_tag:
        return not said
    return any(hmac.compare_digest(entry.card_tag, card_tag(key, system, one)) for one in said)


def other_place(known: Collection[str], there: Collection[str]) -> bool:
    """Whether a database is another one than was known: fewer than half of the units that were known are in it.

    A library opens, closes and renames some of its units between two looks, and hardly ever most of them.

    Args:
        known: codes that were noted; none say nothing.
        there: codes that are there now.
    """
    return 2 * len(set(known) & set(there)) < len(set(known))
