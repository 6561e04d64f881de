"""Forms of whoever is signed in carry a token that only pages of this session have."""

from __future__ import annotations

import hashlib
import hmac

FIELD = "form"


def token(key: bytes, session: str) -> str:
    """The token of a session's forms.

    Args:
        key: of the pages.
        session: the token of the session itself, which it does not tell.
    """
    return hmac.new(key, b"form\0" + session.encode(), hashlib.sha256).hexdigest()


def is_own(key: bytes, session: str, sent: str) -> bool:
    """Whether a form came from a page of this session; told in the same time for every wrong one."""
    return hmac.compare_digest(token(key, session).encode(), sent.encode(errors="replace"))
