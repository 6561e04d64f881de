"""Whatever scrubs the lines of a format, a block of them at a time: the plain way, or machine code."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.log_line import ScrubbedBlock

if TYPE_CHECKING:
    from carrel.deidentification.logs.compiled.heard_texts import Heard


class Scrubbing(Protocol):
    """What both have in common; one format and one set of rules give the same outcome in both."""

    @property
    def log_format(self) -> LogFormat:
        """The format of the lines."""

    def block(self, data: bytes) -> ScrubbedBlock:
        """Scrub whole lines; the last one may be without its end."""

    def block_in(self, data: bytes, room: memoryview) -> tuple[int, ScrubbedBlock]:
        """Scrub whole lines into some memory.

        Args:
            data: the lines.
            room: for what passes.

        Returns:
            How many bytes of that are filled, and the block with what follows them.
        """

    def listen(self, heard: Heard) -> None:
        """Hear from now on what others learned, and tell them, where anything is learned."""


@cache
def is_compiler_here() -> bool:
    """Whether this installation can make machine code: the extra ``analytics`` is there, and the machine fits."""
    return sys.byteorder == "little" and find_spec("numba") is not None
