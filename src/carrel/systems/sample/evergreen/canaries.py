"""Canaries: chains that leave a trace wherever a loan of their kind can, so that a sweep can be asked about each one.

Their copies are lent to nobody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.evergreen.branches import desk
from carrel.systems.sample.evergreen.clock import aware, when
from carrel.systems.sample.evergreen.loan import Course
from carrel.systems.sample.evergreen.plan import EvergreenCanary
from carrel.systems.sample.people import FAR
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from carrel.systems.sample.evergreen.bills import Bills
    from carrel.systems.sample.evergreen.circulation import Circulation
    from carrel.systems.sample.evergreen.counter import Counter
    from carrel.systems.sample.evergreen.events import Events
    from carrel.systems.sample.evergreen.holds import Holds
    from carrel.systems.sample.evergreen.machines import Machines

_KINDS = ("aged", "old", "recent", "open", "old")
_OWING = 4  # the place in a round of five whose fine is unpaid


class Canaries:
    """Writes the canaries' chains with everything that a library could hold about them."""

    def __init__(
        self, circulation: Circulation, bills: Bills, events: Events, holds: Holds, counter: Counter, machines: Machines
    ) -> None:
        self.loans, self.bills, self.events, self.holds = circulation, bills, events, holds
        self.counter, self.machines = counter, machines
        self.people, self.holdings, self.dice = circulation.people, circulation.holdings, circulation.dice
        self.truth, self.now = circulation.truth, circulation.now

    def write(self, count: int, first_copy: int) -> tuple[EvergreenCanary, ...]:
        """So many canaries, each of a reader of its own who opted in to a history and goes to a school."""
        readers = self.people.quiet(count)
        for reader in readers:
            self.people.opted[reader], self.people.school[reader] = True, "North Primary"
        return tuple(self._one(reader, first_copy + place, place) for place, reader in enumerate(readers))

    def _one(self, reader: int, copy: int, place: int) -> EvergreenCanary:
        kind, owes = _KINDS[place % len(_KINDS)], place % len(_KINDS) == _OWING
        course = self._course(kind, self.holdings.days[copy] * DAY, owes=owes)
        loans = self.loans.lend(reader, copy, course, aged=kind == "aged")
        last = loans[-1]
        if last.back is not None:
            self.bills.late(last, course.finish, noted=True)
        else:
            self.bills.lost(last, self.now - 3_600, None, noted=True)
        self.events.of_chain(loans, whole=True)
        hold = self.holds.filled(loans[0])
        self._said(reader, copy, last.out, loans[0].number)
        self.counter.car(reader, course.out, last.branch)
        self.truth.mark(loans[0].number, "action.curbside")
        self.machines.offline(loans[:1])
        self.holdings.busy[copy] = FAR
        traced = frozenset[str]().union(*(self.truth.traced(loan.number) for loan in loans))
        return EvergreenCanary(
            kind, tuple(loan.number for loan in loans), reader, copy, None if last.back is None else aware(last.back),
            last.back is None or owes, hold, traced,
            (
                self.people.name(reader), self.people.card(reader), self.holdings.barcode(copy),
                self.holdings.title(copy),
            ),
        )  # fmt: skip

    def _course(self, kind: str, step: int, *, owes: bool) -> Course:
        """Out, renewed twice, back late."""
        dice, now = self.dice, self.now
        if kind == "open":
            out = now - 2 * step - dice.between(2, 5) * DAY - dice.below(9_000)
            return Course(out, (out + step - 5_000, out + 2 * step - 9_000))
        back = now - dice.between(1_200, 12 * 3_600) if kind == "recent" else now - dice.between(500, 900) * DAY
        if kind == "aged":
            back = self.loans.aged_before - dice.between(30, 200) * DAY
        out = back - 3 * step - 3 * DAY - dice.below(9_000)
        renewed = (out + step - 5_000, out + 2 * step - 9_000)
        finish = back if kind == "recent" else back + 4 * DAY
        return Course(out, renewed, back, None if owes else finish)

    def _said(self, reader: int, copy: int, moment: int, number: int) -> None:
        """A note of the desk that holds name, card, barcode and title."""
        people, holdings = self.people, self.holdings
        text = (
            f"{people.name(reader)} ({people.card(reader)}) came about {holdings.barcode(copy)}, "
            f"{holdings.title(copy)}; call back on {people.phone(reader)}"
        )
        rows = self.loans.rows
        rows.add(
            "actor.usr_message", rows.number("actor.usr_message"), reader, "At the desk", text, when(moment + DAY),
            False, None, desk(people.home[reader]), False, people.staff[-1],
        )  # fmt: skip
        self.truth.mark(number, "actor.usr_message")
