"""Years of visits: when readers come, what they take, how often they renew, how it ends, what they owe for it."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from carrel.systems.sample.evergreen.loan import Course
from carrel.systems.sample.people import FAR
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from carrel.systems.sample.evergreen.bills import Bills
    from carrel.systems.sample.evergreen.circulation import Circulation
    from carrel.systems.sample.evergreen.events import Events
    from carrel.systems.sample.evergreen.holds import Holds

_WEEK = (1.3, 0.9, 0.9, 0.9, 1.0, 1.5, 0.0)  # Monday and Saturday are busy, Sunday is closed
_OPEN, _HOURS = 10 * 3_600, 8 * 3_600
_ROUND = 500
_ROWS_A_CHAIN = 1.57  # renewals included
_LOSSES = ("LOST", "LOST", "CLAIMSRETURNED", "LONGOVERDUE")
_SUMMER = (170, 240)  # days of the year with school holidays


class Visits:
    """Fills the library's years."""

    def __init__(self, circulation: Circulation, bills: Bills, events: Events, holds: Holds) -> None:
        self.loans, self.bills, self.events, self.holds = circulation, bills, events, holds
        self.dice, self.people, self.holdings = circulation.dice, circulation.people, circulation.holdings
        self.clock, self.now = circulation.clock, circulation.now

    def fill(self, rows_wanted: int, copies: int, first: int, progress: Callable[[int, int], None] | None) -> None:
        """So many rows of circulation, of the copies 1 to ``copies``, over the whole period."""
        people, dice = self.people, self.dice
        sums = list(accumulate(people.weight))
        chains = round(rows_wanted / _ROWS_A_CHAIN)
        readers = dice.random.choices(range(len(sums)), cum_weights=sums, k=chains)
        for place, (moment, one) in enumerate(zip(self._moments(chains, first), readers, strict=True), 1):
            reader = one
            while people.gone(reader) and moment > people.leaves[reader] - 120 * DAY:
                reader = dice.random.choices(range(len(sums)), cum_weights=sums)[0]
            self._chain(reader, self._free(copies, moment), moment)
            if place % _ROUND == 0:
                self.loans.rows.flush_full()
                if progress is not None:
                    progress(min(self.loans.written, rows_wanted), rows_wanted)

    def _moments(self, count: int, first: int) -> list[int]:
        days = range(self.clock.day(first), self.clock.day(self.now))
        weights = [_WEEK[(day + 3) % 7] * (1.4 if _SUMMER[0] < day % 365 < _SUMMER[1] else 1.0) for day in days]
        dice = self.dice
        chosen = dice.random.choices(days, weights, k=count)
        return sorted(
            self.clock.midnight(day) + _OPEN + (dice.below(_HOURS) + dice.below(_HOURS)) // 2 for day in chosen
        )

    def _free(self, copies: int, out: int) -> int:
        dice, busy = self.dice, self.holdings.busy
        copy = dice.skewed(copies) + 1
        while busy[copy] > out:
            copy = dice.below(copies) + 1
        return copy

    def _chain(self, reader: int, copy: int, out: int) -> None:
        dice, people = self.dice, self.people
        days = self.holdings.days[copy]
        wanted = dice.pick((1, 1, 1, 2, 3, 5)) if dice.chance(0.27) else 0
        step = days * DAY
        renewed = tuple(
            m for n in range(1, wanted + 1) if (m := out + n * step - dice.between(60, 40_000)) < self.now - 60
        )
        last = renewed[-1] if renewed else out
        if people.gone(reader):
            self._over(reader, copy, out, renewed, min(self._back(last, days), people.leaves[reader] - 3_600))
        elif dice.chance(0.004) and last + days * DAY + 100 * DAY < self.now:
            self._not_back(reader, copy, out, renewed, last + days * DAY + dice.between(30, 90) * DAY)
        else:
            back = self._back(last, days)
            if back < self.now:
                self._over(reader, copy, out, renewed, back)
            else:
                loans = self.loans.lend(reader, copy, Course(out, renewed), aged=False)
                self.events.of_chain(loans)

    def _back(self, last: int, days: int) -> int:
        dice = self.dice
        late = dice.chance(0.14)
        day = self.clock.day(last) + (days + 1 + dice.tail(9.0) if late else dice.between(1, days))
        return self.clock.midnight(day) + _OPEN + dice.below(_HOURS)

    def _over(self, reader: int, copy: int, out: int, renewed: tuple[int, ...], back: int) -> None:
        """A chain that came back: paid for on the spot, later, never, or nothing to pay."""
        dice = self.dice
        last = renewed[-1] if renewed else out
        back = max(back, last + 60)
        late = back > last + (self.holdings.days[copy] + 1) * DAY and dice.chance(0.5)
        paid: int | None = None
        finish: int | None = back
        if late:
            paid = back if dice.chance(0.4) else back + dice.between(1, 200) * DAY
            if not self.people.gone(reader) and (paid > self.now or dice.chance(0.12)):
                paid = finish = None
            else:
                paid = finish = min(paid, self.people.leaves[reader] - 60)
        course = Course(out, renewed, back, finish)
        odd = not late and not self.people.gone(reader) and dice.chance(0.002)
        if odd:
            course = Course(out, renewed, back, None)
        loans = self.loans.lend(reader, copy, course, aged=self.loans.aged(reader, course))
        if late:
            self.bills.late(loans[-1], paid)
        if odd:
            self.bills.forgiven_twice(loans[-1], min(back + 60, self.now - 700))
        self.events.of_chain(loans)
        if dice.chance(0.17):
            self.holds.filled(loans[0])
        elif dice.chance(0.04):
            self.holds.given_up(reader, copy, max(out - 5 * DAY, self.people.enrolled(reader) + DAY))

    def _not_back(self, reader: int, copy: int, out: int, renewed: tuple[int, ...], when: int) -> None:
        """Lost, claimed or long overdue; a lost one may be paid for and is then finished without a return."""
        stop = self.dice.pick(_LOSSES)
        paid = when + 20 * DAY if stop == "LOST" and self.dice.chance(0.5) else None
        course = Course(out, renewed, None, paid if paid is None or paid < self.now else None, stop, when)
        loans = self.loans.lend(reader, copy, course, aged=self.loans.aged(reader, course))
        if stop in {"LOST", "LONGOVERDUE"}:
            self.bills.lost(loans[-1], when, course.finish)
        self.events.of_chain(loans)
        self.holdings.busy[copy] = FAR
