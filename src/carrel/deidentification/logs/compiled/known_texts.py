"""What was made of texts, in memory that machine code looks into.

One field's text is told from another's, and one day's from another's, by a tag beside it. When there is no more room
everything is let go, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import Array, addressof, c_char, c_int64, memset
from dataclasses import dataclass
from itertools import chain
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import Final

from carrel.deidentification.logs.compiled.layout import ENTRY, LONGEST_TEXT, ROOM
from carrel.deidentification.logs.compiled.machine_code import MachineCode

MOST: Final = 1 << 16
BYTES: Final = 1 << 23  # of all texts and of what they became


@dataclass(frozen=True, slots=True)
class KnownText:
    """What became of a text.

    Attributes:
        tag: of its field, and of its day where what it becomes hangs on that.
        text: as it came.
        made: what is written for it.
        more: a verdict; day: of a time, as its ordinal.
    """

    tag: int
    text: bytes
    made: bytes
    more: int = 0
    day: int = 0


class KnownTexts:
    """The table.

    Args:
        code: that reads and fills it.
        seed: random, so that nobody writes a log whose texts all fall on one place.
        most: texts, a power of two.
        room: bytes of all texts and of what they became.

    Attributes:
        address: of the table, as `known_at` takes it.
        longest: of all that texts became.
    """

    def __init__(self, code: MachineCode, seed: int, most: int = MOST, room: int = BYTES) -> None:
        self._code, self._most, self._room = code, most, room
        slots = most * 2  # half of them stay empty, so a text that is not known is told soon
        self._slots, self._entries = (c_int64 * slots).from_buffer(_pages(slots * 8)), _bytes(most * ENTRY)
        self._arena = _bytes(room + 2 * ROOM)
        self._table = (c_int64 * 5)(addressof(self._slots), addressof(self._entries), slots - 1, seed >> 1, 0)
        self._used = (c_int64 * 2)()
        self.address = addressof(self._table)
        self.longest = 0
        self._clear()

    @property
    def longest_text(self) -> int:
        """Bytes of the longest text that is known."""
        return self._table[LONGEST_TEXT]

    def take(self, known: Sequence[KnownText]) -> bool:
        """Remember texts that are not known yet; all others are let go where there is no room.

        Returns:
            Whether they fit.
        """
        size = sum(len(one.text) + len(one.made) for one in known)
        used = self._used[1] - addressof(self._arena)
        if self._used[0] + len(known) > self._most or used + size > self._room:
            self._clear()
            if len(known) > self._most or size > self._room:
                return False
        if known:
            self._put(known)
        return True

    def _clear(self) -> None:
        memset(self._slots, 0xFF, len(self._slots) * 8)
        self._used[:] = [0, addressof(self._arena)]

    def _put(self, known: Sequence[KnownText]) -> None:
        rows, at = list[tuple[int, ...]](), 0
        for one in known:
            after = at + len(one.text)
            rows.append((one.tag, at, len(one.text), after, len(one.made), one.more, one.day))
            at = after + len(one.made)
        self.longest = max(self.longest, *(len(one.made) for one in known))
        self._table[LONGEST_TEXT] = max(self._table[LONGEST_TEXT], *(len(one.text) for one in known))
        numbers = list(chain.from_iterable(rows))
        given = (c_int64 * len(numbers))(*numbers)
        joined = b"".join([one.text + one.made for one in known])
        texts = (c_char * (len(joined) + ROOM)).from_buffer_copy(joined + bytes(ROOM))
        self._code.take_texts(self.address, addressof(self._used), addressof(given), len(known), addressof(texts))


def _bytes(size: int) -> Array[c_char]:
    return (c_char * size).from_buffer(_pages(size))


def _pages(size: int) -> mmap:
    """Memory of which a page is there once it is written to, and of this process alone also after a fork."""
    return mmap(-1, size, MAP_PRIVATE | MAP_ANONYMOUS)
