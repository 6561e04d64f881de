"""Titles and copies, and the lookups that a Koha ships with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample import names
from carrel.systems.sample.people import ANONYMOUS
from carrel.systems.sample.wallclock import DAY, day_of, stamp

if TYPE_CHECKING:
    from carrel.systems.sample.dice import Dice
    from carrel.systems.sample.rows import Rows

_GONE_SHARE = 25  # one copy in twenty-five has been withdrawn and its row deleted
_COPIES = 5  # five copies for every four titles


class Catalogue:
    """Copies by item number; the lists are parallel and their place 0 is unused."""

    def __init__(self, dice: Dice, items: int) -> None:
        self.total = items
        kinds = dice.random.choices(names.ITEM_TYPES, [k[3] for k in names.ITEM_TYPES], k=items + 1)
        self.kind = [k[0] for k in kinds]
        self.days = [k[2] for k in kinds]
        self.rent = [k[4] for k in kinds]
        self.home = dice.random.choices([b[0] for b in names.BRANCHES], [b[2] for b in names.BRANCHES], k=items + 1)
        self.busy = [0] * (items + 1)
        self.lent, self.renewed = [0] * (items + 1), [0] * (items + 1)
        self.last_out = [0] * (items + 1)
        self.due = [0] * (items + 1)
        self.lost_on = [0] * (items + 1)

    def record(self, item: int) -> int:
        """The record of a copy."""
        return item * 4 // _COPIES + 1

    def title(self, item: int) -> str:
        """The title of a copy."""
        return names.title(self.record(item))

    def gone(self, item: int) -> bool:
        """Whether the copy's row was deleted."""
        return item % _GONE_SHARE == 0

    def barcode(self, item: int) -> str:
        """The number on the copy."""
        return f"31000{item:09}"

    def place(self, item: int) -> tuple[str, str]:
        """Location and collection of a copy."""
        return names.LOCATIONS[item % len(names.LOCATIONS)], names.COLLECTIONS[item % len(names.COLLECTIONS)]

    def call_number(self, item: int) -> str:
        """The shelf mark."""
        return f"{item % 1000:03}.{item % 97} {names.author(self.record(item))[:3].upper()}"

    def write(self, rows: Rows, first: int, now: int) -> None:
        """The rows of records and copies, after circulation has told where each copy is."""
        bought, touched = day_of(first - 900 * DAY), stamp(first - 900 * DAY)
        for record in range(1, self.record(self.total) + 1):
            rows.add("biblio", record, names.author(record), names.title(record), 1950 + record % 75, touched, bought)
            rows.add("biblioitems", record, record, self.kind[min(record, self.total)], f"978{record:010}", touched)
        for item in range(1, self.total + 1):
            if not self.gone(item):
                self._write(rows, item, bought, now)

    def _write(self, rows: Rows, item: int, bought: str, now: int) -> None:
        record = self.record(item)
        place, collection = self.place(item)
        last, lost = self.last_out[item], self.lost_on[item]
        away = day_of(self.due[item]) if self.busy[item] > now else None
        rows.add(
            "items", item, record, record, self.barcode(item), bought, self.home[item], "24.50",
            day_of(last) if last else None, stamp(last) if last else None, int(lost > 0),
            stamp(lost) if lost else None, self.call_number(item), min(self.lent[item], 32_000),
            min(self.renewed[item], 32_000), self.home[item], stamp(last or now - 900 * DAY), place, away, collection,
            self.kind[item],
        )  # fmt: skip


def write_lookups(rows: Rows) -> None:
    """Branches, categories, item types, charge kinds and preferences."""
    for code, name, _ in names.BRANCHES:
        rows.add("branches", code, f"{name} Library", "Eastmere", "02139")
    for code, name, kind, _ in names.CATEGORIES:
        rows.add("categories", code, name, 99, kind, "default", int(kind == "C"))
    for code, name, _, _, rent in names.ITEM_TYPES:
        rows.add("itemtypes", code, name, f"{rent}.000000", "25.000000")
    for channel in ("email", "sms", "print", "phone"):
        rows.add("message_transport_types", channel)
    for code in ("OVERDUE", "LOST", "RENT", "PROCESSING", "MANUAL", "NEW_CARD"):
        rows.add("account_debit_types", code, code.title(), 1)
    for code in ("PAYMENT", "WRITEOFF", "FORGIVEN", "LOST_FOUND", "REFUND", "CREDIT"):
        rows.add("account_credit_types", code, code.title(), 1)
    rows.add("borrower_attribute_types", "DEPT", "Department", 1)
    for variable, value in PREFERENCES.items():
        rows.add("systempreferences", variable, value)


PREFERENCES = {
    "AnonymousPatron": str(ANONYMOUS),
    "BorrowersLog": "1",
    "FinesLog": "1",
    "HoldsLog": "0",
    "IssueLog": "1",
    "OPACPrivacy": "1",
    "Pseudonymization": "1",
    "PseudonymizationPatronFields": "city,zipcode,dateenrolled,sex",
    "PseudonymizationTransactionFields": (
        "datetime,transaction_branchcode,transaction_type,itemnumber,itemtype,holdingbranch,homebranch,location,"
        "itemcallnumber,ccode"
    ),
    "RenewalLog": "1",
    "ReturnLog": "1",
    "StoreLastBorrower": "1",
    "TrackLastPatronActivityTriggers": "check_out",
    "Version": "25.0500000",
    "opacreadinghistory": "1",
}
