"""A lane: a process that scrubs parts of a log file which it reads itself, and tells what became of each.

It is forked from the scrub when all is loaded and the first lines are known, and does nothing but this: it writes to no
file and draws no key. The key of a day is asked for, so that all lanes and the scrub itself have the same.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, NoReturn

from carrel.deidentification.logs.compiled.heard_texts import listeners
from carrel.deidentification.logs.compiled.known_texts import KnownText
from carrel.deidentification.logs.day_key import DayKeys
from carrel.systems.logs.lane_wire import LaneWire
from carrel.systems.logs.plain_file import PlainFile
from carrel.systems.logs.scrubbers_in_turn import ScrubbersInTurn, lines_of

PART: Final = "part"  # what the scrub says: the next part to do
KEY: Final = "key"  # asked for by a lane, with its day; given by the scrub
DONE: Final = "done"
_FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class DonePart:
    """What became of a part of a log.

    Attributes:
        stop: up to which it is done: its end, or where a reading begins that holds a block in another format.
        passed, past, unknown, too_long: how many lines.
        length: bytes of the lines that pass, in the memory that is shared.
        rest: what has no room there.
        aside: the lines that fit no format, where they are kept.
    """

    stop: int
    passed: int
    past: int
    unknown: int
    too_long: int
    length: int
    rest: bytes
    aside: bytes


class _Text:
    """Lines that pass, in a room of the memory that is shared; what has no room there comes with the message."""

    def __init__(self, room: memoryview) -> None:
        self._room, self.length, self._rest = room, 0, list[bytes]()

    @property
    def left(self) -> memoryview:
        """Room that nothing stands in yet; none behind what has had none."""
        return self._room[len(self._room) if self._rest else self.length :]

    def add(self, filled: int, text: bytes) -> None:
        """Take so much of the room as filled, and a text behind it."""
        self.length += filled
        after = self.length + len(text)
        if self._rest or after > len(self._room):
            self._rest.append(text)
        elif text:
            self._room[self.length : after], self.length = text, after

    @property
    def rest(self) -> bytes:
        return b"".join(self._rest)


class LaneProcess:
    """The work of one lane.

    Args:
        wire: to the scrub.
        file: the log.
        in_turn: what scrubs its lines.
        keys: of the days.
        memory: shared with the scrub, for what is written.
        aside: whether lines that fit no format are kept.
    """

    def __init__(
        self, wire: LaneWire, file: PlainFile, in_turn: ScrubbersInTurn, keys: DayKeys, memory: memoryview, *,
        aside: bool,
    ) -> None:  # fmt: skip
        self._wire, self._file, self._in_turn, self._memory, self._aside = wire, file, in_turn, memory, aside
        self._asked = deque[tuple[Any, ...]]()
        keys.fetch = self._fetch
        here, self._others = listeners(2)
        in_turn.lead.listen(here)

    def go(self) -> None:
        """Scrub parts until the scrub has no more.

        Raises:
            EOFError: it has none.
        """
        while True:
            _, start, stop, room, size, news = self._asked.popleft() if self._asked else self._wire.receive()
            self._others.tell([KnownText(*one) for one in news])
            try:
                said = self._scrubbed(start, stop, room, size)
            except Exception:  # noqa: BLE001  (whatever it is, the scrub meets it itself, in its turn)
                said = (_FAILED,)
            self._wire.send(*said)

    def _scrubbed(self, start: int, stop: int, room: int, size: int) -> tuple[Any, ...]:
        text, aside, cutter = _Text(self._memory[room : room + size]), list[bytes](), self._file.cutter(start)
        passed = past = unknown = too_long = 0
        for place, lines in self._file.lines(start, stop, cutter):
            too_long += lines.too_long
            filled, block = self._in_turn.lead.block_in(lines.data, text.left)
            block = self._in_turn.by_others(block)
            if self._in_turn.other_format(block.unknown) is not None:
                stop = place
                break
            text.add(filled, block.text)
            passed, past, unknown = passed + block.passed, past + block.past, unknown + len(block.unknown)
            if block.unknown and self._aside:
                aside.append(lines_of(block.unknown))
        else:
            too_long += cutter.too_long
        news = [(one.tag, one.text, one.made, one.more, one.day) for one in self._others.news()]
        return (DONE, news, stop, passed, past, unknown, too_long, text.length, text.rest, b"".join(aside))

    def _fetch(self, day: date) -> bytes:
        self._wire.send(KEY, day.toordinal())
        while (said := self._wire.receive())[0] != KEY:
            self._asked.append(said)
        secret: bytes | None = said[1]
        if secret is None:
            raise LookupError
        return secret


def become_lane(
    wire: LaneWire, file: PlainFile, in_turn: ScrubbersInTurn, keys: DayKeys, memory: memoryview, *, aside: bool
) -> NoReturn:
    """Be a lane from now on, in a process that was forked just now; it ends with the scrub, and quietly."""
    with suppress(BaseException):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells all of them; the scrub ends its lanes
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _let_go_of_files(frozenset((wire.reads, wire.writes, file.handle)))
        LaneProcess(wire, file, in_turn, keys, memory, aside=aside).go()
    os._exit(0)


def _let_go_of_files(kept: frozenset[int]) -> None:
    """Close what the scrub has open: a lock is free, and a pipe ends, as soon as the scrub is gone."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for one in {0, 1, 2} - kept:
        os.dup2(nowhere, one)
    for one in [int(found.name) for found in Path("/dev/fd").iterdir()]:
        if one not in kept | {0, 1, 2}:
            with suppress(OSError):  # the list itself was open when it was read
                os.close(one)
