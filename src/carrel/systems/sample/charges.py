"""Charges: overdue fines, rents and lost copies, how they were paid, and what the audit log says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.wallclock import DAY, stamp

if TYPE_CHECKING:
    from carrel.systems.sample.catalogue import Catalogue
    from carrel.systems.sample.circulation import Circulation
    from carrel.systems.sample.loan import Loan

_PRICE = 24.5


class Charges:
    """Writes the account lines that a loan causes."""

    def __init__(self, circulation: Circulation) -> None:
        self.loans = circulation
        self.dice, self.people, self.rows = circulation.dice, circulation.people, circulation.rows
        self.catalogue: Catalogue = circulation.catalogue
        self.now = circulation.now

    def rent(self, loan: Loan) -> None:
        """A rent, taken in the second of the checkout and paid there and then."""
        line = self._debit(loan, "RENT", loan.out, 1.0, 0.0)
        self._pay(loan, line, loan.out, 1.0, "PAYMENT")

    def late(self, loan: Loan) -> None:
        """An overdue fine: a third paid at the desk on return, most later, some never."""
        end = self.now if loan.back is None else loan.back
        days = (end - loan.due) // DAY + 1
        amount = round(min(10.0, 0.25 * days), 2)
        began = (loan.due // DAY + 1) * DAY + 1_800
        began = min(began, end)
        dice = self.dice
        if loan.back is not None and dice.chance(0.25):
            paid = loan.back
        elif loan.back is not None and dice.chance(0.7):
            paid = loan.back + dice.between(2, 200) * DAY + dice.below(20_000)
        else:
            paid = self.now + 1
        self.fine(loan, began, amount, paid)

    def fine(self, loan: Loan, began: int, amount: float, paid: int) -> bool:
        """An overdue fine, paid at a moment that may lie after now; says whether it is still owed."""
        owed = paid > self.now
        line = self._debit(loan, "OVERDUE", began, amount, amount if owed else 0.0)
        if amount > 1:
            self._offset(None, line, "OVERDUE_INCREASE", amount - 0.25, min(began + DAY, self.now))
        if not owed:
            self._pay(loan, line, paid, amount, "PAYMENT" if self.dice.chance(0.93) else "FORGIVEN")
        return owed

    def lost(self, loan: Loan, declared: int) -> None:
        """The price of a lost copy; when the copy came back, the price is given back too."""
        found = loan.back is not None
        line = self._debit(loan, "LOST", declared, _PRICE, 0.0 if found else _PRICE)
        if found and loan.back is not None:
            self._pay(loan, line, loan.back, _PRICE, "LOST_FOUND")

    def _debit(self, loan: Loan, kind: str, moment: int, amount: float, owed: float) -> int:
        reader = None if loan.gone_reader else loan.reader
        item = None if self.catalogue.gone(loan.item) else loan.item
        title = self.catalogue.title(loan.item)
        text = (
            f"{title} {stamp(loan.due)[:16]}" if kind == "OVERDUE" else f"{title} {self.catalogue.barcode(loan.item)}"
        )
        over = loan.back is not None
        status = {"OVERDUE": "RETURNED" if over else "UNRETURNED", "LOST": "FOUND" if over else None}.get(kind)
        line = self.rows.numbered(
            "accountlines", None if over else loan.number, loan.number if over else None, reader, item, stamp(moment),
            f"{amount:.6f}", text, None, kind, status, None, f"{owed:.6f}", stamp(moment), None,
            loan.issuer if kind == "RENT" else None, "cron" if kind == "OVERDUE" else "intranet", loan.branch,
        )  # fmt: skip
        self._offset(None, line, "CREATE", amount, moment)
        self._log(loan, line, "CREATE", moment, amount=amount, kind=kind)
        return line

    def _pay(self, loan: Loan, line: int, moment: int, amount: float, kind: str) -> None:
        reader = None if loan.gone_reader else loan.reader
        clerk = self.dice.pick(self.people.staff)
        note = None
        if moment % 11 == 0 and reader is not None:
            note = f"{self.people.name(reader)} paid in coins for {self.catalogue.title(loan.item)}"
        payment = self.rows.numbered(
            "accountlines", None, None, reader, None, stamp(moment), f"{-amount:.6f}", "", kind, None, None,
            "CASH" if kind == "PAYMENT" else None, "0.000000", stamp(moment), note, clerk, "intranet", loan.branch,
        )  # fmt: skip
        self._offset(payment, None, "CREATE", -amount, moment)
        self._offset(payment, line, "APPLY", -amount, moment)
        self._log(loan, payment, "MODIFY" if kind == "LOST_FOUND" else "CREATE", moment, amount=-amount, kind=kind)
        if kind == "PAYMENT" and moment >= self.loans.since.statistics:
            self.rows.add(
                "statistics", stamp(moment), loan.branch, amount, "payment", kind, None, None, None, loan.reader, None,
                self.people.category[loan.reader], "intranet",
            )  # fmt: skip

    def _offset(self, credit: int | None, debit: int | None, kind: str, amount: float, moment: int) -> None:
        self.rows.numbered("account_offsets", credit, debit, kind, f"{amount:.6f}", stamp(moment))

    def _log(self, loan: Loan, line: int, action: str, moment: int, *, amount: float, kind: str) -> None:
        if moment < self.loans.since.action_logs and not loan.traced:
            return
        info = (
            f"$VAR1 = {{ 'accountlines_id' => {line}, 'borrowernumber' => {loan.reader}, 'itemnumber' => {loan.item}, "
            f"'issue_id' => {loan.number}, 'amount' => '{amount:.2f}', 'type' => '{kind}' }};"
        )
        self.rows.numbered(
            "action_logs", stamp(moment), loan.issuer or 0, "FINES", action, loan.reader, info, "cron", None
        )
