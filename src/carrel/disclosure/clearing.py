"""Whether a scope stays within what a case asks for: its kind of paper, its days, and the readers of a title or not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carrel.disclosure.asked_days import AskedDays, asked_days
from carrel.disclosure.case import Case
from carrel.disclosure.period import period, unusable
from carrel.disclosure.scope import Part, Scope
from carrel.disclosure.standing import Standing


def why_not(case: Case, here: Standing, scope: Scope, zone: ZoneInfo) -> str | None:
    """Why a case does not ask for a scope.

    Args:
        case: as it is.
        here: where it stands.
        scope: that somebody wants to gather.
        zone: of the library, by whose calendar the days of the case count.

    Returns:
        What does not fit, in words that name nobody; None where all of it fits. Whom the scope names is not judged
        here: that is read in the systems.

    Raises:
        CarrelError: DSC-053, a part has no such time zone, or a bound that is no instant there.

    Guarantees:
        A part that reaches one instant before the first day of the case, or one behind its last, does not fit; nor does
        a part with dates where the case names no days. What came after the paper is not in it either, unless the paper
        itself names a later day.
    """
    if scope.instrument.strip() != case.instrument:
        return f"a scope of another kind of paper than {case.instrument}"
    if (scope.asks_for_readers or here.for_readers) and not here.order_names_title:
        return "a scope of the readers of a title, of a case whose order names none"
    days = asked_days(case.events)
    for part in scope.parts:
        if part.from_ is not None and part.until is not None and (why := _beyond(part, days, here, zone)):
            return f"part {part.id}: {why}"
    return None


def _beyond(part: Part, days: AskedDays, here: Standing, zone: ZoneInfo) -> str | None:
    if not days:
        return "days, and a case that names none"
    try:
        own = zone if part.time_zone is None else ZoneInfo(part.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise unusable(
            f"part {part.id}", "a time zone such as America/New_York", "another word", "write one, or leave it out"
        ) from None
    found = period(part.from_ or "", part.until or "", own, f"part {part.id}")
    last = days.last or here.received_at.astimezone(zone).date()
    if days.first is not None and found.since < _begins(days.first, zone):
        return "days before the first that the case asks for"
    if found.until > _begins(last + timedelta(days=1), zone):
        return "days after the last that the case asks for"
    return None


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
