"""A part of what lies outside the databases: which kind of record it holds, for what purpose, and what ends its use."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from carrel.inventory.timetable import Part

# Of every event that a policy can name, those that a message or a file can show.
UNTIL = Literal["made", "sent", "answered", "ended"]


class HeldPart(Part):
    """What a policy must know of a mail folder, or of a folder of files, to judge it.

    Attributes:
        record: type of record, as the policy calls it.
        purpose: what it was given for; must be one of the policy's purposes of this record (WPL-6.1).
        until: event of the rule that is meant; may be left out where one rule deletes such records.
    """

    record: str = Field(min_length=1, max_length=60)
    purpose: str = Field(min_length=1, max_length=60)
    until: UNTIL | None = None

    @property
    def blanks(self) -> tuple[str, ...]:
        """What is taken out of a thing that stays; nothing where it goes as a whole."""
        return ()

    @property
    def is_rewritten(self) -> bool:
        """Whether a thing stays as a whole and loses what names a person, as a message does."""
        return False

    @property
    def is_judged(self) -> bool:
        """Whether a period is held against it."""
        return True
