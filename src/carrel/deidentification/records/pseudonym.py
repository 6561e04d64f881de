"""Tokens that stand for persons in a release: keyed by silo and period, so that they end with the key.

While a key stands, whoever has it can find a person's token by trying; once it is destroyed nobody can. The tokens of
two periods, or of two silos, cannot be joined.

Source: MITL-7.4; standards: HMAC-SHA-256 with rotating keys of one purpose, never a plain hash of a card number.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass
from datetime import date
from typing import Final

from carrel.deidentification.records.calendar_levels import EventTime

KEY_BYTES: Final = 32
_LETTERS: Final = 20  # 100 bits: two persons of 10 M share a token once in 2e16 releases
_FORMS: Final = {
    "day": re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    "week": re.compile(r"(\d{4})-W(\d{2})"),
    "month": re.compile(r"(\d{4})-(\d{2})"),
    "quarter": re.compile(r"(\d{4})-Q([1-4])"),
    "year": re.compile(r"(\d{4})"),
}


@dataclass(frozen=True, slots=True, repr=False)
class PeriodKey:
    """The key of one silo and period; it never shows itself.

    Attributes:
        silo: whose tokens are made with it.
        period: as `EventTime` writes it, such as ``2026-11`` or ``2026-Q4``.
        secret: 32 random bytes.
    """

    silo: str
    period: str
    secret: bytes

    def __repr__(self) -> str:
        return f"PeriodKey({self.silo}, {self.period})"

    def token(self, value: str) -> str:
        """What stands for a value in this silo and period."""
        said = f"{self.silo}\0{self.period}\0{value}".encode("utf-8", "surrogatepass")
        return b32encode(hmac.digest(self.secret, said, "sha256"))[:_LETTERS].decode().lower()


def period_of(value: str, kind: str) -> str | None:
    """The period that a time lies in; None where the text is no time."""
    chain = EventTime((kind,)).chain(value)
    return None if chain is None else chain[0]


def place(period: str) -> tuple[str, int] | None:
    """What kind of period a text names, and which one it is, counted from the first; None where it names none."""
    for kind, form in _FORMS.items():
        if (match := form.fullmatch(period)) is not None:
            try:
                return kind, _count(kind, [int(one) for one in match.groups()])
            except ValueError:
                return None
    return None


def is_due(period: str, today: date, kept: int) -> bool:
    """Whether the key of a period is to be destroyed: so many whole periods after its own have begun and ended.

    Args:
        period: as `EventTime` writes it.
        today: of whoever asks.
        kept: periods for which it stands after its own.

    Raises:
        ValueError: the text names no period.
    """
    found = place(period)
    if found is None:
        raise ValueError("no period")
    kind, number = found
    now = place(EventTime((kind,)).chain(today.isoformat())[0])  # type: ignore[index]  # a date always has a period
    return now is not None and now[1] - number > kept


def due_on(period: str, kept: int) -> date:
    """The first day on which the key of a period is due; the last day of the calendar where that is later.

    Args:
        period: as `EventTime` writes it.
        kept: periods for which it stands after its own.

    Raises:
        ValueError: the text names no period.
    """
    found = place(period)
    if found is None:
        raise ValueError("no period")
    kind, number = found
    after = number + kept + 1
    try:
        if kind == "day":
            return date.fromordinal(after)
        if kind == "week":
            return date.fromordinal(after * 7 + 1)  # the first day of the calendar is a Monday
        if kind == "month":
            return date((after - 1) // 12, (after - 1) % 12 + 1, 1)
        return date((after - 1) // 4, (after - 1) % 4 * 3 + 1, 1) if kind == "quarter" else date(after, 1, 1)
    except (ValueError, OverflowError):
        return date.max


def _count(kind: str, parts: list[int]) -> int:
    if kind == "day":
        return date(*parts).toordinal()
    if kind == "week":
        return date.fromisocalendar(parts[0], parts[1], 1).toordinal() // 7
    if kind == "month":
        return date(parts[0], parts[1], 1).year * 12 + parts[1]
    return parts[0] * 4 + parts[1] if kind == "quarter" else parts[0]
