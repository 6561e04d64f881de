"""One request of a browser: in which language, of whom, and how its page is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, HTTPException, Request
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, RedirectResponse, Response

from carrel.rights.switch_words import switch_in, switch_of
from carrel.rights.wording import ENGLISH, label
from carrel.store.portal_sessions import Session
from carrel.systems import access_page
from carrel.web import assets, forms, held_rows, words
from carrel.web.premises import Premises
from carrel.web.sign_out_notice import seconds_left

if TYPE_CHECKING:
    from jinja2 import Environment

_ONLY_SENT = {"me/take-along/file": "me/take-along", "me/correct/ask": "me/correct"}  # whose page is another's
KIND = "patron"  # of a session; a button for a package has a token of another kind
UNTIL_MARK, AFTER_MARK = "hour-at-which-it-ends", "seconds-until-it-is-told"  # stand in shared pages alone
OF_POLICIES = "en"  # the language that policies are written in
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Visit:
    """What a page knows of the request that it answers.

    Attributes:
        premises: that the pages work with.
        language: of the page.
        path: behind the language, so that the same page can be asked for in another.
        session: of whoever is signed in; None of everybody else.
        asks_not_to_be_sold: the browser sent ``Sec-GPC: 1``.
        is_shared: the page is made once for many: where it tells when a session ends, it has marks instead.
    """

    premises: Premises
    language: str
    path: str
    session: Session | None
    asks_not_to_be_sold: bool
    is_shared: bool = False

    def page(self, template: str, values: Mapping[str, Any] | None = None, status: int = 200) -> Response:
        """A page, made of a template and values; every value is escaped."""
        return HTMLResponse(self.text(template, values or {}), status)

    def text(self, template: str, values: Mapping[str, Any]) -> str:
        """The same as a text."""
        text: str = environment(self.language).get_template(f"{template}.html.j2").render(
            visit=self, library=self.premises.site.library, languages=self.premises.portal.languages,
            names=words.NAMES, day=self._day, **values,
        )  # fmt: skip
        return text

    def says(self, sentence: str) -> Markup:
        """A sentence of the policy in the language of the page; where nobody wrote it, in the policy's own, marked.

        Args:
            sentence: as it stands in the policy.
        """
        said = None if self.language == OF_POLICIES else self.premises.policy.said_in(self.language, sentence)
        if said is not None or self.language == OF_POLICIES:
            return escape(said or sentence)
        return Markup('<span lang="{}">{}</span>').format(OF_POLICIES, sentence)

    def named(self, name: str) -> Markup:
        """The name of a purpose, recipient or office with a large letter, in the language of the page as `says` does.

        Args:
            name: as it stands in the policy.
        """
        said = None if self.language == OF_POLICIES else self.premises.policy.said_in(self.language, name)
        if said is not None or self.language == OF_POLICIES:
            return escape(access_page.capital(said or name))
        return Markup('<span lang="{}">{}</span>').format(OF_POLICIES, access_page.capital(name))

    def to(self, path: str) -> Response:
        """Send the browser on to another of these pages."""
        return RedirectResponse(f"/{self.language}/{path}", 303)

    @property
    def shown_after(self) -> int | str:
        """After how many seconds this page says that the session is about to end."""
        if self.is_shared:
            return AFTER_MARK
        until = None if self.session is None else self.session.until
        return 0 if until is None else seconds_left(until, self.premises.now())

    @property
    def until(self) -> str:
        """The hour at which the session ends if nothing is done, as clocks at the library show it."""
        if self.is_shared:
            return UNTIL_MARK
        until = None if self.session is None else self.session.until
        return "" if until is None else words.hour(until, self.language, self.premises.zone)

    @property
    def form_token(self) -> str:
        """What the forms of this page carry; empty where nobody is signed in."""
        return "" if self.session is None else forms.token(self.key, self.session.token)

    def require_own_form(self, sent: str) -> None:
        """Refuse a form that no page of this session made.

        Raises:
            HTTPException: 403.
        """
        if self.session is None or not forms.is_own(self.key, self.session.token, sent):
            raise HTTPException(403)

    @property
    def key(self) -> bytes:
        """The pages' own key."""
        return self.premises.store.portal_attempts.key()

    @property
    def told(self) -> Mapping[str, str]:
        """The words of an answer about a person, in the language of the page."""
        return told_in(self.language)

    def _day(self, when: date) -> str:
        return words.day(when, self.language)


@cache
def told_in(language: str) -> Mapping[str, str]:
    """The words of an answer about a person in a language."""
    return {key: words.words(language).gettext(said) for key, said in ENGLISH.items()}


def cookie_name(*, secure: bool) -> str:
    """The name of the session's cookie: over TLS one that no other host of the domain can set."""
    return "__Host-carrel" if secure else "carrel"


def visit(request: Request, language: str) -> Visit:
    """The visit that a request is.

    Raises:
        HTTPException: 404, the pages are not in this language.
    """
    premises: Premises = request.app.state.premises.current()
    if language not in premises.portal.languages:
        raise HTTPException(404)
    token = request.cookies.get(cookie_name(secure=premises.portal.is_secure), "")
    session = premises.store.portal_sessions.find(token, premises.now(), premises.portal.idle) if token else None
    if session is not None and session.said.get("kind") != KIND:
        session = None
    path = request.url.path.removeprefix(f"/{language}").lstrip("/")
    return Visit(premises, language, _ONLY_SENT.get(path, path), session, request.headers.get("sec-gpc") == "1")


Here = Annotated[Visit, Depends(visit)]


@cache
def environment(language: str) -> Environment:
    """What makes pages of templates, with the words of a language."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"],
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    made.filters |= {
        "filled": access_page.filled, "has": access_page.has, "shown": access_page.shown, "label": label,
        "capital": access_page.capital, "kinds": access_page.kinds, "stayed": access_page.stayed,
        "lines": held_rows.lines, "headings": held_rows.headings, "entry": held_rows.entry, "without_lead": switch_of,
        "switch": lambda task: switch_in(task, language),
    }  # fmt: skip
    made.install_gettext_translations(words.words(language), newstyle=True)  # type: ignore[attr-defined]  # the extension's
    made.globals |= {
        **words.said_in(language),
        "asset": assets.address,
        "phrase": held_rows.phrase,
        "going": held_rows.going,
    }
    return made
