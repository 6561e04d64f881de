"""The one source of chance in the sample library: seeded, so that the same seed makes the same library."""

from __future__ import annotations

import hashlib
import hmac
import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
_BCRYPT = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Dice:
    """Seeded chance in the few forms that the generator asks for."""

    def __init__(self, seed: int) -> None:
        self._key = f"sample-library-{seed}".encode()
        self.random = random.Random(seed)  # noqa: S311  (an invented library must be reproducible, not secret)
        self._next = self.random.random

    def chance(self, share: float) -> bool:
        """True in that share of the calls."""
        return self._next() < share

    def below(self, end: int) -> int:
        """A whole number from 0 up to, not including, ``end``."""
        return int(self._next() * end)

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        return low + int(self._next() * (high - low + 1))

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self._next() * len(choices))]

    def skewed(self, end: int) -> int:
        """A whole number below ``end``, low ones far more often: a few titles are read by everyone."""
        x = self._next()
        return int(x * x * end)

    def tail(self, mean: float) -> int:
        """A whole number with a long tail."""
        return int(self.random.expovariate(1 / mean))

    def pseudonym(self, number: int) -> str:
        """A stable 60-character text in the form of a bcrypt hash: linkable, like Koha's, and cheap to make."""
        digest = hmac.digest(self._key, str(number).encode(), hashlib.sha256)
        letters = "".join(_BCRYPT[byte & 63] for byte in (digest + digest)[:53])
        return f"$2a$08${letters}"
