"""Disclosure cases as they begin: the case and what it keeps from deletion are written down by one commit."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert

from carrel.disclosure.admission import admit
from carrel.disclosure.case import Case
from carrel.disclosure.event import ACCOUNT, Act, Event, free_words
from carrel.disclosure.opening import require_opening
from carrel.disclosure.repetition import WITHIN, as_opened, came_again
from carrel.disclosure.standing import Standing
from carrel.disclosure.viewer import Viewer
from carrel.ledger.leaf import OpenLeaf
from carrel.store import case_holds, clock, tables
from carrel.store.case_holds import Subject
from carrel.store.owed_leaves import OF_PROCESS, day_of, owe
from carrel.store.placement import Order, record, settle
from carrel.store.recorded_disclosures import Kept, RecordedDisclosures, disclosure_key

_LETTERS, _SALT = 12, 32


class OpenedDisclosures(RecordedDisclosures):
    """The cases of a store, to be begun."""

    def open(
        self,
        terms: Mapping[str, str],
        words: str,
        viewer: Viewer,
        *,
        keep: Sequence[Order] = (),
        step: str = "",
        hold: str = "",
    ) -> str:
        """Write a case down, and what it keeps.

        Args:
            terms: of `Act.RECEIVED`: instrument, served on, from, dated, from day, until day, title.
            words: what was asked for, as the paper or the person says it.
            viewer: whoever takes it in: whoever was served.
            keep: legal holds, one of each system, of whom and what the paper is about.
            step: that is taken with them; empty where the policy asks for none.
            hold: ids of legal holds that were placed before.

        Returns:
            Its id. Of a case that the same person opened within the hour by the same words, and to which nothing was
            done since, that one's.

        Raises:
            CarrelError: DSC-005, DSC-006; DSC-018.

        Guarantees:
            Where an error is raised, or the process is killed, nothing was written: no case without its hold, and no
            hold without its case. A key can be left then, which opens nothing; `sweep` removes it.
        """
        said = free_words(words)
        first = viewer.event(Act.RECEIVED, terms)
        require_opening(first, viewer.processes)
        name = "dsc-" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(_LETTERS))
        own = disclosure_key(self._folder, name)
        own.create()
        try:
            with self._database.writing() as connection:
                clock.observe(connection, viewer.at)
                there = self._came_before(connection, first, said, _subjects(keep))
                if there is None:
                    connection.execute(insert(tables.disclosure_case).values(id=name))
                    holds = " ".join([*hold.split(), *(record(connection, one, viewer.at) for one in keep)])
                    for n, event in enumerate(_beginning(first, holds, step)):
                        self._write(connection, name, n, event, "" if n else said, viewer.at)
        except BaseException:
            own.shred()
            raise
        if there is not None:
            own.shred()
        return there or name

    def preserve(self, name: str, keep: Sequence[Order], step: str, viewer: Viewer) -> Standing | None:
        """Keep more from deletion for a case.

        Args:
            name: of the case.
            keep: legal holds, one of each system.
            step: that is taken with them.
            viewer: who does it.

        Returns:
            As `carrel.store.disclosures.Disclosures.add`.

        Raises:
            CarrelError: DSC-001 to DSC-005; DSC-022. Nothing was written then.

        Guarantees:
            As `open`: the step and its holds stand there by one commit, and the same said again is one.
        """
        with self._database.writing() as connection:
            clock.observe(connection, viewer.at)
            case = self._case(connection, name, viewer)
            if case is None or viewer.look(case) is None:
                raise self._unknown(case, viewer)
            last = case.events[-1]
            same = (last.act, last.by, last.term("step")) == (Act.TAKEN, viewer.person, step)
            held = case_holds.subjects_of(connection, last.term("hold").split())
            if same and viewer.at - last.at <= WITHIN and held == _subjects(keep):
                return viewer.look(case)
            holds = " ".join(record(connection, one, viewer.at) for one in keep)
            event = viewer.event(Act.TAKEN, {"step": step, "hold": holds})
            admit(
                case, event, "", viewer.process(case), viewer.offices, viewer.zone, viewer.at,
                free_days=viewer.free_days,
            )  # fmt: skip
            self._write(connection, name, len(case.events), event, "", viewer.at)
            after = self._case(connection, name, viewer)
        return None if after is None else viewer.look(after)

    def in_force(self, name: str, now: Callable[[], datetime]) -> None:
        """Wait until what a case keeps is in force: until the chunks that were in flight are out.

        Args:
            name: of the case.
            now: the clock.

        Raises:
            CarrelError: HLD-005, one outlasts the patience. The case stands, and every later chunk honours it.
        """
        with self._database.reading() as connection:
            kept = self._opened(name, self._sealed_of(connection, name))
        for one in Case(name, tuple(each.event for each in kept)).holds:
            settle(self._database, one, now)

    def _came_before(self, connection: Connection, first: Event, said: str, keeps: frozenset[Subject]) -> str | None:
        """The case that somebody opened by the same words a moment ago, where nothing was done to it since."""
        for name, sealed in self._sealed(connection).items():
            kept = self._opened(name, sealed)
            if not kept or not as_opened([one.event for one in kept]):
                continue
            holds = [hold for one in kept for hold in one.event.term("hold").split()]
            held = case_holds.subjects_of(connection, holds)
            opened = kept[0]
            if held == keeps and came_again(opened.event, opened.words, first, said, keeps=bool(keeps)):
                return name
        return None

    def _last_words(self, connection: Connection, name: str) -> str:
        kept = self._opened(name, self._sealed_of(connection, name))
        return kept[-1].words if kept else ""

    def _write(self, connection: Connection, name: str, place: int, event: Event, said: str, now: datetime) -> None:
        kept = Kept(event, said, secrets.token_bytes(_SALT), place)
        sealed = kept.seal(disclosure_key(self._folder, name))
        connection.execute(insert(tables.disclosure_event).values(case=name, sealed=sealed))
        owe(connection, [leaf_of(kept.commitment(name), now)], now)


def leaf_of(commitment: str, now: datetime) -> OpenLeaf:
    """What the ledger is told: a commitment, and the day."""
    return OpenLeaf(OF_PROCESS, day_of(now), {"commitment": commitment})


def _beginning(first: Event, holds: str, step: str) -> list[Event]:
    if not holds:
        return [first]
    if not step:
        return [Event(first.act, first.at, first.by, {**first.terms, "hold": holds})]
    where = {ACCOUNT: first.term(ACCOUNT)} if first.term(ACCOUNT) else {}
    return [first, Event(Act.TAKEN, first.at, first.by, {"step": step, "hold": holds, **where})]


def _subjects(keep: Sequence[Order]) -> frozenset[Subject]:
    """Whom and what they name, as the store tells it."""
    return frozenset(
        (one.system, kind, number)
        for one in keep
        for kind, numbers in (("person", one.scope.persons), ("item", one.scope.items))
        for number in numbers
    )
