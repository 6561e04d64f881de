"""Charges and how they were paid: live ones, and those that moved to the aged tables with their notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.evergreen.branches import desk
from carrel.systems.sample.evergreen.clock import when, when_or_none
from carrel.systems.sample.evergreen.lookups import LOST, MISC, OVERDUE
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from carrel.systems.sample.evergreen.circulation import Circulation
    from carrel.systems.sample.evergreen.loan import Loan

_NAMES = {OVERDUE: "Overdue Materials", LOST: "Lost Materials", MISC: "Misc"}
_NOTED = 20  # one charge in twenty carries a note, and every canary's
_WAYS = ("cash", "cash", "cash", "cash", "cash", "card", "card", "forgive", "goods", "cash")


class Bills:
    """Writes charges and payments of circulations and of other things."""

    def __init__(self, circulation: Circulation) -> None:
        self.loans, self.rows, self.dice = circulation, circulation.rows, circulation.dice
        self.people, self.holdings, self.truth = circulation.people, circulation.holdings, circulation.truth
        self.now = circulation.now

    def late(self, loan: Loan, paid: int | None, *, noted: bool = False) -> None:
        """Fines of a loan that came back late: one to three lines, paid together or not at all."""
        end = loan.back if loan.back is not None else self.now
        lines = 1 + loan.number % 3
        for line in range(lines):
            start = min(loan.due + 1 + line * DAY, end)
            self.charge(loan, OVERDUE, "0.25", start, f"{line + 1}", noted=noted and line == 0)
        if paid is not None:
            self.pay(loan, f"{0.25 * lines:.2f}", paid)

    def lost(self, loan: Loan, moment: int, paid: int | None, *, noted: bool = False) -> None:
        """The price of a copy that did not come back."""
        self.charge(loan, LOST, "24.50", moment, "", noted=noted)
        if paid is not None:
            self.pay(loan, "24.50", paid)

    def forgiven_twice(self, loan: Loan, moment: int) -> None:
        """A charge that was paid and then voided: the library owes the patron."""
        self.charge(loan, MISC, "5.00", moment, "", voided=True, noted=True)
        self.pay(loan, "5.00", moment + 600)

    def charge(
        self, loan: Loan, kind: int, amount: str, moment: int, text: str, *, voided: bool = False, noted: bool = False
    ) -> None:
        """One charge line."""
        aged = loan.aged and loan.copy % 2 == 0
        table = "money.aged_billing" if aged else "money.billing"
        number = self.rows.number("money.billing")
        note = None
        if noted or number % _NOTED == 0:
            people = self.people
            note = (
                f"{people.name(loan.reader)} says {people.name(loan.reader % people.total + 1)} had "
                f"{self.holdings.title(loan.copy)}; call {people.phone(loan.reader)}"
            )
        elif kind == OVERDUE:
            note = f"System Generated Overdue Fine {text}"
        period = (when(moment - DAY), when(moment)) if kind == OVERDUE else (None, None)
        self.rows.waiting[table].append(
            (
                number, loan.number, when(moment), voided, loan.staff if voided else None,
                when_or_none(moment + DAY if voided else None), amount, _NAMES[kind], kind, note, when(moment), *period,
            )
        )  # fmt: skip
        self.truth.mark(loan.number, table)

    def pay(self, loan: Loan, amount: str, moment: int) -> None:
        """One payment, at the desk mostly."""
        number = self.rows.number("money.payment")
        way = _WAYS[number % len(_WAYS)]
        note = f"paid by {self.people.name(loan.reader)}" if number % _NOTED == 0 else None
        head = (number, loan.number, when(moment), False, amount, note)
        if loan.aged and loan.copy % 2 == 0:
            kind = {"card": "credit_card_payment"}.get(way, f"{way}_payment")
            drawer = desk(loan.branch) if way in {"cash", "card"} else None
            self.rows.add("money.aged_payment", *head, kind, drawer is not None, loan.staff, drawer)
            self.truth.mark(loan.number, "money.aged_payment")
            return
        self.truth.mark(loan.number, "money.payment")
        if way == "card":
            self.rows.add(
                "money.credit_card_payment", *head, amount, loan.staff, desk(loan.branch),
                f"411111{number % 10_000:04}" if number % 3 else None, f"order-{number}", f"{number * 7919 % 10**6:06}",
            )  # fmt: skip
        elif way == "cash":
            self.rows.add("money.cash_payment", *head, amount, loan.staff, desk(loan.branch))
        else:
            self.rows.add(f"money.{way}_payment", *head, amount, loan.staff)

    def groceries(self) -> None:
        """Charges that are for no loan: cards and copies."""
        people = self.people
        for reader in range(2, people.total + 1, 9):
            if people.gone(reader):
                continue
            number = self.truth.next_number()
            begun = self.now - reader * 11 % 1_500 * DAY
            paid = reader % 4 != 0
            self.rows.add(
                "money.grocery", number, reader, when(begun), when(begun + 60) if paid else None, people.home[reader],
                f"New card for {people.name(reader)}" if reader % 2 else None,
            )  # fmt: skip
            self.rows.add(
                "money.billing", self.rows.number("money.billing"), number, when(begun), False, None, None, "2.00",
                _NAMES[MISC], MISC, None, when(begun), None, None,
            )  # fmt: skip
            if paid:
                self.rows.add(
                    "money.cash_payment", self.rows.number("money.payment"), number, when(begun + 60), False, "2.00",
                    None, "2.00", people.staff[0], desk(people.home[reader]),
                )  # fmt: skip
            elif reader % 8 == 0:
                self.rows.numbered("money.collections_tracker", reader, people.staff[0], 1, when(begun + 90 * DAY))
