"""Notices: digests of a visit, reminders and overdue letters, with names, titles and barcodes in plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.wallclock import DAY, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carrel.systems.sample.circulation import Circulation
    from carrel.systems.sample.loan import Loan

_SUBJECTS = {
    "CHECKOUT": "Your checkouts",
    "CHECKIN": "Your returns",
    "PREDUE": "Due soon",
    "DUE": "Due today",
    "ODUE": "Overdue",
    "RENEWAL": "Renewed",
}
_PENDING = 3_600


class Notices:
    """Writes rows of ``message_queue``."""

    def __init__(self, circulation: Circulation) -> None:
        self.loans = circulation
        self.dice, self.people, self.rows = circulation.dice, circulation.people, circulation.rows
        self.since, self.now = circulation.since.notices, circulation.now

    def visit(self, loans: Sequence[Loan]) -> None:
        """What one visit leads to: a digest now, reminders, a digest of what came back together."""
        first = loans[0]
        if first.out < self.since or self.people.gone(first.reader):
            return
        if first.reader % 10 < 8:  # noqa: PLR2004  (one reader in five has switched digests off)
            self.send("CHECKOUT", loans, first.out)
            for moment in sorted({loan.back for loan in loans if loan.back is not None}):
                self.send("CHECKIN", [loan for loan in loans if loan.back == moment], moment)
        self.send("PREDUE", loans, (first.due // DAY - 2) * DAY + 7 * 3_600)
        for loan in loans:
            end = self.now if loan.back is None else loan.back
            if loan.renewed:
                self.send("RENEWAL", [loan], loan.renewed[-1])
            if end > loan.due:
                self.send("DUE", [loan], loan.due // DAY * DAY + 7 * 3_600)
                if end > loan.due + 7 * DAY:
                    self.send("ODUE", [loan], (loan.due // DAY + 7) * DAY + 7 * 3_600)

    def send(self, letter: str, loans: Sequence[Loan], moment: int) -> None:
        """One notice about some loans of one reader."""
        if moment > self.now:
            return
        people, catalogue, dice = self.people, self.loans.catalogue, self.dice
        reader = loans[0].reader
        name = people.name(reader)
        lines = [f"- {catalogue.title(loan.item)} ({catalogue.barcode(loan.item)})" for loan in loans]
        text = f"Dear {name},\n{_SUBJECTS[letter]}:\n" + "\n".join(lines) + "\nYour library"
        x = dice.random.random()
        channel = "email" if x < 0.85 else "sms" if x < 0.9 else "print"  # noqa: PLR2004  (shares of the channels)
        status, failure = "sent", None
        if moment > self.now - _PENDING:
            status = "pending"
        elif dice.chance(0.02):
            status, failure = "failed", "SENDMAIL"
        to = people.phone(reader) if channel == "sms" else people.email(reader) if channel == "email" else None
        self.rows.numbered(
            "message_queue", reader, _SUBJECTS[letter], text, letter, channel, status, stamp(moment),
            stamp(min(moment + 300, self.now)), to, "text/plain; charset=UTF-8", failure,
        )  # fmt: skip
