"""One log scrubbed from a stream into a stream, in the way that this installation and the rules allow."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import IO, Final

from carrel.deidentification.logs.compiled.machine_code import MachineCode
from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.log_line import SeenRow
from carrel.deidentification.logs.scrub_rules import AddressRule, ScrubRules
from carrel.systems.logs.log_stream import BLOCK, blocks
from carrel.systems.logs.log_tally import Tally
from carrel.systems.logs.scrub_course import Course, Write

WORTH_COMPILING: Final = 1 << 22  # bytes of a log: less is done before machine code is there
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
        cores: that share this, where it is machine code. These three change how long it takes, and nothing else.
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

    def scrub(self, stream: IO[bytes], write: Write, at: str) -> Tally:
        """Scrub a stream to its end.

        Args:
            stream: plain bytes.
            write: takes what passes, block by block.
            at: what faults call the log.

        Raises:
            CarrelError: LOG-002, the format was not declared and is not known; nothing was written then.
        """
        with _no_cycles(), Course(self, write, at) as course:
            for one in blocks(stream, _LARGE if self.rules.address in _BY_PREFIX else BLOCK):
                course.take(one)
            course.end()
            return course.tally


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
