"""Hashes of the staff's passwords: Argon2id, and the same work for a name that nobody has.

Patrons' passwords are none of this: the library's system keeps those.
"""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE = 4  # each takes 64 MiB; whoever asks more often waits
_turns = threading.BoundedSemaphore(_AT_ONCE)
# The second choice of RFC 9106: three passes over 64 MiB in four lanes, 16 bytes of salt, a tag of 32.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4, hash_len=32, salt_len=16, type=Type.ID)


def hashed(password: str) -> str:
    """The hash of a password, as a PHC string."""
    with _turns:
        return _HASHER.hash(password)


def fits(known: str | None, password: str) -> bool:
    """Whether a password is the one that was hashed.

    Args:
        known: a PHC string; None of an account that does not exist or has no password, which fits nothing.
        password: as somebody typed it.

    Guarantees:
        One hash is reckoned whatever is known, with the same work.
    """
    with _turns:
        try:
            _HASHER.verify(_nobodys() if known is None else known, password)
        except (VerificationError, InvalidHashError):
            return False
    return known is not None


def is_old(known: str) -> bool:
    """Whether a hash was made with other work than those of today."""
    return _HASHER.check_needs_rehash(known)


@cache
def _nobodys() -> str:
    """A hash that no password fits: of random bytes that are forgotten."""
    import secrets

    return _HASHER.hash(secrets.token_bytes(32))
