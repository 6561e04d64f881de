"""Pages that are the same for everybody, made once for each policy and language. Nothing of a session is ever in them.

A page for somebody who is signed in differs by its head alone. It is made for a session of nobody, and the token of its
forms, and the hour at which the session ends, are replaced by those of whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from carrel.inventory.site import Site
from carrel.policy.resolve import Policy
from carrel.store.portal_sessions import Session
from carrel.web import unchanged
from carrel.web.premises import Premises
from carrel.web.visit import AFTER_MARK, UNTIL_MARK, Visit

_NOBODY = Session("", {})
_VARY = "Cookie, Sec-GPC"
_MOST = 100  # pages that are kept; there are fewer kinds in as many languages


@dataclass(frozen=True, slots=True)
class _Made:
    """A page, cut where the token of a form stands, and what it was made of."""

    pieces: tuple[bytes, ...]
    site: Site
    policy: Policy


class SharedPages:
    """The pages of one process."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], _Made] = {}

    def page(self, request: Request, here: Visit, template: str, values: Callable[[], Mapping[str, Any]]) -> Response:
        """A page of a template and of values that depend on nobody, as site and policy stand now.

        Args:
            request: which version the browser has.
            here: the visit.
            template: its name.
            values: of the page; asked for where it has to be made.

        Guarantees:
            What is kept of a page was made without anybody's session. A page for somebody who is signed in has the
            form token of that session and the hour at which it ends, no tag, and may be kept by nobody.
        """
        is_signed_in = here.session is not None
        of_nobody = replace(here, session=_NOBODY if is_signed_in else None, is_shared=is_signed_in)

        def pieces() -> list[str]:
            text = of_nobody.text(template, values())
            return text.split(of_nobody.form_token) if is_signed_in else [text]

        key = (template, here.language, here.path, here.asks_not_to_be_sold, is_signed_in)
        made = self._of(key, here.premises, pieces)
        if is_signed_in:
            whole = here.form_token.encode().join(made)
            for mark, told in ((UNTIL_MARK, here.until), (AFTER_MARK, str(here.shown_after))):
                whole = whole.replace(mark.encode(), escape(told).encode())
            return HTMLResponse(whole)
        return unchanged.answered(request, HTMLResponse(made[0]), vary=_VARY)

    def document(self, request: Request, premises: Premises, path: str, make: Callable[[], str]) -> Response:
        """The same of JSON that nobody signs in for.

        Args:
            request: which version the reader has.
            premises: as they stand now.
            path: of the document.
            make: makes its text.
        """
        (text,) = self._of((path,), premises, lambda: [make()])
        return unchanged.answered(request, Response(text, media_type="application/json"))

    def _of(self, key: tuple[object, ...], premises: Premises, make: Callable[[], list[str]]) -> tuple[bytes, ...]:
        made, site, policy = self._made.get(key), premises.site, premises.policy
        if made is None or made.site is not site or made.policy is not policy:
            made = _Made(tuple(one.encode() for one in make()), site, policy)
            if len(self._made) >= _MOST:
                self._made.clear()
            self._made[key] = made
        return made.pieces
