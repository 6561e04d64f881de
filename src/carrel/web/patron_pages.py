"""Pages of whoever is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from carrel.web.visit import Visit, visit

router = APIRouter(prefix="/{language}", include_in_schema=False)
Here = Annotated[Visit, Depends(visit)]


@router.get("/me")
def me(here: Here) -> Response:
    """Where somebody is who has signed in."""
    if here.session is None:
        return here.to("sign-in")
    door = here.premises.doors.get(here.session.said["system"])
    return here.page("me", {"door": door, "portal": here.premises.portal})
