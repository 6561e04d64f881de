"""Whether the pages for patrons answer at the address that the site file names."""

from __future__ import annotations

import http.client
import json
import urllib.request

_PATH = "/.well-known/gpc.json"  # small, for everybody, and no other program answers it like this
_SECONDS, _MOST_BYTES = 8.0, 4096


def away(address: str) -> str:
    """Ask the pages for one small file, as any browser can.

    Args:
        address: of the pages, without a path.

    Returns:
        Why they did not answer as Carrel's pages do; empty where they did.
    """
    request = urllib.request.Request(f"{address}{_PATH}", headers={"Accept": "application/json"})  # noqa: S310  (https, or this machine: the site file takes nothing else)
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  (the same)
            told = json.loads(answer.read(_MOST_BYTES))
    except (OSError, http.client.HTTPException, ValueError) as wrong:
        return f"the pages at {address} did not answer ({type(wrong).__name__})"
    return "" if isinstance(told, dict) and "gpc" in told else f"something else answers at {address}"
