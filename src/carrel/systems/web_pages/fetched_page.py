"""One page or small file, asked for as a visitor's program asks: for a time, up to a size, and why it could not be."""

from __future__ import annotations

import http.client
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

MOST_BYTES = 2 << 20
_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What came back.

    Attributes:
        text: of the answer, up to the size.
        url: from which it came in the end.
        unread: why nothing came, as the name of the failure; empty where something did.
    """

    text: str = ""
    url: str = ""
    unread: str = ""


def fetched(
    url: str,
    headers: Mapping[str, str],
    *,
    most: int = MOST_BYTES,
    opener: urllib.request.OpenerDirector | None = None,
) -> FetchedPage:
    """Ask once.

    Args:
        url: that the site file names, or of a part of a page that it names.
        headers: of the request.
        most: bytes to read.
        opener: that asks; one without any memory unless given.

    Returns:
        The text, in the letters that the answer names (UTF-8 where it names none, or none that exist). A failure is
        told by its name alone: its words could repeat what stands in an address.
    """
    asked = urllib.request.Request(url, headers=dict(headers))  # noqa: S310  (of the site file, which takes http and https alone)
    try:
        with (opener or urllib.request.build_opener()).open(asked, timeout=_SECONDS) as answer:
            read = answer.read(most)
            letters = answer.headers.get_content_charset() or "utf-8"
            return FetchedPage(_text(read, letters), answer.url)
    except (OSError, http.client.HTTPException, ValueError) as wrong:
        return FetchedPage(url=url, unread=type(wrong).__name__)


def _text(read: bytes, letters: str) -> str:
    try:
        return read.decode(letters, "replace")
    except LookupError:
        return read.decode("utf-8", "replace")
