"""One log scrubbed from a stream into a stream, in the way that this installation and the rules allow."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import IO, TYPE_CHECKING, Final

from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.log_line import SeenRow
from carrel.deidentification.logs.scrub_rules import AddressRule, ScrubRules
from carrel.systems.logs.log_stream import BLOCK, LineCutter, blocks
from carrel.systems.logs.log_tally import Tally
from carrel.systems.logs.plain_file import PlainFile, plain_file
from carrel.systems.logs.scrub_course import Course, Write

if TYPE_CHECKING:
    from carrel.deidentification.logs.compiled.machine_code import MachineCode

WORTH_COMPILING: Final = 1 << 22  # bytes of a log: less is done before machine code is there
WORTH_SHARING: Final = 1 << 24  # bytes that are left of a file: less is done before lanes have begun
_LARGE = 1 << 20  # bytes of a block: ciphers that go bit by bit want many addresses in one call
_BY_PREFIX = frozenset((AddressRule.PFX, AddressRule.CRYPTO_PAN))


@dataclass(frozen=True, slots=True)
class ScrubRun:
    """How logs are scrubbed.

    Attributes:
        rules: what may stay.
        formats: the known ones.
        declared: the format, where it was declared; it is not looked for then.
        today: the day, asked again and again: a pipe can run for weeks.
        new_day: called when another day has begun.
        count: takes each row before it is scrubbed.
        aside: takes each line that fits no format, as it came.
        code: gives machine code, or None where there is none; asked when a log turns out to be worth it. What is
            counted goes the plain way.
        compiled_from: bytes of a log after which it is worth it.
        cores: that share this: a file in any way, a pipe where it is machine code.
        shared_from: bytes that are left of a file from which cores share it. These four change how long it takes, and
            nothing else.
    """

    rules: ScrubRules
    formats: Sequence[LogFormat]
    today: Callable[[], date]
    declared: LogFormat | None = None
    new_day: Callable[[date], object] | None = None
    count: Callable[[SeenRow], None] | None = None
    aside: Write | None = None
    code: Callable[[], MachineCode | None] | None = None
    compiled_from: int = WORTH_COMPILING
    cores: int = 1
    shared_from: int = WORTH_SHARING

    def scrub(self, stream: IO[bytes], write: Write, at: str, tally: Tally | None = None) -> Tally:
        """Scrub a stream to its end.

        Args:
            stream: plain bytes.
            write: takes what passes, block by block. Some come as memory that is used again when it returns.
            at: what faults call the log.
            tally: takes the counts as they come, for whoever wants them after an error too.

        Returns:
            The counts.

        Raises:
            CarrelError: LOG-002, the format was not declared and is not known; nothing was written then.
        """
        size = _LARGE if self.rules.address in _BY_PREFIX else BLOCK
        file = plain_file(stream, size)
        length = 0 if file is None else file.end - stream.tell()
        shared = file if self.cores > 1 and self.count is None else None
        cores = self.cores if file is None else 1
        with _no_cycles(), Course(self, write, at, cores, length, tally) as course:
            cutter = LineCutter()
            while True:
                for one in blocks(stream, size, cutter):
                    course.take(one)
                    if shared is not None and course.is_settled and shared.end - stream.tell() >= self.shared_from:
                        break
                else:
                    break
                assert shared is not None  # noqa: S101  (there was no other way here)
                cutter, shared = self._share(stream, shared, course)
            course.end()
            return course.tally

    def _share(self, stream: IO[bytes], file: PlainFile, course: Course) -> tuple[LineCutter, PlainFile | None]:
        """Go on in several lanes as far as they come, and tell how the stream goes on; without lanes if they failed."""
        from carrel.systems.logs.file_lanes import FileLanes

        try:
            lanes = FileLanes(file, course.in_turn, self.rules.keys, self.cores, aside=self.aside is not None)
        except OSError:  # no memory, or too many processes: it takes longer, and that is all
            return file.cutter(stream.tell()), None
        with lanes:
            place = lanes.go(stream.tell(), course.take_part, lambda: course.is_same_day)
        stream.seek(place)
        return file.cutter(place), None if lanes.failed else file


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Millions of short tuples and no circles among them: looking for circles would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
