"""What is held of somebody, to take along: one package for one download, made in memory when it is asked for.

The password is asked for again. The link is good once and for ten minutes, in this session alone; it and the passphrase
are sealed in the store under a key that only the page has.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from carrel.errors import CarrelError
from carrel.rights.access_leaf import ON_THE_PAGES, access_leaf
from carrel.rights.answer import Unread
from carrel.rights.faults import NOBODY
from carrel.store.erasures import new_case
from carrel.systems import access_package
from carrel.systems.age_file import AgeWriter
from carrel.web.patron import OwnForm, Patron, Signed, page, password_problem, said
from carrel.web.visit import Here, Visit

router = APIRouter(prefix="/{language}/me", include_in_schema=False)
GOOD_FOR = timedelta(minutes=10)
SHORTEST, _LONGEST = 12, 1000  # letters of a passphrase; whoever finds the file can try as many as they like
_KIND = "package"
_one_at_a_time = threading.Lock()  # a passphrase is made into a key with 256 MB of memory


@router.get("/take-along")
def ask(here: Here, who: Signed) -> Response:
    """The form."""
    return _page(here, who)


@router.post("/take-along")
def prepare(request: Request, here: Here, who: Signed, form: OwnForm) -> Response:
    """Ask for the password again, and give a button that is good once."""
    passphrase = said(form, "passphrase", _LONGEST)
    if problem := password_problem(request, here, who, said(form, "password", _LONGEST)):
        return _page(here, who, problem)
    if (form.get("passphrase") and not len(passphrase) >= SHORTEST) or "\0" in passphrase:
        return _page(here, who, "short")
    told = {
        "kind": _KIND, "system": who.door.name, "number": str(who.number), "for": _session(here),
        "passphrase": passphrase,
    }  # fmt: skip
    ticket = here.premises.store.portal_sessions.begin(told, here.premises.now(), GOOD_FOR)
    return _page(here, who, ticket=ticket.token, encrypted=bool(passphrase))


@router.post("/take-along/file")
def fetch(request: Request, here: Here, who: Signed, form: OwnForm) -> Response:
    """The package, once. Where the system is away just then, nothing was handed out, and the button goes on."""
    sessions, now = here.premises.store.portal_sessions, here.premises.now()
    token = said(form, "ticket")
    ticket = sessions.find(token, now, GOOD_FOR) if token else None
    own = {"kind": _KIND, "system": who.door.name, "number": str(who.number), "for": _session(here)}
    if ticket is None or {key: ticket.said.get(key) for key in own} != own or not sessions.end(token):
        return _page(here, who, "used")
    passphrase = ticket.said["passphrase"]
    try:
        with _one_at_a_time:
            content = _package(here, who, passphrase)
    except CarrelError as wrong:
        if wrong.code == NOBODY.code:
            return _page(here, who, "nobody")
        request.app.state.tell(wrong)
        again = sessions.begin(ticket.said, now, GOOD_FOR)
        return _page(here, who, "away", ticket=again.token, encrypted=bool(passphrase))
    name = "my-library-data.zip" + (".age" if passphrase else "")
    kind = "application/octet-stream" if passphrase else "application/zip"
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _package(here: Visit, who: Patron, passphrase: str) -> bytes:
    """The whole package; the ledger is told of it before anybody has it.

    Raises:
        CarrelError: RGT-003, there is no record any more; of the SQL and LED codes.
    """
    started, made = here.premises.now(), io.BytesIO()
    with who.door.answer(who.number, new_case()) as answer:
        if passphrase:
            sealed = AgeWriter(made, passphrase.encode(), os.urandom)
            counts = access_package.write(answer, sealed, here.told)  # type: ignore[arg-type]  # as before
            sealed.close()
        else:
            counts = access_package.write(answer, made, here.told)
        leaf = access_leaf(
            answer, sum(counts.values()), here.premises.policy, identity=ON_THE_PAGES,
            encrypted=bool(passphrase), times=(started, here.premises.now()),
        )  # fmt: skip
    here.premises.desk.record(leaf)
    return made.getvalue()


def _left_out(who: Patron) -> tuple[Unread, ...]:
    """What would not be in the package: it is told before anybody types a password."""
    try:
        with who.door.answer(who.number) as answer:
            return tuple(one for system in answer.systems for one in system.unread)
    except CarrelError as wrong:
        if wrong.code != NOBODY.code:
            raise
        return ()


def _session(here: Visit) -> str:
    return hashlib.sha256(here.session.token.encode()).hexdigest() if here.session is not None else ""


def _page(here: Visit, who: Patron, problem: str = "", *, ticket: str = "", encrypted: bool = False) -> Response:
    left_out = () if ticket else _left_out(who)
    minutes = int(GOOD_FOR.total_seconds() // 60)
    values = {
        "ticket": ticket,
        "encrypted": encrypted,
        "minutes": minutes,
        "shortest": SHORTEST,
        "door": who.door,
        "left_out": left_out,
    }
    answer = page(here, "take_along", values, problem)
    if problem == "used":
        answer.status_code = 410
    return answer
