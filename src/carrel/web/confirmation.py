"""A yes that waits until somebody who reads the e-mail address says so: sealed into the link, and nowhere else.

The store holds nothing of it: who never opens the letter, or typed another's address, has left nothing there.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from carrel.consent.subject import spelled
from carrel.web.sealed_token import TokenKind

LASTS = timedelta(days=1)
_KIND = TokenKind(b"carrel confirmation", LASTS)


@dataclass(frozen=True, slots=True, repr=False)
class Pending:
    """A yes that was said on the pages, and not yet by the address.

    Attributes:
        system, number: of the person's record.
        purpose: that was said yes to.
        digest: of the words that stood there.
        address: keyed digest of the address that the link went to.
    """

    system: str
    number: int
    purpose: str
    digest: str
    address: str


def address_digest(key: bytes, address: str) -> str:
    """By which an address is known again; from it alone nobody can read one."""
    return hmac.new(
        key, b"confirmed address\0" + spelled(address).encode(errors="surrogatepass"), hashlib.sha256
    ).hexdigest()


def sealed(pending: Pending, key: bytes, now: datetime) -> str:
    """What stands in the link.

    Args:
        pending: the yes.
        key: of the pages.
        now: an aware time.
    """
    return _KIND.sealed(asdict(pending), key, now)


def opened(value: str, key: bytes, now: datetime) -> Pending | None:
    """The yes of a link; None of anything else, and of one whose time is over.

    Args:
        value: as a browser sent it: anything at all.
        key: of the pages.
        now: an aware time.
    """
    found = _KIND.opened(value, key, now)
    return None if found is None else Pending(**found)
