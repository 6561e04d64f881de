"""Consents that reached the library on paper, at the desk or by phone: typed in by staff, as `carrel consent` has them.

The card's number is used and forgotten: no page and no error shows it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from carrel.consent import faults as consent_faults
from carrel.consent.event import Channel
from carrel.consent.gate import needs_consent
from carrel.consent.state import Texts
from carrel.consent.text import ConsentText
from carrel.errors import CarrelError
from carrel.retention.faults import NO_SUBJECT
from carrel.systems import branch_policies
from carrel.systems.consent.text_folder import read_texts
from carrel.web.staff_desk import PaperWord
from carrel.web.staff_visit import StaffHere, StaffVisit, day_in, staff_pages
from carrel.web.untold_tools import are_untold

router = staff_pages()
Word = Annotated[str, Form()]

CHANNELS = (Channel.PAPER_CARD, Channel.DESK, Channel.PHONE, Channel.LETTER, Channel.EMAIL)
EVERYTHING = "*"  # no purpose of a policy is called so
_LONGEST = 200
_PROBLEMS = {
    NO_SUBJECT.code: "card", consent_faults.MOMENT.code: "day", consent_faults.SILENT.code: "silent",
    consent_faults.NO_TEXT.code: "text", consent_faults.TEXT_CHANGED.code: "text", consent_faults.PURPOSE.code: "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be written down in one system.

    Attributes:
        texts: by which somebody can have agreed, newest versions first.
        purposes: that somebody can take back or object to.
    """

    texts: tuple[ConsentText, ...]
    purposes: tuple[str, ...]


@router.get("/consents")
def consents(here: StaffHere) -> Response:
    """The forms."""
    return _page(here)


@router.post("/consents")
def write(
    request: Request, here: StaffHere, form: Word = "", act: Word = "", system: Word = "", card: Word = "",
    text: Word = "", purpose: Word = "", channel: Word = "", on: Word = "", lift: Word = "",
) -> Response:  # fmt: skip
    """Write down what somebody said."""
    here.require_own_form(form)
    kept = {"act": act, "text": text, "purpose": purpose, "channel": channel, "on": on}
    names = [one.name for one in here.premises.site.originals]
    system = system or (names[0] if len(names) == 1 else "")
    day = day_in(on)
    if system not in names or channel not in CHANNELS or max(map(len, (card, on, text, purpose))) > _LONGEST:
        return _page(here, "odd", kept)
    if not card.strip() or (on and day is None):
        return _page(here, "card" if not card.strip() else "day", kept)
    desk, name, offer = here.premises.staff, here.who.name, offered(here, system)
    try:
        if act == "give":
            read = next((one for one in offer.texts if one.digest == text), None)
            if read is None:
                return _page(here, "text", kept)
            said = PaperWord(system, card.strip(), read.purpose, channel, day, read.language, read.version, bool(lift))
            new, late = _written(request, partial(desk.give, name, said))
        elif act == "withdraw" and purpose in {EVERYTHING, *offer.purposes}:
            of = "" if purpose == EVERYTHING else purpose
            word = PaperWord(system, card.strip(), of, channel, day)
            new, late = _written(request, partial(desk.withdraw, name, word))
        else:
            return _page(here, "odd", kept)
    except CarrelError as wrong:
        if wrong.code not in _PROBLEMS:
            raise
        return _page(here, _PROBLEMS[wrong.code], kept)
    return _page(here, done=f"{act} {'new' if new else 'known'}", late=late)


def _written(request: Request, write: Callable[[], bool]) -> tuple[bool, bool]:
    """Whether something new is on record, and whether the mailing tools still have to be told of it."""
    new: list[bool] = []
    late = are_untold(request, lambda: new.append(write()))
    return late or new == [True], late


def offered(here: StaffVisit, system: str) -> Offer:
    """What can be written down in a system, by its policies as they are now.

    Raises:
        CarrelError: CNS-001, CNS-002, and of the policies.
    """
    premises = here.premises
    declared = premises.site.system(system)
    policies = () if declared is None else branch_policies.load(premises.site, declared).policies
    texts = Texts(read_texts(premises.site.consent.texts), premises.store.consents.used())
    known = dict.fromkeys(name for policy in policies for name in policy.body.purposes)
    asking = {name for name in known if any(needs_consent(one, name) for one in policies if name in one.body.purposes)}
    there = sorted(
        (one for one in texts.all if one.purpose in asking), key=lambda one: (one.purpose, -one.version, one.language)
    )
    return Offer(tuple(there), tuple(dict.fromkeys((*known, *premises.store.consents.purposes(system)))))


def _page(
    here: StaffVisit, problem: str = "", kept: dict[str, str] | None = None, done: str = "", *, late: bool = False
) -> Response:
    systems = here.premises.site.originals
    offer = [offered(here, one.name) for one in systems]
    texts = list({one.digest: one for each in offer for one in each.texts}.values())
    return here.page("consents", {
        "systems": systems, "texts": texts, "purposes": list(dict.fromkeys(p for one in offer for p in one.purposes)),
        "channels": CHANNELS, "everything": EVERYTHING, "problem": problem, "done": done, "late": late,
        "today": here.today.isoformat(),
        "kept": kept or dict.fromkeys(("act", "text", "purpose", "channel", "on"), ""),
    }, 422 if problem else 200)  # fmt: skip
