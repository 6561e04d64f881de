"""Whatever runs the kernels: this interpreter as they stand, or machine code; both come to the same outcome."""

from __future__ import annotations

from array import array
from typing import Any, Protocol

from carrel.deidentification.text.kernels.list_rows import cut_rows
from carrel.deidentification.text.kernels.listing import take_list
from carrel.deidentification.text.kernels.reading import read_block
from carrel.deidentification.text.kernels.word_table import moved


class Running(Protocol):
    """The entrances; each takes what the kernel of its name does.

    Attributes:
        is_compiled: whether they are machine code.
    """

    @property
    def is_compiled(self) -> bool:
        """Whether they are machine code."""

    def take_list(self, *given: Any) -> int:
        """Learn the lines of a list."""

    def read_block(self, *given: Any) -> int:
        """Look through texts."""

    def cut_rows(self, *given: Any) -> int:
        """Cut rows of CSV into lines of lists."""

    def moved(self, *given: Any) -> int:
        """Copy a table into a larger one; the last argument says whether its values have 64 bits."""


class Plain:
    """The kernels as they stand."""

    is_compiled = False

    @staticmethod
    def take_list(*given: Any) -> int:
        """Learn the lines of a list."""
        done: int = take_list(*given)
        return done

    @staticmethod
    def read_block(*given: Any) -> int:
        """Look through texts."""
        done: int = read_block(*given)
        return done

    @staticmethod
    def cut_rows(*given: Any) -> int:
        """Cut rows of CSV into lines of lists."""
        done: int = cut_rows(*given)
        return done

    @staticmethod
    def moved(keys: array[int], values: array[int], room: int, *given: Any) -> int:
        """Copy a table into a larger one."""
        done: int = moved(keys, values, room, *given[:3])
        return done
