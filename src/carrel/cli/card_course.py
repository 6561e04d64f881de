"""The part of a night that erases lapsed cards: a lot at a time, persons mixed, each record last, then one sweep."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli.at_site import now
from carrel.cli.card_batch import AT_ONCE, CardBatch, still_due
from carrel.cli.cards import cards_of, judgement
from carrel.cli.case_pieces import Pieces, redact_all
from carrel.cli.consent_erasure import forget_consents
from carrel.cli.erasure_plan import erasure_of
from carrel.cli.lot_end import CardsDone, end, end_unseen
from carrel.cli.progress import phase
from carrel.retention.identifiers import Subject
from carrel.retention.outcome import ChunkResult, Outcome
from carrel.retention.ports import Position
from carrel.store.erasures import PERSON, REDUCED
from carrel.systems import surroundings_reading
from carrel.systems.sql import person_grants
from carrel.systems.sql.erasure_sweep import Found, sweep
from carrel.systems.sql.person_identity import batches

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.accountability.surroundings import Place
    from carrel.cli.premises import Premises
    from carrel.cli.schema_watch import SchemaWatch
    from carrel.retention.plan import Plan
    from carrel.store.gate import ChunkGate
    from carrel.store.journal import RunJournal
    from carrel.store.run import Run
    from carrel.systems.sql.cards import Judgement, SqlCards
    from carrel.systems.sql.erasure import SqlErasure

LOT = 20_000  # persons whose identifiers are in memory at once
TRIES = 2  # lots of one night in which somebody is begun, if rows keep coming
RECORDS = 100  # records that go in one transaction


def carry_out(
    here: Premises, plan: Plan, run: Run, gate: ChunkGate, journal: RunJournal, schema: SchemaWatch
) -> CardsDone:
    """Erase everybody whose card is due by a plan, and go on with lots that were begun before.

    Args:
        here: open, with the account that carries out.
        plan: approved.
        run: under way, in its last stage.
        gate: that every piece goes through.
        journal: of the run.
        schema: looked at before a lot begins, and when its people were looked for.

    Raises:
        CarrelError: RUN-003 stopped; RUN-016, the tables changed. What was committed stays, and the next call goes on.

    Guarantees:
        No more people than the plan shows, or than its bound, whichever is more. A repeat changes nothing.
    """
    done = CardsDone()
    cards = cards_of(here, plan.as_of)
    if cards is None:
        for case in here.store.lots.abandoned(here.system.name, now()):
            end_unseen(here, plan, case, done)
        here.store.erasures.purge(now())
        return done
    course = _Course(here, plan, run, cards, gate, journal, done, schema)
    for case in here.store.lots.open(here.system.name):
        subjects = here.store.lots.subjects(case)
        if subjects is None:
            end_unseen(here, plan, case, done)
        else:
            course.lot(case, course.still_own(subjects))
    path = next((one for one in plan.paths if one.path == cards.cards.name), None)
    most = 0 if path is None else max(path.bound, path.rows)
    done.planned = 0 if path is None else path.rows
    left = most - max(run.rows.get(cards.cards.name, 0), here.store.lots.drawn(here.system.name, plan.digest))
    while left > 0 and (subjects := course.drawn(min(left, LOT))):
        left -= len(subjects)
        course.lot(here.store.lots.begin(here.system.name, plan.digest, subjects, now()), subjects)
    done.drawn = here.store.lots.drawn(here.system.name, plan.digest)
    here.store.erasures.purge(now())  # what the search of many nights still finds is told by each of them
    return done


def require(here: Premises) -> None:
    """Refuse an account that could not erase anybody, before the run has begun.

    Raises:
        CarrelError: SQL-005, rights are missing; ERA-003, a column or a trigger that the map does not tell of.
    """
    if here.system_map.lapsing is not None:
        nobody = erasure_of(here, (), now())
        nobody.require_told()
        with here.engine.connect() as connection:
            person_grants.require(connection, nobody.rows, here.system.name)


class _Course:
    """One attempt at some lots."""

    def __init__(
        self,
        here: Premises,
        plan: Plan,
        run: Run,
        cards: SqlCards,
        gate: ChunkGate,
        journal: RunJournal,
        done: CardsDone,
        schema: SchemaWatch,
    ) -> None:
        self._here, self._plan, self._run, self._cards = here, plan, run, cards
        self._gate, self._journal, self._done, self._schema = gate, journal, done, schema
        self._begun: Counter[int] = Counter()  # and not gone: who is spared again and again must not be drawn for ever

    def drawn(self, most: int) -> tuple[Subject, ...]:
        """Who is due now, with what identifies them."""
        with self._here.engine.connect() as connection:
            due = self._cards.due(connection, self._by())
            numbers = [one for one in due if self._begun[one] < TRIES][:most]
            return erasure_of(self._here, tuple(Subject(one) for one in numbers), self._plan.as_of).all_known(
                connection
            )

    def still_own(self, subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
        """The people of a lot that was begun before, without cards and names that were given to others since."""
        with self._here.engine.connect() as connection:
            return erasure_of(self._here, subjects, self._plan.as_of).still_own(connection)

    def lot(self, case: str, subjects: tuple[Subject, ...]) -> None:
        """Carry one lot to its end."""
        with phase(f"erasing {amount(len(subjects), 'patron', 'patrons')} whose cards have lapsed"):
            self._lot(case, subjects)

    def _lot(self, case: str, subjects: tuple[Subject, ...]) -> None:
        here = self._here
        self._schema.require()
        self._done.unknown |= here.store.erasures.go_on(case, now()).unknown
        pieces = Pieces(here, case, self._gate, self._run.owner)
        with here.engine.connect() as connection:
            whole = erasure_of(here, subjects, self._plan.as_of)
            payers = whole.payers(connection)
            there = whole.numbers(connection)
        here.store.lots.taken_over(case, self._plan.digest, len(there))
        payer = here.payer(self._plan.as_of)
        if payers and payer is not None:
            here.store.lots.reduces_to(case, payer.columns)
        going: list[Subject] = []
        for batch, stays in _parted(subjects, payers, AT_ONCE):
            going += CardBatch(pieces, self._cards, whole.of(batch, stays=stays), self._by).steps()
        gone = self._texts(pieces, whole, tuple(going), payers)
        for batch, stays in _parted(gone, payers, RECORDS):
            self._records(pieces, whole.of(batch, stays=stays), stays=stays)
        with here.engine.connect() as connection:
            still = whole.of(gone).numbers(connection)
            there = still - payers
            here.store.restrictions.end_with(here.system.name, {one.number for one in gone} - still)
            forget_consents(here, (one for one in gone if one.number not in still), case, silence=False)
            last = tuple(one for one in gone if one.number not in there)
        for batch, stays in _parted(last, payers, AT_ONCE):
            CardBatch(pieces, self._cards, whole.of(batch, stays=stays), self._by).late()
        with here.engine.connect() as connection:
            found = self._swept(connection, pieces, whole, last, payers)
            places = surroundings_reading.read(
                connection, self._here.site, self._here.system, self._here.policy, now()
            ).places
        self._begun.update(one.number for one in subjects)
        for one in last:
            del self._begun[one.number]
        self._done.spared = len(self._begun)
        self._finish(case, found, places)

    @staticmethod
    def _swept(
        connection: Connection,
        pieces: Pieces,
        whole: SqlErasure,
        subjects: tuple[Subject, ...],
        payers: frozenset[int],
    ) -> Found:
        """Look for everybody at once; the lines of payers, and what of their record stays for them, are no finding."""
        plain = whole.of(tuple(one for one in subjects if one.number not in payers))
        paying = whole.of(tuple(one for one in subjects if one.number in payers), stays=True)
        both = whole.of(subjects)
        both.beat_with(pieces.beat)
        return sweep(connection, (plain.rows, paying.rows), both.texts.beside(paying.rows), pieces.here.system_map)

    def _texts(
        self, pieces: Pieces, whole: SqlErasure, subjects: tuple[Subject, ...], payers: frozenset[int]
    ) -> tuple[Subject, ...]:
        """Take the identifiers out of all texts; anew without whoever is not due any more by then. Who still goes."""
        while True:
            with self._here.engine.connect() as connection:
                by = self._by()
                subjects = tuple(still_due(self._cards, connection, subjects, by))
            erasure = whole.of(subjects)
            erasure.beat_with(pieces.beat)
            paying = whole.of(tuple(one for one in subjects if one.number in payers), stays=True)
            erasure.texts = erasure.texts.beside(paying.rows)
            try:
                redact_all(pieces, erasure, partial(self._as_before, by, subjects))
            except _SparedSince:
                continue
            return subjects

    def _as_before(
        self, by: Judgement, subjects: tuple[Subject, ...], connection: Connection, named: frozenset[int]
    ) -> None:
        """Inside a piece's transaction: whoever these texts name is due still, by what the library keeps now."""
        asked = tuple(one for one in subjects if one.number in named)
        if self._by() != by or tuple(still_due(self._cards, connection, asked, by)) != asked:
            raise _SparedSince

    def _records(self, pieces: Pieces, erasure: SqlErasure, *, stays: bool) -> None:
        name, began = self._cards.cards.name, time.monotonic()
        place = Position(name, 0, 0)
        number = self._journal.intend(place, len(erasure.subjects))

        def spared(connection: Connection) -> set[int]:
            return self._cards.spared(connection, erasure.subjects, self._by())  # asked inside the gate

        step = REDUCED if stays else PERSON
        rows = pieces.carry(step, lambda connection: erasure.delete_people(connection, spared))
        gone = 0 if stays else rows  # a record that is only reduced is nobody's erasure
        self._done.people += gone
        self._done.reduced += rows - gone
        payer = self._here.payer(self._plan.as_of)
        if stays and payer is not None:
            self._done.ground = payer.ground
        self._journal.finish(number, place, ChunkResult(0, {name: gone}, seconds=time.monotonic() - began))

    def _finish(self, case: str, found: Found, places: tuple[Place, ...]) -> None:
        lasting = any(place.lasting for place in places)
        bad = found.hits or self._schema.look()
        outcome = Outcome.UNVERIFIED if bad else Outcome.RESIDUE if lasting else Outcome.VERIFIED
        end(self._here, self._plan, case, outcome, found, places, self._done)

    def _by(self) -> Judgement:
        return judgement(self._here, self._cards, self._plan.as_of, now())


class _SparedSince(Exception):  # noqa: N818  (no error: somebody came back, or a hold was placed or lifted meanwhile)
    """Who goes, or what the library keeps, is not what it was when this pass began."""


def _parted(
    subjects: tuple[Subject, ...], payers: frozenset[int], size: int
) -> Iterator[tuple[tuple[Subject, ...], bool]]:
    """Batches of persons of whom nothing stays, then of payers."""
    for stays in (False, True):
        yield from ((one, stays) for one in batches([s for s in subjects if (s.number in payers) is stays], size))
