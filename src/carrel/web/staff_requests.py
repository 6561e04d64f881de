"""A request as a checklist: what has to be done, what was done, and what staff do to it.

Plans are made, approved and carried out on the command line; the page says by which commands.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, HTTPException
from starlette.responses import Response

from carrel.errors import CarrelError
from carrel.inventory.site import May
from carrel.rights import faults
from carrel.rights.admission import may
from carrel.rights.event import Act, Event
from carrel.rights.request import LONGEST_WORDS, Decision, Ground, Right
from carrel.web.staff_queue import Case, case_of
from carrel.web.staff_visit import StaffHere, StaffVisit, staff_pages

router = staff_pages()
Word = Annotated[str, Form()]

HOW = ("photo id", "card at the desk", "known to the staff", "signed in", "called back", "signed letter")
_TERM = 200
# What each act takes from a form: closed words, by their name in the event.
_STEPS = {
    "identify": (Act.IDENTIFIED, ("how",)), "assign": (Act.ASSIGNED, ("owner",)), "extend": (Act.EXTENDED, ()),
    "note": (Act.NOTED, ()), "tell": (Act.TOLD, ("task",)), "reply": (Act.REPLIED, ("task",)),
    "decide": (Act.DECIDED, ("decision",)),
}  # fmt: skip
_ENDS = {
    "answer": (Act.ANSWERED, ()), "refuse": (Act.REFUSED, ("ground",)), "withdraw": (Act.WITHDRAWN, ()),
    "waive": (Act.WAIVED, ("task",)), "waive plan": (Act.WAIVED, ("case",)),
}  # fmt: skip
_PROBLEMS = {
    faults.NOT_NOW.code: "not now", faults.UNSETTLED.code: "unsettled", faults.REASON.code: "missing",
    faults.NOT_EXTENDED.code: "no more time", faults.TERM.code: "term", faults.WORDS.code: "long",
    faults.SHUT.code: "shut",
}  # fmt: skip


@router.get("/requests/{request_id}")
def show(here: StaffHere, request_id: str) -> Response:
    """One request."""
    return _page(here, _case(here, request_id))


@router.post("/requests/{request_id}")
def act(
    here: StaffHere, request_id: str, form: Word = "", step: Word = "", words: Word = "", how: Word = "",
    owner: Word = "", task: Word = "", decision: Word = "",
) -> Response:  # fmt: skip
    """Do something to it that leaves it open."""
    here.require_own_form(form)
    said = {"how": how, "owner": owner, "task": task, "decision": decision}
    if owner and owner not in {one.name for one in _workers(here)}:
        return _page(here, _case(here, request_id), "missing")
    return _done(here, request_id, _STEPS, step, said, words)


@router.get("/requests/{request_id}/end")
def ask_for_end(here: StaffHere, request_id: str) -> Response:
    """The forms that end a request, or give something of it up."""
    return _page(here, _case(here, request_id), ending=True)


@router.post("/requests/{request_id}/end")
def end(
    here: StaffHere, request_id: str, form: Word = "", step: Word = "", words: Word = "", ground: Word = "",
    task: Word = "", case: Word = "",
) -> Response:  # fmt: skip
    """End it, or give something of it up."""
    here.require_own_form(form)
    said = {"ground": ground, "task": task, "case": case}
    return _done(here, request_id, _ENDS, step, said, words, ending=True)


def _done(
    here: StaffVisit, name: str, table: dict[str, tuple[Act, tuple[str, ...]]], step: str, said: dict[str, str],
    words: str, *, ending: bool = False,
) -> Response:  # fmt: skip
    case = _case(here, name)
    if step not in table:
        return _page(here, case, "missing", ending=ending)
    what, terms = table[step]
    if what is Act.ANSWERED and case.request.right is Right.QUESTION and not words.strip():
        return _page(here, case, "missing", ending=ending)
    try:
        event = Event(what, here.now, here.who.name, {one: said[one][: _TERM + 1] for one in terms if said[one]})
        here.premises.store.requests.add(
            name, event, words, clocks=case.rules.clocks, zone=case.rules.zone, now=here.now
        )
    except CarrelError as wrong:
        if wrong.code not in _PROBLEMS:
            raise
        return _page(here, case, _PROBLEMS[wrong.code], ending=ending, kept=words)
    return here.to(f"requests/{name}")


def _case(here: StaffVisit, name: str) -> Case:
    try:
        return case_of(here.premises, here.premises.store.requests.request(name))
    except CarrelError as wrong:
        if wrong.code != faults.UNKNOWN.code:
            raise
        raise HTTPException(404) from None


def _workers(here: StaffVisit) -> tuple[Any, ...]:
    return tuple(one for one in here.premises.staff.people() if May.REQUESTS in one.may)


def _page(here: StaffVisit, case: Case, problem: str = "", *, ending: bool = False, kept: str = "") -> Response:
    requests, name = here.premises.store.requests, case.request.id
    works, gone = here.may(May.REQUESTS), False
    opened: dict[str, Any] = {"words_of_person": "", "beside": (), "whose": None}
    if works:  # only for whoever works on requests; others see the course and no word of the person
        try:
            opened = {"words_of_person": requests.words(name), "whose": requests.subject(name),
                      "beside": requests.words_beside(name)}  # fmt: skip
        except CarrelError:  # over and forgotten, or its key is gone
            gone = True
    return here.page("request_end" if ending else "request", {
        "case": case, "works": works, "gone": gone, "problem": problem, "kept": kept, **opened,
        "beside": opened["beside"] or ("",) * len(case.request.events), "workers": _workers(here),
        "how_list": HOW, "decisions": _decisions(case), "grounds": tuple(Ground), "longest": LONGEST_WORDS,
        "open_acts": _open_acts(case), "commands": case.commands(here.who.name),
    }, 422 if problem else 200)  # fmt: skip


def _decisions(case: Case) -> tuple[Decision, ...]:
    return tuple(Decision) if case.request.right is Right.CHALLENGE else (Decision.NOTHING_HELD,)


def _open_acts(case: Case) -> frozenset[str]:
    """What may be done to it as it stands."""
    found = set()
    for one in Act:
        try:
            may(case.now, one)
        except CarrelError:
            continue
        found.add(str(one))
    return frozenset(found)
