"""What the pages work with: the site and its policy, the store, and the library's systems, open as long as they are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from carrel.errors import fault
from carrel.inventory.portal import Portal
from carrel.inventory.site import Site, System
from carrel.policy.resolve import Policy
from carrel.store.store import Store
from carrel.systems import map_files, site_systems
from carrel.systems.sql import accounts
from carrel.systems.sql.account_sign_in import AccountSignIn
from carrel.systems.sql.failure import told
from carrel.web import faults


class Door:
    """One system by whose accounts patrons sign in. It is opened when it is first needed, and may be away until then.

    Args:
        system: of the site file.
        title: of the product, for people.
        sign_in: its accounts.
    """

    def __init__(self, system: System, title: str, sign_in: AccountSignIn) -> None:
        self.name, self.title = system.name, title
        self._system, self._sign_in = system, sign_in
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    def person(self, name: str, password: str) -> int | None:
        """As `AccountSignIn.person`.

        Raises:
            CarrelError: of the SQL codes, the system is not to be reached.
        """
        engine = self._opened()
        with told(self.name), engine.connect() as connection:
            return self._sign_in.person(connection, name, password)

    def close(self) -> None:
        """Close its connections."""
        if self._engine is not None:
            self._engine.dispose()

    def _opened(self) -> Engine:
        with self._opening:
            if self._engine is None:
                engine = accounts.open_compared(self._system, read_only=True)
                with told(self.name), engine.connect() as connection:
                    self._sign_in.learn_cost(connection)
                self._engine = engine
            return self._engine


@dataclass(frozen=True)
class Premises:
    """All of it.

    Attributes:
        site, portal, policy: as declared.
        store: Carrel's own database.
        now: the clock.
        doors: systems by name, in the order of the site file.
    """

    site: Site
    portal: Portal
    policy: Policy
    store: Store
    now: Callable[[], datetime]
    doors: dict[str, Door] = field(default_factory=dict)

    def close(self) -> None:
        """Close every connection to the systems."""
        for door in self.doors.values():
            door.close()


def enter(site: Site, policy: Policy, store: Store, now: Callable[[], datetime]) -> Premises:
    """What the pages need, ready.

    Args:
        site: with a `portal`.
        policy: of the site.
        store: of the site, open.
        now: the clock.

    Raises:
        CarrelError: WEB-001, the site has no pages; WEB-002, a system has no accounts that Carrel knows; MAP-001.
    """
    if site.portal is None:
        raise fault(
            faults.NO_PORTAL,
            at="carrel.yaml",
            wanted="a 'portal:' block with the address under which browsers reach the pages",
            found="none",
            fix="write 'portal: {address: http://127.0.0.1:8000}', or the address that patrons will use",
        )
    doors: dict[str, Door] = {}
    for name in site.portal.sign_in:
        system = site_systems.system_of(site, name)
        system_map = map_files.load(system.map)
        if system_map.sign_in is None:
            raise fault(
                faults.NO_ACCOUNTS,
                at=f"portal: sign_in: {name}",
                wanted="a system whose map says where accounts and passwords are",
                found=f"the map {system.map!r}, which does not",
                fix="take the system out of 'sign_in:'",
            )
        doors[name] = Door(system, system_map.title, AccountSignIn(system_map.people, system_map.sign_in))
    return Premises(site, site.portal, policy, store, now, doors)
