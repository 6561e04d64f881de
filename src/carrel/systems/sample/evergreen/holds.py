"""Holds: those that a loan filled, those that wait or lie ready, those that somebody gave up, and aged ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.evergreen.branches import desk
from carrel.systems.sample.evergreen.clock import when, when_or_none
from carrel.systems.sample.evergreen.lookups import HOLD_GONE, HOLD_READY, HOLD_SHELF
from carrel.systems.sample.people import FAR
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from carrel.systems.sample.evergreen.circulation import Circulation
    from carrel.systems.sample.evergreen.events import Events
    from carrel.systems.sample.evergreen.loan import Loan

_WAITING = ("waiting", "waiting", "ready", "frozen")


class Holds:
    """Writes holds with their notes, notices, candidate copies and ways."""

    def __init__(self, circulation: Circulation, events: Events) -> None:
        self.loans, self.events, self.rows, self.dice = circulation, events, circulation.rows, circulation.dice
        self.people, self.holdings, self.truth = circulation.people, circulation.holdings, circulation.truth
        self.now = circulation.now

    def filled(self, loan: Loan) -> int:
        """The hold that a checkout filled."""
        placed = loan.out - self.dice.between(3, 60) * DAY - self.dice.below(30_000)
        ready = loan.out - self.dice.between(1, 5) * DAY // 2
        table = "action.aged_hold_request" if loan.aged else "action.hold_request"
        self.truth.mark(loan.number, table)
        number = self._write(loan.reader, loan.copy, placed, caught=ready, filled=loan.out, aged=loan.aged)
        if ready > self.events.since:
            self.events.of_hold(HOLD_READY, number, loan.reader, loan.copy, loan.branch, ready + 1_800, aged=loan.aged)
        return number

    def given_up(self, reader: int, copy: int, moment: int) -> None:
        """A hold that was cancelled; what the desk typed names who rang."""
        aged = self.people.gone(reader) or moment < self.loans.aged_before
        placed = moment - self.dice.between(3, 90) * DAY
        number = self._write(reader, copy, placed, gone=moment, aged=aged)
        if moment > self.events.since and number % 2:
            self.events.of_hold(HOLD_GONE, number, reader, copy, self.people.home[reader], moment + 1_800, aged=aged)

    def open_ones(self, first_copy: int, count: int) -> None:
        """Holds of the living that wait for one of some copies, lie on the shelf, or sleep."""
        people = self.people
        live = [n for n in range(2, people.total + 1) if not people.gone(n) and n not in people.is_staff]
        for place in range(count):
            reader, copy = live[place * 7 % len(live)], first_copy + place
            state = _WAITING[place % len(_WAITING)]
            placed = self.now - (place % 80 + 3) * DAY - place % 7_000
            ready = placed + 2 * DAY if state == "ready" else None
            number = self._write(reader, copy, placed, caught=ready, aged=False, frozen=state == "frozen")
            if state == "ready":
                self.holdings.moved(copy, HOLD_SHELF, placed + 2 * DAY)
                self.holdings.busy[copy] = FAR
                self.rows.numbered(
                    "action.hold_notification", number, people.staff[0], when(placed + 2 * DAY + 60), "phone",
                    f"Left word with {people.name(people.guardian[reader] or reader)}",
                )  # fmt: skip
            elif state == "waiting":
                self.rows.numbered("action.hold_copy_map", number, copy, place % 3)
                self.rows.numbered(
                    "action.unfulfilled_hold_list", copy, number, people.home[reader], when(placed + DAY)
                )
                self.rows.numbered(
                    "action.hold_request_reset_reason_entry", number, 1, None, when(placed + DAY), copy, None
                )
            if place % 3 == 0:
                self.rows.numbered(
                    "action.hold_request_note",
                    number,
                    "Staff",
                    f"{people.name(reader)} wants the large print",
                    False,
                    False,
                    True,
                )

    def _write(
        self,
        reader: int,
        copy: int,
        placed: int,
        *,
        aged: bool,
        caught: int | None = None,
        filled: int | None = None,
        gone: int | None = None,
        frozen: bool = False,
    ) -> int:
        people, rows, record = self.people, self.rows, self.holdings.record(copy)
        number = rows.number("action.hold_request")
        branch, staff = people.home[reader], people.staff[number % len(people.staff)]
        note = None
        if gone is not None and number % 2:
            note = f"{people.name(people.guardian[reader] or reader)} rang from {people.phone(reader)}: not needed"
        head = (
            number, when(placed), when_or_none(caught), when_or_none(filled), when(placed + 180 * DAY),
            when_or_none(gone), None if gone is None else number % 6 + 1, note, staff if gone is not None else None,
            record, None if caught is None else copy, None if filled is None else staff,
            None if filled is None else branch, branch,
        )  # fmt: skip
        place = (1, 0, branch, "T")
        tail = (
            frozen, when(self.now + 30 * DAY) if frozen else None, when_or_none(caught), True,
            when_or_none(None if caught is None else caught + 7 * DAY), None if caught is None else branch, False,
        )  # fmt: skip
        by_phone, by_text = number % 5 == 0, number % 7 == 0
        if aged:
            told = (by_phone, True, by_text)
            rows.add(
                "action.aged_hold_request",
                *self.loans.demography(reader, branch),
                number % 6 == 0,
                *head,
                *place,
                *told,
                *tail,
            )
        else:
            who = (staff if number % 6 == 0 else reader, reader)
            phone = people.phone(reader)
            told_at = (phone if by_phone else None, True, phone if by_text else None, 1 if by_text else None)
            rows.add("action.hold_request", *head, *who, *place, *told_at, *tail)
        rows.add("reporter.hold_request_record", number, record, "T", record)
        if caught is not None and number % 4 == 0:
            transit = rows.number("action.transit_copy")
            rows.add(
                "action.hold_transit_copy", transit, when(caught - DAY), when(caught), copy, self.holdings.home[copy],
                branch, 8, None if aged else number,
            )  # fmt: skip
        return number

    def transits(self) -> None:
        """Copies that go home after a return elsewhere, one of them still under way."""
        for copy in range(5, self.holdings.total, 37):
            left = self.now - copy * 3 % 400 * DAY
            arrived = None if copy % 10 == 5 else left + DAY  # noqa: PLR2004
            number = self.rows.number("action.transit_copy")
            home = self.holdings.home[copy]
            self.rows.add(
                "action.transit_copy", number, when(left), when_or_none(arrived), copy, desk(home) % 8 + 4, home, 7
            )
