"""Signing in on another host: the browser is sent there, and comes back with a proof."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from carrel.errors import CarrelError
from carrel.systems.sign_in.faults import UNPROVEN
from carrel.systems.sign_in.open_id_provider import Departure
from carrel.web.away import LONGEST, Away, cookie_name, opened, sealed
from carrel.web.sign_in import SPAN, begin_session, form_page, places
from carrel.web.visit import Here, Visit, visit

router = APIRouter(prefix="/{language}", include_in_schema=False)
returns = APIRouter(include_in_schema=False)  # the address of a return has no language: providers know it by heart
_READ = ("state", "code", "iss", "error")


@router.post("/sign-in/away")
def leave(request: Request, here: Here, system: Annotated[str, Form()] = "") -> Response:
    """Send the browser to where somebody signs in."""
    premises = here.premises
    way = premises.ways.leading_away.get(system)
    if way is None:
        raise HTTPException(404)
    if not premises.store.portal_attempts.allow(places(request), premises.now(), SPAN):
        return form_page(here, "later", 429)
    try:
        place, departure = way.depart(here.language)
    except CarrelError:
        return form_page(here, "away", 503)
    away = Away(way.key, here.language, departure.state, departure.nonce, departure.verifier)
    answer = RedirectResponse(place, 303)
    secure = premises.portal.is_secure
    answer.set_cookie(
        cookie_name(secure=secure), sealed(away, premises.store.portal_attempts.key(), premises.now()), httponly=True,
        samesite="lax", path="/", secure=secure, max_age=int(LONGEST.total_seconds()),
    )  # fmt: skip
    return answer


@returns.get("/sign-in/{way}")
def arrive(request: Request, way: str) -> Response:
    """Take in whoever comes back. Whatever is wrong with it, the answer is the same, and no return counts twice."""
    premises = request.app.state.premises
    going = premises.ways.leading_away.get(way)
    if going is None:
        raise HTTPException(404)
    name = cookie_name(secure=premises.portal.is_secure)
    away = opened(request.cookies.get(name, ""), premises.store.portal_attempts.key(), premises.now())
    language = away.language if away is not None else premises.portal.languages[0]
    here = replace(visit(request, language), path="sign-in")
    answer = _taken_in(request, here, away, way)
    if name in request.cookies:
        secure = premises.portal.is_secure
        answer.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
    return answer


def _taken_in(request: Request, here: Visit, away: Away | None, key: str) -> Response:
    premises = here.premises
    told = request.query_params.multi_items()
    times = Counter(name for name, _ in told)
    if away is None or away.way != key or any(times[name] > 1 for name in _READ):
        return form_page(here, "elsewhere", 401)
    if not premises.store.portal_attempts.allow([("away", away.state, 1)], premises.now(), SPAN):
        return form_page(here, "elsewhere", 401)
    going = premises.ways.leading_away[key]
    try:
        number = going.arrive(Departure(away.state, away.nonce, away.verifier), dict(told))
    except CarrelError as wrong:
        unproven = wrong.code == UNPROVEN.code
        return form_page(here, "elsewhere" if unproven else "away", 401 if unproven else 503)
    if number is None:
        return form_page(here, "unknown", 401)
    return begin_session(here, going, number)
