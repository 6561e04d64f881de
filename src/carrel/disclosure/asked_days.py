"""The days that a case asks for: by its paper, by the new one that cured it, or by the court that narrowed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from carrel.disclosure.event import Act, Event

FROM, UNTIL = "from day", "until day"
_SAID = frozenset({Act.RECEIVED, Act.CURED, Act.RULED})


@dataclass(frozen=True, slots=True)
class AskedDays:
    """First and last day, both whole, on the library's calendar; None where the paper names none."""

    first: date | None = None
    last: date | None = None

    def __bool__(self) -> bool:
        return self.first is not None or self.last is not None


def asked_days(events: Sequence[Event]) -> AskedDays:
    """What the last event that names days says of them.

    Args:
        events: of a case, in order.
    """
    named = [one for one in events if one.act in _SAID and (one.term(FROM) or one.term(UNTIL))]
    return AskedDays(*(_day(named[-1].term(name)) for name in (FROM, UNTIL))) if named else AskedDays()


def days_wrong(terms: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """What is wrong with days that were said: one that is none, or a period that ends before it begins."""
    wrong = []
    for name in names:
        try:
            _day(terms.get(name, ""))
        except ValueError:
            wrong.append(f"{name}: a day such as 2026-11-27")
    first, last = terms.get(FROM, ""), terms.get(UNTIL, "")
    if not wrong and first and last and last < first:
        wrong.append("a period that begins no later than it ends")
    return wrong


def _day(said: str) -> date | None:
    return date.fromisoformat(said) if said else None
