"""Notices: one event for each, and the text that was sent, with name, title and barcode in plain words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carrel.systems.sample.evergreen.clock import when
from carrel.systems.sample.evergreen.lookups import CHECKOUT, COURTESY, HOLD_GONE, HOLD_READY, LATE
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from carrel.systems.sample.evergreen.circulation import Circulation
    from carrel.systems.sample.evergreen.loan import Loan

_SUBJECTS = {
    CHECKOUT: "Your checkouts",
    COURTESY: "Due soon",
    LATE: "Overdue",
    HOLD_READY: "Ready for you",
    HOLD_GONE: "No longer waiting",
}


class Events:
    """Writes events and their outputs, from the moment on that the library has kept them."""

    def __init__(self, circulation: Circulation, since: int) -> None:
        self.loans, self.rows, self.dice = circulation, circulation.rows, circulation.dice
        self.people, self.holdings, self.truth = circulation.people, circulation.holdings, circulation.truth
        self.now, self.since = circulation.now, since

    def of_chain(self, loans: list[Loan], *, whole: bool = False) -> None:
        """What a chain leads to: a receipt, a courtesy notice before it is due, a letter when it is late."""
        last = loans[-1]
        if last.out < self.since and not whole:
            return
        self.send(CHECKOUT, loans[:1], loans[0].out, text=whole or loans[0].number % 4 != 0)
        for loan in loans:
            end = self.now if loan.back is None else loan.back
            if end > loan.due - 3 * DAY or whole:
                self.send(COURTESY, [loan], max(loan.due - 3 * DAY - 43_000, loan.out + 60))
            if end > loan.due + 7 * DAY:
                self.send(LATE, [loan], loan.due + 7 * DAY + 25_000, text=loan.number % 2 == 0)

    def send(self, kind: int, loans: list[Loan], moment: int, *, text: bool = True) -> None:
        """One event for each loan, and one text for all of them."""
        if moment > self.now:
            return
        reader = loans[0].reader
        output = self._text(kind, reader, [loan.copy for loan in loans], moment) if text else None
        for loan in loans:
            owner = None if loan.aged else reader
            self._event(kind, loan.number, owner, loan.branch, loan.copy, moment, output)
            self.truth.mark(loan.number, "action_trigger.event")
            if output is not None:
                self.truth.mark(loan.number, "action_trigger.event_output")

    def of_hold(self, kind: int, hold: int, reader: int, copy: int, branch: int, moment: int, *, aged: bool) -> None:
        """The notice that a hold is ready, or is not waited for any longer."""
        if moment <= self.now:
            output = self._text(kind, reader, [copy], moment)
            self._event(kind, hold, None if aged else reader, branch, copy, moment, output)

    def _text(self, kind: int, reader: int, copies: list[int], moment: int) -> int:
        people, holdings = self.people, self.holdings
        lines = "\n".join(f"- {holdings.title(copy)} ({holdings.barcode(copy)})" for copy in copies)
        name = people.name(reader)
        body = (
            f"To: {people.email(reader)}\nSubject: {_SUBJECTS[kind]}\n\nDear {name},\n{lines}\n"
            f"Your card {people.card(reader)}. If this is not for you, call 617-555-0100.\nYour library"
        )
        return self.rows.numbered("action_trigger.event_output", when(moment + 40), False, body)

    def _event(
        self, kind: int, target: int, owner: int | None, branch: int, copy: int, moment: int, output: int | None
    ) -> None:
        failed = self.dice.chance(0.01)
        data = json.dumps({"note": f"copy {self.holdings.barcode(copy)}"}) if target % 40 == 0 else None
        self.rows.numbered(
            "action_trigger.event", target, kind, when(moment - 60), when(moment), when(moment + 5), when(moment + 45),
            None if failed else when(moment + 45), "error" if failed else "complete", data, output, owner, branch,
            self.holdings.record(copy), copy,
        )  # fmt: skip
