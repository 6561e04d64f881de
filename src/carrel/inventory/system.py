"""One system of a site: its map, how it is reached, its clock, and when it may be worked on."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from carrel.inventory.address import Address
from carrel.inventory.dump_folder import DumpFolder
from carrel.inventory.replica import Replica
from carrel.inventory.timetable import Days, Hours, Period, Weekday, no_period, wish

NAME = r"^[a-z0-9][a-z0-9._-]{0,39}$"


class Mode(enum.StrEnum):
    """How hard Carrel may work a system (DESIGN 5)."""

    DESK = "desk"
    WINDOW = "window"


class SessionZone(enum.StrEnum):
    """In which zone sessions read the automatic timestamps."""

    SERVER = "server"
    DECLARED = "declared"  # as a product does whose own configuration names a time zone


class System(Address):
    """One system with patron data.

    Attributes:
        name: by which commands and records call it.
        copy_of: the system of which this is a copy, to rehearse on and for nothing else.
        map: the system map that ships with Carrel.
        local_map: the site's own additions to it.
        dsn_file, dsn_env: where the address for reading stands, in a file of mode 0600 or in the environment.
        apply_dsn_file, apply_dsn_env: the same for the account that carries out; the reading one unless given.
        replica: a server from which what needs no proof may be read.
        time_zone: IANA name of the zone in which the product writes its times.
        session_zone: whether sessions keep the server's zone or take the declared one.
        mode: how hard it may be worked.
        opening_hours: by weekday, when the desk is open; in ``window`` mode nothing is applied then.
        blackout: days on which nothing is applied.
        max_plan_age: from when on a plan is stale.
        undo: how long before-images are kept, below the ceiling of the class of loans; None for not at all.
        undo_key: public half of the offline key that they are sealed to.
        bounds: the most rows that one night may touch, by path; otherwise by the nights before.
        sweep_sample: loans drawn for the sweep of each night.
        counts: whether loans are counted by branch, item type, category and month before they are cut.
        dumps: folders in which the product's own backup job leaves dumps.
        gateways: names of the services outside that notices may go through, as the product holds them.
    """

    name: str = Field(pattern=NAME)
    copy_of: str | None = Field(default=None, pattern=NAME)
    map: str = Field(pattern=NAME)
    local_map: Path | None = None
    apply_dsn_file: Path | None = None
    apply_dsn_env: str | None = None
    replica: Replica | None = None
    time_zone: str
    session_zone: SessionZone = SessionZone.SERVER
    mode: Mode = Mode.DESK
    opening_hours: dict[Weekday, tuple[Hours, ...]] = Field(default_factory=dict)
    blackout: tuple[Days, ...] = ()
    max_plan_age: Period = timedelta(hours=24)
    undo: Annotated[timedelta | None, BeforeValidator(no_period)] = None
    undo_key: str | None = None
    bounds: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    sweep_sample: int = Field(default=200, ge=20, le=5000)
    counts: bool = True
    dumps: tuple[DumpFolder, ...] = ()
    gateways: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    @model_validator(mode="after")
    def _one_that_carries_out(self) -> System:
        if self.apply_dsn_file is not None and self.apply_dsn_env is not None:
            raise wish(
                "the address of the account that carries out in one place",
                "both 'apply_dsn_file' and 'apply_dsn_env'",
                "take one of the two out",
            )
        return self

    @property
    def has_two_accounts(self) -> bool:
        """Whether the account that carries out has an address of its own."""
        return self.apply_dsn_file is not None or self.apply_dsn_env is not None

    def is_open(self, local: datetime) -> bool:
        """Whether the desk is open at a time on the system's own wall clock."""
        hours = self.opening_hours.get(list(Weekday)[local.weekday()], ())
        return any(one.cover(local.time()) for one in hours)

    def closed_to_runs(self, local: datetime) -> str:
        """Why nothing may be applied at a time on the system's own wall clock; empty where it may.

        Guarantees:
            Never empty on a blackout day; in ``window`` mode never while the desk is open.
        """
        if any(days.first <= local.date() <= days.last for days in self.blackout):
            return f"{local.date()} is a blackout day"
        if self.mode is Mode.WINDOW and self.is_open(local):
            return "the desk is open, and the mode is 'window'"
        return ""
