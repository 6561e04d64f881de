"""Loans, and the trail that each leaves: statistics, audit log, renewals, pseudonymised rows, jobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carrel.systems.sample.loan import Loan
from carrel.systems.sample.people import ANONYMOUS, SELFCHECK
from carrel.systems.sample.rows import COLUMNS
from carrel.systems.sample.wallclock import DAY, day_of, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carrel.systems.sample.catalogue import Catalogue
    from carrel.systems.sample.dice import Dice
    from carrel.systems.sample.loan import Since
    from carrel.systems.sample.people import People
    from carrel.systems.sample.rows import Rows

_STATISTIC = COLUMNS["statistics"]


class Circulation:
    """Writes loans with their trail, in whatever order they are told."""

    def __init__(self, dice: Dice, people: People, catalogue: Catalogue, rows: Rows, since: Since, *, now: int) -> None:
        self.dice, self.people, self.catalogue, self.rows = dice, people, catalogue, rows
        self.since, self.now = since, now
        self.last: dict[int, tuple[int, int]] = {}
        self.loans_written = 0
        self._statistics = rows.waiting["statistics"].append
        self._log = rows.waiting["action_logs"].append
        self._number = rows.number
        self._batch_nights = max(1, (now - since.anonymised_before) // DAY)
        self._batch_began = now - 200 * DAY
        # Codes of a copy are asked for with every event.
        places = [catalogue.place(item) for item in range(catalogue.total + 1)]
        self._location = [place[0] for place in places]
        self._collection = [place[1] for place in places]

    def next_number(self) -> int:
        """The next loan number; current and old loans share one row of numbers."""
        self.loans_written += 1
        return self.loans_written

    def lend(
        self,
        reader: int,
        item: int,
        out: int,
        back: int | None,
        renewed: Sequence[int] = (),
        *,
        traced: bool = False,
        note: str | None = None,
        shelf_day: int | None = None,
    ) -> Loan:
        """One loan from checkout to return, or still open.

        Args:
            reader: a borrower number; of a deleted patron the loan must be over.
            item: a copy; of a deleted copy the loan must be over.
            out: the second of the checkout.
            back: the second of the return, not after now; nothing for an open loan.
            renewed: seconds of renewals, between the two.
            traced: write every trace, whatever the library kept at the time.
            note: what the patron typed in the catalogue.
            shelf_day: when the desk really scanned a back-dated return.

        Returns:
            The loan as written.
        """  # fmt: skip
        loan = self._open(reader, item, out, back, renewed, traced=traced)
        people, catalogue = self.people, self.catalogue
        people.saw(reader, out)
        catalogue.lent[item] += 1
        catalogue.renewed[item] += len(renewed)
        if out >= catalogue.last_out[item]:
            catalogue.last_out[item], catalogue.due[item] = out, loan.due
        self._event(loan, "issue", "ISSUE", out, loan.interface, operator=loan.issuer)
        for moment in renewed:
            self._renewal(loan, moment)
        touched = out
        if back is not None:
            scanned = shelf_day or back
            self._event(loan, "return", "RETURN", scanned, "intranet" if back % 3 else "sip", operator=loan.issuer)
            touched = self._touched(loan, scanned)
            known = self.last.get(item)
            if known is None or known[1] < scanned:
                self.last[item] = (reader, scanned)
        elif renewed:
            touched = renewed[-1]
        self._write(loan, touched, note)
        return loan

    def _open(
        self, reader: int, item: int, out: int, back: int | None, renewed: Sequence[int], *, traced: bool
    ) -> Loan:
        dice, people = self.dice, self.people
        due = (out // DAY + self.catalogue.days[item] * (1 + len(renewed))) * DAY + 86_340
        branch = people.branch[reader] if dice.chance(0.85) else self.catalogue.home[item]
        if dice.chance(0.55):
            interface, issuer = "sip", SELFCHECK if dice.chance(0.6) else None
        else:
            interface, issuer = "intranet", dice.pick(people.staff)
            if reader in people.is_staff and dice.chance(0.3):
                issuer = reader
        owner = None if people.gone(reader) else reader
        if owner is not None and back is not None and not traced:
            privacy = people.privacy[reader]
            if privacy == 2 or (privacy and back < self.since.anonymised_before):  # noqa: PLR2004  (Koha's code of "never")
                owner = ANONYMOUS
        return Loan(self.next_number(), reader, item, out, due, back, branch, issuer, interface, owner, renewed, traced)

    def _touched(self, loan: Loan, scanned: int) -> int:
        """When the row was last changed: at its return, or by the batch that took the reader's number out."""
        if loan.owner == ANONYMOUS and self.people.privacy[loan.reader] == 1:
            night = (scanned // DAY + self._batch_nights + 1) * DAY + 2 * 3_600 + 300
            return max(night, self._batch_began // DAY * DAY + 2 * 3_600 + 300) if night < self.now else scanned
        return scanned

    def _event(self, loan: Loan, kind: str, action: str, moment: int, interface: str, *, operator: int | None) -> None:
        """The rows that Koha adds for a checkout, a renewal or a return, mostly in the same second."""
        x = self.dice.random.random()
        moment += 0 if x < 0.85 else 1 if x < 0.95 else 2  # noqa: PLR2004  (seconds between loan and statistics row)
        since, item, reader = self.since, loan.item, loan.reader
        text = stamp(moment)
        kind_of = self.catalogue.kind[item]
        if moment >= since.statistics or loan.traced:
            row = (
                text, loan.branch, 0, kind, "", item, kind_of, self._location[item], reader, self._collection[item],
                self.people.category[reader], interface,
            )  # fmt: skip
            self._statistics(row)
            if loan.traced or moment > since.jobs:
                self._job(row, reader, text)
        if moment >= since.action_logs or loan.traced:
            self._log(
                (
                    self._number("action_logs"),
                    text,
                    operator or 0,
                    "CIRCULATION",
                    action,
                    reader,
                    str(item),
                    interface,
                    None,
                )
            )
        if moment >= since.pseudonymised or loan.traced:
            self._pseudonymised(loan, kind, text)

    def _renewal(self, loan: Loan, moment: int) -> None:
        dice = self.dice
        x = dice.random.random()
        renewer: int | None
        if x < 0.33:  # noqa: PLR2004  (a third of renewals are automatic, half of the rest self-service)
            interface, renewer, kind = "commandline", None, "Automatic"
        elif x < 0.67:  # noqa: PLR2004
            interface, renewer, kind = "opac", loan.reader, "Manual"
        else:
            interface, renewer, kind = "intranet", dice.pick(self.people.staff), "Manual"
        if loan.traced and moment == loan.renewed[0]:
            interface, renewer, kind = "opac", loan.reader, "Manual"
        self._event(loan, "renew", "RENEWAL", moment, interface, operator=renewer)
        if moment >= self.since.renewals or loan.traced:
            if renewer == loan.reader and loan.owner != renewer:
                # Gone with the patron, moved by the batch; at privacy "never" Koha leaves it.
                never = self.people.privacy[loan.reader] == 2 and loan.owner == ANONYMOUS  # noqa: PLR2004
                renewer = renewer if never else loan.owner
            self.rows.numbered(
                "checkout_renewals", loan.number, renewer, int(interface == "intranet"), interface, stamp(moment), kind
            )

    def _pseudonymised(self, loan: Loan, kind: str, text: str) -> None:
        people, catalogue, reader, item = self.people, self.catalogue, loan.reader, loan.item
        number = self._number("pseudonymized_transactions")
        home = catalogue.home[item]
        self.rows.waiting["pseudonymized_transactions"].append(
            (
                number, people.pseudonym(reader), 1, "Eastmere", f"0213{people.town[reader]}", people.branch[reader],
                people.category[reader], day_of(people.enrolled(reader)), "FMX"[reader % 3], text, loan.branch, kind,
                item, catalogue.kind[item], home, home, self._location[item], catalogue.call_number(item),
                self._collection[item],
            )
        )  # fmt: skip
        if reader % 3 == 0 or loan.traced:
            self.rows.numbered("pseudonymized_borrower_attributes", number, "DEPT", f"Department {reader % 14}")

    def _job(self, statistic: tuple[object, ...], reader: int, text: str) -> None:
        data = json.dumps({"statistic": dict(zip(_STATISTIC, statistic, strict=True))}, separators=(",", ":"))
        self.rows.numbered(
            "background_jobs", "finished", 1, 1, reader if reader in self.people.is_staff else None,
            "pseudonymize_statistic", "default", data, '{"interface":"intranet"}', text, text, text,
        )  # fmt: skip

    def _write(self, loan: Loan, touched: int, note: str | None) -> None:
        back = loan.back
        item: int | None = loan.item
        if self.catalogue.gone(loan.item):
            item = None
        self.rows.waiting["issues" if back is None else "old_issues"].append(
            (
                loan.number, loan.owner, loan.issuer, item, stamp(loan.due), loan.branch,
                None if back is None else stamp(back), None if back is None else loan.branch,
                stamp(loan.renewed[-1]) if loan.renewed else None, len(loan.renewed), 0, stamp(touched),
                stamp(loan.out), note, stamp(min(loan.out + DAY, self.now)) if note else None, 0 if note else None,
            )
        )  # fmt: skip

    def write_last_borrowers(self) -> None:
        """The last reader of each copy, as far as reader and copy still exist."""
        for item, (reader, moment) in self.last.items():
            if not self.catalogue.gone(item) and not self.people.gone(reader):
                self.rows.numbered("items_last_borrower", item, reader, stamp(moment))
