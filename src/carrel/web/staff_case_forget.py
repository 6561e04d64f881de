"""Cases that were kept long enough: shown, approved by one, forgotten by another. Whoever does it shows who it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from starlette.responses import Response

from carrel.disclosure.admission import may
from carrel.disclosure.event import Act
from carrel.errors import CarrelError
from carrel.web.case_desk import Forgetting
from carrel.web.case_sheet import cases_of
from carrel.web.staff_cases import PROBLEMS
from carrel.web.staff_visit import StaffHere, StaffVisit, staff_pages

router = staff_pages()
Word = Annotated[str, Form()]


@router.get("/cases/forget")
def show(here: StaffHere) -> Response:
    """What is due, of the cases of which whoever is signed in may know."""
    return _page(here)


@router.post("/cases/forget")
def decide(here: StaffHere, form: Word = "", act: Word = "", plan: Word = "") -> Response:
    """Approve what was shown, or forget what somebody else approved."""
    here.require_own_form(form)
    cases_of(here)
    desk = here.premises.staff.cases
    try:
        if act == "approve":
            desk.approve(here.who.name, plan)
        elif act == "forget":
            return _page(here, gone=desk.forget(here.who.name))
        else:
            return _page(here, "missing")
    except CarrelError as wrong:
        if wrong.code not in PROBLEMS:
            raise
        return _page(here, PROBLEMS[wrong.code])
    return here.to("cases/forget")


def _page(here: StaffVisit, problem: str = "", *, gone: int | None = None) -> Response:
    viewer, _ = cases_of(here)
    found = here.premises.staff.cases.forgetting(here.who.name)
    own = any(one.by == viewer.person for one in found.due)
    waits = [one for one in found.due if not one.case.keeps_on]
    return here.page("case_forget", {
        "found": found, "problem": problem, "gone": gone,
        "approves": any(not one.by for one in waits) and _may_all(here, found),
        "forgets": not own and any(one.by for one in waits),
    }, 422 if problem else 200)  # fmt: skip


def _may_all(here: StaffVisit, found: Forgetting) -> bool:
    viewer = here.premises.staff.cases.viewer(here.who.name)
    try:
        for one in found.due:
            may(one.here, Act.FORGET, viewer.person, viewer.offices, viewer.at)
    except CarrelError:
        return False
    return True
