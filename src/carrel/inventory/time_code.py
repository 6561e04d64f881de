"""The code of six digits that a telephone shows and that changes every half minute (RFC 6238).

It is the second factor of staff who have no passkey. Authenticator programs know no other form than this one: SHA-1,
six digits, 30 seconds. SHA-1 is safe in an HMAC.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote

SECONDS, DIGITS, BYTES = 30, 6, 20
_ASIDE = 1  # steps by which a clock may differ
_FAR = 120  # steps, an hour: a clock that is so wrong is set wrong, and a code of it is no guess


def code(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one step.

    Args:
        secret: shared with the telephone.
        step: half minutes since 1970.
        digits: of the code.

    Source:
        RFC 4226 section 5.3, RFC 6238 section 4.
    """
    mac = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    start = mac[-1] & 0x0F
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def step_of(at: datetime) -> int:
    """The step of an aware time."""
    return int(at.timestamp()) // SECONDS


def fitting(secret: bytes, said: str, at: datetime, after: int) -> int | None:
    """The step whose code was said, of those that may be said now; None of a wrong code, or one that was used.

    Args:
        secret: shared with the telephone.
        said: by whoever signs in; blanks in it do not count.
        at: an aware time.
        after: step of the code that was used last; it, and whatever came before it, opens nothing any more.

    Guarantees:
        Every code is compared, whichever is right.

    Source:
        RFC 6238 section 5.2: one use of each code; one step to either side for clocks that differ.
    """
    plain = "".join(said.split()).encode(errors="replace")
    found = None
    for step in range(step_of(at) - _ASIDE, step_of(at) + _ASIDE + 1):
        if hmac.compare_digest(code(secret, step).encode(), plain) and step > after:
            found = step
    return found


def is_of_another_clock(secret: bytes, said: str, at: datetime) -> bool:
    """Whether a code is right by a clock that is minutes off, so that its person can be told what to do.

    For a telephone that is being added alone: who is told so knows the secret already.

    Args:
        secret: shared with the telephone.
        said: by whoever adds it.
        at: an aware time.
    """
    plain = "".join(said.split()).encode(errors="replace")
    near, far = range(-_ASIDE, _ASIDE + 1), range(-_FAR, _FAR + 1)
    steps = (step_of(at) + aside for aside in far if aside not in near)
    return any(hmac.compare_digest(code(secret, max(step, 0)).encode(), plain) for step in steps)


def written(secret: bytes) -> str:
    """The secret as people type it: groups of four letters and digits."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address(secret: bytes, person: str, library: str) -> str:
    """The address that an authenticator program on the same device opens."""
    label = f"{quote(library, safe='')}:{quote(person, safe='')}"
    text = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{label}?secret={text}&issuer={quote(library, safe='')}&digits={DIGITS}&period={SECONDS}"
