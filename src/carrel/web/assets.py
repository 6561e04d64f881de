"""Style sheets, mark and script of the pages, read once. Browsers keep what bears its digest in its address."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from carrel.web import unchanged

PATH = "/static"
_FOLDER = Path(__file__).parent / "static"
_FOR_EVER = "public, max-age=31536000, immutable"


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """What there is, by name, with a digest of it."""
    found = {one.name: one.read_bytes() for one in _FOLDER.iterdir() if one.is_file()}
    return {name: (text, hashlib.sha256(text).hexdigest()[:16]) for name, text in found.items()}


def address(name: str) -> str:
    """Where a page finds a file: another address as soon as another version of it is served."""
    return f"{PATH}/{name}?v={_files()[name][1]}"


async def assets(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with one of the files.

    Raises:
        HTTPException: 404, there is no such file; 405.
    """
    request = Request(scope)
    name = scope["path"].removeprefix(f"{PATH}/")
    if name not in _files():
        raise HTTPException(404)
    if request.method != "GET":
        raise HTTPException(405)
    text, digest = _files()[name]
    kept = _FOR_EVER if request.url.query == f"v={digest}" else "no-cache"
    whole = Response(text, media_type=mimetypes.guess_type(name)[0])
    await unchanged.answered(request, whole, kept)(scope, receive, send)
