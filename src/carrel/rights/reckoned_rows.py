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
    """

    __slots__ = ("_rows", "_tell", "_told")

    def __init__(self, rows: Sequence[dict[str, Any]], tell: Callable[[dict[str, Any]], DatedRow]) -> None:
        self._rows, self._tell = rows, tell
        self._told: dict[int, DatedRow] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> DatedRow: ...

    @overload
    def __getitem__(self, place: slice) -> list[DatedRow]: ...

    def __getitem__(self, place: int | slice) -> DatedRow | list[DatedRow]:
        if isinstance(place, slice):
            return [self._at(one) for one in range(len(self._rows))[place]]
        return self._at(range(len(self._rows))[place])

    def _at(self, place: int) -> DatedRow:
        if (told := self._told.get(place)) is None:
            told = self._told[place] = self._tell(self._rows[place])
        return told

    def only(self, most: int) -> Reckoned:
        """The first ones."""
        return Reckoned(self._rows[:most], self._tell)
