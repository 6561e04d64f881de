"""The application: every page and call in one place, with what holds for all of them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from carrel import __version__
from carrel.errors import CarrelError
from carrel.web import (
    account_pages,
    asking_pages,
    assets,
    choices_pages,
    confirm_pages,
    correction_pages,
    desk_scripts,
    interface,
    other_host,
    patron_pages,
    public_pages,
    request_pages,
    sign_in,
    sign_in_away,
    sign_out_notice,
    staff_account,
    staff_case_decide,
    staff_case_forget,
    staff_cases,
    staff_consents,
    staff_detours,
    staff_home,
    staff_offices,
    staff_papers,
    staff_requests,
    staff_sign_in,
    staff_unsent,
    staff_visit,
    take_along_pages,
    transparency_pages,
    words,
)
from carrel.web.headers import KindLimit, LargerAt, OwnHost, SecurityHeaders
from carrel.web.outages import Unforeseen
from carrel.web.premises import THREADS, Premises
from carrel.web.sent_once import NotToldYet
from carrel.web.shared_pages import SharedPages
from carrel.web.unsent_words import NotTaken
from carrel.web.visit import environment, visit

_PAGES = (
    public_pages, sign_in, sign_in_away, patron_pages, choices_pages, confirm_pages, account_pages, correction_pages,
    take_along_pages, asking_pages, request_pages, transparency_pages,
)  # fmt: skip
_STAFF_PAGES = (
    staff_sign_in, staff_home, staff_requests, staff_consents, staff_account, desk_scripts, staff_case_forget,
    staff_cases, staff_case_decide, staff_papers, staff_offices,
)  # fmt: skip
_LARGEST = 64 * 1024  # bytes of a form: nobody writes so much
_TITLES = {
    400: "bad request", 403: "not from a page of ours", 404: "there is no such page", 405: "no such way of asking",
    413: "too large", 421: "another host", 422: "not understood", 429: "too often", 500: "something went wrong",
    503: "a system of the library is away",
}  # fmt: skip


def nobody_is_told(wrong: BaseException) -> None:
    """Where no command has been started, there is nobody to tell."""
    del wrong


def application(premises: Premises, tell: Callable[[BaseException], None] = nobody_is_told) -> ASGIApp:
    """The application that answers every request.

    Args:
        premises: what its pages work with; closed by whoever opened them.
        tell: is given what kept a page from being answered.
    """
    app = FastAPI(
        title="Carrel",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=partial(_begun, premises),
    )
    app.state.premises, app.state.shared, app.state.tell = premises, SharedPages(), tell
    app.include_router(interface.router)
    app.include_router(sign_out_notice.router)
    _bare_routes(app, premises)
    app.include_router(sign_in_away.returns)
    for staff in _STAFF_PAGES:
        app.include_router(staff.router)  # before the others: `/staff/en/` is no page in the language `staff`
    for pages in _PAGES:
        app.include_router(pages.router)
    app.mount(assets.PATH, assets.assets, name="static")
    app.add_exception_handler(staff_detours.SentOn, _sent_on)
    app.add_exception_handler(staff_detours.FormOfBefore, _form_of_before)
    app.add_exception_handler(NotTaken, _sign_in_again)
    app.add_exception_handler(AnyHTTPException, _told)
    app.add_exception_handler(RequestValidationError, _told)
    app.add_exception_handler(CarrelError, _away)
    app.add_exception_handler(NotToldYet, _away)
    app.add_exception_handler(Exception, _told)
    forms, papers = _limited(app, _LARGEST), _limited(app, staff_papers.MOST)
    whole: ASGIApp = LargerAt(papers, forms, at=staff_papers.AT)
    portal = premises.portal
    away = premises.ways.leading_away.values()
    whole = OwnHost(
        whole, host=portal.host, origin=portal.address.lower(), refuse=partial(_refusal, portal.address),
        from_elsewhere=[f"/sign-in/{way.key}" for way in away if way.back_by_form],
    )  # fmt: skip
    sent_to = [way.origin for way in away]
    whole = SecurityHeaders(whole, secure=portal.is_secure, sent_to=sent_to, own_style=desk_scripts.STYLE_HASH)
    return Unforeseen(whole, tell)


@asynccontextmanager
async def _begun(premises: Premises, app: FastAPI) -> AsyncIterator[None]:
    """As many pages may wait for a system as leave threads for those that need none; whoever comes first waits less."""
    del app
    current_default_thread_limiter().total_tokens = THREADS
    threading.Thread(target=_prepare, args=(premises,), daemon=True).start()
    yield


def _prepare(premises: Premises) -> None:
    for language in premises.portal.languages:
        for page in ("home", "sign_in", "me", "data"):
            environment(language).get_template(f"{page}.html.j2")
    premises.prepare()


def _bare_routes(app: FastAPI, premises: Premises) -> None:
    """What has no language."""

    @app.get("/", include_in_schema=False)
    def start(request: Request) -> Response:
        asked = request.headers.get("accept-language", "")
        answer = RedirectResponse(f"/{words.preferred(asked, premises.portal.languages)}/", 303)
        answer.headers["Vary"] = "Accept-Language"
        return answer

    @app.get("/staff", include_in_schema=False)
    @app.get("/staff/", include_in_schema=False)
    @app.get("/staff/begin", include_in_schema=False)
    def staff(request: Request) -> Response:
        asked = request.headers.get("accept-language", "")
        last = "begin" if request.url.path.endswith("/begin") else ""
        answer = RedirectResponse(f"/staff/{words.preferred(asked, premises.portal.languages)}/{last}", 303)
        answer.headers["Vary"] = "Accept-Language"
        return answer

    @app.get("/.well-known/gpc.json", include_in_schema=False)
    def gpc() -> dict[str, Any]:
        """Global Privacy Control: nothing is sold or shared, whether a browser asks for that or not."""
        return {"gpc": True, "lastUpdate": premises.current().policy.approved.isoformat()}

    @app.get("/robots.txt", include_in_schema=False)
    def robots() -> Response:
        return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")

    @app.get("/healthz", include_in_schema=False)
    def health() -> dict[str, str]:
        return {"state": "up"}


def _limited(app: FastAPI, most: int) -> ASGIApp:
    """The application for bodies of so many bytes."""
    return KindLimit(RequestBodyLimitMiddleware(app, max_body_size=most), most=most, refuse=_too_large(app))


def _too_large(app: FastAPI) -> ASGIApp:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request({**scope, "app": app}, receive)
        answer = await run_in_threadpool(_told, request, HTTPException(413))
        await answer(scope, receive, send)

    return refuse


def _refusal(address: str, status: int) -> ASGIApp:
    """What is answered before anything is looked at; a browser that came by another address gets the right one."""

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        asked = next((value for name, value in scope["headers"] if name == b"accept"), b"")
        is_read = status == other_host.STATUS and b"text/html" in asked and not scope["path"].startswith("/api/")
        answer = HTMLResponse(other_host.page(address), status) if is_read else JSONResponse(_as_json(status), status)
        await answer(scope, receive, send)

    return refuse


def _as_json(status: int) -> dict[str, Any]:
    """One shape for every error of the API."""
    return {"format_version": 1, "errors": [{"code": f"HTTP-{status}", "title": _TITLES.get(status, "refused")}]}


async def _sent_on(request: Request, on: Exception) -> Response:
    """The browser opens another page first; what somebody of the staff wrote and sent too late waits on it."""
    if not isinstance(on, staff_detours.SentOn):
        return RedirectResponse("/", 303)
    form = await request.form() if staff_unsent.may_wait(request, on.here) else FormData()
    return await run_in_threadpool(_waiting, request, on, form)


def _waiting(request: Request, on: staff_detours.SentOn, form: FormData) -> Response:
    here = on.here
    text = staff_unsent.sealed(here, staff_visit.session_of(request, here.premises), form) if form else ""
    if not text:
        return RedirectResponse(on.to, 303)
    there = replace(here, path=on.page)
    if on.page == staff_visit.PROVE:
        return staff_account.prove_page(there, staff_visit.back_to(here.path), "late", 401, text)
    return staff_sign_in.form_page(there, "ended", 401, unsent=text)


async def _form_of_before(request: Request, before: Exception) -> Response:
    """Whoever signed in anew beside a form gets it back, with what was typed."""
    if not isinstance(before, staff_detours.FormOfBefore):
        return await run_in_threadpool(_told, request, before)
    waits = staff_unsent.may_wait(request, before.here)
    what = staff_unsent.unsent(before.here, await request.form()) if waits else None
    shown = partial(staff_unsent.page, before.here, what) if what else partial(_told, request, before)
    return await run_in_threadpool(shown)


def _sign_in_again(request: Request, late: Exception) -> Response:
    """What somebody wrote and sent too late waits on the page for signing in."""
    if not isinstance(late, NotTaken):
        return _told(request, late)
    here = replace(late.here, path="sign-in")
    return sign_in.form_page(here, "ended", 401, late.what)


async def _away(request: Request, wrong: Exception) -> Response:
    """A system, or a file, is in the way; whoever of the staff wrote something meanwhile finds it on the page."""
    form = await request.form() if staff_unsent.is_form(request) else FormData()
    return await run_in_threadpool(_told, request, wrong, str(form.get("words") or ""))


def _told(request: Request, wrong: Exception, words_of_form: str = "") -> Response:
    """A page or JSON that says what is wrong. Nothing of the request is repeated but what staff wrote."""
    if isinstance(wrong, AnyHTTPException) and wrong.status_code == 303:  # noqa: PLR2004  (see another page)
        return RedirectResponse((wrong.headers or {})["Location"], 303)
    status = wrong.status_code if isinstance(wrong, AnyHTTPException) else 500
    status = 422 if isinstance(wrong, RequestValidationError) else 503 if isinstance(wrong, CarrelError) else status
    said = dict(wrong.headers or {}) if isinstance(wrong, AnyHTTPException) else {}
    if isinstance(wrong, CarrelError):  # a refusal is nobody's fault here, and what nobody foresaw is told further out
        request.app.state.tell(wrong)
    if request.url.path.startswith(("/api/", "/static/")):
        return JSONResponse(_as_json(status), status, headers=said)
    premises: Premises = request.app.state.premises.current()
    first, _, rest = request.url.path[1:].partition("/")
    opened = staff_visit.seen if f"/{first}" == staff_visit.PATH else visit
    language = rest.partition("/")[0] if opened is staff_visit.seen else first
    asked = request.headers.get("accept-language", "")
    offered = premises.portal.languages
    try:
        here = opened(request, language if language in offered else words.preferred(asked, offered))
    except (HTTPException, CarrelError):  # the store is away too
        return JSONResponse(_as_json(status), status)
    # A form may have been done in part before something got in the way: nobody is told then that nothing was changed.
    answer = here.page("error", {"status": status, "sent": request.method == "POST", "wrote": words_of_form}, status)
    answer.headers.update(said)
    return answer
