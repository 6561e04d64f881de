"""How the loops of this folder are compiled: once on a machine, and kept where numba can keep it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Loop = TypeVar("Loop", bound=Callable[..., Any])


def kernel(loop: Loop) -> Loop:
    """A loop in machine code; other threads may run beside it.

    Each module of this folder calls nothing of another one, because what numba keeps is judged by the age of one file.
    """
    try:
        made: Loop = njit(cache=True, nogil=True)(loop)
    except RuntimeError:  # an account without a home and with no right to write beside the source
        made = njit(nogil=True)(loop)
    return made
