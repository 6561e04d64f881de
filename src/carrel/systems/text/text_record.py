"""A part of a text that is read and written anew: a row, a line of JSON, or a part of a plain file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Protocol

from carrel.errors import CarrelError, fault
from carrel.systems.text import faults


@dataclass(slots=True)
class Record:
    """A part of a file.

    Attributes:
        number: from 1 on.
        cells: its texts, as bytes.
        names: of the cells.
        conversation: that it belongs to; empty where each record is its own.
        put: writes the record with other texts in place of its own.
        apart: whether its last cell has nothing to do with the others.
        before, after: what stands right around its cell, where a plain text was cut.
    """

    number: int
    cells: list[bytes]
    names: tuple[str, ...]
    conversation: str
    put: Callable[[IO[bytes], Sequence[bytes]], object]
    apart: bool = False
    before: bytes = b""
    after: bytes = b""


class Form(Protocol):
    """How a kind of file is read."""

    def records(self, stream: IO[bytes], at: str) -> Iterator[Record]:
        """Its records in order."""


def no_field(at: str, missing: Sequence[str], there: Sequence[str]) -> CarrelError:
    """The error of columns that are not there; names of columns are told, never values."""
    return fault(
        faults.NO_FIELD,
        at=at,
        wanted=", ".join(missing),
        found=f"{len(there)} other columns" if len(there) else "no column",
        fix="write the name as the first line, or the first record, has it",
    )


def broken(at: str, where: str, wanted: str, found: str = "something else") -> CarrelError:
    """The error of a place that is not as its form wants it; what stands there is not told."""
    return fault(faults.UNREADABLE, at=f"{at}, {where}", wanted=wanted, found=found, fix="mend it, or name --format")
