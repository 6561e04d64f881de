"""One request to a staff page: whose it is, whether it may be answered at all, and how its page is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from carrel.inventory.site import May, Person
from carrel.store.staff_sessions import BEGINNING, StaffSession
from carrel.web import forms, words
from carrel.web.premises import Premises
from carrel.web.sent_once import OnceRoute
from carrel.web.sign_out_notice import seconds_left
from carrel.web.staff_detours import FormOfBefore, SentOn
from carrel.web.staff_rights import PREFIX, entry, may_open
from carrel.web.visit import environment

PATH = "/staff"  # the cookie goes to no other page
SIGN_IN, PROVE = "sign-in", "prove"  # the pages that may have to be opened first
_BACK = re.compile(r"(account(/(password|passkeys))?|requests/req-[a-z]{12}(/end)?|cases/dsc-[a-z]{12}/decide)?")


@dataclass(frozen=True)
class StaffVisit:
    """What a staff page knows of the request that it answers.

    Attributes:
        premises: that the pages work with.
        language: of the page.
        path: behind the language, so that the same page can be asked for in another.
        session: None where nobody is signed in.
        person: of the site file; None where nobody is signed in.
        proved: whether the page only opens to who showed lately who it is.
    """

    premises: Premises
    language: str
    path: str
    session: StaffSession | None
    person: Person | None
    proved: bool = False

    @property
    def who(self) -> Person:
        """Whoever is signed in, on a page that only opens to such.

        Raises:
            HTTPException: 403, nobody is.
        """
        if self.person is None or self.session is None:
            raise HTTPException(403)
        return self.person

    @property
    def own(self) -> StaffSession:
        """The session, on a page that only opens within one.

        Raises:
            HTTPException: 403, there is none.
        """
        if self.session is None:
            raise HTTPException(403)
        return self.session

    @property
    def is_in(self) -> bool:
        """Whether somebody is signed in altogether."""
        return self.session is not None and self.session.way != BEGINNING

    @property
    def zone(self) -> tzinfo:
        """Of the library, as its first system keeps time; the staff read the same hours here as at the desk."""
        return self.premises.zone

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        return self.premises.now()

    @property
    def today(self) -> date:
        """The day at the desk."""
        return self.now.astimezone(self.zone).date()

    def may(self, act: str) -> bool:
        """Whether whoever is signed in has a right."""
        return self.person is not None and May(act) in self.person.may

    def opens(self, path: str) -> bool:
        """Whether a link to a page is of use to whoever is signed in."""
        return self.is_in and self.person is not None and may_open(self.person.may, path)

    def page(self, template: str, values: Mapping[str, Any] | None = None, status: int = 200) -> Response:
        """A page, made of a template and values; every value is escaped."""
        text = environment(self.language).get_template(f"staff_{template}.html.j2").render(
            visit=self, library=self.premises.site.library, languages=self.premises.portal.languages,
            names=words.NAMES, day=lambda when: words.day(when, self.language),
            time=lambda when: words.moment(when, self.language, self.zone), **(values or {}),
        )  # fmt: skip
        return HTMLResponse(text, status)

    def to(self, path: str) -> Response:
        """Send the browser on to another of these pages."""
        return RedirectResponse(self.address(path), 303)

    def address(self, path: str) -> str:
        """Of another of these pages."""
        return f"{PATH}/{self.language}/{path}"

    @property
    def shown_after(self) -> int:
        """After how many seconds this page says that the session is about to end."""
        return seconds_left(self.own.until, self.now)

    @property
    def until(self) -> str:
        """The hour at which the session ends if nothing is done."""
        return words.hour(self.own.until, self.language, self.zone)

    @property
    def form_token(self) -> str:
        """What the forms of this page carry; empty where there is no session."""
        return "" if self.session is None else forms.token(self.key, self._of_forms(proved=self.proved))

    @property
    def once(self) -> str:
        """What tells the forms of this page from those of the same page at another time."""
        return "" if self.session is None else forms.token(self.key, f"once\0{self.own.id}\0{self.now.isoformat()}")

    @property
    def session_token(self) -> str:
        """What the form for signing out carries on every page."""
        return "" if self.session is None else forms.token(self.key, self._of_forms(proved=False))

    def require_own_form(self, sent: str) -> None:
        """Refuse a form that no page of this session made; and on a page that asks to show lately who it is, one that
        was not opened since that was shown, in time.

        Raises:
            HTTPException: 403.
        """
        if not self.is_own_form(sent):
            raise FormOfBefore(self) if self._is_of_before(sent) else HTTPException(403)

    def is_own_form(self, sent: str) -> bool:
        """Whether a page of this session made a form; where it asks to show who it is, one that was opened since."""
        kinds = (True,) if self.proved else (False, True)
        return self.session is not None and any(
            forms.is_own(self.key, self._of_forms(proved=one), sent) for one in kinds
        )

    def _is_of_before(self, sent: str) -> bool:
        """Whether a page of an earlier session of the same person made a form, that ran out meanwhile."""
        if self.session is None:
            return False
        before = self.premises.store.staff_sessions.before(self.session.name)
        return any(replace(self, session=one).is_own_form(sent) for one in before)

    def _of_forms(self, *, proved: bool) -> str:
        """Whose forms they are; those of a proved page are of one proof, so that no other page gives their token."""
        session = self.own
        return f"staff\0{session.id}" + (f"\0{session.proved.isoformat()}" if proved else "")

    @property
    def key(self) -> bytes:
        """Of the pages."""
        return self.premises.store.portal_attempts.key()


def back_to(said: str) -> str:
    """Where a page may lead back to; anything else leads to the first page."""
    return said if _BACK.fullmatch(said) else ""


def day_in(said: str) -> date | None:
    """The day that a form names; None of anything else."""
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def cookie_name(*, secure: bool) -> str:
    """The name of the staff's cookie; over TLS one that is set over TLS only."""
    return "__Secure-carrel-staff" if secure else "carrel-staff"


