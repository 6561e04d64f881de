"""The transparency report: who came for records, in bands, for everybody to read.

A year is shown once it is over. A report that grows day by day would tell by its steps what came when, and a case that
is sealed after it was counted would tell of itself by going.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from carrel.disclosure import faults
from carrel.disclosure.report import ENDS, Line, out_from
from carrel.errors import CarrelError
from carrel.web.visit import Here, Visit

router = APIRouter(prefix="/{language}", include_in_schema=False)
YEARS = 5
_WIDTH = 300  # of the longest bar, in the units of the drawing


@dataclass(frozen=True, slots=True)
class Bar:
    """How one band is drawn: `sure` of what came at least, `most` of what may have come."""

    line: Line
    sure: int
    most: int


@router.get("/transparency")
def newest(here: Here) -> Response:
    """Of the last year that is over."""
    return _page(here, _years(here)[0])


@router.get("/transparency/{year}")
def report(here: Here, year: int) -> Response:
    """Of one year.

    Raises:
        HTTPException: 404, none of the years that are shown.
    """
    if year not in _years(here):
        raise HTTPException(404)
    return _page(here, year)


def _years(here: Visit) -> tuple[int, ...]:
    this = here.premises.now().astimezone(UTC).year
    last = this - 1 if here.premises.now() >= out_from(this - 1) else this - 2
    return tuple(range(last, last - YEARS, -1))


def _page(here: Visit, year: int) -> Response:
    try:
        found = here.premises.staff.cases.report(year)
    except CarrelError as wrong:
        if wrong.code != faults.NO_RULES.code:
            raise
        raise HTTPException(404) from None
    return here.page("transparency", {
        "report": found, "bars": bars(found.lines), "years": _years(here), "ends": ENDS, "width": _WIDTH,
    })  # fmt: skip


def bars(lines: tuple[Line, ...]) -> tuple[Bar, ...]:
    """The bars of a report, the longest as wide as the drawing."""
    ends = [tuple(map(int, one.received.split("-"))) for one in lines]
    longest = max((last for _, last in ends), default=1) or 1
    return tuple(
        Bar(line, first * _WIDTH // longest, max(2, last * _WIDTH // longest))
        for line, (first, last) in zip(lines, ends, strict=True)
    )
