"""What keeps the library from telling of a case: an order, a statute, a judgement; since when, and until when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from carrel.disclosure import faults
from carrel.disclosure.event import Event
from carrel.disclosure.process import Basis, Process
from carrel.disclosure.working_day import day_is_over
from carrel.errors import CarrelError, fault

INDEFINITE = "indefinite"


@dataclass(frozen=True, slots=True)
class Silence:
    """One order to be silent.

    Attributes:
        basis: what it rests on.
        court: that ordered it, or the law that it cites.
        since: aware time from which it is honoured: its own beginning, or when it was recorded, if that was earlier.
        last_day: on the library's calendar; None for an indefinite one.
        over: aware time at which the last day is over; None for an indefinite one.
        may_tell: to whom it lets the library speak.
    """

    basis: Basis
    court: str
    since: datetime
    last_day: date | None
    over: datetime | None
    may_tell: frozenset[str] = frozenset()

    def in_force(self, at: datetime) -> bool:
        """Whether it holds at a moment: from when it was recorded, also for a clock that was set back since."""
        return self.over is None or at < self.over


def silence_of(event: Event, zone: ZoneInfo) -> Silence:
    """The silence that an event records.

    Guarantees:
        It ends with the first instant of the day after its last one, whatever the clocks of that night do.
    """
    said = event.term("ends")
    last = None if said == INDEFINITE else date.fromisoformat(said)
    over = None if last is None else day_is_over(last, zone)
    starts = datetime.combine(date.fromisoformat(event.term("starts")), time(), zone).astimezone(UTC)
    who = frozenset(one.strip() for one in event.term("may tell").split(";") if one.strip())
    named = event.term("court") or event.term("statute") or event.by
    return Silence(Basis(event.term("basis")), named, min(starts, event.at), last, over, who)


def require_silence(event: Event, process: Process, zone: ZoneInfo) -> Silence:
    """The silence that an event would record, if anything can silence the library like that.

    Raises:
        CarrelError: DSC-012, the policies in force do not know this basis; DSC-013, a statute that counsel did not
            confirm; DSC-014, its days are none, or end before they begin.

    Source:
        MITL-4.4, MITP-11.2.7, WPL-1.2.
    """
    said = event.term("basis")
    if said not in set(process.silenced_by):
        raise fault(
            faults.NOT_SILENCED,
            wanted=f"one of: {', '.join(sorted(process.silenced_by)) or 'nothing'}",
            found=said or "no basis",
            because="MITL-4.4: the person is told as soon as possible; of several policies the stricter wins",
            fix="tell the person, or record the order that forbids it",
        )
    if said == Basis.STATUTE:
        _confirmed(event.term("statute"), process)
    elif said == Basis.ORDER and not event.term("court"):
        raise fault(faults.MISSING, at="silence", wanted="the court that ordered it", found="none", fix="say which")
    try:
        found = silence_of(event, zone)
    except (ValueError, OverflowError):
        raise _no_end("something else") from None
    if found.over is not None and found.over <= event.at:
        raise _no_end("a day that is over")
    if found.last_day is not None and found.last_day < date.fromisoformat(event.term("starts")):
        raise _no_end("a last day before the first")
    return found


def require_counsel(silence: Silence, named: Collection[str], counsel: Collection[str]) -> None:
    """Whether somebody who can lift a silence without an end is named to the case.

    Args:
        silence: that an event would record.
        named: who knows of the case already, whoever records it too.
        counsel: who holds that office at this site; where nobody does, nobody can be asked for.

    Raises:
        CarrelError: DSC-024.

    Source:
        WPL-1.2. What the law asks to be silent may be told to a lawyer for advice: 18 U.S.C. 2709(c)(2)(A)(ii).
    """
    if silence.last_day is not None or not counsel or {*named, *silence.may_tell}.intersection(counsel):
        return
    raise fault(
        faults.NO_COUNSEL,
        wanted=f"one of: {', '.join(sorted(counsel))}",
        found="nobody of counsel among those who are named",
        because="it names no last day, so it lasts until counsel says that it was lifted; nobody else can, or knows it",
        fix="name counsel with it: --may-tell NAME; or write its last day",
    )


def _confirmed(name: str, process: Process) -> None:
    cited = process.statutes.get(name)
    if cited is None or not cited.confirmed_by:
        raise fault(
            faults.UNCONFIRMED,
            at=name or "statute",
            wanted="a statute of the policy with 'confirmed by:'",
            found="none of that name" if cited is None else f"{cited.cite}, which nobody confirmed",
            because="laws that silence have lapsed and were changed: what a policy once cited may not be in force",
            fix="have counsel confirm it, and write who did and when into the policy",
        )


def _no_end(found: str) -> CarrelError:
    return fault(
        faults.SILENCE_ENDS,
        wanted=f"a first day, and a last day that is not over, as 2028-02-29; or '{INDEFINITE}'",
        found=found,
        because="the person is told when it lapses",
        fix="write the days of the order",
    )
