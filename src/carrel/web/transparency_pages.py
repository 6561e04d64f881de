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
    years = _years(here)
    return _page(here, years[0], years) if years else here.page("transparency_none")


@router.get("/transparency/{year}")
def report(here: Here, year: int) -> Response:
    """Of one year.

    Raises:
        HTTPException: 404, none of the years that are shown.
    """
    if year not in (years := _years(here)):
        raise HTTPException(404)
    return _page(here, year, years)


def _years(here: Visit) -> tuple[int, ...]:
    """Years that are over and in which cases were written down: of any other "0-9" would claim what nobody knows.

    Raises:
        HTTPException: 404, no policy in force says anything of legal process.
    """
    desk = here.premises.staff.cases
    try:
        desk.processes()
    except CarrelError as wrong:
        if wrong.code != faults.NO_RULES.code:
            raise
        raise HTTPException(404) from None
    this = here.premises.now().astimezone(UTC).year
    last = this - 1 if here.premises.now() >= out_from(this - 1) else this - 2
    since = desk.since()
    return () if since is None else tuple(range(last, max(last - YEARS, since.year - 1), -1))


def _page(here: Visit, year: int, years: tuple[int, ...]) -> Response:
    found = here.premises.staff.cases.report(year)
    return here.page("transparency", {
        "report": found, "bars": bars(found.lines), "years": years, "ends": ENDS, "width": _WIDTH,
    })  # fmt: skip


def bars(lines: tuple[Line, ...]) -> tuple[Bar, ...]:
    """The bars of a report, the longest as wide as the drawing."""
    ends = [tuple(map(int, one.received.split("-"))) for one in lines]
    longest = max((last for _, last in ends), default=1) or 1
    return tuple(
        Bar(line, first * _WIDTH // longest, max(2, last * _WIDTH // longest))
        for line, (first, last) in zip(lines, ends, strict=True)
    )
