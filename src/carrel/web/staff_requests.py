"""A request as a checklist: what has to be done, what was done, and what staff do to it.

Plans are made, approved and carried out on the command line; the page says by which commands.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, HTTPException
from starlette.responses import Response

from carrel.errors import CarrelError
from carrel.inventory.site import May
from carrel.retention.faults import NO_SUBJECT
from carrel.rights import faults
from carrel.rights.admission import may
from carrel.rights.event import Act
from carrel.rights.request import GOES_ON_AS, LONGEST_WORDS, Channel, Decision, Ground, Request, Right
from carrel.web import words as words_of_pages
from carrel.web.staff_desk import DeskRequest
from carrel.web.staff_queue import Case, case_of
from carrel.web.staff_visit import StaffHere, StaffVisit, day_in, staff_pages
from carrel.web.typed import NOTHING, Typed

router = staff_pages()
Word = Annotated[str, Form()]

HOW = ("photo id", "card at the desk", "known to the staff", "signed in")
_TERM, _CARD = 200, 200
_FINE = frozenset({"", "again"})  # what a page says of nothing that is wrong
# What each act takes from a form: closed words, by their name in the event.
_STEPS = {
    "assign": (Act.ASSIGNED, ("owner",)), "extend": (Act.EXTENDED, ()),
    "note": (Act.NOTED, ()), "tell": (Act.TOLD, ("task",)), "reply": (Act.REPLIED, ("task",)),
    "decide": (Act.DECIDED, ("decision",)),
}  # fmt: skip
_ENDS = {
    "answer": (Act.ANSWERED, ()), "refuse": (Act.REFUSED, ("ground", GOES_ON_AS)), "withdraw": (Act.WITHDRAWN, ()),
    "waive": (Act.WAIVED, ("task",)), "waive plan": (Act.WAIVED, ("case",)),
    "waive change": (Act.WAIVED, ("change",)),
}  # fmt: skip
_PROBLEMS = {
    faults.NOT_NOW.code: "not now", faults.UNSETTLED.code: "unsettled", faults.REASON.code: "missing",
    faults.NOT_EXTENDED.code: "no more time", faults.TERM.code: "term", faults.WORDS.code: "long",
    faults.SHUT.code: "shut", faults.OTHER_PERSON.code: "other", faults.MOMENT.code: "day", NO_SUBJECT.code: "card",
}  # fmt: skip


@router.get("/requests/{request_id}")
def show(here: StaffHere, request_id: str) -> Response:
    """One request, with what became of its plans by now."""
    here.premises.staff.follow()
    return _page(here, _case(here, request_id))


@router.post("/requests/{request_id}")
def act(
    here: StaffHere, request_id: str, form: Word = "", step: Word = "", words: Word = "", how: Word = "",
    owner: Word = "", task: Word = "", decision: Word = "", system: Word = "", card: Word = "", again: Word = "",
    several: Annotated[list[str], Form()] = [],  # noqa: B006  (FastAPI copies it)
) -> Response:  # fmt: skip
    """Do something to it that leaves it open."""
    here.require_own_form(form)
    said = {"how": how, "owner": owner, "task": task, "decision": decision}
    typed = Typed(step, task, {**said, "words": words, "several": " ".join(several)})
    if again:
        return _page(here, _case(here, request_id), "again", typed)
    if step == "identify":
        return _identified(here, request_id, typed, system, card.strip())
    if step == "settle":
        return _settled(here, request_id, several, typed)
    if owner and owner not in {one.name for one in _workers(here)}:
        return _page(here, _case(here, request_id), "missing", typed)
    return _done(here, request_id, _STEPS, said, typed)


@router.get("/ask")
def ask(here: StaffHere) -> Response:
    """The form for what somebody asks at the desk, by phone or in a letter."""
    return _ask(here)


@router.post("/ask")
def write(
    here: StaffHere, form: Word = "", right: Word = "", system: Word = "", card: Word = "", words: Word = "",
    channel: Word = "", answer_in: Word = "", on: Word = "", how: Word = "", again: Word = "",
) -> Response:  # fmt: skip
    """Write it down as a request."""
    here.require_own_form(form)
    kept = {"right": right, "words": words, "channel": channel, "answer_in": answer_in, "on": on, "how": how}
    if again:
        return _ask(here, "again", kept)
    day = day_in(on)
    known = right in set(Right) and channel in set(Channel) and how in {"", *HOW} and answer_in in words_of_pages.NAMES
    if not known or len(card) > _CARD or (how and not card.strip()):
        return _ask(here, "who" if known and not card.strip() else "missing", kept)
    if on and day is None:
        return _ask(here, "day", kept)
    system = _system(here, system)
    try:
        made = here.premises.staff.open(
            here.who.name, DeskRequest(right, system, card.strip(), words, channel, answer_in, day, how)
        )
    except CarrelError as wrong:
        if wrong.code not in _PROBLEMS:
            raise
        return _ask(here, _PROBLEMS[wrong.code], kept)
    return here.to(f"requests/{made}")


@router.get("/requests/{request_id}/end")
def ask_for_end(here: StaffHere, request_id: str) -> Response:
    """The forms that end a request, or give something of it up."""
    return _page(here, _case(here, request_id), ending=True)


@router.post("/requests/{request_id}/end")
def end(
    here: StaffHere, request_id: str, form: Word = "", step: Word = "", words: Word = "", ground: Word = "",
    task: Word = "", case: Word = "", goes_on: Word = "", again: Word = "",
) -> Response:  # fmt: skip
    """End it, or give something of it up."""
    here.require_own_form(form)
    said = {"ground": ground, "task": task, "case": case, "change": "none",
            GOES_ON_AS: goes_on if ground == Ground.ANEW else ""}  # fmt: skip
    typed = Typed(step, task or case, {**said, "words": words})
    if again:
        return _page(here, _case(here, request_id), "again", typed, ending=True)
    return _done(here, request_id, _ENDS, said, typed, ending=True)


def _identified(here: StaffVisit, name: str, typed: Typed, system: str, card: str) -> Response:
    case, how = _case(here, name), typed.fields["how"]
    whose = (_system(here, system), card) if card else None
    if how not in HOW or len(card) > _CARD or (whose is None and not case.request.about_somebody):
        return _page(here, case, "missing", typed)
    try:
        here.premises.staff.identify(here.who.name, name, how, whose)
    except CarrelError as wrong:
        if wrong.code not in _PROBLEMS:
            raise
        return _page(here, case, _PROBLEMS[wrong.code], typed)
    return here.to(f"requests/{name}")


def _settled(here: StaffVisit, name: str, several: list[str], typed: Typed) -> Response:
    """Several tasks at once: all of them, or none."""
    case = _case(here, name)
    if not several:
        return _page(here, case, "missing", typed)
    try:
        here.premises.staff.settle(here.who.name, name, tuple(several), typed.fields["words"])
    except CarrelError as wrong:
        if wrong.code not in _PROBLEMS:
            raise
        return _page(here, case, _PROBLEMS[wrong.code], typed)
    return here.to(f"requests/{name}")


def _system(here: StaffVisit, said: str) -> str:
    names = [one.name for one in here.premises.site.originals]
    return said if said in names else names[0]


def _done(
    here: StaffVisit, name: str, table: dict[str, tuple[Act, tuple[str, ...]]], said: dict[str, str], typed: Typed,
    *, ending: bool = False,
) -> Response:  # fmt: skip
    case, words = _case(here, name), typed.fields["words"]
    if typed.kind not in table:
        return _page(here, case, "missing", typed, ending=ending)
    what, terms = table[typed.kind]
    if what is Act.ANSWERED and case.request.right is Right.QUESTION and not words.strip():
        return _page(here, case, "missing", typed, ending=ending)
    told = {one: said[one][: _TERM + 1] for one in terms if said[one]}
    try:
        here.premises.staff.act(here.who.name, name, what, told, words)
    except CarrelError as wrong:
        if wrong.code not in _PROBLEMS:
            raise
        held = what is Act.DECIDED and wrong.code == faults.UNSETTLED.code
        return _page(here, case, "held" if held else _PROBLEMS[wrong.code], typed, ending=ending)
    return here.to(f"requests/{name}")


def _case(here: StaffVisit, name: str) -> Case:
    try:
        return case_of(here.premises, here.premises.store.requests.request(name), here.premises.staff.rules())
    except CarrelError as wrong:
        if wrong.code != faults.UNKNOWN.code:
            raise
        raise HTTPException(404) from None


def _workers(here: StaffVisit) -> tuple[Any, ...]:
    return tuple(one for one in here.premises.staff.people() if May.REQUESTS in one.may)


def _ways(here: StaffVisit) -> tuple[str, ...]:
    """By what the policies accept that it is the person (MITL-9.8)."""
    clocks = here.premises.staff.rules().clocks
    return tuple(one for one in HOW if clocks.accepts(one))


def _ask(here: StaffVisit, problem: str = "", kept: dict[str, str] | None = None) -> Response:
    return here.page("ask", {
        "problem": problem, "kept": kept or dict.fromkeys(("right", "words", "channel", "answer_in", "on", "how"), ""),
        "rights": tuple(Right), "channels": tuple(one for one in Channel if one is not Channel.WEB),
        "how_list": _ways(here), "systems": here.premises.site.originals, "longest": LONGEST_WORDS,
        "today": here.today.isoformat(),
    }, 422 if problem not in _FINE else 200)  # fmt: skip


def _page(here: StaffVisit, case: Case, problem: str = "", typed: Typed = NOTHING, *, ending: bool = False) -> Response:
    requests, name = here.premises.store.requests, case.request.id
    works, gone = here.may(May.REQUESTS), False
    others = _others(here, case.request) if ending else ()
    opened: dict[str, Any] = {"words_of_person": "", "beside": (), "whose": None}
    if works:  # only for whoever works on requests; others see the course and no word of the person
        try:
            opened = {"words_of_person": requests.words(name), "whose": requests.subject(name),
                      "beside": requests.words_beside(name)}  # fmt: skip
        except CarrelError:  # over and forgotten, or its key is gone
            gone = True
    return here.page("request_end" if ending else "request", {
        "case": case, "works": works, "gone": gone, "problem": problem, "typed": typed, **opened,
        "beside": opened["beside"] or ("",) * len(case.request.events), "workers": _workers(here),
        "how_list": _ways(here), "decisions": _decisions(case), "others": others,
        "grounds": tuple(one for one in Ground if others or one is not Ground.ANEW), "longest": LONGEST_WORDS,
        "open_acts": _open_acts(case), "systems": here.premises.site.originals,
        "commands": case.commands(here.who.name),
    }, 422 if problem not in _FINE else 200)  # fmt: skip


def _others(here: StaffVisit, request: Request) -> tuple[str, ...]:
    """As which open requests one could go on, where two records became one."""
    kind = request.right, request.system
    there = here.premises.store.requests.all(open_only=True)
    same = (one.id for one in there if one.about_somebody and (one.right, one.system) == kind)
    return tuple(one for one in same if one != request.id)


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
