"""What ends a case or seals it: signing, handing over, refusing, silence. Whoever does it shows once more who it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from starlette.responses import Response

from carrel.disclosure.case import STAYS
from carrel.disclosure.event import Act
from carrel.disclosure.package_kind import PackageKind
from carrel.disclosure.silence import INDEFINITE
from carrel.web.staff_cases import acted, case_page
from carrel.web.staff_visit import StaffHere, staff_pages
from carrel.web.typed import Typed

router = staff_pages()
Word = Annotated[str, Form()]
_ACTS = {
    "by hand": (Act.PRODUCED, ("kind",)),
    "sign": (Act.SIGNED, ()), "release": (Act.RELEASED, (STAYS,)), "nothing": (Act.NOTHING, (STAYS,)),
    "refuse": (Act.REFUSED, ("ground", STAYS)), "withdraw": (Act.WITHDRAWN, (STAYS,)),
    "silence": (Act.SILENCED, ("basis", "court", "statute", "starts", "ends", "may tell")),
    "lift": (Act.SILENCE_ENDED, ()),
}  # fmt: skip


@router.get("/cases/{case_id}/decide")
def ask(here: StaffHere, case_id: str) -> Response:
    """The forms."""
    return case_page(here, case_id, deciding=True)


@router.post("/cases/{case_id}/decide")
def decide(
    here: StaffHere, case_id: str, form: Word = "", act: Word = "", ground: Word = "", words: Word = "",
    basis: Word = "", court: Word = "", statute: Word = "", starts: Word = "", ends: Word = "", indefinite: Word = "",
    keep_hold: Word = "", again: Word = "", may_tell: Annotated[tuple[str, ...], Form()] = (),
) -> Response:  # fmt: skip
    """Do one of them."""
    here.require_own_form(form)
    fields = {"words": words, "ground": ground, "court": court, "basis": basis, "starts": starts, "ends": ends,
              "statute": statute, "keep_hold": keep_hold, "indefinite": indefinite,
              "may_tell": "; ".join(may_tell)}  # fmt: skip
    typed = Typed(act, "", fields)
    if again:
        return case_page(here, case_id, "again", typed, deciding=True)
    named = {one.name for one in here.premises.staff.people()} | {"the board"}
    if act not in _ACTS or not named.issuperset(may_tell):
        return case_page(here, case_id, "missing", typed, deciding=True)
    if indefinite and ends:
        return case_page(here, case_id, "silence ends", typed, deciding=True)
    said = {
        "kind": str(PackageKind.BY_HAND), STAYS: "yes" if keep_hold else "",
        "ground": ground, "basis": basis, "court": court, "statute": statute, "starts": starts,
        "ends": INDEFINITE if indefinite else ends, "may tell": "; ".join(may_tell),
    }  # fmt: skip
    return acted(here, case_id, _ACTS[act], said, typed, deciding=True)
