"""Pages for everybody: what is kept and for how long, and what the pages themselves keep."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from carrel.web.kept import kept
from carrel.web.shared_pages import SharedPages
from carrel.web.visit import Here

router = APIRouter(prefix="/{language}", include_in_schema=False)


@router.get("/")
def home(request: Request, here: Here) -> Response:
    """What is kept, and for how long."""
    policy, pages = here.premises.policy, shared(request)
    return pages.page(
        request, here, "home", lambda: {"policy": policy, "kept": kept(policy), "contacts": policy.body.contact}
    )


@router.get("/about")
def about(request: Request, here: Here) -> Response:
    """What these pages keep of whoever reads them."""
    return shared(request).page(request, here, "about", lambda: {"portal": here.premises.portal})


def shared(request: Request) -> SharedPages:
    """The pages that are the same for everybody, of the application that answers."""
    pages: SharedPages = request.app.state.shared
    return pages
