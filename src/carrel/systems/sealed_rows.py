"""Rows that wait for their package: on the disk in a file without a name, sealed under a key of this process alone."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from carrel.rights.third_persons import HeldRow

AT_ONCE = 500  # rows that stand in memory, and are sealed as one piece
_NONCE = 12


class RowShelf:
    """Where the rows of one production wait.

    Args:
        descriptor: of a file without a name, open for reading and writing.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._end, self._pieces = descriptor, 0, 0
        self._cipher = ChaCha20Poly1305(ChaCha20Poly1305.generate_key())

    def keep(self, rows: Iterable[HeldRow]) -> SealedRows:
        """Take rows one after the other; `AT_ONCE` of them, at most, are in memory.

        Raises:
            OSError: the disk has no room.
        """
        kept = SealedRows(self)
        for row in rows:
            kept.add(row)
        return kept

    def put(self, rows: list[HeldRow]) -> tuple[int, int, int]:
        """Seal a piece, and tell where it lies: its number, place and length."""
        plain = pickle.dumps([(one.values, one.withheld, one.redacted) for one in map(_plain, rows)])
        number, place = self._pieces, self._end
        sealed = memoryview(self._cipher.encrypt(number.to_bytes(_NONCE, "big"), plain, None))
        self._pieces += 1
        while sealed:
            written = os.pwrite(self._descriptor, sealed, self._end)
            self._end, sealed = self._end + written, sealed[written:]
        return number, place, self._end - place

    def get(self, number: int, place: int, length: int) -> list[HeldRow]:
        """Open a piece.

        Raises:
            cryptography.exceptions.InvalidTag: it is not what was sealed.
        """
        sealed = os.pread(self._descriptor, length, place)
        plain = self._cipher.decrypt(number.to_bytes(_NONCE, "big"), sealed, None)
        # No other process has the key: what opens was written by this one.
        return [HeldRow(*one) for one in pickle.loads(plain)]  # noqa: S301  (as above)


class SealedRows:
    """Rows of one table, to be read again and again.

    Attributes:
        withheld, redacted: how many values of them are not shown, and how many had others taken out.
    """

    def __init__(self, shelf: RowShelf) -> None:
        self._shelf, self._pieces, self._last = shelf, list[tuple[int, int, int]](), list[HeldRow]()
        self._count = self.withheld = self.redacted = 0

    def add(self, row: HeldRow) -> None:
        """Take one more."""
        self._count += 1
        self.withheld += len(row.withheld)
        self.redacted += len(row.redacted)
        self._last.append(row)
        if len(self._last) == AT_ONCE:
            self._pieces.append(self._shelf.put(self._last))
            self._last = []

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[HeldRow]:
        for piece in self._pieces:
            yield from self._shelf.get(*piece)
        yield from self._last


@contextmanager
def row_shelf(folder: Path) -> Iterator[RowShelf]:
    """A shelf in a folder that takes files without a name.

    Guarantees:
        Nothing of a row lies in the clear on a disk, and when the process ends, by itself or killed, the file is gone.
        A production of fewer rows than `AT_ONCE` in each table writes nothing there.

    Raises:
        OSError: the folder takes no such file.
    """
    descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_EXCL, 0o600)
    try:
        yield RowShelf(descriptor)
    finally:
        os.close(descriptor)


def _plain(row: HeldRow) -> HeldRow:
    """A row that can be sealed: a driver may give bytes as a view of its own."""
    if not any(isinstance(value, memoryview) for value in row.values.values()):
        return row
    values: dict[str, Any] = {
        name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.values.items()
    }
    return HeldRow(values, row.withheld, row.redacted)
