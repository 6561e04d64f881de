"""One question to a provider over HTTPS, and its answer: JSON, of a few kilobytes, within a few seconds."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from carrel.systems.answer_deadline import answer_deadline

SECONDS: Final = 8.0
_LONGEST = 512 * 1024  # bytes


class ShapeError(ValueError):
    """The answer is no object of JSON, or too large."""


def asked(
    address: str,
    context: ssl.SSLContext,
    *,
    form: Mapping[str, str] | None = None,
    head: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, Any]]:
    """Status and content of an answer. Nobody is sent on: another address is another answer.

    Args:
        address: with https; with http of this machine.
        context: for TLS.
        form: that is sent; without one the document is only asked for.
        head: further headers.

    Raises:
        OSError, http.client.HTTPException: the server is away, or too slow.
        ShapeError: what it sent with a good status is nothing that could be meant.
    """
    place = urlsplit(address)
    host, port = str(place.hostname), place.port
    way = (
        http.client.HTTPSConnection(host, port, timeout=SECONDS, context=context)
        if place.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=SECONDS)
    )
    said = {"Accept": "application/json", "User-Agent": "carrel", **(head or {})}
    body = None
    if form is not None:
        said["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
    target = (place.path or "/") + (f"?{place.query}" if place.query else "")
    with closing(way), answer_deadline(way, SECONDS):
        way.request("GET" if body is None else "POST", target, body, said)
        with closing(way.getresponse()) as answer:
            raw = answer.read(_LONGEST + 1)
    return answer.status, _document(answer.status, raw)


def _document(status: int, raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw) if len(raw) <= _LONGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        if status == http.client.OK:
            raise ShapeError
        return {}
    return found
