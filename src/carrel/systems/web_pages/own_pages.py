"""Whether the pages for patrons answer at the address that the site file names."""

from __future__ import annotations

import json

from carrel.systems.web_pages.fetched_page import fetched

_PATH = "/.well-known/gpc.json"  # small, for everybody, and no other program answers it like this
_MOST_BYTES = 4096


def away(address: str) -> str:
    """Ask the pages for one small file, as any browser can.

    Args:
        address: of the pages, without a path.

    Returns:
        Why they did not answer as Carrel's pages do; empty where they did.
    """
    page = fetched(f"{address}{_PATH}", {"Accept": "application/json"}, most=_MOST_BYTES)
    if page.unread:
        return f"the pages at {address} did not answer ({page.unread})"
    try:
        told = json.loads(page.text)
    except ValueError:
        told = None
    return "" if isinstance(told, dict) and "gpc" in told else f"something else answers at {address}"
