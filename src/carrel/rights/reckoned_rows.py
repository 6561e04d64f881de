"""Rows of an answer that were read, and are told only as somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

from carrel.rights.answer import DatedRow


class Reckoned(Sequence[DatedRow]):
    """Rows that were read, of which each is told only when somebody looks at it: a page shows some of many.

    A package looks three times at each, and has it told once.

    Args:
        rows: as read.
        tell: tells one.

    Attributes:
        read: the rows, as they were read.
    """

    __slots__ = ("_tell", "_told", "read")

    def __init__(self, rows: Sequence[dict[str, Any]], tell: Callable[[dict[str, Any]], DatedRow]) -> None:
        self.read, self._tell = rows, tell
        self._told: dict[int, DatedRow] = {}

    def __len__(self) -> int:
        return len(self.read)

    @overload
    def __getitem__(self, place: int) -> DatedRow: ...

    @overload
    def __getitem__(self, place: slice) -> list[DatedRow]: ...

    def __getitem__(self, place: int | slice) -> DatedRow | list[DatedRow]:
        if isinstance(place, slice):
            return [self._at(one) for one in range(len(self.read))[place]]
        return self._at(range(len(self.read))[place])

    def _at(self, place: int) -> DatedRow:
        if (told := self._told.get(place)) is None:
            told = self._told[place] = self._tell(self.read[place])
        return told

    def only(self, most: int) -> Reckoned:
        """The first ones."""
        return Reckoned(self.read[:most], self._tell)
