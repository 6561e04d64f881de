"""Folders of files as a site file declares them: which files, what they hold, and what tells their time."""

from __future__ import annotations

import enum

from pydantic import Field, model_validator

from carrel.inventory.named_files import NamedFiles

SIGNS = "YmdHMS"


class Time(enum.StrEnum):
    """What tells when the events of a file were."""

    INSIDE = "inside"
    NAME = "name"
    MODIFIED = "modified"


class FileFolder(NamedFiles):
    """A folder of rotated logs, CSV drops, report outputs or transcripts, whose files may go by plan.

    Attributes:
        patterns: what they name can be deleted.
        time: ``inside``, the times of the lines; ``name``, a date in the name; ``modified``, the file's own time.
        dated: with ``time: name``, how the name tells it, such as ``visits-%Y-%m-%d*.csv``.
        lines: whether the old lines of a file go before all of it is past its time.
    """

    time: Time
    dated: str | None = Field(default=None, min_length=1, max_length=200)
    lines: bool = False

    @model_validator(mode="after")
    def _fitting(self) -> FileFolder:
        if (self.time is Time.NAME) != (self.dated is not None):
            raise ValueError("'time: name' and 'dated:' go together: how does a name tell its date?")
        if self.dated is not None and not set("Ym") <= set(self._signs):
            raise ValueError("write 'dated:' with %Y and %m at least, and with %d, %H, %M, %S in it where they stand")
        if self.time is not Time.MODIFIED and self.zone is None:
            raise ValueError("write 'zone:' with the time zone in which these times are written")
        if self.lines and self.time is not Time.INSIDE:
            raise ValueError("'lines: yes' goes with 'time: inside'")
        return self

    @property
    def _signs(self) -> str:
        after = (self.dated or "").split("%")[1:]
        if any(part[:1] not in SIGNS or not part for part in after):
            return ""
        return "".join(part[0] for part in after)

    @property
    def tool(self) -> str:
        """What a plan over it is made with."""
        return "files"

    @property
    def entry(self) -> list[str]:
        """What tells whether the site file still speaks of the same files."""
        return [
            self.name,
            str(self.root),
            *self.patterns,
            self.time.value,
            *map(str, (self.dated, self.zone, self.lines)),
        ]

    @property
    def parts(self) -> tuple[FileFolder, ...]:
        """It has one part: itself."""
        return (self,)
