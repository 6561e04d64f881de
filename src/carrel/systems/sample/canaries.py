"""Canaries: loans that leave a trace in every table, so that a sweep can be asked about each one.

Their copies are lent to nobody else, so a copy's last borrower is the canary's reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.charges import Charges
from carrel.systems.sample.notices import Notices
from carrel.systems.sample.people import FAR
from carrel.systems.sample.plan import Canary
from carrel.systems.sample.wallclock import DAY, day_of, naive, stamp

if TYPE_CHECKING:
    from carrel.systems.sample.circulation import Circulation
    from carrel.systems.sample.loan import Loan

_KINDS = ("old", "old", "recent", "open")
_ROUND = 5  # of five canaries, one owes money and one has an unresolved claim


class Canaries:
    """Writes the canaries' loans with everything that a library could hold about a loan."""

    def __init__(self, circulation: Circulation, first_item: int) -> None:
        self.loans, self.rows, self.dice = circulation, circulation.rows, circulation.dice
        self.people, self.catalogue, self.now = circulation.people, circulation.catalogue, circulation.now
        self.item = first_item
        self.charges, self.notices = Charges(circulation), Notices(circulation)
        self.staff = self.people.staff[-1]

    def write(self, count: int) -> tuple[Canary, ...]:
        """So many canaries: half returned long ago, the rest within hours or not at all."""
        readers = self.people.quiet(count - count // 4)
        busy = [n for n in self.people.staff[1:] if not self.people.gone(n)]
        busy.append(self.people.heavy)
        readers += [busy[place % len(busy)] for place in range(count - len(readers))]
        return tuple(self._one(reader, place) for place, reader in enumerate(readers))

    def _copy(self) -> int:
        item = self.item
        while self.catalogue.gone(item):
            item += 1
        self.item = item + 1
        return item

    def _one(self, reader: int, place: int) -> Canary:
        kind = _KINDS[place % len(_KINDS)]
        item = self._copy()
        dice, now = self.dice, self.now
        back: int | None = None
        if kind == "old":
            back = now - dice.between(420, 900) * DAY - dice.below(20_000)
            out = back - 40 * DAY - dice.below(9_000)
        elif kind == "recent":
            back = now - dice.between(1_200, 12 * 3_600)
            out = back - 40 * DAY - dice.below(9_000)
        else:
            out = now - 40 * DAY - dice.below(9_000)
            self.catalogue.busy[item] = FAR
        loan = self.loans.lend(
            reader, item, out, back, (out + 3 * DAY, out + 6 * DAY), traced=True,
            note=f"Spine is loose. {self.people.name(reader)}",
        )  # fmt: skip
        claims, owes = place % _ROUND == 3, place % _ROUND == 1  # noqa: PLR2004
        self._charges(loan, owes=owes)
        self._notices(loan)
        self._claim(loan, unresolved=claims)
        self._curbside(loan, self._hold(loan))
        self._staff_note(loan)
        self._report(loan)
        if kind == "open":
            # An open loan cannot have been seen last by somebody else: the row is there from an earlier loan.
            self.loans.last[item] = (reader, out - 90 * DAY)
        return Canary(
            kind, loan.number, reader, item, naive(out), None if back is None else naive(back), owes, claims,
            self.people.pseudonym(reader),
            (
                self.people.name(reader), self.people.card(reader), self.catalogue.barcode(item),
                self.catalogue.title(item),
            ),
        )  # fmt: skip

    def _charges(self, loan: Loan, *, owes: bool) -> None:
        end = self.now if loan.back is None else loan.back
        began = min(end, loan.out + 22 * DAY)
        self.charges.fine(loan, began, 2.5, self.now + 1 if owes else end)

    def _notices(self, loan: Loan) -> None:
        self.notices.send("CHECKOUT", [loan], loan.out)
        self.notices.send("RENEWAL", [loan], loan.renewed[-1])
        self.notices.send("ODUE", [loan], loan.out + 28 * DAY)
        if loan.back is not None:
            self.notices.send("CHECKIN", [loan], loan.back)

    def _claim(self, loan: Loan, *, unresolved: bool) -> None:
        end = self.now if loan.back is None else loan.back
        made, solved = end - 5 * DAY, end - DAY
        self.rows.numbered(
            "return_claims", loan.item, loan.number, loan.reader,
            f"{self.people.name(loan.reader)} says it went into the book drop. Call {self.people.phone(loan.reader)}.",
            stamp(made), self.staff, stamp(made if unresolved else solved), None if unresolved else self.staff,
            None if unresolved else "FOUND_IN_LIB", None if unresolved else stamp(solved),
            None if unresolved else self.staff,
        )  # fmt: skip

    def _hold(self, loan: Loan) -> int:
        return self.rows.numbered(
            "old_reserves", loan.owner, day_of(loan.out - 12 * DAY), self.catalogue.record(loan.item), loan.branch,
            None, f"For {self.people.name(loan.reader)}", 0, "F", stamp(loan.out), loan.item,
            day_of(loan.out - DAY), None,
        )  # fmt: skip

    def _curbside(self, loan: Loan, hold: int) -> None:
        pickup = self.rows.numbered(
            "curbside_pickups", loan.reader, loan.branch, stamp(loan.out), stamp(loan.out - 7_200), self.staff,
            stamp(loan.out - 120), stamp(loan.out), self.staff, f"Blue car, {self.people.phone(loan.reader)}",
        )  # fmt: skip
        self.rows.numbered("curbside_pickup_issues", pickup, loan.number, hold)

    def _staff_note(self, loan: Loan) -> None:
        people = self.people
        text = (
            f"{people.name(loan.reader)} ({people.card(loan.reader)}) came about {self.catalogue.barcode(loan.item)}, "
            f"{self.catalogue.title(loan.item)}; call back on {people.phone(loan.reader)}"
        )
        self.rows.numbered("messages", loan.reader, loan.branch, "L", text, stamp(loan.out + DAY), self.staff)

    def _report(self, loan: Loan) -> None:
        """A saved report about one reader, and its stored output."""
        people = self.people
        query = f"SELECT * FROM old_issues WHERE borrowernumber = {loan.reader} AND itemnumber = {loan.item}"
        moment = stamp(loan.out + 2 * DAY)
        report = self.rows.numbered(
            "saved_sql", self.staff, moment, moment, query, moment, f"Loans of {people.name(loan.reader)}",
            f"Asked for at the desk, card {people.card(loan.reader)}",
        )  # fmt: skip
        output = (
            '[["surname","cardnumber","barcode","title","issuedate"],'
            f'["{people.family[loan.reader]}","{people.card(loan.reader)}","{self.catalogue.barcode(loan.item)}",'
            f'"{self.catalogue.title(loan.item)}","{stamp(loan.out)}"]]'
        )
        self.rows.numbered("saved_reports", report, output, moment)
