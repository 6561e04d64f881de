"""Forgetting a disclosure case: the only place where events are deleted, all of a case, with its key and papers."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select

from carrel.disclosure.event import Act
from carrel.disclosure.forgetting import Past, approved_by, is_due
from carrel.disclosure.refusal import second, unknown
from carrel.disclosure.viewer import Viewer
from carrel.store import case_holds, clock, tables
from carrel.store.disclosure_documents import DisclosureDocuments
from carrel.store.recorded_disclosures import FOLDER, PAST, RecordedDisclosures, disclosure_key

_PAST_SIGNS = 4096  # what is left of a case is a multiple of it
_LEFT = timedelta(hours=1)


class ForgottenDisclosures(RecordedDisclosures):
    """The cases of a store, to be forgotten."""

    def forget(self, name: str, viewer: Viewer) -> bool:
        """Forget a case that is due and approved: its events, its documents, its key.

        Args:
            name: of the case.
            viewer: who does it, and not whoever approved; nobody, for a night.

        Returns:
            Whether it was forgotten; not where it is not due, was not approved, or a hold of it is open.

        Raises:
            CarrelError: DSC-001, there is none, or none of which this person may know; DSC-009, she approved it
                herself; DSC-022.

        Guarantees:
            A kill leaves it whole, or gone but for a key and documents that open nothing any more; `sweep` removes
            those. Its leaves stay in the ledger, and nobody can open them.
        """
        leaves = self._leaves_of(name)
        with self._database.writing() as connection:
            clock.observe(connection, viewer.at)
            case = self._case(connection, name, viewer)
            here = None if case is None else viewer.look(case)
            if case is None or here is None:
                raise unknown()
            by = approved_by(case)
            if by and by == viewer.person:
                raise second("whoever approved it", "have somebody else apply it, or leave it to the night")
            if not by or not is_due(case, here, viewer.processes.kept, viewer.at):
                return False
            told = len(case.events) + sum(bool(event.term("leaf")) for event in case.events)
            if case_holds.open_among(connection, case.holds) or len(leaves) != told:  # something was done meanwhile
                return False
            past = disclosure_key(self._folder, PAST)
            past.ensure()
            text = Past.of(case, here, viewer.zone, leaves).text()
            sealed = past.seal_text(text + " " * (-len(text) % _PAST_SIGNS))
            connection.execute(insert(tables.disclosure_past).values(sealed=sealed))
            connection.execute(delete(tables.disclosure_event).where(tables.disclosure_event.c.case == name))
            connection.execute(delete(tables.disclosure_case).where(tables.disclosure_case.c.id == name))
        disclosure_key(self._folder, name).shred()
        for event in case.events:
            if event.act is Act.FILED:
                DisclosureDocuments(self._folder).drop(event.term("document"))
        self._database.tidy()
        return True

    def _leaves_of(self, name: str) -> tuple[str, ...]:
        """What the ledger was told of a case and of its packages."""
        kept = self._kept(name)
        packages = (one.event.term("leaf") for one in kept if one.event.term("leaf"))
        return (*(one.commitment(name) for one in kept), *packages)

    def sweep(self, now: datetime) -> None:
        """Remove keys and documents that no case names, an hour after they were written; a process died over them."""
        with self._database.reading() as connection:
            names = set(connection.execute(select(tables.disclosure_case.c.id)).scalars())
            cases = list(self._cases(connection))
        home = self._folder / FOLDER
        before = (now - _LEFT).timestamp()
        for place in home.glob("*.key.*"):  # a key is drawn under such a name and linked to its own: never overwritten
            if place.stat().st_mtime < before:
                place.unlink(missing_ok=True)
        for place in home.glob("dsc-*.key"):
            if place.stem not in names and place.stat().st_mtime < before:
                disclosure_key(self._folder, place.stem).shred()
        if names == {
            one.id for one in cases
        }:  # where one cannot be opened, nobody can tell which documents are its own
            own = {event.term("document") for one in cases for event in one.events if event.act is Act.FILED}
            for place in home.glob("doc-*.sealed"):
                if place.stem not in own and place.stat().st_mtime < before:
                    place.unlink(missing_ok=True)
