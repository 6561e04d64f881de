"""The site: which policy and systems a library has, who may do what, and when a system may be worked on."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from carrel.inventory.consumer import Declaration
from carrel.inventory.dump_folder import DumpFolder
from carrel.inventory.office import ConsumerUse, May, Person, Role
from carrel.inventory.timetable import Days, Hours, Part, Period, Weekday, no_period

__all__ = [
    "NAME", "ConsumerUse", "Mail", "May", "Mode", "OutsideCopy", "Person", "Role", "SessionZone", "Site",
    "StandingApproval", "System",
]  # fmt: skip

NAME = r"^[a-z0-9][a-z0-9._-]{0,39}$"


class Mode(enum.StrEnum):
    """How hard Carrel may work a system (DESIGN 5)."""

    DESK = "desk"
    WINDOW = "window"


class SessionZone(enum.StrEnum):
    """In which zone sessions read the automatic timestamps."""

    SERVER = "server"
    DECLARED = "declared"  # as a product does whose own configuration names a time zone


class System(Part):
    """One system with patron data.

    Attributes:
        name: by which commands and records call it.
        copy_of: the system of which this is a copy, to rehearse on and for nothing else.
        map: the system map that ships with Carrel.
        local_map: the site's own additions to it.
        dsn_file, dsn_env: where the address for reading stands, in a file of mode 0600 or in the environment.
        apply_dsn_file, apply_dsn_env: the same for the account that carries out; the reading one unless given.
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
    dsn_file: Path | None = None
    dsn_env: str | None = None
    apply_dsn_file: Path | None = None
    apply_dsn_env: str | None = None
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
    def _one_address(self) -> System:
        if (self.dsn_file is None) == (self.dsn_env is None):
            raise ValueError("write either 'dsn_file' or 'dsn_env'")
        if self.apply_dsn_file is not None and self.apply_dsn_env is not None:
            raise ValueError("write 'apply_dsn_file' or 'apply_dsn_env', not both")
        return self

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


class OutsideCopy(Part):
    """One place outside to which each night's checkpoint goes: a folder on another machine, or an address."""

    folder: Path | None = None
    mail: str | None = None

    @model_validator(mode="after")
    def _one(self) -> OutsideCopy:
        if (self.folder is None) == (self.mail is None):
            raise ValueError("write either 'folder' or 'mail'")
        return self


class Mail(Part):
    """The mail server for reports, findings and checkpoints."""

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = Field(alias="from", min_length=3)
    to: tuple[str, ...] = Field(min_length=1)
    username: str = ""
    password_file: Path | None = None
    password_env: str | None = None


class Archives(Part):
    """Who takes records that a policy transfers, and the folder that they are fetched from."""

    folder: Path
    custodian: str = Field(min_length=1, max_length=120)


class StandingApproval(Part):
    """How far an approval of every night under one policy and map may go."""

    at_most: Period = timedelta(days=90)


class Site(Part):
    """A whole site file. After `carrel.systems.site_file.load_site` its paths are absolute.

    Attributes:
        records: kinds of record that are kept outside its systems, with where, or ``not kept``.
    """

    format_version: int = Field(default=1, ge=1, le=1)
    library: str = Field(min_length=1, max_length=120)
    policy: str = Field(min_length=1)
    folder: Path = Path()
    systems: tuple[System, ...]
    people: tuple[Person, ...] = ()
    consumers: dict[str, ConsumerUse] = Field(default_factory=dict)
    records: dict[str, Annotated[str, Field(min_length=1, max_length=120)]] = Field(default_factory=dict)
    outside_copies: tuple[OutsideCopy, ...] = ()
    mail: Mail | None = None
    standing_approval: StandingApproval = StandingApproval()
    archives: Archives | None = None

    @property
    def declarations(self) -> dict[str, Declaration]:
        """What the site says of the consumers."""
        return {name: use.declaration for name, use in self.consumers.items()}

    @property
    def policy_is_file(self) -> bool:
        """Whether ``policy`` is a path and not the name of one that ships with Carrel."""
        return "/" in self.policy or self.policy.endswith((".yaml", ".yml"))

    @property
    def originals(self) -> tuple[System, ...]:
        """The systems that are no copies: those that are planned, carried out, watched and audited."""
        return tuple(one for one in self.systems if one.copy_of is None)

    def original_of(self, system: System) -> System:
        """The system that a copy stands for; a system that is no copy stands for itself."""
        return next((one for one in self.systems if one.name == system.copy_of), system)

    def system(self, name: str) -> System | None:
        """The system of that name, or None."""
        return next((one for one in self.systems if one.name == name), None)

    def person(self, name: str) -> Person | None:
        """The person of that name, or None."""
        return next((one for one in self.people if one.name == name), None)

    def allowed(self, act: May) -> tuple[Person, ...]:
        """The people who may do something."""
        return tuple(person for person in self.people if act in person.may)

    def relative_to(self, base: Path) -> Site:
        """The same site with every relative path taken from the folder of its file."""
        return self.model_copy(
            update={
                "policy": str(base / self.policy) if self.policy_is_file else self.policy,
                "folder": base / self.folder,
                "systems": tuple(_system(one, base) for one in self.systems),
                "outside_copies": tuple(_joined(one, base) for one in self.outside_copies),
                "mail": _joined(self.mail, base) if self.mail else None,
                "archives": _joined(self.archives, base) if self.archives else None,
            }
        )


PartT = TypeVar("PartT", bound=Part)


def _system(system: System, base: Path) -> System:
    dumps = tuple(one.relative_to(base) for one in system.dumps)
    return _joined(system, base).model_copy(update={"dumps": dumps})


def _joined(part: PartT, base: Path) -> PartT:
    return part.model_copy(
        update={
            name: base / value for name in type(part).model_fields if isinstance(value := getattr(part, name), Path)
        }
    )
