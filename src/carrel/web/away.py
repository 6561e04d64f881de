"""What a browser carries while somebody signs in on another host: sealed, for a few minutes, and good for one return.

It is not in the store: who only began to sign in has left nothing there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from carrel.web.sealed_token import TokenKind

LONGEST = timedelta(minutes=10)  # to sign in over there
_KIND = TokenKind(b"carrel away", LONGEST)


@dataclass(frozen=True, slots=True, repr=False)
class Away:
    """One visit that is away.

    Attributes:
        way: key of the way to sign in.
        language: of the page it began on.
        carried: what it must come back with; its ``state`` is of this visit alone.
    """

    way: str
    language: str
    carried: Mapping[str, str]


def cookie_name(*, secure: bool) -> str:
    """The name of its cookie: over TLS one that no other host of the domain can set."""
    return "__Host-carrel-away" if secure else "carrel-away"


def sealed(away: Away, key: bytes, now: datetime) -> str:
    """The value of the cookie.

    Args:
        away: the visit.
        key: of the pages.
        now: an aware time.
    """
    return _KIND.sealed(asdict(away), key, now)


def opened(value: str, key: bytes, now: datetime) -> Away | None:
    """The visit of a cookie; None of anything else, and of one that was away for too long.

    Args:
        value: as a browser sent it: anything at all.
        key: of the pages.
        now: an aware time.
    """
    found = _KIND.opened(value, key, now)
    return None if found is None else Away(**found)
