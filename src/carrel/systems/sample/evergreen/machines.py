"""What machines and offices keep: self-registrations, offline scripts, programs' logs, self-check sessions, reports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carrel.systems.sample import names
from carrel.systems.sample.evergreen.branches import BRANCHES, CONSORTIUM, desk, short_name
from carrel.systems.sample.evergreen.clock import when
from carrel.systems.sample.evergreen.households import hashed
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from carrel.systems.sample.evergreen.circulation import Circulation
    from carrel.systems.sample.evergreen.loan import Loan


class Machines:
    """Writes rows that no patron's record shows."""

    def __init__(self, circulation: Circulation) -> None:
        self.rows, self.people, self.now = circulation.rows, circulation.people, circulation.now
        self.holdings, self.truth = circulation.holdings, circulation.truth
        self.admin, self.clerk = self.people.staff[0], self.people.staff[-1]

    def write(self) -> None:
        """Everything but offline scripts, which `offline` writes for given loans."""
        self._registrations()
        self._programs()
        self._self_checks()
        self._reports()

    def offline(self, loans: list[Loan]) -> None:
        """One offline upload: cards and barcodes of what was lent while the line was down."""
        if not loans:
            return
        moment = self.now - 40 * DAY
        branch, key = loans[0].branch, hashed("offline", loans[0].number)
        self.rows.add("offline.session", key, branch, "Line was down", self.clerk, moment, 1, len(loans))
        for loan in loans:
            line = json.dumps(
                {"type": "checkout", "patron_barcode": self.people.card(loan.reader), "checkout_time": when(loan.out),
                 "barcode": self.holdings.barcode(loan.copy)}
            )  # fmt: skip
            self.rows.numbered("offline.script", key, self.clerk, loan.out, f"{short_name(branch)}-desk", line, 0, 1)
            self.truth.mark(loan.number, "offline.script")

    def _registrations(self) -> None:
        """Self-registrations that nobody looked at; some are years old, and one names who asked for it."""
        for number in range(1, max(6, self.people.total // 60)):
            moment = when(self.now - number * number * 5 % 900 * DAY)
            family, given = names.FAMILIES[number * 3 % len(names.FAMILIES)], names.GIVEN[number * 5 % len(names.GIVEN)]
            user = f"new{number}@mail.example"
            self.rows.numbered(
                "staging.user_stage", moment, user, "Adult", user, 3, given, family, f"617-555-9{number:03}",
                BRANCHES[number % len(BRANCHES)], "1990-04-02" if number % 4 else None, False,
                self.people.staff[0] if number % 5 == 0 else None,
            )  # fmt: skip
            self.rows.numbered("staging.card_stage", moment, user, f"22000{number:09}", False)
            street = names.STREETS[number % len(names.STREETS)]
            self.rows.numbered(
                "staging.mailing_address_stage", moment, user, f"{number} {street}", "Eastmere", "MA", "02139", False
            )
        event = f"row 17 failed: {names.FAMILIES[4]}, {names.GIVEN[9]}, 1987-05-12"
        self.rows.numbered("actor.patron_loader_log", 1, CONSORTIUM, event, 18, when(self.now - 200 * DAY)[:-3])

    def _programs(self) -> None:
        """Attempts of programs to sign in and to ask, with address and name."""
        people = self.people
        self.rows.add(
            "openapi.endpoint", "getPatron", "/patrons/{id}", "get", "One patron", "open-ils.actor", "retrieve"
        )
        for place in range(20):
            who = place * 11 % people.total + 1
            moment, asked = when(self.now - place * 6 * DAY), f"req-{place:04}"
            self.rows.add(
                "openapi.authen_attempt_log", asked, moment, f"198.51.100.{place + 1}", people.card(who), None
            )
            self.rows.add(
                "openapi.endpoint_access_attempt_log", asked, moment, "getPatron", place % 5 > 0,
                f"198.51.100.{place + 1}", None if people.gone(who) else who, hashed("token", place),
            )  # fmt: skip

    def _self_checks(self) -> None:
        self.rows.add("sip.setting_group", 1, "Default", "cons")
        for number, branch in enumerate(BRANCHES[:2], 1):
            self.rows.add("sip.account", number, 1, f"selfcheck{number}", self.clerk, desk(branch))
            self.rows.add("sip.session", f"sip-{number}", hashed("sip", number), number, when(self.now - 3_600))

    def _reports(self) -> None:
        """A report about one reader, and where its output goes."""
        owner, moment = self.clerk, when(self.now - 120 * DAY)
        reader = self.people.total // 2
        for kind in ("template", "report", "output"):
            self.rows.add(f"reporter.{kind}_folder", 1, owner, moment, "Desk")
        self.rows.add("reporter.template", 1, owner, moment, "Loans of one reader", "", '{"core_class":"circ"}', 1)
        asked = json.dumps({"usr": reader, "card": self.people.card(reader)})
        self.rows.add(
            "reporter.report",
            1,
            owner,
            moment,
            f"Loans of {self.people.name(reader)}",
            "Asked for by telephone",
            asked,
            1,
            1,
        )
        self.rows.add("reporter.schedule", 1, 1, 1, owner, moment, moment, moment, self.people.email(reader))
