"""The transparency report: how many came with what, and how it ended, in bands; what is sealed is in none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from carrel.disclosure.case import Case
from carrel.disclosure.course import standing
from carrel.disclosure.event import Act
from carrel.disclosure.forgetting import Past
from carrel.disclosure.process import Instrument
from carrel.disclosure.standing import Standing, State
from carrel.disclosure.viewer import Viewer

ENDS = (State.RELEASED, State.NOTHING, State.REFUSED)


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of paper in one year.

    Attributes:
        instrument: the kind.
        received: a band, such as ``0-9``.
        ended: bands by how they ended, in the order of `ENDS`.
    """

    instrument: Instrument
    received: str
    ended: tuple[str, ...]


def counted(case: Case, viewer: Viewer, year: int) -> Standing | None:
    """Where a case stands for the report of a year; None where it may not be counted.

    Args:
        case: any, sealed or not.
        viewer: whoever may know of every case that is not sealed; see `Viewer`.
        year: of the report.

    Guarantees:
        A case that was sealed after the report of its year was out stays in it as it stood then: a figure that goes
        down would tell of it. What happens to it while it is sealed is in no figure.
    """
    if (here := viewer.look(case)) is not None:
        return here
    process, events, begun = viewer.process(case), case.events, 0
    for n, event in enumerate(events):
        if event.act is Act.SILENCED and not standing(process, events[:n], viewer.zone, event.at).silent:
            begun = n  # the silence that is in force now began with the last of these
    if not begun or events[begun].at < out_from(year):
        return None
    return standing(process, events[:begun], viewer.zone, events[begun].at, free_days=viewer.free_days)


def out_from(year: int) -> datetime:
    """Aware time from which the report of a year is out: the year is over everywhere by the second of January."""
    return datetime(year + 1, 1, 2, tzinfo=UTC)


def transparency(
    cases: Iterable[tuple[Case, Standing]], year: int, width: int, zone: ZoneInfo, past: Iterable[Past] = ()
) -> tuple[Line, ...]:
    """What may be published of a year.

    Args:
        cases: each with where it stands.
        year: on the library's calendar, in which they came.
        width: of a band.
        zone: of the library.
        past: what is left of those that were forgotten.

    Guarantees:
        Every kind of paper has a line, and every band of it begins at a multiple of the width, the first at nothing: so
        it does not tell whether there was one. A sealed case is counted only once it is sealed no more, or as
        `counted` says.
    """
    received, ended = Counter[Instrument](), Counter[tuple[Instrument, State]]()
    there = [Past.of(case, here, zone) for case, here in cases if not here.silent]
    for one in (*there, *past):
        if one.year == year:
            received[one.instrument] += 1
            ended[one.instrument, State.RELEASED if one.state is State.REVIEWED else one.state] += 1
    return tuple(
        Line(one, band(received[one], width), tuple(band(ended[one, state], width) for state in ENDS))
        for one in Instrument
    )


def band(count: int, width: int) -> str:
    """The band in which a count lies."""
    first = count - count % width
    return f"{first}-{first + width - 1}"
