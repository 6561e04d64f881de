"""A folder in which the product's own backup job leaves dumps of the whole database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from carrel.inventory.timetable import Part, Period


class DumpFolder(Part):
    """One folder with dumps, as a site file declares it.

    Attributes:
        folder: where they lie.
        files: patterns of their names, in that folder alone; everything in it unless given.
        kept: after what time the job that makes them deletes them; None where nothing does.
    """

    folder: Path
    files: tuple[Annotated[str, Field(min_length=1)], ...] = ("*",)
    kept: Period | None = None

    @field_validator("files")
    @classmethod
    def _names(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        if not patterns or any("/" in one for one in patterns):
            raise ValueError("write patterns of names in the folder itself, such as '*.sql.gz'")
        return patterns

    def relative_to(self, base: Path) -> DumpFolder:
        """The same with a relative folder taken from another."""
        return self.model_copy(update={"folder": base / self.folder})
