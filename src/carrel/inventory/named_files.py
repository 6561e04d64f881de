"""Files below a folder, as a site file names them: by patterns that lead out of no folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from carrel.errors import unseen
from carrel.inventory.held_part import HeldPart

FOLDER_NAME = r"^[a-z0-9][a-z0-9._-]{0,39}$"


class NamedFiles(HeldPart):
    """What folders of files and logs have in common.

    Attributes:
        name: by which commands and records call it.
        root: the folder; nothing outside is touched, and no link in it is followed.
        patterns: of names; a ``/`` leads one folder down.
        zone: in which times without a zone are read.
    """

    name: str = Field(pattern=FOLDER_NAME)
    root: Path
    patterns: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(min_length=1)]
    zone: str | None = None

    @field_validator("patterns")
    @classmethod
    def _below(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        parts = [part for one in patterns for part in one.split("/")]
        if any(part in {"", ".", "..", "**"} for part in parts) or any(map(unseen, patterns)):
            raise ValueError("write patterns of names such as '*.log' or '2026/*.csv', without '..' and '**'")
        return patterns

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str | None) -> str | None:
        try:
            return zone if zone is None else ZoneInfo(zone).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("write the name of a time zone, such as 'America/New_York'") from None
