"""Values in lists short enough for one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

_Value = TypeVar("_Value")
_Ordered = TypeVar("_Ordered", int, str)

BATCH = 200  # values in one IN list
AT_ONCE = 1_000  # rows in one statement that names each


def parts(some: Sequence[_Value], size: int = AT_ONCE) -> Iterator[Sequence[_Value]]:
    """A long list in pieces of at most ``size``, in its order."""
    return (some[start : start + size] for start in range(0, len(some), size))


def batches(values: Iterable[_Ordered], size: int = BATCH) -> Iterator[Sequence[_Ordered]]:
    """The distinct values, in order."""
    return parts(sorted(set(values)), size)
