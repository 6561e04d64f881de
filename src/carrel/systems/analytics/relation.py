"""What every engine offers of records: statements answered, and the records in the form in which they are counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from carrel.inventory.record_source import NamedSource

CODED = "coded"
PERSON = "p"
DESCRIPTION = "(description)"
COUNT = "(records)"  # how many records a row stands for, where some were grouped


class Relation(Protocol):
    """Records that one engine reads.

    Attributes:
        name: as it stands in a statement.
        columns: their names, in order.
        source: where they come from.
        each_row: an expression with another value in each row.
        no_value: what stands in a column of `CODED` where there is no value.
    """

    @property
    def name(self) -> str:
        """In a statement."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Their names."""
        ...

    @property
    def source(self) -> NamedSource:
        """Where they come from."""
        ...

    @property
    def each_row(self) -> str:
        """An expression that differs from row to row."""
        ...

    @property
    def no_value(self) -> str:
        """What stands for no value in `CODED`."""
        ...

    def ask(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a statement about them answers; CarrelError SRC-002, SRC-004, SRC-006 without the engine's own words."""
        ...

    def require(self, columns: Iterable[str]) -> None:
        """Whether each of these columns is there; CarrelError SRC-003."""
        ...

    def require_unchanged(self) -> None:
        """Whether what is read again at each question is still the same; CarrelError SRC-005."""
        ...

    def described(self, columns: Sequence[str]) -> Relation:
        """The same with a further column, `DESCRIPTION`: what these columns say together, gaps too."""
        ...

    def code(self, columns: Sequence[str], person: str | None) -> None:
        """Make the relation `CODED`: ``c0``, ``c1`` … for the columns, and `PERSON`.

        Values that are alike as texts are alike there; an empty text is no value. A person who is not known is NULL
        there, and nothing else is; where no column tells, each row is another person's.
        """
        ...

    def drawn(self, columns: Sequence[str], most: int) -> list[tuple[Any, ...]]:
        """The values of some columns as texts, in so many rows at the most, taken from all over."""
        ...