def session_of(request: Request, premises: Premises) -> StaffSession | None:
    """The session that a browser was sent with, whether or not it ran out; it opens nothing."""
    token = request.cookies.get(cookie_name(secure=premises.portal.is_secure), "")
    return premises.store.staff_sessions.over(token)


def seen(request: Request, language: str) -> StaffVisit:
    """The visit that a request is, whatever it may open.

    A session counts only while its person is in the site file and the account is not disabled; else it ends here.

    Raises:
        HTTPException: 404, the pages are not in this language.
        CarrelError: the site file or the store cannot be read.
    """
    premises: Premises = request.app.state.premises.current()
    if language not in premises.portal.languages:
        raise HTTPException(404)
    path = request.url.path.removeprefix(f"{PATH}/{language}").lstrip("/")
    token = request.cookies.get(cookie_name(secure=premises.portal.is_secure), "")
    session = premises.store.staff_sessions.find(token, premises.now()) if token else None
    person = None
    if session is not None:
        person = next((one for one in premises.staff.people() if one.name == session.name), None)
        account = premises.store.staff_accounts.get(session.name)
        begun = account is not None and (account.began_at is not None or session.way == BEGINNING)
        if person is None or account is None or account.disabled_at is not None or not begun:
            premises.store.staff_sessions.end_all(session.name)
            session = person = None
    return StaffVisit(premises, language, path, session, person)


def admitted(request: Request, language: str) -> StaffVisit:
    """The visit, if the table of rights lets it in.

    Raises:
        SentOn: to sign in first, or to show once more who it is.
        HTTPException: 403, the person has no right to this; 404.
    """
    here = seen(request, language)
    route = str(getattr(request.scope.get("route"), "path", ""))
    asked = entry(request.method, route)
    if asked is None:
        raise HTTPException(403)
    if asked.open_to_all:
        return here
    if here.session is None or here.person is None or asked.beginning == here.is_in:
        raise SentOn(here, SIGN_IN)
    if not asked.allows(here.person.may):
        here.premises.store.staff_accounts.note(here.person.name, "refused", here.person.name, here.now)
        raise HTTPException(403)
    if not asked.is_recent(request.method, here.now - here.session.proved):
        raise SentOn(here, PROVE, f"?back={back_to(here.path)}")
    return replace(here, proved=asked.proved)


StaffHere = Annotated[StaffVisit, Depends(admitted)]


def staff_pages() -> APIRouter:
    """A router for staff pages: whatever is hung on it goes through the table of rights, and no form is taken twice."""
    return APIRouter(prefix=PREFIX, include_in_schema=False, dependencies=[Depends(admitted)], route_class=OnceRoute)
