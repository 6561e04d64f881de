"""Whatever runs the kernels: this interpreter as they stand, or machine code; both come to the same outcome."""

from __future__ import annotations

from array import array
from typing import Protocol

from carrel.deidentification.text.listing import take_list
from carrel.deidentification.text.reading import read_block
from carrel.deidentification.text.word_table import moved

Numbers = array  # of whole numbers, of 32 or 64 bits


class Running(Protocol):
    """The three entrances."""

    def take_list(
        self, buf: bytes, size: int, what: int, fold: array[int], tok: array[int], letters: array[int], keys: array[int], values: array[int],
        room: int, edits: array[int], words: array[int], edit_room: int, told: array[int],
    ) -> int: ...  # fmt: skip

    def read_block(
        self, buf: bytes, places: array[int], first: int, texts: int, fold: array[int], tok: array[int], most_tokens: int, letters: array[int],
        keys: array[int], values: array[int], room: int, edits: array[int], words: array[int], edit_room: int, masks: array[int], mask_count: int,
        out: array[int], most: int,
    ) -> int: ...  # fmt: skip

    def moved(
        self, keys: array[int], values: array[int], room: int, into_keys: array[int], into_values: array[int], into_room: int, wide: int,
    ) -> int: ...  # fmt: skip


class Plain:
    """The kernels as they stand."""

    take_list = staticmethod(take_list)
    read_block = staticmethod(read_block)

    @staticmethod
    def moved(
        keys: array[int], values: array[int], room: int, into_keys: array[int], into_values: array[int], into_room: int, wide: int
    ) -> int:
        """A table copied into a larger one."""
        del wide
        made: int = moved(keys, values, room, into_keys, into_values, into_room)
        return made
