"""The first page of the staff, with what waits for whoever is signed in, and what the nights did."""

from __future__ import annotations

from starlette.responses import Response

from carrel.web.staff_queue import queue
from carrel.web.staff_visit import StaffHere, staff_pages

router = staff_pages()
_NIGHTS = 14


@router.get("/")
def home(here: StaffHere) -> Response:
    """What waits."""
    looks = here.opens("/requests/{request_id}")
    return here.page("home", {"cases": queue(here.premises) if looks else (), "looks": looks})


@router.get("/stay")
def stay(here: StaffHere) -> Response:
    """That the session goes on, in a window of its own: the form in the other one keeps what was typed."""
    return here.page("stay")


@router.get("/nights")
def nights(here: StaffHere) -> Response:
    """The plan that lies ready in each system, and what the last nights did: states and counts."""
    store, site = here.premises.store, here.premises.site
    systems = [
        {
            "name": one.name, "plan": store.plans.newest(one.name), "nights": store.nights.newest(one.name, _NIGHTS),
            "running": store.runs.unfinished(one.name),
        }
        for one in site.originals
    ]  # fmt: skip
    return here.page("nights", {"systems": systems})
