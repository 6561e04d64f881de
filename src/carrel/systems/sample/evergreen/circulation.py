"""Chains of circulation, live or aged already, with what the product's triggers write beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.evergreen.branches import SECOND_SYSTEM, desk, system_of
from carrel.systems.sample.evergreen.clock import when, when_or_none
from carrel.systems.sample.evergreen.loan import Loan, Truth
from carrel.systems.sample.evergreen.lookups import LONG_OVERDUE, MISSING, ON_SHELF, OUT
from carrel.systems.sample.people import FAR
from carrel.systems.sample.wallclock import DAY, day_of

if TYPE_CHECKING:
    from carrel.systems.sample.dice import Dice
    from carrel.systems.sample.evergreen.clock import Clock
    from carrel.systems.sample.evergreen.holdings import Holdings
    from carrel.systems.sample.evergreen.loan import Course
    from carrel.systems.sample.evergreen.people import People
    from carrel.systems.sample.rows import Row, Rows

_AFTER_LOSS = {"LOST": MISSING, "LONGOVERDUE": LONG_OVERDUE}
_KINDS_OF_RENEWAL = ("desk", "opac", "opac", "phone", "auto", "auto")


class Circulation:
    """Writes chains in whatever order they are told."""

    def __init__(
        self, dice: Dice, people: People, holdings: Holdings, rows: Rows, clock: Clock, *, aged_before: int
    ) -> None:
        self.dice, self.people, self.holdings, self.rows, self.clock = dice, people, holdings, rows, clock
        self.now, self.aged_before = people.now, aged_before
        self.truth = Truth()
        self.written = 0

    def aged(self, reader: int, course: Course) -> bool:
        """Whether the library has aged such a chain already: an early one that is finished, or a deleted reader's."""
        if self.people.gone(reader):
            return True
        return course.finish is not None and course.finish < self.aged_before

    def lend(self, reader: int, copy: int, course: Course, *, aged: bool) -> list[Loan]:
        """One chain from checkout to its end, or still open.

        Args:
            reader: an account; of a deleted one the chain must be aged.
            copy: what is lent.
            course: when.
            aged: whether the library has aged it already; then it must be finished.

        Returns:
            The rows, oldest first.
        """
        dice, people, holdings = self.dice, self.people, self.holdings
        branch = people.home[reader] if dice.chance(0.85) else holdings.home[copy]
        staff = dice.pick(people.staff)
        if reader in people.is_staff and dice.chance(0.3):
            staff = reader
        days = holdings.days[copy]
        begins = (course.out, *course.renewed)
        loans: list[Loan] = []
        for place, begin in enumerate(begins):
            due = self.clock.end_of_day(self.clock.day(begin) + days)
            parent = loans[-1].number if loans else None
            number = self.truth.next_number(reader)
            if place + 1 < len(begins):
                end = begins[place + 1]
                loans.append(
                    Loan(number, reader, copy, branch, begin, due, end, end, "RENEW", end, parent, staff, aged)
                )
            else:
                stop = course.stop or (None if course.back is None else "CHECKIN")
                stopped = course.stopped if course.stop else course.back
                loans.append(
                    Loan(
                        number, reader, copy, branch, begin, due, course.back, course.finish, stop, stopped, parent,
                        staff, aged,
                    )
                )  # fmt: skip
        for place, loan in enumerate(loans):
            self._write(loan, days, place, len(loans))
        self._keep(loans, course)
        self.written += len(loans)
        return loans

    def _write(self, loan: Loan, days: int, place: int, length: int) -> None:
        row = self._row(loan, days, place, length)
        truth, number = self.truth, loan.number
        if loan.aged:
            self.rows.waiting["action.aged_circulation"].append(
                (
                    *self.demography(loan.reader, loan.branch), loan.copy, self.holdings.home[loan.copy],
                    self.holdings.home[loan.copy], self.holdings.record(loan.copy), number, *row,
                )
            )  # fmt: skip
            truth.mark(number, "action.aged_circulation")
        else:
            self.rows.waiting["action.circulation"].append((number, loan.reader, *row))
            truth.mark(number, "action.circulation")
        school = self.people.school[loan.reader]
        if school:
            self.rows.numbered("action.archive_actor_stat_cat", number, 1, school)
            truth.mark(number, "action.archive_actor_stat_cat")

    def _row(self, loan: Loan, days: int, place: int, length: int) -> Row:
        """What a live row and an aged row have in common."""
        kind = _KINDS_OF_RENEWAL[loan.number % len(_KINDS_OF_RENEWAL)] if place else ""
        back, renewed = loan.back, loan.stop == "RENEW"
        at = desk(loan.branch)
        return (
            when(loan.out), when_or_none(loan.finish), loan.copy, loan.branch, loan.staff,
            None if back is None else loan.staff, None if back is None else loan.branch, max(0, 5 - place), "00:00:00",
            when(loan.due), when_or_none(loan.stopped), when_or_none(back), when(loan.out), f"{days} days", "1 day",
            "0.25", "10.00", kind == "phone", kind == "desk", kind == "opac", "default", "default", "default",
            loan.stop, at, None if back is None or renewed else at, self.holdings.location(loan.copy),
            when_or_none(back), kind == "auto", max(0, length - place - 1) if kind == "auto" else None, loan.parent,
        )  # fmt: skip

    def demography(self, reader: int, branch: int) -> tuple[str | None, int, int, int | None]:
        """What an aged row says of its reader; the second system leaves post code and year of birth out."""
        people = self.people
        spare = system_of(branch) == SECOND_SYSTEM
        born = people.born[reader]
        year = None if spare or born is None else int(day_of(born)[:4])
        return None if spare else people.post_code[reader], people.home[reader], people.profile[reader], year

    def _keep(self, loans: list[Loan], course: Course) -> None:
        """The reader's own history, the copy's audit rows, where the copy is, when the reader was last seen."""
        first, last = loans[0], loans[-1]
        people, truth = self.people, self.truth
        people.saw(first.reader, last.out)
        if people.opted[first.reader] and not people.gone(first.reader):
            self.rows.numbered(
                "action.usr_circ_history", first.reader, when(first.out), first.copy, when(last.due),
                when_or_none(last.back), None if last.aged else last.number,
            )  # fmt: skip
            truth.mark(last.number, "action.usr_circ_history")
        if first.copy % 3 == 0 or first.out > self.now - 30 * DAY:
            self._audit(first, first.out, ON_SHELF)
            if last.back is not None:
                self._audit(last, last.back, OUT)
        status = _AFTER_LOSS.get(course.stop or "", OUT) if course.back is None else ON_SHELF
        self.holdings.moved(first.copy, status, course.stopped or course.back or last.out)
        if last.stop == "CLAIMSRETURNED":
            people.claims[last.reader] += 1
        self.holdings.busy[first.copy] = FAR if course.back is None else course.back + 3_600

    def _audit(self, loan: Loan, moment: int, status: int) -> None:
        """The copy's row as it was, written in the second of the checkout or of the return."""
        number = self.rows.number("auditor.asset_copy_history")
        row = self.holdings.row(loan.copy, status, moment - 3 * DAY, loan.staff)
        self.rows.waiting["auditor.asset_copy_history"].append(
            (number, when(moment), "U", loan.staff, desk(loan.branch), *row)
        )
        self.truth.mark(loan.number, "auditor.asset_copy_history")
