"""What staff wrote in a form when the session was over: it waits, sealed, on the page for signing in.

It lies nowhere but in that page, and only whoever wrote it gets it back: a colleague who signs in there does not.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from carrel.store.staff_sessions import StaffSession
from carrel.web.sealed_token import TokenKind
from carrel.web.sent_once import FIELD as ONCE
from carrel.web.staff_visit import PATH, StaffVisit
from carrel.web.unsent_words import FIELD, Unsent

AGAIN = "again"  # the field by which a form is shown once more, with what was typed, and nothing is done
_WHERE = re.compile(r"ask|requests/req-[a-z]{12}(/end)?|cases/(open|dsc-[a-z]{12}(/decide)?)")
_PROVED = ("/end", "/decide")
# Numbers of cards are typed anew: no page shows one again. So is what was said to show who somebody is.
_NEVER = frozenset({"form", "card", "item", "title", "password", "code", ONCE, FIELD, AGAIN})
_TYPED = frozenset({"words", "sender", "what", "cite", "finding", "court"})
_LONGEST = 48 * 1024  # signs: with it, the form for signing in is still small enough to be taken
_SEALED = TokenKind(b"carrel staff unsent", timedelta(hours=12), _LONGEST)


def may_wait(request: Request, here: StaffVisit) -> bool:
    """Whether a request brings a form that waits; of any other nothing is read, and no paper is put on a disk."""
    return is_form(request) and _WHERE.fullmatch(here.path) is not None


def is_form(request: Request) -> bool:
    """Whether a request brings a form of the staff pages that is no file."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    of_staff = request.method == "POST" and request.url.path.startswith(f"{PATH}/")
    return of_staff and kind == "application/x-www-form-urlencoded"


def unsent(here: StaffVisit, form: FormData) -> Unsent | None:
    """What a form holds that somebody typed; None where nothing is in it that is hard to type again.

    Args:
        here: the visit of which the form was sent.
        form: as it came.
    """
    fields = tuple((name, said) for name, said in form.multi_items() if isinstance(said, str) and name not in _NEVER)
    typed = any(said.strip() for name, said in fields if name in _TYPED)
    return Unsent(here.path, fields) if typed else None


def sealed(here: StaffVisit, over: StaffSession | None, form: FormData) -> str:
    """What was not taken, sealed to whoever wrote it; empty where there is nothing, or no page of theirs made it.

    Args:
        here: the visit.
        over: the session of the form, which may have run out.
        form: as it came.
    """
    what = None if over is None else unsent(here, form)
    if over is None or what is None:
        return ""
    of_form = [replace(here, session=over, proved=proved) for proved in {False, _is_proved(here.path)}]
    if not any(one.is_own_form(str(form.get("form", ""))) for one in of_form):
        return ""
    text = _SEALED.sealed({"name": over.name, "form": what.written}, here.key, here.now)
    return text if len(text) <= _LONGEST else ""


def opened(here: StaffVisit, text: str, name: str) -> Unsent | None:
    """What waits for a person; None of what is another's, of anything that no page of ours sealed, and of nothing."""
    said = _SEALED.opened(text, here.key, here.now) if text else None
    if said is None or said["name"] != name:
        return None
    path, fields = json.loads(said["form"])
    return Unsent(path, tuple((field, value) for field, value in fields))


def page(here: StaffVisit, what: Unsent) -> Response:
    """The page from which its person goes back to the form, with what was typed in it."""
    visit = replace(here, proved=_is_proved(what.path))
    return visit.page("unsent", {"unsent": what, "again": AGAIN})


def _is_proved(path: str) -> bool:
    return path.endswith(_PROVED)
