"""Titles, call numbers and copies, and where each copy is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample import names
from carrel.systems.sample.evergreen.branches import BRANCHES, WEIGHTS
from carrel.systems.sample.evergreen.clock import when
from carrel.systems.sample.evergreen.lookups import ON_SHELF
from carrel.systems.sample.evergreen.people import ADMIN
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from carrel.systems.sample.dice import Dice
    from carrel.systems.sample.rows import Row, Rows

_COPIES = 5  # five copies for every four titles
_KINDS = (("BOOK", 21, 60), ("DVD", 7, 20), ("CD", 14, 12), ("MAGAZINE", 7, 8))


class Holdings:
    """Copies by number; place 0 of the lists is unused. A copy has a call number of the same number."""

    def __init__(self, dice: Dice, copies: int) -> None:
        self.total = copies
        kinds = dice.random.choices(_KINDS, [kind[2] for kind in _KINDS], k=copies + 1)
        self.kind = [kind[0] for kind in kinds]
        self.days = [kind[1] for kind in kinds]
        self.home = dice.random.choices(BRANCHES, WEIGHTS, k=copies + 1)
        self.busy = [0] * (copies + 1)
        self.status = [ON_SHELF] * (copies + 1)
        self.changed = [0] * (copies + 1)

    def record(self, copy: int) -> int:
        """The record of a copy."""
        return copy * 4 // _COPIES + 1

    def title(self, copy: int) -> str:
        """The title of a copy."""
        return names.title(self.record(copy))

    def barcode(self, copy: int) -> str:
        """The number on the copy."""
        return f"31000{copy:09}"

    def location(self, copy: int) -> int:
        """Where in its branch a copy stands."""
        return copy % len(names.LOCATIONS) + 2

    def moved(self, copy: int, status: int, moment: int) -> None:
        """What a desk did with a copy last."""
        if moment >= self.changed[copy]:
            self.status[copy], self.changed[copy] = status, moment

    def row(self, copy: int, status: int, edited: int, editor: int) -> Row:
        """The row of a copy in one state."""
        bought = when(1_262_304_000 + copy % 900 * DAY)
        return (
            copy, self.home[copy], ADMIN, copy, editor, bought, when(edited), 1, status, self.location(copy), 2, 2,
            True, False, False, True, "0.00", "24.50", self.barcode(copy), self.kind[copy], True, False, when(edited),
            bought, True,
        )  # fmt: skip

    def write(self, rows: Rows, first: int) -> None:
        """Records, call numbers and copies, after circulation has told where each copy is."""
        bought = when(first - 900 * DAY)
        for record in range(1, self.record(self.total) + 1):
            author, title = names.author(record), names.title(record)
            rows.add(
                "biblio.record_entry", record, ADMIN, ADMIN, bought, bought, "System Local", f"41000{record:09}",
                f"<record><title>{title}</title><author>{author}</author></record>", "none",
            )  # fmt: skip
            rows.add(
                "reporter.materialized_simple_record", record, "System Local", f"41000{record:09}", title, author,
                str(1950 + record % 75),
            )  # fmt: skip
        for copy in range(1, self.total + 1):
            label = f"{copy % 1000:03}.{copy % 97} {names.author(self.record(copy))[:3].upper()} {copy}"
            rows.add(
                "asset.call_number",
                copy,
                ADMIN,
                bought,
                ADMIN,
                bought,
                self.record(copy),
                self.home[copy],
                label,
                1,
                label,
            )
            rows.add("asset.copy", *self.row(copy, self.status[copy], self.changed[copy] or first - 900 * DAY, ADMIN))
            if copy % 60 == 0:
                rows.numbered(
                    "asset.copy_note", copy, ADMIN, bought, "Condition", f"Page 12 torn, said {names.GIVEN[copy % 60]}"
                )
