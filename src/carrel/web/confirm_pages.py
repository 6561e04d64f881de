"""The page that the link in a letter leads to: only whoever reads the address makes a yes count."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from carrel.accountability.message import Message
from carrel.consent.text import ConsentText
from carrel.errors import CarrelError
from carrel.web import confirmation, words
from carrel.web.choices import addresses_of, choices_of
from carrel.web.confirmation import Pending
from carrel.web.patron import Patron
from carrel.web.untold_tools import are_untold
from carrel.web.visit import Here, Visit, environment

router = APIRouter(prefix="/{language}", include_in_schema=False)
_LETTERS = 5  # to one address, and for one person, within the time that a link lasts
_MAIL_CODES = ("ACC-002", "ACC-003", "ACC-004", "SIT-004", "SIT-005")


def ask_by_mail(here: Visit, who: Patron, text: ConsentText) -> str:
    """Send the letter with the link.

    Returns:
        What the page says: ``sent``; ``several``, the record has more than one address; ``often``, there were too many
        letters; ``away``, none can be sent now; empty where the record has no address, and nobody's could be meant.
    """
    found = addresses_of(who)
    if len(found) != 1:
        return "several" if found else ""
    [address] = found
    premises, now = here.premises, here.premises.now()
    digest = confirmation.address_digest(here.key, address)
    counted = [("letter to", digest, _LETTERS), ("letter for", f"{who.door.name}\0{who.number}", _LETTERS)]
    if not premises.store.portal_attempts.allow(counted, now, confirmation.LASTS):
        return "often"
    pending = Pending(who.door.name, who.number, text.purpose, text.digest, digest)
    link = f"{premises.portal.address}/{here.language}/confirm/{confirmation.sealed(pending, here.key, now)}"
    try:
        premises.desk.write_to(address, _letter(here, text, link))
    except CarrelError as wrong:
        if wrong.code not in _MAIL_CODES:
            raise
        return "away"
    return "sent"


@router.get("/confirm/{token}")
def look(here: Here, token: str) -> Response:
    """What was asked for, and the button. A program that opens links in letters beforehand says yes to nothing.

    Raises:
        HTTPException: 404, the link is not good, or not any more.
    """
    found = _found(here, token)
    if found is None:
        raise HTTPException(404)  # its page says what can be wrong with a link
    return here.page("confirm", {"text": found[1], "token": token, "done": False})


@router.post("/confirm/{token}")
def confirm(request: Request, here: Here, token: str) -> Response:
    """Write the yes down: once, and only while record, address and words are what they were.

    Raises:
        HTTPException: 404, the link is not good, or not any more.
    """
    found, store = _found(here, token), here.premises.store
    once = [("confirmed", token, 1)]
    if found is None or not store.portal_attempts.allow(once, here.premises.now(), confirmation.LASTS):
        raise HTTPException(404)
    who, text = found
    silent = choices_of(here.premises, who, here.language).silent
    agree = partial(here.premises.desk.agree, who.door.name, who.number, text, lift_silence=silent)
    try:
        are_untold(request, agree)
    except CarrelError:  # nothing was written: the link is still good
        store.portal_attempts.forget("confirmed", token)
        raise
    return here.page("confirm", {"text": text, "token": "", "done": True})


def _found(here: Visit, token: str) -> tuple[Patron, ConsentText] | None:
    pending = confirmation.opened(token, here.key, here.premises.now())
    door = None if pending is None else here.premises.doors.get(pending.system)
    if pending is None or door is None or not door.may(pending.number):
        return None
    who = Patron(door, pending.number)
    if [confirmation.address_digest(here.key, one) for one in addresses_of(who)] != [pending.address]:
        return None
    optional = choices_of(here.premises, who, here.language).optional
    asked = (one.text for one in optional if one.purpose == pending.purpose and one.text is not None)
    return next(((who, text) for text in asked if text.digest == pending.digest), None)


def _letter(here: Visit, text: ConsentText, link: str) -> Message:
    """It says nothing of anybody: no name, no card, and no more than what was asked for."""
    library = here.premises.site.library
    letter = environment(here.language).get_template("confirm_letter.txt.j2")
    subject = words.words(here.language).gettext("Please say yes once more")
    return Message(f"{library}: {subject}", letter.render(title=text.title, link=link, library=library).lstrip())
