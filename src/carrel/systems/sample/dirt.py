"""The irregular rows that every library has after some years: kept out of the generator, so that each is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample import names
from carrel.systems.sample.people import FAR
from carrel.systems.sample.wallclock import DAY, day_of, repeated_hours, stamp

if TYPE_CHECKING:
    from carrel.systems.sample.circulation import Circulation

PERIODS = (1, 7, 30, 60, 90, 180, 365)
_LOAN_ROWS = 4
_ZERO = "0000-00-00 00:00:00"


class Dirt:
    """Adds irregular rows; their copies are lent to nobody else."""

    def __init__(self, circulation: Circulation, first_item: int, zone: str, first: int) -> None:
        self.loans, self.rows, self.dice = circulation, circulation.rows, circulation.dice
        self.people, self.catalogue, self.now = circulation.people, circulation.catalogue, circulation.now
        self.item, self.zone, self.first = first_item, zone, first
        people = self.people
        self.live = [
            n for n in range(4, people.total + 1) if not people.gone(n) and people.privacy[n] == 1 and people.weight[n]
        ]

    @staticmethod
    def copies_needed(first: int, now: int, zone: str) -> int:
        """How many copies `write` uses up, withdrawn ones included."""
        loans = len(PERIODS) * 4 + _LOAN_ROWS + len(list(repeated_hours(first, now, zone))) * 2
        return loans + loans // 20 + 4

    def write(self) -> int:
        """Add everything; the number of loans added."""
        before = self.loans.loans_written
        self._boundaries()
        self._repeated_hours()
        self._impossible_returns()
        self._leftovers()
        self._staff_notes()
        self._member_logs()
        self._desk()
        return self.loans.loans_written - before

    def _copy(self) -> int:
        while self.catalogue.gone(self.item):
            self.item += 1
        self.item += 1
        return self.item - 1

    def _loan(self, out: int, back: int) -> None:
        self.loans.lend(self.dice.pick(self.live), self._copy(), out, back)

    def _boundaries(self) -> None:
        """Returns exactly at the usual cut-offs, a second to either side, and at midnight of that day."""
        for days in PERIODS:
            edge = self.now - days * DAY
            for back in (edge - 1, edge, edge + 1, edge // DAY * DAY):
                self._loan(back - 9 * DAY - 77, back)

    def _repeated_hours(self) -> None:
        """Returns in the hour that the clock showed twice: no zone can tell which one was meant."""
        for hour in repeated_hours(self.first, self.now - DAY, self.zone):
            self._loan(hour - 5 * DAY, hour + 1_800)
            self._loan(hour - 5 * DAY + 60, hour)

    def _impossible_returns(self) -> None:
        """Rows that no desk wrote: a zero date, no date, a return before the checkout, a date to come."""
        out = self.now - 800 * DAY
        for back in (_ZERO, None, stamp(out - 3 * DAY), stamp(self.now + 400 * DAY)):
            reader, item = self.dice.pick(self.live), self._copy()
            number = self.loans.next_number()
            self.rows.add(
                "old_issues", number, reader, None, item, stamp(out + 21 * DAY), "CPL", back, None, None, 0, 0,
                stamp(out + 21 * DAY), stamp(out), None, None, None,
            )  # fmt: skip
            self.rows.add(
                "statistics", stamp(out), "CPL", 0, "issue", "", item, self.catalogue.kind[item], "GEN", reader, "FIC",
                self.people.category[reader], "intranet",
            )  # fmt: skip

    def _leftovers(self) -> None:
        """A self-registration under number 0, waiting holds, and rows of other modules whose object is no patron."""
        self.rows.add(
            "borrower_modifications", stamp(self.now - 3 * DAY), "3f9c1d", "surname,firstname,email", 0, "Finch",
            "April", "april@mail.example",
        )  # fmt: skip
        for place in range(max(5, len(self.live) // 20)):
            reader, item = self.dice.pick(self.live), self.dice.between(1, 40)
            placed = self.now - place % 50 * DAY
            self.rows.numbered(
                "reserves", reader, day_of(placed), self.catalogue.record(item), "CPL", None,
                f"Ring {self.people.phone(reader)}" if place % 4 == 0 else None, 1, None, stamp(placed), None,
                None, None,
            )  # fmt: skip
            self.rows.numbered("action_logs", stamp(placed), 1, "CATALOGUING", "MODIFY", item, "item", "intranet", None)
        self.rows.numbered(
            "background_jobs", "finished", 3, 3, 1, "batch_hold_cancel", "long_tasks",
            f'{{"hold_ids":[1,2,3],"borrowernumber":{self.live[0]}}}', "{}", stamp(self.now - DAY),
            stamp(self.now - DAY), stamp(self.now - DAY + 9),
        )  # fmt: skip

    def _staff_notes(self) -> None:
        people = self.people
        for place, reader in enumerate(self.live[:: max(1, len(self.live) // 40)]):
            item = place + 1
            text = (
                f"{people.given[reader]} says {self.catalogue.title(item)} ({self.catalogue.barcode(item)}) was lent "
                f"to card {people.card(reader)}; phone {people.phone(reader)}"
            )
            self.rows.numbered(
                "messages", reader, "CPL", "L", text, stamp(self.now - place * 9 * DAY), people.staff[-1]
            )

    def _member_logs(self) -> None:
        """Audit rows of changed patrons, which keep the old address; some of patrons who are long gone."""
        people = self.people
        for reader in range(4, people.total + 1, 3):
            moment = min(people.leaves[reader] if people.gone(reader) else FAR, self.now - reader % 700 * DAY)
            diff = (
                f'{{"D":{{"address":{{"N":"{people.address[reader]}","O":"12 {names.STREETS[reader % 9]}"}},'
                f'"surname":{{"O":"{people.family[reader]}"}}}}}}'
            )
            action = "DELETE" if people.gone(reader) else "MODIFY"
            self.rows.numbered("action_logs", stamp(moment), 1, "MEMBERS", action, reader, "", "intranet", diff)

    def _desk(self) -> None:
        """Claims of returned copies, still open."""
        seen = [(item, who) for item, who in self.loans.last.items() if not self.catalogue.gone(item)]
        for item, (reader, moment) in seen[:: max(1, len(seen) // 15)]:
            if not self.people.gone(reader):
                self.rows.numbered(
                    "return_claims", item, None, reader, f"{self.people.name(reader)} wants a call",
                    stamp(moment - DAY), self.people.staff[-1], None, None, None, None, None,
                )  # fmt: skip
