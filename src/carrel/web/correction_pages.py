"""Corrections on the pages: contact details at once, where the site says so; anything else as a request (MPL-11)."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from carrel.errors import CarrelError
from carrel.inventory.category import Category
from carrel.retention import faults
from carrel.web import correction
from carrel.web.correction import OwnField
from carrel.web.patron import OwnForm, Signed, page, password_problem, said
from carrel.web.requests import MOST_WORDS
from carrel.web.visit import Here, Visit

router = APIRouter(prefix="/{language}/me", include_in_schema=False)
_LONGEST = 1000  # letters of a field; no column of a record is longer
_PROBLEMS = {
    faults.RECORD_KEPT.code: "kept", faults.TRIGGER.code: "kept", faults.CHANGED_SINCE.code: "moved",
    faults.OTHERWISE.code: "kept", faults.NOTHING.code: "nothing", faults.RUNNING.code: "away",
    faults.STOPPED.code: "away",
}  # fmt: skip


@router.get("/correct")
def correct(here: Here, who: Signed) -> Response:
    """What stands in the record, to be corrected."""
    return form_page(here, correction.own_fields(who))


@router.post("/correct")
def write(request: Request, here: Here, who: Signed, form: OwnForm) -> Response:
    """Write new contact details into the product at once; the page shows what was read back.

    Why a record cannot be changed is told to nobody here: a legal hold can be sealed.
    """
    if "contact details" not in here.premises.portal.may_change:
        raise HTTPException(404)
    fields = correction.own_fields(who)
    mine = _at_once(here, fields)
    sent = {one.key: said(form, one.key, _LONGEST) for one in mine if one.key in form}
    if problem := password_problem(request, here, who, said(form, "password", _LONGEST)):
        return form_page(here, fields, problem=problem, sent=sent)
    if not hmac.compare_digest(correction.seal(here.key, mine).encode(), said(form, "seen").encode()):
        return form_page(here, fields, problem="moved")
    new = correction.wanted(mine, sent)
    if odd := correction.odd(mine, new):
        return form_page(here, fields, problem="unfit", sent=sent, unfit=odd)
    if not new:
        return form_page(here, fields, problem="nothing")
    try:
        there = here.premises.desk.correct(who.door.name, who.number, new)
    except CarrelError as wrong:
        unfit = tuple(one.at.partition(" in ")[0] for one in wrong.faults if one.condition.code == faults.UNFIT.code)
        problem = "unfit" if unfit else _PROBLEMS.get(wrong.code, "")
        if not problem:
            raise
        return form_page(here, correction.own_fields(who), problem=problem, sent=sent, unfit=unfit)
    return form_page(here, correction.own_fields(who), done="written" if there else "unsure", changed=len(new))


def _at_once(here: Visit, fields: Sequence[OwnField]) -> list[OwnField]:
    """What is written at once. Where a yes waits for whoever reads the address, another address is no patron's to set:
    a yes that was confirmed for the old one would be given for it.
    """
    mail = here.premises.site.consent.confirm is None
    return [one for one in fields if one.is_contact and (mail or one.category is not Category.EMAIL_ADDRESS)]


def form_page(
    here: Visit, fields: Sequence[OwnField], *, problem: str = "", done: str = "", changed: int = 0,
    sent: dict[str, str] | None = None, unfit: Sequence[str] = (), words: str = "",
) -> Response:  # fmt: skip
    """The page with both forms.

    Args:
        here: the visit.
        fields: as they are now.
        problem: what is wrong with the form that was sent.
        done: what became of it.
        changed: how many fields were.
        sent: values that stand in the form still.
        unfit: keys of values that do not fit.
        words: of the person, that stand in the second form still.
    """
    at_once = "contact details" in here.premises.portal.may_change
    mine = _at_once(here, fields)
    values = {
        "now": mine if at_once else [],
        "later": [one for one in fields if one.column and not (at_once and one in mine)],
        "elsewhere": list(dict.fromkeys(one.name for one in fields if not one.column)),
        "seen": correction.seal(here.key, mine), "most": MOST_WORDS, "done": done, "changed": changed,
        "sent": sent or {}, "unfit": unfit, "words": words,
    }  # fmt: skip
    return page(here, "correct", values, problem)
