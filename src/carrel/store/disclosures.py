"""Disclosure cases as the store keeps them: events that are added and never changed, sealed, and told to the ledger.

No statement in here updates an event, and none deletes one: see `carrel.store.forgotten_disclosures`.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import BinaryIO

from sqlalchemy import Connection, insert

from carrel.disclosure.absence import OfficeEvent, admit_turn
from carrel.disclosure.admission import admit
from carrel.disclosure.ending import over
from carrel.disclosure.event import Act, Event, free_words
from carrel.disclosure.opening import require_opening
from carrel.disclosure.process import Office
from carrel.disclosure.refusal import unknown
from carrel.disclosure.standing import Standing
from carrel.disclosure.viewer import Viewer
from carrel.ledger.leaf import OpenLeaf
from carrel.store import case_holds, clock, tables
from carrel.store.case_holds import LetGo
from carrel.store.disclosure_documents import DisclosureDocuments, Filed
from carrel.store.owed_leaves import owe
from carrel.store.recorded_disclosures import Kept, RecordedDisclosures, disclosure_key, subject_digest

_LETTERS, _SALT = 12, 32
_SUBJECTS = 16  # digests in one term
A_NIGHT = 16  # leaves of this kind that every night has, or a multiple of it


class Disclosures(RecordedDisclosures):
    """The cases of a store, to be read and written."""

    def open(self, terms: Mapping[str, str], words: str, viewer: Viewer, *, hold: str = "", step: str = "") -> str:
        """Write a case down.

        Args:
            terms: of `Act.RECEIVED`: instrument, served on, from, dated, from day, until day, title.
            words: what was asked for, as the paper or the person says it.
            viewer: whoever takes it in: whoever was served.
            hold: the legal hold that was placed before.
            step: that is taken with it; empty where the policy asks for none.

        Returns:
            Its id.

        Raises:
            CarrelError: DSC-005, DSC-006; DSC-018.

        Guarantees:
            Where an error is raised nothing was written, and no key is left.
        """
        said = free_words(words)
        kept = {} if step or not hold else {"hold": hold}
        events = [Event(Act.RECEIVED, viewer.at, viewer.person, {**terms, **kept})]
        require_opening(events[0], viewer.processes)
        if hold and step:
            events.append(Event(Act.TAKEN, viewer.at, viewer.person, {"step": step, "hold": hold}))
        name = "dsc-" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(_LETTERS))
        own = disclosure_key(self._folder, name)
        own.create()
        try:
            with self._database.writing() as connection:
                clock.observe(connection, viewer.at)
                connection.execute(insert(tables.disclosure_case).values(id=name))
                for n, event in enumerate(events):
                    self._write(connection, name, event, "" if n else said, viewer.at)
        except BaseException:
            own.shred()
            raise
        return name

    def add(
        self, name: str, act: Act, terms: Mapping[str, str], viewer: Viewer, words: str = "", *, leaf: str = ""
    ) -> Standing | None:
        """Write down what somebody did, if she may do it to the case as it stands.

        Args:
            name: of the case.
            act: what was done.
            terms: of it.
            viewer: who did it, now.
            words: beside it.
            leaf: of a package that it tells of; the ledger is owed it together with the event's own.

        Returns:
            Where the case stands afterwards; None where this person may not know of it any more.

        Raises:
            CarrelError: DSC-001 to DSC-014, as `carrel.disclosure.admission.admit` says; DSC-017, its key is gone.

        Guarantees:
            Of two who write at once, the second is judged by what the first wrote.
        """
        said, event = free_words(words), Event(act, viewer.at, viewer.person, terms)
        with self._database.writing() as connection:
            clock.observe(connection, viewer.at)
            case = self._case(connection, name)
            if case is None:
                raise unknown()
            admit(
                case, event, said, viewer.process(case), viewer.offices, viewer.zone, viewer.at,
                free_days=viewer.free_days,
            )  # fmt: skip
            self._write(connection, name, event, said, viewer.at)
            if leaf:
                owe(connection, [leaf_of(leaf, viewer.at)], viewer.at)
            after = self._case(connection, name)
        return None if after is None else viewer.look(after)

    def let_go(self, name: str, viewer: Viewer) -> LetGo:
        """Release the holds of a case in which nothing is left to do; without effect where something is.

        Args:
            name: of the case.
            viewer: who ended it; a night that saw it.

        Returns:
            How many were released, and what else keeps the same, of which this person may know.

        Raises:
            CarrelError: DSC-017.

        Guarantees:
            The numbers that the holds name are deleted with them, in the transaction that writes it down. The case
            knows the same person again by a digest under its own key, and tells nobody who it was.
        """
        with self._database.writing() as connection:
            clock.observe(connection, viewer.at)
            case = self._case(connection, name)
            here = None if case is None else viewer.look(case)
            if case is None or here is None or not over(here) or case.keeps_on:
                return LetGo()
            holds = case_holds.open_among(connection, case.holds)
            if not holds:
                return LetGo()
            sealed, shown = case_holds.also_kept_by(connection, holds, viewer.at)
            people = [(system, number) for system, kind, number in case_holds.subjects_of(connection, holds)
                      if kind == "person"]  # fmt: skip
            digests = sorted(subject_digest(self._folder, name, *one) for one in people)
            for start in range(0, max(1, len(digests)), _SUBJECTS):
                terms = {"subjects": " ".join(digests[start : start + _SUBJECTS])}
                by = viewer.person or "the night"
                self._write(connection, name, Event(Act.LET_GO, viewer.at, by, terms), "", viewer.at)
            case_holds.end(connection, holds, viewer.person or "the night", viewer.at)
        self._database.tidy()
        others = self.all(viewer, covered=False) if sealed else ()
        return LetGo(len(holds), tuple(one.id for one, _ in others if sealed.intersection(one.holds)), shown)

    def file(self, name: str, source: BinaryIO, paper: str, viewer: Viewer) -> Filed:
        """Put a document into a case: encrypted while it is read, and never in the clear on a disk.

        Args:
            name: of the case.
            source: the document; its kind is not asked for and not trusted.
            paper: which of the papers that the policy asks for, or ``other``.
            viewer: who files it.

        Raises:
            CarrelError: as `add`; DSC-015, it is too large. Then nothing is left of it.
        """
        self.case(name, viewer)
        documents = DisclosureDocuments(self._folder)
        filed = documents.put(name, source)
        terms = {"document": filed.id, "paper": paper, "size": str(filed.size), "digest": filed.digest}
        try:
            self.add(name, Act.FILED, terms, viewer)
        except BaseException:
            documents.drop(filed.id)
            raise
        return filed

    def turn(self, event: OfficeEvent, people: Mapping[str, frozenset[Office]], alternates: frozenset[Office]) -> None:
        """Write a delegation or an absence down.

        Raises:
            CarrelError: DSC-010, DSC-011.
        """
        with self._database.writing() as connection:
            clock.observe(connection, event.at)
            admit_turn(event, self._turns(connection), people, alternates)
            connection.execute(
                insert(tables.disclosure_office).values(
                    turn=str(event.turn),
                    office=str(event.office),
                    holder=event.holder,
                    by=event.by,
                    at=event.at,
                    starts=event.starts,
                    ends=event.ends,
                    alternate=event.alternate,
                )
            )

    def cover(self, now: datetime) -> None:
        """Owe the ledger as many leaves as any other night has, so that none tells whether something was done."""
        mark = b'"kind":"disclosure"'
        with self._database.writing() as connection:
            entries = connection.execute(tables.owed_leaf.select()).all()
            there = sum(mark in row.entry for row in entries)
            missing = -there % A_NIGHT or (0 if there else A_NIGHT)
            owe(connection, [leaf_of(secrets.token_hex(32), now) for _ in range(missing)], now)

    def _write(self, connection: Connection, name: str, event: Event, said: str, now: datetime) -> None:
        kept = Kept(event, said, secrets.token_bytes(_SALT))
        sealed = kept.seal(disclosure_key(self._folder, name))
        connection.execute(insert(tables.disclosure_event).values(case=name, sealed=sealed))
        owe(connection, [leaf_of(kept.commitment(name), now)], now)


def leaf_of(commitment: str, now: datetime) -> OpenLeaf:
    """What the ledger is told of an event, or of none: a commitment and its day."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return OpenLeaf("disclosure", day, {"commitment": commitment})
