"""One source for the plain way and for machine code: functions that Python runs as they stand, or that are compiled.

They take numbers and rows of numbers alone, no number in them exceeds 63 bits, and nothing in them makes an object. So
both ways come to the same outcome by construction. Whoever compiles sets `wrapping` before these modules are imported,
in a process of its own; here numba is never needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class _Wrapping:
    """What is done to each function as it is defined; nothing, but for the compiler."""

    by: Callable[[Any], Any] | None = None


wrapping = _Wrapping()


def kernel(function: Function) -> Function:
    """A function that can be compiled."""
    if wrapping.by is None:
        return function
    made: Function = wrapping.by(function)
    return made
