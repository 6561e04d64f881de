"""Signing in on another host: the browser is sent there, and comes back with a proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from carrel.errors import CarrelError
from carrel.systems.sign_in.faults import NO_PROOF, UNPROVEN
from carrel.web import tries
from carrel.web.away import LONGEST, Away, cookie_name, opened, sealed
from carrel.web.patron import begin
from carrel.web.premises import Premises
from carrel.web.sign_in import form_page
from carrel.web.visit import Here, Visit, visit
from carrel.web.ways_in import AwayWay

router = APIRouter(prefix="/{language}", include_in_schema=False)
returns = APIRouter(include_in_schema=False)  # the address of a return has no language: providers know it by heart
_READ = ("state", "code", "iss", "error", "SAMLResponse", "RelayState")


@router.post("/sign-in/away")
def leave(request: Request, here: Here, system: Annotated[str, Form()] = "") -> Response:
    """Send the browser to where somebody signs in."""
    premises = here.premises
    way = premises.ways.leading_away.get(system)
    if way is None:
        raise HTTPException(404)
    if not premises.store.portal_attempts.allow(tries.places(request), premises.now(), tries.SPAN):
        return form_page(here, "later", 429)
    try:
        place, carried = way.depart(here.language)
    except CarrelError:
        return form_page(here, "away", 503)
    answer = RedirectResponse(place, 303)
    value = sealed(Away(way.key, here.language, carried), premises.store.portal_attempts.key(), premises.now())
    secure = premises.portal.is_secure
    # With a form of another host a browser sends only cookies that are declared to go there.
    answer.set_cookie(
        cookie_name(secure=secure), value, httponly=True, samesite="none" if way.back_by_form else "lax", path="/",
        secure=secure, max_age=int(LONGEST.total_seconds()),
    )  # fmt: skip
    return answer


@returns.get("/sign-in/{way}")
def arrive(request: Request, way: str) -> Response:
    """Take in whoever comes back with an address; tell what a provider wants to know of these pages."""
    going = _going(request, way)
    if metadata := going.metadata():
        return Response(metadata, media_type="application/samlmetadata+xml")
    return _came_back(request, going, request.query_params.multi_items())


@returns.post("/sign-in/{way}")
def arrive_by_form(
    request: Request,
    way: str,
    SAMLResponse: Annotated[list[str] | None, Form()] = None,  # noqa: N803  (the binding's)
    RelayState: Annotated[list[str] | None, Form()] = None,  # noqa: N803  (the binding's)
) -> Response:
    """Take in whoever comes back with a form of the provider's. It comes from another site: what proves is in it."""
    going = _going(request, way)
    if not going.back_by_form:
        raise HTTPException(405)
    told = [("SAMLResponse", one) for one in SAMLResponse or ()] + [("RelayState", one) for one in RelayState or ()]
    return _came_back(request, going, told)


def _going(request: Request, key: str) -> AwayWay:
    premises: Premises = request.app.state.premises
    going = premises.ways.leading_away.get(key)
    if going is None:
        raise HTTPException(404)
    return going


def _came_back(request: Request, going: AwayWay, told: Sequence[tuple[str, str]]) -> Response:
    """Whatever is wrong with it, the answer is the same, and no return counts twice."""
    premises: Premises = request.app.state.premises
    name = cookie_name(secure=premises.portal.is_secure)
    away = opened(request.cookies.get(name, ""), premises.store.portal_attempts.key(), premises.now())
    language = away.language if away is not None else premises.portal.languages[0]
    here = replace(visit(request, language), path="sign-in")
    answer = _taken_in(here, going, away, told)
    if name in request.cookies:
        secure = premises.portal.is_secure
        answer.delete_cookie(
            name, path="/", secure=secure, httponly=True, samesite="none" if going.back_by_form else "lax"
        )
    return answer


def _taken_in(here: Visit, going: AwayWay, away: Away | None, told: Sequence[tuple[str, str]]) -> Response:
    premises = here.premises
    times = Counter(name for name, _ in told)
    if away is None or away.way != going.key or any(times[name] > 1 for name in _READ):
        return form_page(here, "elsewhere", 401)
    if not premises.store.portal_attempts.allow([("away", away.carried["state"], 1)], premises.now(), tries.SPAN):
        return form_page(here, "elsewhere", 401)
    try:
        number = going.arrive(away.carried, dict(told))
    except CarrelError as wrong:
        unproven = wrong.code in {UNPROVEN.code, NO_PROOF.code}
        return form_page(here, "elsewhere" if unproven else "away", 401 if unproven else 503)
    if number is None:
        return form_page(here, "unknown", 401)
    return begin(here, going.door, number, here.to("me"), going.key)
