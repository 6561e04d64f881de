"""What the pages of legal process have done, made of what `carrel disclose` does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO

from carrel.cli.at_site import end_of, named
from carrel.cli.disclose_keeping import asked_on, orders, people_with
from carrel.cli.disclose_rules import ProcessRules, everybody, people_of, process_rules, viewer_of
from carrel.cli.store_place import open_store
from carrel.disclosure import faults
from carrel.disclosure.absence import OfficeEvent, Turn
from carrel.disclosure.admission import may
from carrel.disclosure.event import Act, Event, free_words
from carrel.disclosure.opening import preserving, require_opening
from carrel.disclosure.process import Office
from carrel.disclosure.report import transparency
from carrel.disclosure.standing import Notice, State
from carrel.errors import CarrelError
from carrel.web.case_desk import CameIn, Disclosed, Kept, Report

if TYPE_CHECKING:
    from pathlib import Path

    from carrel.disclosure.precedence import Processes
    from carrel.disclosure.viewer import Viewer
    from carrel.inventory.site import Site
    from carrel.store.placement import Order
    from carrel.store.store import Store

_RULES_FOR = 2.0  # seconds for which rules that were read are used: one page asks for them several times
_FRESH = timedelta(minutes=10)  # how long a report that was reckoned is shown: anybody may ask for it


class AtCaseDesk:
    """The desk of one site. Each act opens the site anew, as a command would.

    Args:
        site_now: tells the site as its file stands now: an office that was taken away is gone with the next page.
        now: the clock.
        place: the site file, or its folder.
    """

    def __init__(self, site_now: Callable[[], Site], now: Callable[[], datetime], place: Path) -> None:
        self._site, self._now, self._place = site_now, now, place
        self._known: tuple[Site, ProcessRules, float] | None = None  # as they were read, and when
        self._reports: dict[int, tuple[datetime, Report]] = {}

    def processes(self) -> Processes:
        """How every kind of paper is handled.

        Raises:
            CarrelError: DSC-018; of the SIT and POL codes.
        """
        return self._opened()[1].processes

    def holders(self) -> Mapping[Office, tuple[str, ...]]:
        """Who holds which office.

        Raises:
            CarrelError: of the SIT codes.
        """
        people = people_of(self._site())
        return {one: tuple(name for name, own in people.items() if one in own) for one in Office}

    def viewer(self, name: str) -> Viewer:
        """Who somebody is in the cases now.

        Raises:
            CarrelError: DSC-003, DSC-018; of the SIT and POL codes.
        """
        site, rules = self._opened()
        with open_store(site) as store:
            return viewer_of(site, store, rules, name, self._now())

    def open(self, name: str, came: CameIn) -> str:
        """Write a case down; what it asks for is kept from deletion by the same commit.

        Raises:
            CarrelError: DSC-003, DSC-005, DSC-006, DSC-018; ERA-001; of the HLD codes.
        """
        site, rules = self._opened()
        said = free_words(came.words)
        with open_store(site) as store:
            viewer = viewer_of(site, store, rules, name, self._now())
            first = Event(Act.RECEIVED, viewer.at, viewer.person, came.terms)
            step = preserving(require_opening(first, rules.processes))
            keep = self._orders(name, came.keep) if came.keep else ()
            made = store.disclosures.open(came.terms, said, viewer, keep=keep, step=step)
            store.disclosures.in_force(made, self._now)
            return made

    def preserve(self, name: str, case: str, kept: Kept) -> None:
        """Keep records from deletion for a case.

        Raises:
            CarrelError: DSC-001 to DSC-003, DSC-021; ERA-001; of the HLD codes.
        """
        site, rules = self._opened()
        with open_store(site) as store:
            viewer = viewer_of(site, store, rules, name, self._now())
            _, here = store.disclosures.case(case, viewer)
            step = preserving(here.process) or "preserve"
            may(here, Act.TAKEN, viewer.person, viewer.offices, viewer.at, step=step)
            store.disclosures.preserve(case, self._orders(name, kept), step, viewer)
            store.disclosures.in_force(case, self._now)

    def act(self, name: str, case: str, act: Act, terms: Mapping[str, str], words: str) -> None:
        """Write one event down.

        Raises:
            CarrelError: DSC-001 to DSC-014, DSC-018, DSC-022.
        """
        site, rules = self._opened()
        with open_store(site) as store:
            viewer = viewer_of(site, store, rules, name, self._now())
            said = {key: value for key, value in terms.items() if value}
            if act is Act.DEFECT:
                said["defect"] = store.disclosures.case(case, viewer)[1].next_defect
            if store.disclosures.add(case, act, said, viewer, words) is not None:
                store.disclosures.let_go(case, viewer_of(site, store, rules, name, self._now()))

    def file(self, name: str, case: str, source: BinaryIO, paper: str) -> None:
        """Put a document into a case.

        Raises:
            CarrelError: DSC-001, DSC-005, DSC-015, DSC-022.
        """
        site, rules = self._opened()
        with open_store(site) as store:

            def who() -> Viewer:
                return viewer_of(self._site(), store, rules, name, self._now())

            store.disclosures.file(case, source, paper, who(), later=who)

    def turns(self) -> tuple[OfficeEvent, ...]:
        """Delegations and absences."""
        with open_store(self._site()) as store:
            return store.disclosures.turns()

    def turn(self, name: str, turn: Turn, office: Office, holder: str, alternate: str, until: date | None) -> None:
        """Write a delegation or an absence down.

        Raises:
            CarrelError: APR-013; DSC-003, DSC-010, DSC-011, DSC-018.
        """
        site, rules = self._opened()
        for one in filter(None, (holder, alternate)):
            named(site, one)
        with open_store(site) as store:
            viewer = viewer_of(site, store, rules, name, self._now())
            ends = None if until is None else end_of(until, rules.zone)
            event = OfficeEvent(turn, office, holder, viewer.person, viewer.at, viewer.at, ends, alternate)
            store.disclosures.turn(event, people_of(site), rules.processes.alternates)

    def since(self) -> date | None:
        """The first day that a report counts.

        Raises:
            CarrelError: of the SIT codes.
        """
        return self._site().cases_since

    def report(self, year: int) -> Report:
        """The transparency report of a year; for some minutes the same one.

        Raises:
            CarrelError: DSC-018; of the SIT and POL codes.
        """
        at, known = self._now(), self._reports.get(year)
        if known is not None and at - known[0] < _FRESH:
            return known[1]
        site, rules = self._opened()
        with open_store(site) as store:
            cases, past = store.disclosures.reported(everybody(rules, at), year), store.disclosures.past()
        band = rules.processes.band
        since = site.cases_since
        begun = since if since is not None and since.year == year else None
        found = Report(year, band, transparency(cases, year, band, rules.zone, past), begun)
        self._reports[year] = (at, found)
        return found

    def disclosed(self, store: Store, system: str, number: int) -> tuple[Disclosed, ...]:
        """What was given out of one person's records, told by the holds of the cases or what is left of them.

        Args:
            store: of the site, open: this is asked for with each page of a patron.
            system: that holds the record.
            number: of it.

        Guarantees:
            A case that is sealed, and one of which the person was not told, is not in it, whatever was done.

        Raises:
            CarrelError: of the SIT, POL and STO codes.
        """
        at = self._now()
        try:
            _, rules = self._opened()
        except CarrelError as wrong:
            if wrong.code != faults.NO_RULES.code:
                raise
            return ()
        holds = store.keepings.current(system, at, to_dispose=False).legal_holds
        own = {one.id for one in holds if number in one.scope.persons}
        return tuple(
            Disclosed(here.ended_at.astimezone(rules.zone).date(), case.instrument)
            for case, here in store.disclosures.all(everybody(rules, at))
            if here.notice is Notice.TOLD and here.state in {State.RELEASED, State.REVIEWED}
            and here.ended_at is not None
            and (own.intersection(case.holds) or store.disclosures.is_about(case, system, number))
        )  # fmt: skip

    def _opened(self) -> tuple[Site, ProcessRules]:
        """The site, and its rules.

        Raises:
            CarrelError: DSC-018; of the SIT and POL codes.
        """
        site, known = self._site(), self._known
        if known is not None and known[0] is site and time.monotonic() - known[2] <= _RULES_FOR:
            return site, known[1]
        read_at, rules = time.monotonic(), process_rules(site)
        self._known = site, rules, read_at
        return site, rules

    def _orders(self, by: str, kept: Kept) -> tuple[Order, ...]:
        people = people_with(self._place, kept.system, kept.cards)
        return orders(asked_on(self._place, kept.system, people, kept.items, kept.titles), by)
