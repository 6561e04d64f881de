"""A log file scrubbed by several processes, each a part at a time; what comes out is in the order of the file.

Each lane reads its parts itself, and leaves what it made in memory that is shared; the scrub hands out parts and takes
them in order. Only what is wholly there and as usual goes through lanes: where a format changes, a day begins, or
anything fails, the scrub goes on by itself from that place, and meets there what one lane would have met.
"""

from __future__ import annotations

import mmap
import os
import select
import signal
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from types import TracebackType
from typing import Any, Final, Self

from carrel.deidentification.logs.compiled.known_texts import MOST
from carrel.deidentification.logs.day_key import DayKeys
from carrel.errors import CarrelError
from carrel.systems.logs.lane_process import DONE, KEY, PART, DonePart, become_lane
from carrel.systems.logs.lane_wire import LaneWire, wire
from carrel.systems.logs.plain_file import PlainFile
from carrel.systems.logs.scrubbers_in_turn import ScrubbersInTurn

_PART: Final = 1 << 21  # bytes: so many pay for handing them out
_READINGS: Final = 4  # of a part, at least
_AHEAD: Final = 2  # parts that a lane has before it
_ROOMS: Final = 4  # parts of a lane that are under way or wait for their turn


@dataclass(slots=True, eq=False)
class _Lane:
    process: int
    wire: LaneWire
    rooms: list[int]
    under_way: deque[_Part] = field(default_factory=deque)
    news: list[Any] = field(default_factory=list)
    is_gone: bool = False


@dataclass(slots=True, eq=False)
class _Part:
    start: int
    stop: int
    room: int
    lane: _Lane
    done: DonePart | None = None


class FileLanes:
    """Processes that scrub parts of a file.

    Args:
        file: the log.
        in_turn: what scrubs its lines; it has seen the first of them.
        keys: of the days.
        cores: how many lanes.
        aside: whether lines that fit no format are kept.

    Attributes:
        failed: whether something went wrong in a lane; the scrub does without lanes then.

    Raises:
        OSError: there is no memory, or no process can be begun.
    """

    def __init__(self, file: PlainFile, in_turn: ScrubbersInTurn, keys: DayKeys, cores: int, *, aside: bool) -> None:
        self._file, self._keys, self.failed = file, keys, False
        self._size = max(_PART, _READINGS * file.size)
        self._map = mmap.mmap(-1, cores * _ROOMS * self._size)
        self._memory = memoryview(self._map)
        self._lanes = list[_Lane]()
        self._limit = 0
        try:
            for n in range(cores):
                rooms = [(n * _ROOMS + one) * self._size for one in range(_ROOMS)]
                self._lanes.append(self._begun(in_turn, rooms, aside=aside))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, wrong: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def go(self, start: int, take: Callable[[DonePart, memoryview], object], may_go_on: Callable[[], bool]) -> int:
        """Scrub the file from a place on.

        Args:
            start: where a reading begins.
            take: takes what became of each part, in order, and the lines of it that pass, in memory that is used again.
            may_go_on: asked before a part is handed out.

        Returns:
            Where the scrub goes on by itself.

        Raises:
            OSError: the file cannot be looked at.
            Exception: whatever the two raise.
        """
        ready, done, handed_out = dict[int, _Part](), start, start
        self._limit = start + (self._file.end - start) // self._file.size * self._file.size
        while done < self._limit:
            while handed_out < self._limit and (lane := self._free()) is not None:
                if not may_go_on():
                    self._limit = handed_out
                    break
                handed_out = self._hand_out(lane, handed_out)
            for lane in self._speaking() if done < self._limit else ():
                if (part := self._heard(lane)) is not None:
                    ready[part.start] = part
            while done < self._limit and done in ready:
                part = ready.pop(done)
                assert part.done is not None  # noqa: S101  (it is ready)
                with self._memory[part.room : part.room + part.done.length] as text:
                    take(part.done, text)
                part.lane.rooms.append(part.room)
                done = part.done.stop
        return done

    def close(self) -> None:
        """End the lanes; what is under way is let go."""
        for one in self._lanes:
            os.kill(one.process, signal.SIGKILL)  # nobody has waited for it yet, so the number is its own
            one.wire.close()
        for one in self._lanes:
            os.waitpid(one.process, 0)
        self._lanes = []
        self._memory.release()
        self._map.close()

    def _begun(self, in_turn: ScrubbersInTurn, rooms: list[int], *, aside: bool) -> _Lane:
        mine, theirs = wire()
        try:
            process = os.fork()
        except OSError:
            mine.close()
            theirs.close()
            raise
        if not process:
            become_lane(theirs, self._file, in_turn, self._keys, self._memory, aside=aside)
        theirs.close()
        return _Lane(process, mine, rooms)

    def _free(self) -> _Lane | None:
        """The lane that has least before it, and room for more."""
        able = [one for one in self._lanes if one.rooms and len(one.under_way) < _AHEAD and not one.is_gone]
        return min(able, key=lambda one: len(one.under_way), default=None)

    def _hand_out(self, lane: _Lane, start: int) -> int:
        part = _Part(start, min(start + self._size, self._limit), lane.rooms.pop(), lane)
        lane.under_way.append(part)
        news, lane.news = lane.news, []
        lane.wire.put(PART, start, part.stop, part.room, self._size, news)
        return part.stop

    def _speaking(self) -> list[_Lane]:
        """Lanes that have something to say; waits until there is one."""
        poll, here = select.poll(), [one for one in self._lanes if not one.is_gone]
        for one in here:
            poll.register(one.wire.reads, select.POLLIN)
            if one.wire.has_unsent:
                poll.register(one.wire.writes, select.POLLOUT)
        found = {handle for handle, _ in poll.poll()}
        for one in here:
            if one.wire.writes in found:
                one.wire.push()
        return [one for one in here if one.wire.reads in found]

    def _heard(self, lane: _Lane) -> _Part | None:
        """What a lane says: a part that is done; nothing where it asked for a key, or failed."""
        try:
            said = lane.wire.receive()
        except (OSError, EOFError):
            lane.is_gone = True
            said = ("gone",)
        if said[0] == KEY:
            lane.wire.put(KEY, self._secret(said[1]))
            return None
        part = lane.under_way.popleft() if lane.under_way else None
        if part is None or said[0] != DONE:
            self.failed = True
            self._limit = min(self._limit, 0 if part is None else part.start)
            return None
        _, news, *rest = said
        part.done = DonePart(*rest)
        if part.done.stop < part.stop:
            self._limit = min(self._limit, part.done.stop)
        for other in self._lanes:
            if other is not lane:
                other.news = (other.news + news)[-MOST:]
        return part

    def _secret(self, day: int) -> bytes | None:
        """The secret of a day; None where it cannot be had, which the scrub meets itself where its first line is."""
        try:
            return self._keys.of(date.fromordinal(day)).secret
        except CarrelError:
            return None
