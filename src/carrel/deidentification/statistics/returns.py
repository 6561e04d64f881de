"""Returns that libraries owe: which measures each asks for, what they mean, and from what they can be counted."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from carrel.deidentification.statistics import faults
from carrel.errors import fault

DESK = "it is counted at the desk, by hand or by another system"
COUNTER = "it comes with the COUNTER reports of the vendors"
CATALOGUE = "it is about holdings and money, and not about people"
BY_TYPE = "which item types are meant is the library's own code: `carrel stats cube` by type"


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of a return.

    Attributes:
        code: by which the survey knows it.
        name: as people know it.
        means: what is counted, in short.
        kinds: of the map's figures, summed up; none where the library system cannot tell.
        instead: why it cannot.
    """

    code: str
    name: str
    means: str
    kinds: tuple[str, ...] = ()
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Return:
    """One survey.

    Attributes:
        name: as the command takes it.
        title: for people.
        ends: the month with which its year ends where the library's does not differ.
        source: where its definitions stand.
        measures: those about the use of a library by people.
    """

    name: str
    title: str
    ends: int
    source: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line, filled in. The figure is None where the library system cannot tell, or where it is of few.

    Attributes:
        few: it is one to nine.
    """

    measure: Measure
    figure: int | None
    few: bool
    why: str


_FIRST, _RENEWED = "first_loans", "renewals"
RETURNS: Mapping[str, Return] = {
    one.name: one
    for one in (
        Return(
            "arl",
            "ARL Statistics",
            6,
            "ARL Statistics questionnaire, instructions for questions 16 to 22 (publications.arl.org)",
            (
                Measure("reference", "reference transactions", "contacts in which staff use sources", instead=DESK),
                Measure("initial", "initial circulations", "items lent; no renewals, no reserves", (_FIRST,)),
                Measure("total", "total circulations", "initial ones and renewals; no reserves", (_FIRST, _RENEWED)),
                Measure("articles", "full-text article requests", "successful requests", instead=COUNTER),
                Measure("searches", "regular searches of databases", "searches", instead=COUNTER),
                Measure(
                    "lent", "interlibrary loans provided", "requests filled for other libraries", ("lent_elsewhere",)
                ),
                Measure(
                    "borrowed", "interlibrary loans received", "requests that others filled", ("borrowed_elsewhere",)
                ),
            ),
        ),
        Return(
            "ipeds",
            "IPEDS Academic Libraries",
            6,
            "IPEDS Academic Libraries survey materials, OMB 1850-0582 (nces.ed.gov/ipeds)",
            (
                Measure(
                    "physical", "physical circulation", "items lent; renewals as the library reports them", (_FIRST,)
                ),
                Measure("digital", "digital and electronic circulation", "uses of titles", instead=COUNTER),
                Measure("serials", "e-serials usage", "requests", instead=COUNTER),
                Measure(
                    "lent", "interlibrary loans provided", "requests filled for other libraries", ("lent_elsewhere",)
                ),
                Measure(
                    "borrowed", "interlibrary loans received", "requests that others filled", ("borrowed_elsewhere",)
                ),
                Measure("holdings", "books, media and serials held", "titles", instead=CATALOGUE),
            ),
        ),
        Return(
            "pls",
            "IMLS Public Libraries Survey",
            12,
            "PLS data element definitions, fiscal year 2024, OMB 3137-0074 (imls.gov)",
            (
                Measure("VISITS", "library visits", "persons who come in", instead=DESK),
                Measure("REFERENC", "reference transactions", "contacts in which staff use sources", instead=DESK),
                Measure("REGBOR", "registered users", "people with a card that is in force", ("registered",)),
                Measure("PHYSCIR", "circulation of physical items", "items lent, renewals too", (_FIRST, _RENEWED)),
                Measure("KIDCIRCL", "circulation of children's materials", "renewals too", instead=BY_TYPE),
                Measure("ELMATCIR", "use of electronic material", "uses of titles", instead=COUNTER),
                Measure("LOANTO", "interlibrary loans to others", "items provided", ("lent_elsewhere",)),
                Measure("LOANFM", "interlibrary loans from others", "items received", ("borrowed_elsewhere",)),
                Measure("TOTPRO", "programs", "events", instead=DESK),
                Measure("TOTATTEN", "attendance at programs", "persons who come", instead=DESK),
                Measure("PITUSR", "uses of public computers", "sessions", instead="it is in the booking system's log"),
                Measure("WIFISESS", "wireless sessions", "sessions", instead="it is in the network's log"),
            ),
        ),
    )
}


NOT_OVER = "not over"


def return_of(name: str) -> Return:
    """A survey by name.

    Raises:
        CarrelError: STC-014, there is none.
    """
    if name not in RETURNS:
        raise fault(faults.NO_RETURN, wanted=", ".join(RETURNS), found="another name", fix="write one of these")
    return RETURNS[name]


def year_of(survey: Return, year: int, ends: int | None) -> tuple[date, date]:
    """The first day of a survey's year, and the first day after it.

    Args:
        survey: that has a month of its own to end with.
        year: in which it ends.
        ends: the month with which the library's year ends; the survey's unless given.
    """
    month = ends or survey.ends
    after = date(year, month, monthrange(year, month)[1]) + timedelta(days=1)
    return after.replace(year=after.year - 1), after


def filled_in(survey: Return, figures: Mapping[str, int], small: int) -> tuple[Line, ...]:
    """The lines of a return.

    Args:
        survey: that is owed.
        figures: by kind; a kind that is not there cannot be told from this library system.
        small: a figure below it, and above zero, is told as few. It says nothing of how many persons a larger one is
            of: these are totals of a whole library.
    """
    lines = []
    for one in survey.measures:
        missing = [kind for kind in one.kinds if kind not in figures]
        if one.instead or missing:
            lines.append(Line(one, None, few=False, why=one.instead or "the map of this system has no such rows"))
            continue
        total = sum(figures[kind] for kind in one.kinds)
        few = 0 < total < small
        lines.append(Line(one, None if few else total, few=few, why=""))
    return tuple(lines)
