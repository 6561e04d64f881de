"""What the staff pages have done, made of what the commands do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli import premises
from carrel.cli.at_site import allowed, open_site
from carrel.cli.at_site import now as real_now
from carrel.cli.case_office import AtCaseOffice
from carrel.cli.consent_person import person_of_card
from carrel.cli.consent_stops import stop_at_once
from carrel.cli.consent_taking import agreed, taken_back
from carrel.cli.mailing_stops import require_told
from carrel.cli.request_desk import received_on
from carrel.cli.request_follow import follow_all
from carrel.cli.request_person import look
from carrel.cli.request_rules import Rules, rules_of
from carrel.cli.site_in_force import SiteOfFile
from carrel.cli.store_place import open_store
from carrel.inventory.site import May
from carrel.rights.admission import require_accepted
from carrel.rights.event import Act, Event
from carrel.rights.request import PERSON, Decision, Ground, Right
from carrel.rights.task_choice import chosen
from carrel.systems.sql.person_search import find, require_somebody

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carrel.inventory.site import Person
    from carrel.web.staff_desk import DeskRequest, PaperWord

_BY_PERSON = frozenset({Act.WITHDRAWN, Act.STATED})


class AtStaffDesk:
    """The desk of one site. Each act opens the site anew, as a command would.

    Args:
        site_path: the site file, or its folder.
        now: the clock.
    """

    def __init__(self, site_path: Path, now: Callable[[], datetime] = real_now) -> None:
        self._site, self._now, self._site_now = site_path, now, SiteOfFile(site_path)
        self.cases = AtCaseOffice(self._site_now, now, site_path)

    def people(self) -> tuple[Person, ...]:
        """The people of the site file, as it stands now.

        Raises:
            CarrelError: of the SIT codes.
        """
        return self._site_now().people

    def give(self, name: str, word: PaperWord) -> bool:
        """Write down that somebody agreed.

        Raises:
            CarrelError: CNS-002 to CNS-009, HLD-006, ERA-001.
        """
        with premises.enter(self._site, word.system, read_only=True) as here:
            taken, _ = agreed(
                here, name, person_of_card(here, word.card), purpose=word.purpose, language=word.language,
                version=word.version, lift_silence=word.lift_silence, channel=word.channel, on=_at(word),
            )  # fmt: skip
        return taken.events > 0

    def withdraw(self, name: str, word: PaperWord) -> bool:
        """Write down that somebody took it back.

        Raises:
            CarrelError: CNS-004, CNS-006, CNS-007, CNS-009, CNS-018, HLD-006, ERA-001.
        """
        with premises.enter(self._site, word.system, read_only=True) as here:
            taken = taken_back(
                here, name, person_of_card(here, word.card), purpose=word.purpose or None, channel=word.channel,
                on=_at(word),
            )  # fmt: skip
        require_told(taken.lists)
        return taken.events > 0

    # -- requests ---------------------------------------------------------------------------------------------------

    def rules(self) -> Rules:
        """The clocks by which requests are judged, as the policies are now.

        Raises:
            CarrelError: of the SIT and POL codes.
        """
        return rules_of(open_site(self._site))

    def follow(self) -> None:
        """Write into requests what became of their plans, and forget what is over long enough.

        Raises:
            CarrelError: of the SIT, POL and STO codes.
        """
        site = open_site(self._site)
        rules = rules_of(site)
        with open_store(site) as store:
            store.requests.purge(self._now(), rules.clocks.kept)
            follow_all(store, rules)

    def open(self, name: str, asked: DeskRequest) -> str:
        """Write a request down.

        Raises:
            CarrelError: ERA-001, HLD-006, RGT-016, RGT-017, RGT-019.
        """
        site = open_site(self._site)
        by, rules = allowed(site, name, May.REQUESTS).name, rules_of(site)
        system, number = self._whose(asked.system, asked.card) if asked.card else ("", None)
        if asked.how:
            require_accepted(asked.how, rules.clocks)
        on = None if asked.on is None else datetime.combine(asked.on, time())
        with open_store(site) as store:
            made = store.requests.open(
                Right(asked.right), system, number, asked.words, asked.channel, asked.language, by, self._now(),
                received=received_on(on, rules), how=asked.how,
            )  # fmt: skip
        if Right(asked.right) is Right.RESTRICTION and asked.how:
            stop_at_once(self._site, system)
        return made

    def identify(self, name: str, request: str, how: str, whose: tuple[str, str] | None) -> None:
        """Write down that it is the person.

        Raises:
            CarrelError: ERA-001, HLD-006, RGT-011, RGT-012, RGT-014, RGT-017.
        """
        site = open_site(self._site)
        by, rules = allowed(site, name, May.REQUESTS).name, rules_of(site)
        found = None if whose is None else self._whose(*whose)
        event = Event(Act.IDENTIFIED, self._now(), by, {"how": how})
        with open_store(site) as store:
            after = store.requests.add(request, event, clocks=rules.clocks, zone=rules.zone, whose=found)
        if after.right is Right.RESTRICTION and after.system:
            stop_at_once(self._site, after.system)

    def act(self, name: str, request: str, act: Act, terms: Mapping[str, str], words: str) -> None:
        """Write one event down.

        Raises:
            CarrelError: HLD-006, RGT-001, RGT-011 to RGT-018.
        """
        site = open_site(self._site)
        person, rules = allowed(site, name, May.REQUESTS).name, rules_of(site)
        by, said = (PERSON, {**terms, "taken by": person}) if act in _BY_PERSON else (person, dict(terms))
        if (anew := said.get("ground") == Ground.ANEW) or said.get("decision") == Decision.NOTHING_HELD:
            said |= look(self._site, site, request, whether_gone=anew)
        with open_store(site) as store:
            follow_all(store, rules)
            event = Event(act, self._now(), by, said)
            store.requests.add(request, event, words, clocks=rules.clocks, zone=rules.zone)

    def settle(self, name: str, request: str, tasks: tuple[str, ...], words: str) -> None:
        """Write down that several tasks are done: all of them, or none.

        Raises:
            CarrelError: HLD-006, RGT-011, RGT-012, RGT-016, RGT-018.
        """
        site = open_site(self._site)
        by, rules = allowed(site, name, May.REQUESTS).name, rules_of(site)
        with open_store(site) as store:
            follow_all(store, rules)
            here = rules.standing(store.requests.request(request), self._now())
            events = [Event(Act.REPLIED, self._now(), by, {"task": one.id}) for one in chosen(here, tasks)]
            store.requests.add_all(request, events, words)

    def _whose(self, system: str, card: str) -> tuple[str, int]:
        with premises.enter(self._site, system, read_only=True) as here:
            with here.engine.connect() as connection:
                number = find(connection, here.system_map, card, by_card=True, at=here.system.name)
                require_somebody(number, here.stand_in, here.system.name)
            return here.original.name, number


def _at(word: PaperWord) -> datetime | None:
    return None if word.on is None else datetime.combine(word.on, time())
