"""Numbers that stand for words, pairs and rows of words, and the table that says what is known of them.

A number has 56 bits: two that differ come out alike once in some 10^10 look-ups in a roster of millions. The table holds no
word, and cannot be turned back into one but by trying words.
"""

from __future__ import annotations

from array import array
from typing import Any, Final

from carrel.deidentification.text.kernels.kernel import kernel

FULL: Final = (1 << 56) - 1
SEED: Final = 7
STEP: Final = 127  # a number of 56 bits times this stays below 2^63


@kernel
def mixed(number: Any) -> Any:
    """A number whose bits all hang on all bits of the other."""
    number = number ^ (number >> 31)
    number = (number * 101) & FULL
    number = number ^ (number >> 23)
    number = (number * 117) & FULL
    return number ^ (number >> 29)


@kernel
def joined(first: Any, second: Any, kind: Any) -> Any:
    """The number of a pair, in this order; the kind keeps pairs of different meaning apart."""
    return mixed((mixed(first) * 53 + mixed(second) + kind * 982451653) & FULL) | 1


@kernel
def known(keys: Any, values: Any, room: Any, number: Any) -> Any:
    """What the table says of a number; 0 where it says nothing.

    Most numbers that are asked for are not there. A row of bits behind the values, small enough for the processor's cache,
    says so of four in five of them, and the table itself, which is not, is asked for the rest.

    Args:
        keys, values: of the table.
        room: how many it can hold, a power of two.
        number: not 0.
    """
    mark = mixed(number)
    bit = (mark >> 20) & (2 * room - 1)
    if not values[room + (bit >> 4)] & (1 << (bit & 15)):
        return 0
    at = mark & (room - 1)
    while keys[at] != 0:
        if keys[at] == number:
            return values[at] + 0
        at = (at + 1) & (room - 1)
    return 0


@kernel
def learn(keys: Any, values: Any, room: Any, number: Any, bits: Any) -> Any:
    """Add bits to what is known of a number.

    Returns:
        1 where the number is new, else 0.
    """
    mark = mixed(number)
    at = mark & (room - 1)
    while keys[at] != 0:
        if keys[at] == number:
            values[at] = values[at] | bits
            return 0
        at = (at + 1) & (room - 1)
    keys[at] = number
    values[at] = bits
    bit = (mark >> 20) & (2 * room - 1)
    values[room + (bit >> 4)] = values[room + (bit >> 4)] | (1 << (bit & 15))
    return 1


@kernel
def may_be_edit(words: Any, room: Any, number: Any) -> Any:
    """Whether a table of edits may know a number; false is sure."""
    bit = (mixed(number) >> 20) & (2 * room - 1)
    return words[room + (bit >> 4)] & (1 << (bit & 15)) != 0


@kernel
def learn_edit(keys: Any, words: Any, room: Any, number: Any, word: Any) -> Any:
    """Remember that a word becomes this number when a letter goes; several words may.

    Returns:
        1 where that is new, else 0.
    """
    mark = mixed(number)
    at = mark & (room - 1)
    while keys[at] != 0:
        if keys[at] == number and words[at] == word:
            return 0
        at = (at + 1) & (room - 1)
    keys[at] = number
    words[at] = word
    bit = (mark >> 20) & (2 * room - 1)
    words[room + (bit >> 4)] = words[room + (bit >> 4)] | (1 << (bit & 15))
    return 1


@kernel
def moved(keys: Any, values: Any, room: Any, into_keys: Any, into_values: Any, into_room: Any) -> Any:
    """Copy a table into a larger one."""
    for at in range(room):
        if keys[at] != 0:
            mark = mixed(keys[at])
            to = mark & (into_room - 1)
            while into_keys[to] != 0:
                to = (to + 1) & (into_room - 1)
            into_keys[to] = keys[at]
            into_values[to] = values[at]
            bit = (mark >> 20) & (2 * into_room - 1)
            into_values[into_room + (bit >> 4)] = into_values[into_room + (bit >> 4)] | (1 << (bit & 15))
    return 0


class WordTable:
    """A table that grows; one number of 64 bits and one value each.

    Args:
        wide: whether values have 64 bits; 32 else.
        move: copies a table into a larger one, `moved` or what it compiles to.
    """

    def __init__(self, *, wide: bool = False, room: int = 1 << 12) -> None:
        self._kind = "q" if wide else "i"
        self.room, self.count = room, 0
        self.keys = array("q", [0]) * room
        self.values = array(self._kind, [0]) * (room + room // 8)  # behind them the row of bits

    def has_room_for(self, more: int) -> bool:
        """Whether so many can be added and two of five places stay free."""
        return (self.count + more) * 5 <= self.room * 3

    def grown(self, more: int) -> WordTable:
        """A larger table, empty, with room for what is in this one and so many more."""
        room = self.room
        while (self.count + more) * 5 > room * 3:
            room *= 2
        made = WordTable(wide=self._kind == "q", room=room)
        made.count = self.count
        return made
