"""The site: which policy and systems a library has, who may do what, and what else there is of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, PrivateAttr, model_validator

from carrel.inventory.address import StoreAddress
from carrel.inventory.backup import Backup
from carrel.inventory.consumer import Declaration
from carrel.inventory.custodian import Custodian
from carrel.inventory.dated_table import DatedTable
from carrel.inventory.file_folder import FileFolder
from carrel.inventory.log_service import LogService
from carrel.inventory.mailbox import Mailbox
from carrel.inventory.mailing_list import MailingList
from carrel.inventory.office import ConsumerUse, May, Person, Role
from carrel.inventory.portal import Portal
from carrel.inventory.scrubbed_log import ScrubbedLog
from carrel.inventory.stations import Stations
from carrel.inventory.system import NAME, Mode, SessionZone, System
from carrel.inventory.timetable import Days, Part, Period
from carrel.inventory.web_page import WebPage

__all__ = [
    "NAME", "ConsumerUse", "Mail", "May", "Mode", "OutsideCopy", "Person", "Role", "SessionZone", "Site",
    "StandingApproval", "System",
]  # fmt: skip


_YEAR = 365  # days


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


class ConsentFolders(Part):
    """Where the texts of consents lie, where mailing tools fetch what changed, and what a yes on the pages waits for.

    Attributes:
        texts, changes: folders.
        confirm: ``by mail``: a yes on the pages counts when whoever reads the address says so.
    """

    texts: Path | None = None
    changes: Path | None = None
    confirm: Literal["by mail"] | None = None


class Vendor(Part):
    """A vendor that sends signed receipts of what it erased: its certificate or public key, and its domain."""

    key: Path
    domain: str = Field(default="", max_length=253)


class BranchPolicy(Part):
    """The policy of one unit of a system and of everything below it.

    Attributes:
        unit: its code, as the product has it.
        policy: a file, or the name of one that ships with Carrel.
        system: in which it is a unit; may be left out where the site has one system.
        place, unit_place: where its policy and its unit stand, as ``file:line:column``; empty where it was read from
            no file.
    """

    unit: Annotated[str, Field(min_length=1, max_length=120)]
    policy: str = Field(min_length=1)
    system: str | None = Field(default=None, pattern=NAME)
    _places: tuple[str, str] = PrivateAttr(default=("", ""))

    @property
    def place(self) -> str:
        """Where its policy stands in the site file."""
        return self._places[0]

    @property
    def unit_place(self) -> str:
        """Where its unit stands there."""
        return self._places[1]

    def at(self, places: tuple[str, str]) -> BranchPolicy:
        """The same, with the places of its policy and its unit."""
        found = self.model_copy()
        found._places = places  # noqa: SLF001  (of the same class)
        return found


class StandingApproval(Part):
    """How far an approval of every night under one policy and map may go."""

    at_most: Period = timedelta(days=90)


class Site(Part):
    """A whole site file. After `carrel.systems.site_file.load_site` its paths are absolute.

    Attributes:
        store: the database of Carrel's own records; None for a file in the folder.
        policy: of all systems and units for which ``branches`` names no other.
        records: kinds of record that are kept outside its systems, with where, or ``not kept``.
        branches: policies of single units.
        stations: public computers that report what is left on them.
        backups: whose lists tell how long old values last, and that are expired by plans.
        policy_place: where ``policy`` stands, as ``file:line:column``; empty where it was read from no file.
        mailboxes: whose messages have a clock of their own, and go by plans.
        folders: of files, the same.
        tables: of other databases, and CSV files: rows with a clock, or totals.
        log_services: of vendors and of the parent body, the same, or with a person who signs for them.
        logs: that are scrubbed by a rotate hook or in a pipe.
        portal: the pages for patrons.
        pseudonym_keys: folders with the keys of released pseudonyms; the night destroys those that are due.
        release_folders: from which releases leave; a file there that is not on record is a finding.
        vendors: that send signed receipts, by the name that the policy has for them among its recipients.
        consent: folders with the texts of consents, and for what mailing tools are told.
        mailing_lists: at mailing tools, whose members are to be those whom consents let through.
        web_pages: of the library's own sites, that are looked at for cookies.
        closed_days: on which nobody works, beside Saturdays and Sundays.
        cases_since: the first day of which every paper that came was written down as a case; no report counts before.
    """

    format_version: int = Field(default=1, ge=1, le=1)
    library: str = Field(min_length=1, max_length=120)
    policy: str = Field(min_length=1)
    folder: Path = Path()
    store: StoreAddress | None = None
    systems: tuple[System, ...]
    people: tuple[Person, ...] = ()
    consumers: dict[str, ConsumerUse] = Field(default_factory=dict)
    records: dict[str, Annotated[str, Field(min_length=1, max_length=120)]] = Field(default_factory=dict)
    outside_copies: tuple[OutsideCopy, ...] = ()
    mail: Mail | None = None
    standing_approval: StandingApproval = StandingApproval()
    archives: Archives | None = None
    custodian: Custodian | None = None
    branches: tuple[BranchPolicy, ...] = ()
    stations: Stations | None = None
    backups: tuple[Backup, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()
    folders: tuple[FileFolder, ...] = ()
    tables: tuple[DatedTable, ...] = ()
    log_services: tuple[LogService, ...] = ()
    logs: tuple[ScrubbedLog, ...] = ()
    pseudonym_keys: tuple[Path, ...] = ()
    portal: Portal | None = None
    release_folders: tuple[Path, ...] = ()
    consent: ConsentFolders = ConsentFolders()
    mailing_lists: tuple[MailingList, ...] = ()
    vendors: dict[Annotated[str, Field(min_length=1, max_length=60)], Vendor] = Field(default_factory=dict)
    web_pages: tuple[WebPage, ...] = Field(default=(), max_length=10)
    closed_days: tuple[Days, ...] = Field(default=(), max_length=400)
    cases_since: date | None = None
    _policy_place: str = PrivateAttr(default="")

    @property
    def free_days(self) -> frozenset[date]:
        """On which nobody works, day by day; of a range that runs for longer than a year, its first year."""
        spans = ((one.first, min((one.last - one.first).days, _YEAR)) for one in self.closed_days)
        return frozenset(first + timedelta(days=n) for first, last in spans for n in range(last + 1))

    @property
    def policy_place(self) -> str:
        """Where the policy of the site stands in its file."""
        return self._policy_place

    def placed(self, policy: str, branches: Sequence[tuple[str, str]]) -> Site:
        """The same, with the places of its policies in the site file."""
        lines = tuple(one.at(places) for one, places in zip(self.branches, branches, strict=True))
        found = self.model_copy(update={"branches": lines})
        found._policy_place = policy  # noqa: SLF001  (of the same class)
        return found

    @property
    def declarations(self) -> dict[str, Declaration]:
        """What the site says of the consumers."""
        return {name: use.declaration for name, use in self.consumers.items()}

    @property
    def policy_is_file(self) -> bool:
        """Whether ``policy`` is a path and not the name of one that ships with Carrel."""
        return is_file(self.policy)

    @property
    def originals(self) -> tuple[System, ...]:
        """The systems that are no copies: those that are planned, carried out, watched and audited."""
        return tuple(one for one in self.systems if one.copy_of is None)

    @property
    def keeps_outside(self) -> bool:
        """Whether it declares anything outside its systems: mail, files, tables, logs, log services, backups."""
        kinds = (self.mailboxes, self.folders, self.tables, self.logs, self.log_services, self.backups)
        return any(kinds)

    def original_of(self, system: System) -> System:
        """The system that a copy stands for; a system that is no copy stands for itself."""
        return next((one for one in self.systems if one.name == system.copy_of), system)

    def branches_of(self, system: System) -> tuple[tuple[int, BranchPolicy], ...]:
        """The policies of single units of a system, each with its place in the list; a copy has its original's."""
        name = self.original_of(system).name
        return tuple((index, one) for index, one in enumerate(self.branches) if one.system in {None, name})

    def lists_of(self, system: System) -> tuple[MailingList, ...]:
        """The mailing lists of a system's people; a copy has none: nobody is written to by a rehearsal."""
        if system.copy_of is not None:
            return ()
        return tuple(one for one in self.mailing_lists if one.system in {None, system.name})

    def backups_of(self, system: System) -> tuple[Backup, ...]:
        """The backups that hold a system's data; a copy is in none unless it is named."""
        return tuple(one for one in self.backups if system.name in one.systems)

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
                "store": _joined(self.store, base) if self.store else None,
                "systems": tuple(_system(one, base) for one in self.systems),
                "pseudonym_keys": tuple(base / one for one in self.pseudonym_keys),
                "release_folders": tuple(base / one for one in self.release_folders),
                "outside_copies": tuple(_joined(one, base) for one in self.outside_copies),
                "mail": _joined(self.mail, base) if self.mail else None,
                "branches": tuple(_branch(one, base) for one in self.branches),
                "consent": _joined(self.consent, base),
                "mailing_lists": tuple(_joined(one, base) for one in self.mailing_lists),
                "portal": self.portal.relative_to(base) if self.portal else None,
                "vendors": {name: _joined(one, base) for name, one in self.vendors.items()},
                "archives": _joined(self.archives, base) if self.archives else None,
                "custodian": self.custodian.relative_to(base) if self.custodian else None,
                "stations": _joined(self.stations, base) if self.stations else None,
                "backups": tuple(one.relative_to(base) for one in self.backups),
                "mailboxes": tuple(_mailbox(one, base) for one in self.mailboxes),
                "folders": tuple(_joined(one, base) for one in self.folders),
                "tables": tuple(_joined(one, base) for one in self.tables),
                "log_services": tuple(_joined(one, base) for one in self.log_services),
                "logs": tuple(_joined(one, base) for one in self.logs),
            }
        )


PartT = TypeVar("PartT", bound=Part)


def is_file(policy: str) -> bool:
    """Whether what names a policy is a path, and not the name of one that ships with Carrel."""
    return "/" in policy or policy.endswith((".yaml", ".yml"))


def _branch(one: BranchPolicy, base: Path) -> BranchPolicy:
    return one.model_copy(update={"policy": str(base / one.policy)}) if is_file(one.policy) else one


def _mailbox(one: Mailbox, base: Path) -> Mailbox:
    return _joined(one, base).model_copy(update={"folders": tuple(_joined(part, base) for part in one.folders)})


def _system(system: System, base: Path) -> System:
    dumps = tuple(one.relative_to(base) for one in system.dumps)
    replica = _joined(system.replica, base) if system.replica else None
    return _joined(system, base).model_copy(update={"dumps": dumps, "replica": replica})


def _joined(part: PartT, base: Path) -> PartT:
    return part.model_copy(
        update={
            name: base / value for name in type(part).model_fields if isinstance(value := getattr(part, name), Path)
        }
    )
