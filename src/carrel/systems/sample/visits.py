"""Years of visits: when readers come, what they take, how long they keep it."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from carrel.systems.sample.charges import Charges
from carrel.systems.sample.notices import Notices
from carrel.systems.sample.people import FAR
from carrel.systems.sample.wallclock import DAY, day_of, stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from carrel.systems.sample.circulation import Circulation
    from carrel.systems.sample.loan import Loan

_WEEK = (1.3, 0.9, 0.9, 0.9, 1.0, 1.5, 0.0)  # Monday and Saturday are busy, Sunday is closed
_OPEN, _HOURS = 10 * 3_600, 9 * 3_600
_ROUND = 1_000
_TRIES = 20  # for each copy: so many throws miss a free one once in 10**8


class Visits:
    """Fills the library's years with visits and their loans."""

    def __init__(self, circulation: Circulation, first: int, *, charges: bool, holds: bool) -> None:
        self.loans = circulation
        self.dice, self.people, self.catalogue = circulation.dice, circulation.people, circulation.catalogue
        self.first, self.now = first, circulation.now
        self.notices = Notices(circulation)
        self.charges = Charges(circulation) if charges else None
        self.holds = holds

    def fill(self, total: int, items: int, progress: Callable[[int, int], None] | None) -> None:
        """So many loans of the copies 1 to ``items``, over the whole period."""
        sizes = self._sizes(total)
        moments = self._moments(len(sizes))
        sums = list(accumulate(self.people.weight))
        numbers = range(len(sums))
        readers = self.dice.random.choices(numbers, cum_weights=sums, k=len(sizes))
        done = 0
        for place, (size, moment, reader) in enumerate(zip(sizes, moments, readers, strict=True), 1):
            self._visit(size, moment, self._still_here(reader, moment, sums), items)
            done += size
            if place % _ROUND == 0 or done == total:
                self.loans.rows.flush_full()
                if progress is not None:
                    progress(done, total)

    def _sizes(self, total: int) -> list[int]:
        sizes, left, choices = [], total, self.dice.random.choices
        while left > 0:
            for size in choices((1, 2, 3, 4, 5, 8), (40, 25, 14, 10, 7, 4), k=min(left, 1_000)):
                taken = min(size, left)
                if taken:
                    sizes.append(taken)
                left -= taken
        return sizes

    def _moments(self, count: int) -> list[int]:
        begin, end = self.first // DAY, self.now // DAY
        days = range(begin, end)
        weights = [_WEEK[(day + 3) % 7] * (1.2 if day % 365 < 100 else 1.0) for day in days]  # noqa: PLR2004  (a busy season)
        dice = self.dice
        return sorted(
            day * DAY + _OPEN + (dice.below(_HOURS) + dice.below(_HOURS)) // 2
            for day in dice.random.choices(days, weights, k=count)
        )

    def _still_here(self, reader: int, moment: int, sums: list[float]) -> int:
        """Another reader when this one had left by then."""
        people = self.people
        while moment > people.leaves[reader] - 100 * DAY and people.gone(reader):
            reader = self.dice.random.choices(range(len(sums)), cum_weights=sums)[0]
        return reader

    def _visit(self, size: int, moment: int, reader: int, items: int) -> None:
        loans: list[Loan] = []
        together: int | None = None
        for place in range(size):
            out = moment + place * 4 + self.dice.below(4)
            loan = self._loan(reader, self._free(items, out), out, together)
            if loan.back is not None and together is None and self.dice.chance(0.65):
                together = loan.back
            loans.append(loan)
        self.notices.visit(loans)

    def _free(self, items: int, out: int) -> int:
        dice, busy = self.dice, self.catalogue.busy
        item = dice.skewed(items) + 1
        for _ in range(_TRIES * items):
            if busy[item] <= out:
                return item
            item = dice.below(items) + 1
        raise ValueError(f"{items:,} copies are too few for so many loans in so short a time")

    def _loan(self, reader: int, item: int, out: int, together: int | None) -> Loan:
        dice, catalogue = self.dice, self.catalogue
        days = catalogue.days[item]
        renewals = 0
        if dice.chance(0.34):
            renewals = dice.pick((1, 1, 1, 1, 2, 3))
        lost = dice.chance(0.003)
        back = self._back(out, days, renewals)
        if together is not None and together > out and not renewals:
            back = together
        if lost:
            back = out + dice.between(80, 300) * DAY if dice.chance(0.5) else FAR
        if self.people.gone(reader) or catalogue.gone(item):
            back = min(back, self.people.leaves[reader] - 1, out + 90 * DAY, self.now - 60)
            back = max(back, out + 60)
        over = back <= self.now
        end = back if over else self.now
        renewed = [
            moment
            for count in range(1, renewals + 1)
            if (moment := out + count * days * DAY - dice.between(1, 40_000)) < end
        ]
        catalogue.busy[item] = back + 3_600
        shelf = back + dice.between(2, 14) * 3_600 if over and dice.chance(0.02) else None
        if shelf is not None and shelf > self.now:
            shelf = None
        note = self._note(reader) if dice.chance(0.004) else None
        loan = self.loans.lend(reader, item, out, back if over else None, renewed, note=note, shelf_day=shelf)
        if self.charges is not None:
            self._charge(self.charges, loan, end, lost=lost)
        if self.holds and dice.chance(0.08):
            self._hold(loan)
        return loan

    def _back(self, out: int, days: int, renewals: int) -> int:
        dice = self.dice
        if dice.chance(0.8):
            day = out // DAY + days * renewals + dice.between(1, days)
        else:
            day = out // DAY + days * (renewals + 1) + 1 + dice.tail(60.0 if dice.chance(0.03) else 7.0)
        second = _OPEN + dice.below(_HOURS) if dice.chance(0.9) else dice.below(DAY)
        return day * DAY + second

    def _charge(self, charges: Charges, loan: Loan, end: int, *, lost: bool) -> None:
        dice, catalogue = self.dice, self.catalogue
        if catalogue.rent[loan.item] and dice.chance(0.25):
            charges.rent(loan)
        if end > loan.due + DAY and dice.chance(0.55):
            charges.late(loan)
        declared = loan.due + 45 * DAY
        if lost and declared < end:
            charges.lost(loan, declared)
            if loan.back is None:
                catalogue.lost_on[loan.item] = declared

    def _note(self, reader: int) -> str:
        people = self.people
        return f"Page 12 is torn. {people.name(reader)}, {people.phone(reader)}"

    def _hold(self, loan: Loan) -> None:
        """A hold that was filled by this loan, or one that its reader gave up."""
        dice = self.dice
        placed = loan.out - dice.between(2, 60) * DAY
        filled = dice.chance(0.88)
        item = None if self.catalogue.gone(loan.item) else loan.item
        self.loans.rows.numbered(
            "old_reserves", loan.owner, day_of(placed), self.catalogue.record(loan.item), loan.branch,
            None if filled else day_of(loan.out), None, 0, "F" if filled else None, stamp(loan.out), item,
            day_of(loan.out - DAY) if filled else None, None,
        )  # fmt: skip
