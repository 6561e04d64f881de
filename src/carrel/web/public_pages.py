"""Pages for everybody: what is kept and for how long, and what the pages themselves keep."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from carrel.web.kept import kept
from carrel.web.visit import Here

router = APIRouter(prefix="/{language}", include_in_schema=False)


@router.get("/")
def home(here: Here) -> Response:
    """What is kept, and for how long."""
    policy = here.premises.policy
    return here.page("home", {"policy": policy, "kept": kept(policy), "contacts": policy.body.contact})


@router.get("/about")
def about(here: Here) -> Response:
    """What these pages keep of whoever reads them."""
    return here.page("about", {"portal": here.premises.portal})
