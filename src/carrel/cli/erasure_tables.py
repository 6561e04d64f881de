"""The tables and CSV files of the site file, as an erasure counts one person's rows there and takes them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from carrel.cli.at_site import now
from carrel.cli.expiry_course import refuse_kept
from carrel.errors import fault
from carrel.retention import faults
from carrel.retention.erasure import Going
from carrel.retention.row_person import SubjectRows
from carrel.systems.sql.erasure_sweep import Found

if TYPE_CHECKING:
    from carrel.cli.case_pieces import Noting
    from carrel.cli.premises import Premises
    from carrel.retention.identifiers import Subject
    from carrel.systems.tables.person_in_tables import PersonInTable

WHY = "rows of the person in a table that the site file declares, whatever their age"
_EVERY = timedelta(seconds=2)


class PersonTables:
    """The tables in which one person of a system is looked for; none for a copy of a system, which has none of its own.

    Args:
        here: open.
        subject: whose rows.
    """

    def __init__(self, here: Premises, subject: Subject) -> None:
        self._here, self._subject = here, subject

    def going(self) -> tuple[Going, ...]:
        """What would go, entry by entry.

        Raises:
            CarrelError: CLR-003, everything must be kept; whatever keeps a table from being read.
        """
        found = []
        for one in self._each():
            refuse_kept(
                self._here.store, [each.name for each in self._here.site.originals], now(), faults.KEPT_FOR_NOW,
                _place(one),
            )  # fmt: skip
            if rows := one.look().theirs:
                empties = dict.fromkeys(one.entry.blank, "empty")
                found.append(Going(_place(one), _act(one), ", ".join(one.entry.person), empties, rows, WHY))
        return tuple(found)

    def take_out(self, case: str, noting: Noting, beat: Callable[[], None], ask: Callable[[], None]) -> None:
        """Take the person's rows out of every entry. Given again after a kill, it goes on.

        Args:
            case: of the person.
            noting: where each entry is intended, and its rows are noted.
            beat: renews the lease.
            ask: refuses to go on where something keeps the person by now.

        Raises:
            CarrelError: RUN-003; what ``ask`` refuses; whatever keeps rows from being read or taken out.
        """
        step = _Beat(self._here, case, beat, ask)
        for one in self._each():
            step()
            before = one.look(step.gently)
            if not (before.theirs or before.closed):
                continue
            name = f"{_place(one)}.{_act(one)}"
            noting.intend(case, name)
            step()
            one.take_out(step.gently)
            noting.note(case, name, max(0, before.theirs - one.look(step.gently).theirs))

    def found(self, beat: Callable[[], None] = lambda: None) -> Found:
        """Where the person still stands, and what could not be looked into."""
        told = Found()
        for one in self._each():
            look = one.look(beat)
            if look.theirs:
                told.columns[_place(one)] = look.theirs
            if look.closed:
                told.columns[f"{_place(one)}: files that could not be read"] = look.closed
            if look.perhaps:
                told.human[_place(one)] = [()] * look.perhaps
        return told

    def _each(self) -> Iterator[PersonInTable]:
        from carrel.systems.tables.person_in_tables import PersonInTable, tables_about  # most sites have no tables

        if self._here.system.copy_of is not None:
            return
        for entry in tables_about(self._here.site, self._here.system.name):
            yield PersonInTable(self._here.site, entry, SubjectRows(self._subject, entry.person), now())


class _Beat:
    """Heeds, at most every two seconds, who wants it stopped or the person kept."""

    def __init__(self, here: Premises, case: str, beat: Callable[[], None], ask: Callable[[], None]) -> None:
        self._here, self._case, self._beat, self._ask = here, case, beat, ask
        self._at: datetime | None = None

    def __call__(self) -> None:
        self._at = now()
        if self._here.store.signals.stopped() is not None:
            raise fault(
                faults.STOPPED,
                at=self._case,
                found="the stop flag",
                changed="what earlier pieces took out stays out",
                fix="`carrel stop --clear --as NAME`, then apply the same plan again: it goes on",
            )
        self._ask()
        self._beat()

    def gently(self) -> None:
        """The same, where it is due again."""
        if self._at is None or now() - self._at >= _EVERY:
            self()


def _place(one: PersonInTable) -> str:
    return f"table {one.entry.name}"


def _act(one: PersonInTable) -> str:
    return "change" if one.entry.blank else "delete"
