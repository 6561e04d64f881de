"""The scrubbers of one log: the format in use leads, and the others get what does not fit it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from carrel.deidentification.logs.line_scrubbing import Scrubbing
from carrel.deidentification.logs.log_detection import detected
from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.log_line import ScrubbedBlock

LOOKED_AT: Final = 200  # lines, to find a format and to tell what a log holds
ENOUGH: Final = 20  # unknown lines in one block, before another format is looked for


@dataclass(slots=True)
class ScrubbersInTurn:
    """Scrubbers of the formats that a log was found to have.

    Attributes:
        formats: the known ones, of which another may turn up; none where the format was declared.
        all: the one that is in use leads, the first is the last.
    """

    formats: Sequence[LogFormat]
    all: list[Scrubbing] = field(default_factory=list)

    @property
    def lead(self) -> Scrubbing:
        """The one in use."""
        return self.all[0]

    def by_others(self, block: ScrubbedBlock) -> ScrubbedBlock:
        """What is made of a block once the others have seen the lines that do not fit the format in use."""
        for one in self.all[1:]:
            if not block.unknown:
                return block
            block = joined_blocks(block, one.block(lines_of(block.unknown)))
        return block

    def other_format(self, unknown: Sequence[bytes]) -> LogFormat | None:
        """The format that so many lines of one block are in, where it is known and not in use yet."""
        if len(unknown) < ENOUGH or not self.formats:
            return None
        other = detected(unknown[:LOOKED_AT], self.formats)
        return None if other is None or other in [one.log_format for one in self.all] else other


def joined_blocks(block: ScrubbedBlock, rest: ScrubbedBlock) -> ScrubbedBlock:
    """A block, and what another scrubber made of the lines that did not fit."""
    return ScrubbedBlock(block.text + rest.text, block.passed + rest.passed, rest.unknown, block.past + rest.past)


def lines_of(lines: Sequence[bytes]) -> bytes:
    """Lines as one text, each with its end."""
    return b"\n".join(lines) + b"\n"
