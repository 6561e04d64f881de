"""A log under way: its format found by the first lines, watched, and found again where it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from carrel.deidentification.logs.line_scrubbing import Scrubbing
from carrel.deidentification.logs.log_detection import require_detected
from carrel.deidentification.logs.log_findings import findings
from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.log_line import LineScrubber, ScrubbedBlock
from carrel.systems.logs.log_stream import BLOCK, Lines
from carrel.systems.logs.log_tally import Tally
from carrel.systems.logs.scrubbers_in_turn import ENOUGH, LOOKED_AT, ScrubbersInTurn, joined_blocks, lines_of

if TYPE_CHECKING:
    from carrel.deidentification.logs.compiled.heard_texts import Heard
    from carrel.deidentification.logs.compiled.machine_code import MachineCode
    from carrel.systems.logs.lane_process import DonePart
    from carrel.systems.logs.scrub_lanes import Done, ScrubLanes
    from carrel.systems.logs.scrub_run import ScrubRun

Write = Callable[[bytes | memoryview], object]


class Course:
    """One stream under way.

    Args:
        run: how it is scrubbed.
        write: takes what passes.
        at: what faults call the log.
        cores: that share its blocks here; one, where parts of the log are shared elsewhere.
        size: bytes that it is known to have; 0 of a pipe.
        tally: that takes what became of its lines; one of its own unless it is given.

    Attributes:
        in_turn: what scrubs its lines.
        tally: what became of them.
    """

    def __init__(
        self, run: ScrubRun, write: Write, at: str, cores: int, size: int = 0, tally: Tally | None = None
    ) -> None:
        self._run, self._write, self._at, self._cores, self._size = run, write, at, cores, size
        self._rules = run.rules
        self._day = run.today()
        self._waiting: list[Lines] = []
        self.in_turn = ScrubbersInTurn(run.formats if run.declared is None else ())
        self._lanes: ScrubLanes | None = None
        self._code: MachineCode | None = None
        self._tried, self._taken = False, 0
        self.tally = Tally() if tally is None else tally
        if run.declared is not None:
            self._use(run.declared)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, wrong: BaseException | None, at: TracebackType | None) -> None:
        if self._lanes is not None:
            self._lanes.close()

    def take(self, lines: Lines) -> None:
        """Scrub some lines, or keep them until there are enough to find a format; a declared one waits for none."""
        self.tally.too_long += lines.too_long
        self._keep_up()
        if not self.in_turn.all:
            self._waiting.append(lines)
            if sum(one.data.count(b"\n") for one in self._waiting) >= ENOUGH:
                self._begin()
            return
        self._look_at(lines.data)
        self._taken += len(lines.data)
        if not self._tried and self._is_worth_compiling():
            self._compile(lines.data)
        if self._lanes is None:
            self._scrub(lines.data)
            return
        self._hand_on(self._lanes.take(lines.data))
        if len(lines.data) < BLOCK // 2:  # a pipe that has no more for now: nobody waits for its next lines
            self._drain()

    def _is_worth_compiling(self) -> bool:
        from_here = max(self._taken, self._size) >= self._run.compiled_from
        return self._run.code is not None and self._run.count is None and from_here

    @property
    def is_settled(self) -> bool:
        """Whether its first lines are known, and nothing more is decided by the next ones."""
        is_known = bool(self.in_turn.all) and self.tally.looked_at >= LOOKED_AT
        return is_known and (self._tried or not self._is_worth_compiling())

    @property
    def is_same_day(self) -> bool:
        """Whether the day is the one that its rules go by."""
        return self._run.today() == self._day

    def take_part(self, part: DonePart, text: memoryview) -> None:
        """Take what became of a part of the log that was scrubbed elsewhere, by the scrubbers of this one."""
        self.tally.too_long += part.too_long
        if text:
            self._write(text)
        self._keep(part.rest, part.passed, part.past, part.unknown, part.aside)

    def end(self) -> None:
        """Scrub what still waits."""
        self._drain()
        self._begin()

    def _hand_on(self, done: Iterator[Done]) -> None:
        """Go on with blocks that were scrubbed on other cores, as long as they were scrubbed by whoever leads now."""
        lanes = self._lanes
        again = list[bytes]()
        for blocks, block in done:
            if self._lanes is lanes:
                self._go_on(block)
            else:
                again += blocks
        if self._lanes is not lanes and lanes is not None:
            again += [one for blocks, _ in lanes.rest() for one in blocks]
            lanes.close()
        for one in again:
            self._scrub(one)

    def _drain(self) -> None:
        if self._lanes is not None:
            self._hand_on(self._lanes.rest())

    def _compile(self, data: bytes) -> None:
        """Go on in machine code, if there is some and it has the outcome of the plain way with the lines at hand."""
        self._tried = True
        code = None if self._run.code is None else self._run.code()
        if code is None:
            return
        plain, self._code = self.in_turn.lead, code
        compiled = self._made(plain.log_format)
        if compiled.block(data) != plain.block(data):
            self._code = None
            return
        self.in_turn.all = [compiled, *(self._made(one.log_format) for one in self.in_turn.all[1:])]
        self._open_lanes()

    def _made(self, log_format: LogFormat, heard: Heard | None = None) -> Scrubbing:
        if self._code is None:
            return LineScrubber(log_format, self._rules, self._run.count)
        from carrel.deidentification.logs.compiled.block_scrubber import block_scrubber

        return block_scrubber(log_format, self._rules, self._code, heard)

    def _remake(self) -> None:
        self.in_turn.all = [self._made(one.log_format) for one in self.in_turn.all]
        if self.in_turn.all:
            self._open_lanes()

    def _open_lanes(self) -> None:
        """Several cores for whoever leads; what is still under way elsewhere belongs to who opened that."""
        lead = self.in_turn.lead
        self._lanes = None
        if self._cores > 1 and not isinstance(lead, LineScrubber):  # the plain way would keep the others waiting
            from carrel.deidentification.logs.compiled.heard_texts import listeners
            from carrel.systems.logs.scrub_lanes import ScrubLanes

            self._lanes = ScrubLanes([self._made(lead.log_format, one) for one in listeners(self._cores)])

    def _begin(self) -> None:
        """Find the format by the first lines, tell what they hold, and go on with them."""
        data = b"".join(one.data if one.data.endswith(b"\n") else one.data + b"\n" for one in self._waiting)
        self._waiting = []
        first = [one for one in data.split(b"\n", LOOKED_AT)[:LOOKED_AT] if one.strip()]
        if not first:
            return
        self._use(require_detected([one.rstrip(b"\r") for one in first], self._run.formats, self._at))
        self._look_at(data)
        self._scrub(data)

    def _look_at(self, data: bytes) -> None:
        """Tell what the first lines of a log hold, however many come at once; by the format with which it began."""
        left = LOOKED_AT - self.tally.looked_at
        if left > 0 and (first := [one for one in data.split(b"\n", left)[:left] if one.strip()]):
            self.tally.looked_at += len(first)
            self.tally.found.update(findings(self.in_turn.all[-1].log_format, first))

    def _use(self, log_format: LogFormat) -> None:
        self.in_turn.all.insert(0, self._made(log_format))
        self._open_lanes()
        if log_format.name not in self.tally.formats:
            self.tally.formats.append(log_format.name)

    def _scrub(self, data: bytes) -> None:
        self._go_on(self.in_turn.lead.block(data))

    def _go_on(self, block: ScrubbedBlock) -> None:
        """Write what passes; the lines that do not fit are tried with the other formats, known or not by now."""
        block = self.in_turn.by_others(block)
        if (other := self.in_turn.other_format(block.unknown)) is not None:
            self._use(other)
            block = joined_blocks(block, self.in_turn.lead.block(lines_of(block.unknown)))
        aside = lines_of(block.unknown) if block.unknown and self._run.aside is not None else b""
        self._keep(block.text, block.passed, block.past, len(block.unknown), aside)

    def _keep(self, text: bytes, passed: int, past: int, unknown: int, aside: bytes) -> None:
        """Write and count what passes, and what does not."""
        if text:
            self._write(text)
        self.tally.passed += passed
        self.tally.past += past
        self.tally.dropped += past if self._rules.drop_past else 0
        self.tally.unknown += unknown
        if aside and self._run.aside is not None:
            self._run.aside(aside)

    def _keep_up(self) -> None:
        """With a new day keys fall due, and everything that was made with them is let go."""
        today = self._run.today()
        if today == self._day:
            return
        self._drain()
        self._day = today
        self._rules.keys.forget(today)
        self._rules = replace(self._rules, today=today)
        if self._lanes is not None:
            self._lanes.close()
        self._remake()
        if self._run.new_day is not None:
            self._run.new_day(today)
