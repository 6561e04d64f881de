"""By which rules the disclosure cases of a site are led, and who somebody is in them now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from carrel.cli.at_site import named, now
from carrel.cli.host_account import account_at_work
from carrel.cli.request_rules import rules_of
from carrel.disclosure import faults
from carrel.disclosure.absence import held
from carrel.disclosure.precedence import Processes, processes_of
from carrel.disclosure.process import Office
from carrel.disclosure.viewer import Viewer
from carrel.errors import fault

if TYPE_CHECKING:
    from datetime import date, datetime

    from carrel.inventory.site import Person, Site
    from carrel.store.store import Store


@dataclass(frozen=True)
class ProcessRules:
    """What holds at one site."""

    processes: Processes
    zone: ZoneInfo
    free_days: frozenset[date]


def process_rules(site: Site) -> ProcessRules:
    """The rules of a site.

    Raises:
        CarrelError: DSC-018, no policy says anything of legal process; of the POL codes.
    """
    rules = rules_of(site)
    return ProcessRules(processes_of(rules.policies), rules.zone, site.free_days)


def offices_in(person: Person) -> frozenset[Office]:
    """The offices that the site file gives somebody."""
    return frozenset(one for one in Office if one.value in {str(right) for right in person.may})


def people_of(site: Site) -> dict[str, frozenset[Office]]:
    """Everybody of the site file, with their offices."""
    return {one.name: offices_in(one) for one in site.people}


def viewer_of(site: Site, store: Store, rules: ProcessRules, name: str, at: datetime | None = None) -> Viewer:
    """Who somebody is in the cases of a site now.

    Raises:
        CarrelError: DSC-003, nobody of the site file, or somebody whose staff account was disabled; APR-013.
    """
    person, moment = named(site, name), at or now()
    if person is None:
        raise fault(
            faults.NOT_YOURS,
            wanted="a person of the site file",
            found="another name",
            because="every act of a case is somebody's",
            fix="add the person under people:; --as NAME says who you are",
        )
    account = store.staff_accounts.get(person.name)
    if account is not None and account.disabled_at is not None:
        raise fault(
            faults.NOT_YOURS,
            wanted="a person who may work here",
            found="somebody whose account was disabled",
            because="whoever is kept out of the pages does nothing in a case by a command either",
            fix="have somebody else do it, or enable the account: carrel staff enable",
        )
    offices = held(name, offices_in(person), store.disclosures.turns(), rules.processes.alternates, moment)
    counsel = frozenset(one for one, own in people_of(site).items() if Office.COUNSEL in own)
    where = account_at_work()
    return Viewer(person.name, offices, rules.processes, rules.zone, moment, rules.free_days, counsel, where)


def everybody(rules: ProcessRules, at: datetime | None = None) -> Viewer:
    """Whoever may know of every case that is not sealed, for figures and findings."""
    return Viewer("", frozenset(Office), rules.processes, rules.zone, at or now(), rules.free_days)
