"""What the pages work with: the site and its policy, the store, and the library's systems, open as long as they are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from carrel.errors import CarrelError, fault
from carrel.inventory.portal import Portal
from carrel.inventory.site import Site, System
from carrel.inventory.system_map import SystemMap
from carrel.policy.resolve import Policy
from carrel.rights.answer import Answer
from carrel.store.store import Store
from carrel.systems import access_systems, map_files, site_systems
from carrel.systems.access_answer import Asked, OpenSystem, gathered
from carrel.systems.faults import UNREACHABLE
from carrel.systems.sql import account_holder
from carrel.systems.sql.account_holder import Holds
from carrel.systems.sql.account_sign_in import AccountSignIn
from carrel.systems.sql.failure import told
from carrel.systems.sql.session_limits import PAGE_SECONDS
from carrel.systems.turn import in_turn
from carrel.web import faults
from carrel.web.desk import PatronDesk
from carrel.web.staff_desk import StaffDesk
from carrel.web.ways_in import Ways

_LOOKED_AT = timedelta(minutes=10)
_AT_ONCE = 6  # pages that ask one system; its engine has no more connections
_LONG_AT_ONCE = 2  # of them, pages that ask for much: more only take the processor from each other
_WAITING = 120  # pages that wait for one system; more are told at once that it is away
THREADS = 300  # for pages of one process: some are left for those that need no system, or another
_TURN_SECONDS = 10  # for which a page waits until one of them is through


class Door:
    """One system to whose people some way of signing in leads. It is opened when it is first needed, and may be away
    until then.

    Args:
        site: of which it is.
        system: of the site file.
        system_map: of the system.
        sign_in: its accounts.
        now: the clock.
    """

    def __init__(
        self, site: Site, system: System, system_map: SystemMap, sign_in: AccountSignIn, now: Callable[[], datetime]
    ) -> None:
        self.name, self.title = system.name, system_map.title
        self._site, self._system, self._map, self._sign_in, self._now = site, system, system_map, sign_in, now
        self._kept = ExitStack()
        self._open: OpenSystem | None = None
        self._since = now()
        self._opening = threading.Lock()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._long = threading.BoundedSemaphore(_LONG_AT_ONCE)
        self._waiting = threading.BoundedSemaphore(_WAITING)

    def named(self, name: str) -> tuple[int, ...]:
        """As `AccountSignIn.named`.

        Raises:
            CarrelError: of the SQL codes, the system is not to be reached.
        """
        with self._connected() as connection:
            return self._sign_in.named(connection, name)

    def person(self, numbers: Sequence[int], password: str) -> int | None:
        """As `AccountSignIn.person`, and fails as `named` does."""
        with self._connected() as connection:
            return self._sign_in.person(connection, numbers, password)

    def holder(self, said: str, holds: Holds, *, alone: bool) -> int | None:
        """As `account_holder.holder`.

        Raises:
            CarrelError: as `named`.
        """
        with self._connected() as connection:
            return account_holder.holder(connection, self._map, self._sign_in, said, holds, alone=alone)

    def may(self, number: int) -> bool:
        """As `AccountSignIn.may`, and fails as `named` does."""
        with self._connected() as connection:
            return self._sign_in.may(connection, number)

    def mark(self, number: int) -> str:
        """As `AccountSignIn.mark`, and fails as `named` does."""
        with self._connected() as connection:
            return self._sign_in.mark(connection, number)

    @contextmanager
    def reading(self) -> Iterator[tuple[OpenSystem, Connection]]:
        """The system and a connection that only reads, for one page.

        Raises:
            CarrelError: as `named`.
        """
        with self._turn():
            system = self._opened()
            with told(self.name), system.engine.connect() as connection:
                yield system, connection

    def prepare(self) -> None:
        """Open the system, and write the questions that every answer asks, before somebody waits for it.

        Raises:
            CarrelError: as `named`.
        """
        with self._turn():
            layout = self._opened().layout
            for table in layout.tables:
                if not layout.lacking(table):
                    layout.shown(table)
                    layout.ways.to(table)

    def close(self) -> None:
        """Close its connections."""
        self._kept.close()

    @contextmanager
    def answer(self, number: int, case: str = "", *, shown: int | None = None) -> Iterator[Answer]:
        """What this system holds of a person, live; nothing of it is kept.

        Args:
            number: of whoever is signed in.
            case: name of the case, of an answer that goes on record.
            shown: how many rows of each table a page shows; None for an answer that tells all of them.

        Raises:
            CarrelError: RGT-003, nobody is there under the number any more; of the SQL codes.
        """
        asked = Asked(str(number), by_card=False)
        with self._turn(long=True):
            system = self._opened()
            with gathered(
                (system,),
                asked,
                case=case,
                site=self._site,
                policy=system.policy,
                at=self._now(),
                thorough=False,
                shown=shown,
            ) as found:
                yield found

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self._turn(), told(self.name), self._opened().engine.connect() as connection:
            yield connection

    @contextmanager
    def _turn(self, *, long: bool = False) -> Iterator[None]:
        """A few pages ask the system at once, and of those that ask for much fewer: a short one goes between them.

        One system that stands still must not keep every thread of the process: pages that need no system, and those of
        another, go on.

        Raises:
            CarrelError: SQL-003, it answers nobody, or too many wait already.
        """
        places = (self._long, self._turns) if long else (self._turns,)
        with in_turn(self._waiting, places, time.monotonic() + _TURN_SECONDS, self._busy):
            yield

    def _busy(self) -> CarrelError:
        return fault(
            UNREACHABLE,
            at=self.name,
            found="more pages that wait for its answer than may",
            because="a page waits no longer than a person would",
            fix="look whether the system's server answers, and how busy it is",
        )

    def _opened(self) -> OpenSystem:
        """The system; its tables are looked at again from time to time, since a product is brought up to date.

        One page waits for that; the others go on with what was seen before.
        """
        open_now = self._open
        if not self._opening.acquire(blocking=open_now is None) and open_now is not None:
            return open_now
        try:
            if self._open is None or self._now() - self._since >= _LOOKED_AT:
                kept = ExitStack()
                opened = kept.enter_context(access_systems.opened(self._site, self._system, silence=PAGE_SECONDS))
                with told(self.name), opened.engine.connect() as connection:
                    self._sign_in.learn_cost(connection)
                self._sign_in.leave_out(opened.stand_in)
                # Whoever reads by the older one goes on with it: only connections that are idle end here.
                self._kept.close()
                self._kept, self._open, self._since = kept, opened, self._now()
            return self._open
        finally:
            self._opening.release()


@dataclass(frozen=True)
class Premises:
    """All of it.

    Attributes:
        site, portal, policy: as declared.
        store: Carrel's own database.
        now: the clock.
        desk: what changes anything.
        staff: the same for the staff, and who they are.
        doors: systems by name, in the order of the site file.
        ways: in which patrons sign in.
        again: tells site and policy as their files stand now; None leaves them as they were.
    """

    site: Site
    portal: Portal
    policy: Policy
    store: Store
    now: Callable[[], datetime]
    desk: PatronDesk
    staff: StaffDesk
    doors: dict[str, Door] = field(default_factory=dict)
    ways: Ways = field(default_factory=Ways)
    again: Callable[[], tuple[Site, Policy]] | None = None

    def current(self) -> Premises:
        """The same with site and policy as they stand now: what pages show is what the desk goes by.

        Where the pages are, and how patrons sign in, stays until they are started again.
        """
        if self.again is None:
            return self
        site, policy = self.again()
        if site is self.site and policy is self.policy:
            return self
        fixed = {"address": self.portal.address, "sign_in": self.portal.sign_in}
        portal = self.portal if site.portal is None else site.portal.model_copy(update=fixed)
        return replace(self, site=site, policy=policy, portal=portal)

    @property
    def zone(self) -> tzinfo:
        """Of the library, as its first system keeps time: pages tell the same hours as the clocks at the desk."""
        first = next(iter(self.site.originals), None)
        return UTC if first is None else ZoneInfo(first.time_zone)

    def prepare(self) -> None:
        """Open every system that answers now; the others are opened when a page needs them."""
        for door in self.doors.values():
            with suppress(CarrelError):
                door.prepare()

    def close(self) -> None:
        """Close every connection to the systems."""
        for door in self.doors.values():
            door.close()


def enter(
    site: Site,
    policy: Policy,
    store: Store,
    now: Callable[[], datetime],
    desk: PatronDesk,
    staff: StaffDesk,
    environment: Mapping[str, str] | None = None,
    again: Callable[[], tuple[Site, Policy]] | None = None,
) -> Premises:
    """What the pages need, ready.

    Args:
        site: with a `portal`.
        policy: of the site.
        store: of the site, open.
        now: the clock.
        desk: what changes anything.
        staff: the same for the staff.
        environment: for secrets; none unless given.
        again: tells site and policy as their files stand now.

    Raises:
        CarrelError: WEB-001, the site has no pages; WEB-002, a system has no accounts that Carrel knows; MAP-001;
            SGN-007, an extra is not installed.
    """
    if site.portal is None:
        raise fault(
            faults.NO_PORTAL,
            at="carrel.yaml",
            wanted="a 'portal:' block with the address under which browsers reach the pages",
            found="none",
            fix="write 'portal:' with 'address:' as patrons will write it; to try it, http://127.0.0.1 and your --port",
        )
    doors: dict[str, Door] = {}
    ways = Ways()
    for way in site.portal.sign_in:
        system = site_systems.system_of(site, way.system)
        system_map = map_files.load(system.map)
        accounts = system_map.sign_in
        if accounts is None:
            raise fault(
                faults.NO_ACCOUNTS,
                at=f"portal: sign_in: {way.key}",
                wanted="a system whose map says where accounts and passwords are",
                found=f"the map {system.map!r}, which does not",
                fix="take the system out of 'sign_in:'",
            )
        if way.system not in doors:
            doors[way.system] = Door(site, system, system_map, AccountSignIn(system_map.people, accounts), now)
        ways.open(way, doors[way.system], site.portal, environment or {}, now)
    return Premises(site, site.portal, policy, store, now, desk, staff, doors, ways, again)
