"""What a form of legal process says of people and things: one in each line, in one system."""

from __future__ import annotations

from carrel.web.case_desk import Kept
from carrel.web.staff_visit import StaffVisit

MOST, _LONGEST = 100, 200  # in one form; more are written in a second


def kept_in(here: StaffVisit, system: str, card: str, item: str = "", title: str = "") -> Kept | None:
    """Whom and what a form names; None where that cannot be, and nobody is told what stood there."""
    cards, items, titles = (_lines(said) for said in (card, item, title))
    each = (*cards, *items, *titles)
    if len(each) > MOST or any(len(one) > _LONGEST for one in each):
        return None
    return Kept(known_system(here, system), cards, items, titles)


def known_system(here: StaffVisit, said: str) -> str:
    """The system that a form names, or the first."""
    names = [one.name for one in here.premises.site.originals]
    return said if said in names else names[0]


def _lines(said: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in said.splitlines() if line.strip()))
