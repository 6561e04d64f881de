"""Cases of legal process on the staff pages: the list, taking a paper in, one case with its steps.

Whoever may not know of a case gets the same bytes as if it were not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Form
from starlette.responses import Response

from carrel.disclosure import faults
from carrel.disclosure.asked_days import FROM, UNTIL, asked_days
from carrel.disclosure.ending import over
from carrel.disclosure.event import LONGEST_WORDS, Act, Ground, Ruling
from carrel.disclosure.finding import OVER, RECORDS, SUBJECTS
from carrel.disclosure.opening import NAMED_BY_ORDER, WISHED, ServedOn
from carrel.disclosure.process import Instrument
from carrel.errors import CarrelError
from carrel.retention.faults import HOLD_SCOPE, NO_SUBJECT
from carrel.store.disclosure_documents import LARGEST
from carrel.web.case_desk import CameIn, Kept, StudentFinding
from carrel.web.case_kept import kept_in
from carrel.web.case_package import answer_of
from carrel.web.case_sheet import cases_of, next_of, sheet
from carrel.web.staff_visit import StaffHere, StaffVisit, day_in, staff_pages
from carrel.web.typed import NOTHING, Typed

router = staff_pages()
Word = Annotated[str, Form()]
MEGABYTE = 1024 * 1024
_TERM = 300
FINE = frozenset({"", "again"})  # what a page says of nothing that is wrong
_READERS = {"": "", "wished": WISHED, "named": NAMED_BY_ORDER}
# What each act on the page of a case takes from its form: closed words, by their name in the event.
_ACTS = {
    "take": (Act.TAKEN, ("step", "cite", "finding")), "defect": (Act.DEFECT, ("what",)),
    "cure": (Act.CURED, ("defect", FROM, UNTIL)), "challenge": (Act.CHALLENGED, ()),
    "rule": (Act.RULED, ("ruling", FROM, UNTIL)),
    "name": (Act.NAMED, ("person",)), "note": (Act.NOTED, ()),
    "unfind": (Act.EXEMPTED, ("exemption", RECORDS, SUBJECTS, OVER)),
}  # fmt: skip
# What nobody may say to a paper that can oblige the library.
_WITHOUT_PROCESS = frozenset({Ground.NO_PROCESS, Ground.NOT_REQUIRED, Ground.NO_PERMISSION})
PROBLEMS = {
    faults.NOT_NOW.code: "not now", faults.NOT_YOURS.code: "not yours", faults.CLOSED.code: "closed",
    faults.MISSING.code: "missing", faults.TERM.code: "term", faults.MOMENT.code: "not now",
    faults.READERS.code: "readers", faults.TWO_PEOPLE.code: "second", faults.NOT_SILENCED.code: "not silenced",
    faults.UNCONFIRMED.code: "unconfirmed", faults.SILENCE_ENDS.code: "silence ends",
    faults.NOT_OF_CASE.code: "not of case", faults.PRESERVED.code: "title", HOLD_SCOPE.code: "number",
    faults.PLAN.code: "plan", faults.DOCUMENT_SIZE.code: "large", faults.DOCUMENT_BROKEN.code: "broken",
    faults.NO_KEY.code: "key",
    faults.NO_COUNSEL.code: "no counsel", faults.UNKNOWN.code: "gone", NO_SUBJECT.code: "card",
}  # fmt: skip


@router.get("/cases")
def cases(here: StaffHere, every: str = "") -> Response:
    """The cases of which whoever is signed in may know; those that are over only if asked for."""
    viewer, known = cases_of(here)
    shown = [{"case": case, "now": now, "next": next_of(now, viewer)} for case, now in known if every or not over(now)]
    return here.page("cases", {"cases": shown, "every": bool(every)})


@router.get("/cases/open")
def ask(here: StaffHere) -> Response:
    """The form for what came."""
    cases_of(here)
    return _open_page(here)


@router.post("/cases/open")
def take_in(
    here: StaffHere, form: Word = "", instrument: Word = "", served_on: Word = "", sender: Word = "", dated: Word = "",
    from_day: Word = "", until_day: Word = "", readers: Word = "", words: Word = "", system: Word = "", card: Word = "",
    item: Word = "", title: Word = "", again: Word = "",
) -> Response:  # fmt: skip
    """Write down what came."""
    here.require_own_form(form)
    kept = {"instrument": instrument, "served_on": served_on, "sender": sender, "dated": dated, "from_day": from_day,
            "until_day": until_day, "readers": readers, "words": words, "system": system}  # fmt: skip
    if again:
        return _open_page(here, "again", kept)
    days = {"dated": dated, FROM: from_day, UNTIL: until_day}
    if any(said and day_in(said) is None for said in days.values()):
        return _open_page(here, "day", kept)
    keep = kept_in(here, system, card, item, title)
    if not sender.strip() or readers not in _READERS or len(sender) > _TERM or keep is None:
        return _open_page(here, "missing", kept)
    terms = {"instrument": instrument, "served on": served_on, "from": sender.strip(), **days}
    terms["title"] = _READERS[readers] or (WISHED if keep.titles else "")
    came = CameIn({key: said for key, said in terms.items() if said}, words, keep or None)
    try:
        made = here.premises.staff.cases.open(here.who.name, came)
    except CarrelError as wrong:
        if wrong.code not in PROBLEMS:
            raise
        return _open_page(here, PROBLEMS[wrong.code], kept)
    return here.to(f"cases/{made}")


@router.get("/cases/{case_id}")
def show(here: StaffHere, case_id: str) -> Response:
    """One case."""
    return case_page(here, case_id)


@router.post("/cases/{case_id}")
def act(
    here: StaffHere, case_id: str, form: Word = "", act: Word = "", step: Word = "", cite: Word = "",
    finding: Word = "", what: Word = "", defect: Word = "", ruling: Word = "", person: Word = "", words: Word = "",
    system: Word = "", card: Word = "", item: Word = "", title: Word = "", from_day: Word = "", until_day: Word = "",
    exemption: Word = "", records: Word = "", subjects: Word = "", everybody: Word = "", again: Word = "",
) -> Response:  # fmt: skip
    """Take a step, or write down something else that leaves the case open."""
    here.require_own_form(form)
    fields = {"words": words, "cite": cite, "finding": finding, "what": what, "from_day": from_day,
              "until_day": until_day, "exemption": exemption, RECORDS: records, "everybody": everybody,
              "ruling": ruling, "person": person, "system": system}  # fmt: skip
    typed = Typed(act, step or defect or subjects, fields)
    if again:
        return case_page(here, case_id, "again", typed)
    if act in {"preserve", "exempt"}:
        return _of_records(here, case_id, kept_in(here, system, card, item, title), records, typed)
    said = {"step": step, "cite": cite, "finding": finding, "what": what, "defect": defect, "ruling": ruling,
            "person": person, FROM: from_day, UNTIL: until_day,
            "exemption": exemption, RECORDS: records, SUBJECTS: subjects, OVER: "yes"}  # fmt: skip
    if any(said[name] and day_in(said[name]) is None for name in (FROM, UNTIL)):
        return case_page(here, case_id, "day", typed)
    unknown = person and person not in {one.name for one in here.premises.staff.people()}
    if act not in _ACTS or unknown:
        return case_page(here, case_id, "missing", typed)
    return acted(here, case_id, _ACTS[act], said, typed)


def _of_records(here: StaffVisit, case_id: str, keep: Kept | None, records: str, typed: Typed) -> Response:
    """Keep records from deletion, or find out something about a student."""
    desk, exemption = here.premises.staff.cases, typed.fields["exemption"]
    keeps = typed.kind == "preserve"
    if keep is None or (keeps and not keep) or max(len(exemption), len(records)) > _TERM:
        return case_page(here, case_id, "missing", typed)
    if keeps:
        return done(here, case_id, lambda: desk.preserve(here.who.name, case_id, keep), typed)
    if bool(keep.cards) == bool(typed.fields["everybody"]):  # no page shows cards again: an empty field says nothing
        return case_page(here, case_id, "whom", typed)
    found = StudentFinding(exemption, records, keep.system, keep.cards, typed.fields["words"])
    return done(here, case_id, lambda: desk.exempt(here.who.name, case_id, found), typed)


def acted(
    here: StaffVisit, case_id: str, what: tuple[Act, tuple[str, ...]], said: Mapping[str, str], typed: Typed,
    *, deciding: bool = False,
) -> Response:  # fmt: skip
    """Write one event down, and show the case again."""
    kind, names = what
    terms = {name: said[name].strip()[: _TERM + 1] for name in names if said[name]}
    desk, words = here.premises.staff.cases, typed.fields["words"]
    return done(here, case_id, lambda: desk.act(here.who.name, case_id, kind, terms, words), typed, deciding=deciding)


def done(here: StaffVisit, case_id: str, what: Any, typed: Typed = NOTHING, *, deciding: bool = False) -> Response:
    """Do something to a case of which whoever is signed in knows; what is refused is told on its page.

    Raises:
        HTTPException: 404, there is none, or none of which this person may know, before or after.
    """
    sheet(here, case_id)  # of any other case it is told, with the same work, that there is none
    try:
        what()
    except CarrelError as wrong:
        if wrong.code not in PROBLEMS:
            raise
        return case_page(here, case_id, PROBLEMS[wrong.code], typed, deciding=deciding)
    known = {case.id for case, _ in cases_of(here)[1]}
    return here.to(f"cases/{case_id}" if case_id in known else "cases")


def case_page(
    here: StaffVisit, case_id: str, problem: str = "", typed: Typed = NOTHING, *, deciding: bool = False
) -> Response:
    """The page of a case, or the one on which it is decided."""
    found, people = sheet(here, case_id), here.premises.staff.people()
    return here.page("case_decide" if deciding else "case", {
        "sheet": found, "case": found.case, "now": found.now, "problem": problem, "typed": typed,
        "asked": asked_days(found.case.events),
        "people": people, "answer": answer_of(found, people, here.premises.staff.cases.holders()),
        "rulings": tuple(Ruling), "systems": here.premises.site.originals,
        "grounds": [one for one in Ground if not (found.now.process.compels and one in _WITHOUT_PROCESS)],
        "longest": LONGEST_WORDS, "megabytes": LARGEST // MEGABYTE, "today": here.today.isoformat(),
    }, 422 if problem not in FINE else 200)  # fmt: skip


def _open_page(here: StaffVisit, problem: str = "", kept: dict[str, str] | None = None) -> Response:
    empty = dict.fromkeys(
        ("instrument", "served_on", "sender", "dated", "from_day", "until_day", "readers", "words", "system"), ""
    )
    return here.page("case_open", {
        "problem": problem, "kept": kept or empty, "instruments": tuple(Instrument), "served_list": tuple(ServedOn),
        "systems": here.premises.site.originals, "longest": LONGEST_WORDS, "today": here.today.isoformat(),
    }, 422 if problem not in FINE else 200)  # fmt: skip
