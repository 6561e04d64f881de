"""A form that was sent twice is taken once: by a second click, or by a browser that loads an answer again.

A page's forms carry the time of the page, sealed. What comes with the same time, from the same session, to the same
address and with the same words is the same form.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from carrel.store.portal_attempts import PortalAttempts
from carrel.web.premises import Premises

FIELD = "once"
_SENT, _TAKEN = "staff form", "staff form taken"
_SPAN = timedelta(minutes=15)
_AT_WORK = timedelta(minutes=1)  # of one who fell while at work, nothing is known after that: the form counts as new
_WAITS, _STEP = 25.0, 0.05  # seconds: the first may still be at work; it gives a system up after twenty
_SEE_OTHER = 303
# Where a form leads whose own address is no page, or another page tells what it did.
_LEADS = {
    "ask": "", "sign-out": "sign-in", "sign-in": "", "sign-in/passkey": "", "begin": "second", "second": "",
    "account/sessions": "account", "account/password": "account", "account/passkeys/remove": "account/passkeys",
}  # fmt: skip
_PROOFS = frozenset({"prove", "prove/passkey"})
_ENDS = frozenset({"open", "end", "decide", "papers"})  # of a thing, whose page is the one before


class NotToldYet(HTTPException):
    """The same form is at work elsewhere, or whoever had it fell: nobody knows yet whether it was done."""

    def __init__(self) -> None:
        super().__init__(503)


class OnceRoute(APIRoute):
    """A route whose forms are taken once. A form that was refused may be sent again as it is.

    Guarantees:
        Nothing is told as done but what was done.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, which asks first whether the form was taken."""
        handler = super().get_route_handler()

        async def once(request: Request) -> Response:
            premises: Premises = request.app.state.premises.current()
            which = await _of(request)
            if which is None:
                return await handler(request)
            attempts, now = premises.store.portal_attempts, premises.now()
            for _ in range(int(_WAITS / _STEP)):
                is_first = await run_in_threadpool(attempts.allow, [(_SENT, which, 1)], now, _AT_WORK)
                if await run_in_threadpool(attempts.knows, _TAKEN, which):  # it lasts longer than that it was sent
                    return RedirectResponse(_after(request.url.path, await _back(request)), _SEE_OTHER)
                if is_first:
                    return await _first(request, handler, attempts, which)
                await asyncio.sleep(_STEP)
            raise NotToldYet

        async def _first(
            request: Request, handler: Callable[[Request], Coroutine[Any, Any, Response]], attempts: PortalAttempts,
            which: str,
        ) -> Response:  # fmt: skip
            taken = False
            try:
                answer = await handler(request)
                taken = answer.status_code == _SEE_OTHER
            finally:
                now = request.app.state.premises.current().now()
                if taken:
                    await run_in_threadpool(attempts.allow, [(_TAKEN, which, 1)], now, _SPAN)
                else:
                    await run_in_threadpool(attempts.forget, _SENT, which)
            return answer

        return once


async def _of(request: Request) -> str | None:
    """What tells a form from every other; None of what is none, or of no session."""
    from carrel.web.staff_unsent import is_form
    from carrel.web.staff_visit import session_of

    if not is_form(request):
        return None
    session = await run_in_threadpool(session_of, request, request.app.state.premises.current())
    if session is None:  # nothing is read for whoever is not signed in
        return None
    form = await request.form()
    if not form.get(FIELD):
        return None
    fields = [(name, said) for name, said in form.multi_items() if isinstance(said, str)]
    whole = json.dumps([session.id, request.url.path, fields])
    return hashlib.sha256(whole.encode()).hexdigest()


async def _back(request: Request) -> str:
    said = (await request.form()).get("back", "")
    return said if isinstance(said, str) else ""


def _after(path: str, back: str = "") -> str:
    """Where what was done by a form can be seen.

    Args:
        path: to which it was sent.
        back: of a form by which somebody shows who it is: the page that is opened then.
    """
    from carrel.web.staff_visit import PATH, back_to

    language, _, page = path.removeprefix(f"{PATH}/").partition("/")
    to = back_to(back) if page in _PROOFS else _LEADS.get(page, page)
    before, _, last = to.rpartition("/")
    return f"{PATH}/{language}/{before if last in _ENDS else to}"
