"""Audit rows of accounts and addresses: what stood there before, and what a purge wrote back while it deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample import names
from carrel.systems.sample.evergreen.branches import desk
from carrel.systems.sample.evergreen.clock import when
from carrel.systems.sample.evergreen.columns import COLUMNS
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from carrel.systems.sample.evergreen.households import Households
    from carrel.systems.sample.rows import Row

_USR = {name: place for place, name in enumerate(COLUMNS["actor.usr"])}
_ADDRESS = {name: place for place, name in enumerate(COLUMNS["actor.usr_address"])}


class Audits:
    """Writes the histories of accounts and addresses."""

    def __init__(self, households: Households) -> None:
        self.households, self.people, self.rows = households, households.people, households.rows
        self.now = households.now

    def write(self) -> None:
        """Earlier states of the living; of the deleted what the purge itself left."""
        for number in range(1, self.people.total + 1):
            if self.people.gone(number):
                self._purged(number)
            else:
                self._changed(number)

    def _usr(self, moment: int, action: str, row: Row, staff: int, branch: int) -> None:
        number = self.rows.number("auditor.actor_usr_history")
        self.rows.add("auditor.actor_usr_history", number, when(moment), action, staff, desk(branch), *row)

    def _address(self, moment: int, action: str, row: Row, staff: int, branch: int) -> None:
        number = self.rows.number("auditor.actor_usr_address_history")
        self.rows.add("auditor.actor_usr_address_history", number, when(moment), action, staff, desk(branch), *row)

    def _changed(self, number: int) -> None:
        people, households = self.people, self.households
        staff, branch = people.staff[number % len(people.staff)], people.home[number]
        since = people.enrolled(number)
        for change in range(1 + number % 4):
            row = list(households.account(number))
            moment = min(since + (change * 190 + number % 100) * DAY + 40_000 + number % 9_000, self.now - 60)
            row[_USR["last_update_time"]] = when(moment - 9 * DAY)
            if change == 0:
                row[_USR["day_phone"]] = f"617-555-{number * 17 % 10_000:04}"
                if number % 10 == 0:
                    row[_USR["family_name"]] = names.FAMILIES[number * 5 % len(names.FAMILIES)]
            self._usr(moment, "U", tuple(row), staff, branch)
        if number % 5 == 0 and not people.guardian[number]:
            old = list(households.address(number))
            old[_ADDRESS["street1"]] = f"12 {names.STREETS[number % len(names.STREETS)]}"
            self._address(min(since + 300 * DAY, self.now - 60), "U", tuple(old), staff, branch)

    def _purged(self, number: int) -> None:
        """Two full rows of the account, an update and a deletion of the address, all of the second of the purge."""
        people, households = self.people, self.households
        staff, branch, left = people.staff[0], people.home[number], people.leaves[number]
        row = list(households.account(number))
        self._usr(left, "U", tuple(row), staff, branch)
        for name in ("card", "mailing_address", "billing_address"):
            row[_USR[name]] = None
        row[_USR["active"]] = False
        self._usr(left, "U", tuple(row), staff, branch)
        for action in "UD":
            self._address(left, action, households.address(number), staff, branch)
