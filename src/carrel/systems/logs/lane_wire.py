"""What a scrub and its lanes tell each other, through two pipes: plain values, each with its length before it.

The lanes are forked from the scrub and run its code, so nobody else writes here.
"""

from __future__ import annotations

import marshal
import os
from contextlib import suppress
from struct import Struct
from typing import Any, Final

_LENGTH: Final = Struct("<Q")
_PIECE: Final = 1 << 20


class LaneWire:
    """One end of it.

    Args:
        reads: the pipe that is read.
        writes: the pipe that is written.
    """

    def __init__(self, reads: int, writes: int) -> None:
        self.reads, self.writes = reads, writes
        self._unsent = memoryview(b"")

    @property
    def has_unsent(self) -> bool:
        """Whether something waits for room."""
        return bool(self._unsent)

    def send(self, *said: Any) -> None:
        """Say something; waits until the other end has taken nearly all of it.

        Raises:
            OSError: the other end is gone.
        """
        self._unsent = _packed(said)
        while self._unsent:
            self._unsent = self._unsent[os.write(self.writes, self._unsent) :]

    def put(self, *said: Any) -> None:
        """Say something without waiting: two that wait for each other would wait for ever. See `push`."""
        self._unsent = memoryview(bytes(self._unsent) + bytes(_packed(said)))
        self.push()

    def push(self) -> None:
        """Send on as much as there is room for; of an end that was made not to wait."""
        with suppress(BlockingIOError, BrokenPipeError):  # that it is gone is seen when it is read
            while self._unsent:
                self._unsent = self._unsent[os.write(self.writes, self._unsent) :]

    def receive(self) -> tuple[Any, ...]:
        """What the other end says next; waits for it.

        Raises:
            EOFError: it is gone.
        """
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        said: tuple[Any, ...] = marshal.loads(self._exactly(length))  # noqa: S302  (of a process forked from this one)
        return said

    def close(self) -> None:
        """Let go of it; the other end sees that."""
        os.close(self.reads)
        os.close(self.writes)

    def _exactly(self, size: int) -> bytes:
        pieces = list[bytes]()
        while size:
            piece = os.read(self.reads, min(size, _PIECE))
            if not piece:
                raise EOFError
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


def wire() -> tuple[LaneWire, LaneWire]:
    """Both ends of a new one: that of the scrub, which never waits for room, and that of a lane."""
    to_scrub, to_lane = os.pipe(), os.pipe()
    os.set_blocking(to_lane[1], False)
    return LaneWire(to_scrub[0], to_lane[1]), LaneWire(to_lane[0], to_scrub[1])


def _packed(said: tuple[Any, ...]) -> memoryview:
    body = marshal.dumps(said)
    return memoryview(_LENGTH.pack(len(body)) + body)
