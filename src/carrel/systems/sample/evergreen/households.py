"""The rows of a patron's record: account, card, address, settings, messages, penalties, waivers, logins."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from carrel.systems.sample import names
from carrel.systems.sample.evergreen.branches import desk
from carrel.systems.sample.evergreen.clock import when
from carrel.systems.sample.evergreen.lookups import STAFF_PROFILE
from carrel.systems.sample.evergreen.people import ADMIN
from carrel.systems.sample.wallclock import DAY, day_of

if TYPE_CHECKING:
    from carrel.systems.sample.evergreen.people import People
    from carrel.systems.sample.rows import Row, Rows

_YEAR = 365 * DAY
_READERS = 4  # staff read as adults do


def hashed(*parts: object) -> str:
    """A text in the form of a stored password or token."""
    return hashlib.md5("-".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


class Households:
    """Writes the records of everyone, after circulation has told when each was first and last there."""

    def __init__(self, people: People, rows: Rows) -> None:
        self.people, self.rows, self.dice, self.now = people, rows, people.dice, people.now

    def write(self) -> None:
        """Everyone, tombstones included."""
        people = self.people
        for number in range(1, people.total + 1):
            if people.gone(number):
                self.rows.add("actor.usr", *self.tombstone(number))
                if heir := people.merged_into[number]:
                    self.rows.add("actor.card", number, heir, people.card(number), False)
            else:
                self._live(number)

    def account(self, number: int) -> Row:
        """The row of a patron as it is, or was before the account was deleted."""
        people = self.people
        guardian, staff = people.guardian[number], number in people.is_staff
        born, created = people.born[number], people.enrolled(number)
        changed = min(max(people.last_out[number], created), people.leaves[number])
        return (
            number, number, people.profile[number], people.card(number), people.email(number), hashed("pw", number), 1,
            1 if number % 3 else 3, f"DL{number * 7919 % 10**8:08}" if number % 3 else None, 1,
            "Dr" if number % 90 == 1 else None, people.given[number],
            names.GIVEN[number % 60] if number % 4 == 0 else None, people.family[number],
            people.name(guardian) if guardian else None, people.email(guardian) if guardian else None,
            names.GIVEN[number * 3 % 60] if number % 17 == 0 else None, None,
            f"reader {number}" if number % 11 == 0 else None, people.phone(number), None,
            f"617-555-{number * 31 % 10_000:04}" if number % 9 == 0 else None, people.address[number],
            people.address[number], people.home[number], None if born is None else day_of(born),
            True, staff, number == ADMIN, number % 120 == 0, False, guardian > 0, guardian or number,
            people.claims[number], "0.00", "none", when(created), when(created + (8 - number % 5) * _YEAR), 0,
            when(changed),
        )  # fmt: skip

    def tombstone(self, number: int) -> Row:
        """What deleting leaves of the row: number, profile, branch, year of birth."""
        people = self.people
        left, born = people.leaves[number], people.born[number]
        stone = f"{number}-PURGED-{when(left)}"
        year = None if born is None else f"{day_of(born)[:4]}-01-01"
        return (
            number, None, people.profile[number], stone, None, hashed("gone", number), 1, 3, None, 1, None, stone, None,
            stone, None, None, None, None, None, None, None, None, None, None, people.home[number], year, False, False,
            False, False, True, False, number, 0, "0.00", "none", when(left),
            when(people.enrolled(number) + 5 * _YEAR), 0, when(left),
        )  # fmt: skip

    def address(self, number: int) -> Row:
        """The row of the address that a patron moved into."""
        people = self.people
        town = names.TOWNS[people.town[number]][0]
        return (
            people.address[number], True, True, "MAILING", number, people.street[number],
            "Flat 2" if number % 8 == 0 else None, town, "Eastmere County", "MA", "US", people.post_code[number],
            False, None,
        )  # fmt: skip

    def _addresses(self, number: int) -> None:
        """Where a patron lives; now and then a place that was left, under a negated number, or one not yet approved."""
        row = self.address(number)
        self.rows.add("actor.usr_address", *row)
        street = names.STREETS[number % len(names.STREETS)]
        if number % 20 == 10:  # noqa: PLR2004
            self.rows.add("actor.usr_address", -row[0], False, *row[2:5], f"3 {street}", *row[6:])
        elif number % 20 == 11:  # noqa: PLR2004
            self.people.addresses += 1
            self.rows.add(
                "actor.usr_address", self.people.addresses, *row[1:5], f"9 {street}", *row[6:12], True, row[0]
            )

    def _live(self, number: int) -> None:
        people, rows, add = self.people, self.rows, self.rows.numbered
        rows.add("actor.usr", *self.account(number))
        rows.add("actor.card", number, number, people.card(number), True)
        if not people.guardian[number]:
            self._addresses(number)
        created = people.enrolled(number)
        add(
            "actor.passwd", number, hashed("salt", number), hashed("hash", number), "main", when(created), when(created)
        )
        for name, value in self._settings(number, created):
            add("actor.usr_setting", number, name, json.dumps(value))
        if people.school[number]:
            add("actor.stat_cat_entry_usr_map", people.school[number], 1, number)
        if number in people.is_staff or people.profile[number] == STAFF_PROFILE:
            add("permission.usr_work_ou_map", number, people.home[number])
            add("permission.usr_grp_map", number, _READERS)
        self._logins(number)
        self._said(number)

    def _settings(self, number: int, created: int) -> list[tuple[str, object]]:
        people = self.people
        found: list[tuple[str, object]] = [("opac.default_pickup_location", people.home[number])]
        if people.opted[number]:
            found += [("history.circ.retention_start", day_of(created)), ("history.circ.retention_age", "10 years")]
        if number % 14 == 5:  # noqa: PLR2004
            found += [("history.hold.retention_start", day_of(created)), ("history.hold.retention_count", 3)]
        if number % 5 == 0:
            found += [
                ("opac.default_phone", people.phone(number)), ("opac.default_sms_notify", people.phone(number)),
                ("opac.default_sms_carrier", 1), ("opac.hold_notify", "email:sms"),
            ]  # fmt: skip
        return found

    def _logins(self, number: int) -> None:
        """The newest login of a passing kind, every one of a lasting kind; now and then a forgotten password."""
        people, add = self.people, self.rows.numbered
        last = people.last_out[number] or self.now - 200 * DAY
        if number % 3:
            add("actor.usr_activity", number, 2, when(last - 3_600), None)
        for visit in range(number % 4):
            add(
                "actor.usr_activity",
                number,
                3,
                when(max(0, last - visit * 41 * DAY - 900)),
                f"ezproxy:{people.card(number)}",
            )
        if number % 25 == 3:  # noqa: PLR2004
            add("actor.usr_password_reset", hashed("reset", number), number, when(last - 70 * DAY), number % 2 == 0)

    def _said(self, number: int) -> None:
        """Messages, notes and blocks, which name other people too; who may use the account."""
        people, rows, now = self.people, self.rows, self.now
        staff, branch = people.staff[number % len(people.staff)], people.home[number]
        other = (number * 13) % people.total + 1
        moment = when(now - number * 7 % 900 * DAY)
        if number % 6 == 0:
            text = f"{people.name(number)} asks that {people.name(other)} may fetch books; call {people.phone(number)}"
            message = rows.number("actor.usr_message")
            rows.add("actor.usr_message", message, number, "Note", text, moment, False, None, branch, False, staff)
            rows.add(
                "actor.usr_standing_penalty",
                rows.number("actor.usr_message"),
                branch,
                number,
                21,
                staff,
                moment,
                None,
                message,
            )
        if number % 13 == 0:
            text = f"Dear {people.name(number)}, the book is back. {people.name(staff)}"
            rows.add(
                "actor.usr_message", rows.number("actor.usr_message"), number, "Your question", text, moment,
                number % 2 == 0, moment if number % 3 else None, branch, True, staff,
            )  # fmt: skip
        if number % 21 == 2:  # noqa: PLR2004
            rows.add(
                "actor.usr_standing_penalty",
                rows.number("actor.usr_message"),
                branch,
                number,
                1,
                None,
                moment,
                None,
                None,
            )
        if number % 16 == 1:
            rows.numbered("actor.usr_privacy_waiver", number, people.name(other), True, True, number % 32 == 1, False)
        if number % 15 == 4:  # noqa: PLR2004
            rows.numbered("actor.usr_org_unit_opt_in", branch % 3 + 1, number, staff, moment, desk(branch))
