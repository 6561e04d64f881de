"""Public computers: the machines in their groups, and the folder in which they leave their reports."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from carrel.inventory.timetable import Part, Period

_MACHINE = r"^[a-z0-9][a-z0-9-]{0,39}$"
_SHORTEST = timedelta(hours=1)  # reports say their time by the hour


class StationGroup(Part):
    """Machines that are set up alike.

    Attributes:
        name: of the group, as the library calls it.
        machines: by the names with which they sign their reports.
        sign_in: people sign in on them, so that session data goes by their account's setting (MITL-2.9).
        reports_every: a machine that has not reported for longer is silent; longer where the building is closed.
    """

    name: str = Field(min_length=1, max_length=60)
    machines: tuple[Annotated[str, Field(pattern=_MACHINE)], ...] = Field(min_length=1)
    sign_in: bool = False
    reports_every: Period = timedelta(days=1)

    @field_validator("reports_every")
    @classmethod
    def _long_enough(cls, period: timedelta) -> timedelta:
        if period < _SHORTEST:
            raise ValueError("write '1 hour' or longer: reports say their time by the hour")
        return period


class Stations(Part):
    """Every public computer that reports.

    Attributes:
        drop: folder in which the machines leave their reports; they need to write there, and nothing else.
        keys: folder with the secret of each machine, which nobody but Carrel's account may read.
        groups: of machines.
    """

    drop: Path
    keys: Path = Path("stations")
    groups: tuple[StationGroup, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> Stations:
        counts = Counter(name for group in self.groups for name in group.machines)
        if any(count > 1 for count in counts.values()):
            raise ValueError("write each machine once, in one group")
        return self

    def group_of(self, machine: str) -> StationGroup | None:
        """The group in which a machine stands; None where it stands in none."""
        return next((group for group in self.groups if machine in group.machines), None)

    @property
    def machines(self) -> tuple[str, ...]:
        """Every machine, in the order written."""
        return tuple(name for group in self.groups for name in group.machines)

    def key_of(self, machine: str) -> Path:
        """The file with a machine's secret."""
        return self.keys / f"{machine}.key"
