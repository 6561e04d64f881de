"""Who holds an office of legal process, who is away, and who stands in (MPL-2)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from starlette.responses import Response

from carrel.disclosure import faults
from carrel.disclosure.absence import Turn, delegations
from carrel.disclosure.process import Office
from carrel.errors import CarrelError
from carrel.web.case_sheet import cases_of
from carrel.web.staff_visit import StaffHere, StaffVisit, day_in, staff_pages

router = staff_pages()
Word = Annotated[str, Form()]
_TURNS = {"absent": Turn.ABSENT, "back": Turn.RETURNED, "delegate": Turn.DELEGATED, "revoke": Turn.REVOKED}
_PROBLEMS = {faults.DELEGATION.code: "delegation", faults.ABSENCE.code: "absence"}


@router.get("/offices")
def offices(here: StaffHere) -> Response:
    """The offices, and the forms."""
    return _page(here)


@router.post("/offices")
def write(
    here: StaffHere, form: Word = "", act: Word = "", office: Word = "", holder: Word = "", alternate: Word = "",
    until: Word = "",
) -> Response:  # fmt: skip
    """Write down that somebody is away or back, or who stands in."""
    here.require_own_form(form)
    known, day = {one.name for one in here.premises.staff.people()}, day_in(until)
    holder = holder or here.who.name
    odd = act not in _TURNS or office not in set(Office) or not known.issuperset({holder, alternate or holder})
    if odd or (until and day is None):
        return _page(here, "missing")
    try:
        here.premises.staff.cases.turn(here.who.name, _TURNS[act], Office(office), holder, alternate, day)
    except CarrelError as wrong:
        if wrong.code not in _PROBLEMS:
            raise
        return _page(here, _PROBLEMS[wrong.code])
    return here.to("offices")


def _page(here: StaffVisit, problem: str = "") -> Response:
    viewer, _ = cases_of(here)
    desk = here.premises.staff.cases
    turns, holders = desk.turns(), desk.holders()
    shown = []
    for office in Office:
        away = {}
        for one in turns:  # the last word about each holder counts
            if one.office is office and one.turn in {Turn.ABSENT, Turn.RETURNED}:
                away[one.holder] = one
        for name in holders.get(office, ()):
            last = away.get(name)
            is_away = last is not None and last.turn is Turn.ABSENT and last.holds(viewer.at)
            stand_in = [one for one in delegations(turns, office, viewer.at) if one.holder == name]
            shown.append({"office": office, "holder": name, "away": last if is_away else None, "stand_in": stand_in,
                          "alternates": office in viewer.processes.alternates})  # fmt: skip
    return here.page("offices", {
        "offices": shown, "problem": problem, "people": here.premises.staff.people(),
        "today": here.today.isoformat(),
    }, 422 if problem else 200)  # fmt: skip
