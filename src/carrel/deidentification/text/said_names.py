"""The names that were found in a conversation, so that they go wherever else it has them, in whatever row or piece.

As all that is known they stand as numbers: a word of a name mixed with its conversation, and no word can be read back.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from typing import Final

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.word_table import WordTable, joined, known, learn
from carrel.deidentification.text.reader import Finding
from carrel.deidentification.text.running import Plain, Running

MOST: Final = 1 << 20  # words of names, of all conversations together; some 25 MB


class SaidNames:
    """Words of names by conversation; of a word that comes when there is no room any more it is only counted.

    Args:
        running: what runs the kernels.
        most: how many words are kept.

    Attributes:
        table: for the kernels.
        forgotten: times that there was no room for a word; it goes where it was found, and is not followed.
    """

    def __init__(self, running: Running | None = None, most: int = MOST) -> None:
        self._running: Running = Plain() if running is None else running
        self._key, self._most = secrets.token_bytes(16), most
        self.table, self.forgotten = WordTable(room=1 << 10), 0

    def number_of(self, conversation: str) -> int:
        """What a conversation is called here, and never in another run; 0 where it has no name."""
        if not conversation:
            return 0
        made = hashlib.blake2b(conversation.encode("utf-8", "surrogateescape"), digest_size=7, key=self._key)
        return int.from_bytes(made.digest()) | 1

    def take(self, conversation: int, found: Iterable[Finding]) -> None:
        """Remember the names among what was found, but for those that stay.

        Args:
            conversation: its number.
            found: in any of its texts.
        """
        for one in found:
            if one.kind == spans.NAME:
                for word, role in ((one.given, bits.SAID_GIVEN), (one.family, bits.SAID_FAMILY)):
                    if word:
                        self._take(joined(word, conversation, bits.S_SAID), role)

    def _take(self, number: int, role: int) -> None:
        table = self.table
        if table.count >= self._most:
            if not known(table.keys, table.values, table.room, number):
                self.forgotten += 1
                return
        elif not table.has_room_for(1):
            made = table.grown(table.count)
            self._running.moved(table.keys, table.values, table.room, made.keys, made.values, made.room, 0)
            self.table = table = made
        table.count += learn(table.keys, table.values, table.room, number, role)
