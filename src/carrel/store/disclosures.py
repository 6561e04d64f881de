"""Disclosure cases as the store keeps them: events that are added and never changed, sealed, and told to the ledger.

No statement in here updates an event, and none deletes one: see `carrel.store.forgotten_disclosures`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import BinaryIO

from carrel.disclosure import faults
from carrel.disclosure.absence import OfficeEvent, admit_turn
from carrel.disclosure.admission import admit
from carrel.disclosure.case import Case
from carrel.disclosure.ending import over
from carrel.disclosure.event import Act, Event, free_words
from carrel.disclosure.process import Office
from carrel.disclosure.repetition import said_again, turned_again
from carrel.disclosure.standing import Standing
from carrel.disclosure.viewer import Viewer
from carrel.errors import fault
from carrel.store import case_holds, clock
from carrel.store.authority_record import enter_turn
from carrel.store.case_holds import LetGo
from carrel.store.disclosure_documents import DisclosureDocuments, Filed
from carrel.store.opened_disclosures import OpenedDisclosures, leaf_of
from carrel.store.owed_leaves import even_out, owe
from carrel.store.recorded_disclosures import HALF, subject_digest

_SUBJECTS = 16  # digests in one term
NIGHT = "the night"  # as whoever lets a case go that nobody did


class Disclosures(OpenedDisclosures):
    """The cases of a store, to be read and written."""

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
            CarrelError: DSC-001 to DSC-014, as `carrel.disclosure.admission.admit` says; DSC-022.

        Guarantees:
            Of two who write at once, the second is judged by what the first wrote. What somebody says again, within
            the hour and with nothing after it, is not written twice: she whose command was killed gives it again.
        """
        after, _ = self._added(name, viewer.event(act, terms), viewer, free_words(words), leaf)
        return viewer.look(after)

    def _added(self, name: str, event: Event, viewer: Viewer, said: str, leaf: str = "") -> tuple[Case, Event]:
        """The case afterwards, and the event as it stands in it: what was said again stands there from before."""
        with self._database.writing() as connection:
            clock.observe(connection, viewer.at)
            case = self._case(connection, name, viewer)
            if case is None or viewer.look(case) is None:
                raise self._unknown(case, viewer)
            if said_again(case.events[-1], self._last_words(connection, name), event, said):
                return case, case.events[-1]
            admit(
                case, event, said, viewer.process(case), viewer.offices, viewer.zone, viewer.at,
                free_days=viewer.free_days, counsel=viewer.counsel,
            )  # fmt: skip
            self._write(connection, name, len(case.events), event, said, viewer.at)
            if leaf:
                owe(connection, [leaf_of(leaf, viewer.at)], viewer.at)
            return Case(name, (*case.events, event)), event

    def let_go(self, name: str, viewer: Viewer) -> LetGo:
        """Release the holds of a case in which nothing is left to do; without effect where something is.

        Args:
            name: of the case.
            viewer: who ended it; a night that saw it.

        Returns:
            How many were released, and what else keeps the same, of which this person may know.

        Raises:
            CarrelError: DSC-022.

        Guarantees:
            The numbers that the holds name are deleted with them, in the transaction that writes it down. The case
            knows the same person again by a digest under its own key, and tells nobody who it was.
        """
        with self._database.writing() as connection:
            clock.observe(connection, viewer.at)
            case = self._case(connection, name, viewer)
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
            for n, start in enumerate(range(0, max(1, len(digests)), _SUBJECTS)):
                terms = {"subjects": " ".join(digests[start : start + _SUBJECTS])}
                event = viewer.event(Act.LET_GO, terms) if viewer.person else Event(Act.LET_GO, viewer.at, NIGHT, terms)
                self._write(connection, name, len(case.events) + n, event, "", viewer.at)
            case_holds.end(connection, holds, viewer.person or NIGHT, viewer.at)
        self._database.tidy()
        others = self.all(viewer, covered=False) if sealed else ()
        return LetGo(len(holds), tuple(one.id for one, _ in others if sealed.intersection(one.holds)), shown)

    def file(
        self, name: str, source: BinaryIO, paper: str, viewer: Viewer, *, later: Callable[[], Viewer] | None = None
    ) -> Filed:
        """Put a document into a case: encrypted while it is read, and never in the clear on a disk.

        Args:
            name: of the case.
            source: the document; its kind is not asked for and not trusted.
            paper: which of the papers that the policy asks for, or ``other``.
            viewer: who files it.
            later: who that is once it has arrived: a slow line takes hours, and an office can end meanwhile.

        Raises:
            CarrelError: as `add`; DSC-005, it is empty; DSC-015, it is too large; DSC-026, the disk has no room. Then
                nothing is left of it.
        """
        self.case(name, viewer)
        documents = DisclosureDocuments(self._folder)
        filed = documents.put(name, source)
        if not filed.size:
            documents.drop(filed.id)
            raise fault(
                faults.MISSING, wanted="a document with something in it", found="an empty one",
                because="an empty file would stand for the paper that the policy asks for",
                fix="file it anew; a picture that was not loaded from elsewhere yet comes empty",
            )  # fmt: skip
        terms = {"document": filed.id, "paper": paper, "size": str(filed.size), "digest": filed.digest}
        try:
            who = viewer if later is None else later()
            _, stands = self._added(name, who.event(Act.FILED, terms), who, "")
        except BaseException:
            documents.drop(filed.id)
            raise
        if stands.term("document") != filed.id:  # it is there from before: its command was stopped
            documents.drop(filed.id)
        return Filed(stands.term("document"), filed.size, filed.digest)

    def forget_unnamed(self, before: datetime) -> int:
        """Forget documents that no case names, as a process leaves them that was killed before it wrote them down.

        Args:
            before: aware time; what was written to since is let be.

        Returns:
            How many files went; none while a case cannot be opened: it may be the one that names them.
        """
        with self._database.reading() as connection:
            cases = list(self._cases(connection))
        if self.unopened:
            return 0
        named = {event.term("document") for case in cases for event in case.events}
        return DisclosureDocuments(self._folder).sweep(named, before)

    def turn(self, event: OfficeEvent, people: Mapping[str, frozenset[Office]], alternates: frozenset[Office]) -> None:
        """Write a delegation or an absence down, with its leaf.

        Raises:
            CarrelError: DSC-010, DSC-011.
        """
        with self._database.writing() as connection:
            clock.observe(connection, event.at)
            before = self._turns(connection)
            if before and turned_again(before[-1], event):
                return
            admit_turn(event, before, people, alternates)
            enter_turn(connection, event)

    def cover(self, now: datetime) -> None:
        """Owe the ledger as many leaves as any other batch has, so that none tells whether something was done."""
        with self._database.writing() as connection:
            even_out(connection, lambda: leaf_of(self._of_nothing(), now), now)

    def _of_nothing(self) -> str:
        """A commitment to nothing. With the site's own key it can be told from others, and without it cannot."""
        start = secrets.token_bytes(HALF)
        with suppress(OSError):  # a folder that cannot be written: there is no case in it either
            self._no_case().ensure()
        return (start + (self._rest_of_nothing(start) or secrets.token_bytes(HALF))).hex()
