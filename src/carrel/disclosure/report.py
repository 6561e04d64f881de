"""The transparency report: how many came with what, and how it ended, in bands; what is sealed is in none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from carrel.disclosure.case import Case
from carrel.disclosure.forgetting import Past
from carrel.disclosure.process import Instrument
from carrel.disclosure.standing import Standing, State

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
        it does not tell whether there was one. A sealed case is counted only once it is sealed no more.
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
