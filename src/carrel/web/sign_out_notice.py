"""Telling somebody in time that a session is about to end, and letting it go on, without a script (WCAG 2.2.1).

The notice stands on each page from the beginning, hidden by a style that shows it when its time has come: a browser
counts the seconds, and what is typed in a form meanwhile stays where it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

BEFORE = timedelta(minutes=2)  # WCAG 2.2.1 asks for twenty seconds at least
_STEP = 10  # seconds: so that a style is one of few, and tells nothing of a visit
_MOST = 24 * 60 * 60
_DAY = "public, max-age=86400, immutable"
_STYLE = "@keyframes shown{{to{{visibility:visible}}}}.ends{{animation:shown 1ms {seconds}s forwards}}\n"

router = APIRouter(include_in_schema=False)


def seconds_left(until: datetime, now: datetime) -> int:
    """After how many seconds on a page its notice is shown.

    Args:
        until: when the session ends, if nothing is done.
        now: an aware time.
    """
    left = (until - now).total_seconds() - min(BEFORE.total_seconds(), (until - now).total_seconds() / 2)
    return max(_STEP, min(_MOST, int(left) // _STEP * _STEP))


@router.get("/ends/{seconds}.css")
def style(seconds: int) -> Response:
    """The style that shows the notice after so many seconds.

    Raises:
        HTTPException: 404, a number that no page asks for.
    """
    if not _STEP <= seconds <= _MOST or seconds % _STEP:
        raise HTTPException(404)
    return Response(_STYLE.format(seconds=seconds), media_type="text/css", headers={"Cache-Control": _DAY})
