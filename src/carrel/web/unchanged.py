"""What a browser has already is not sent again. Of pages that show nobody's data alone; of those nothing is kept."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

ASKED_ANEW = "no-cache"  # a browser may keep it, and asks each time whether it still holds


def answered(request: Request, whole: Response, kept: str = ASKED_ANEW, vary: str = "") -> Response:
    """The answer, or that it is what the browser has.

    Args:
        request: which version the browser has stands in it, if it has one.
        whole: the answer, the same for everybody who sends what `vary` names.
        kept: what browsers may keep of it.
        vary: headers on which it depends.
    """
    tag = f'"{hashlib.sha256(bytes(whole.body)).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": kept, **({"Vary": vary} if vary else {})}
    has = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if tag in has:
        return Response(status_code=304, headers=headers)
    whole.headers.update(headers)
    return whole
