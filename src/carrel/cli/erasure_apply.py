"""``carrel apply`` of a plan to erase a person: piece by piece, the own row last, then looked for everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.cli import erasure_screen, plan_file, premises, record, screen
from carrel.cli.at_site import now
from carrel.cli.case_attempt import attempt
from carrel.cli.case_leaf import leaf_of_case
from carrel.cli.case_pieces import PIECE, Noting, Pieces, redact_all
from carrel.cli.consent_erasure import forget_consents
from carrel.cli.erasure_plan import erasure_of, scopes_of
from carrel.cli.erasure_tables import PersonTables
from carrel.cli.progress import SWEEPING, phase
from carrel.cli.replay_entries import left_by
from carrel.cli.schema_watch import SchemaWatch
from carrel.errors import CarrelError, Exit
from carrel.ledger.leaf import OpenLeaf
from carrel.retention.approval import Kind
from carrel.retention.erasure import HELD, refuse, refuse_growth
from carrel.retention.outcome import Outcome
from carrel.store.erasures import PERSON
from carrel.store.sealed_cases import DONE, PLANNED
from carrel.systems import surroundings_reading
from carrel.systems.sql import person_grants
from carrel.systems.sql.erasure_sweep import Found
from carrel.systems.sql.failure import told
from carrel.systems.sql.trigger_way import beside_loans

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.accountability.surroundings import Place
    from carrel.cli.premises import Premises
    from carrel.retention.erasure import ErasurePlan, Staying
    from carrel.retention.identifiers import Subject
    from carrel.store.erasures import Case
    from carrel.systems.sql.erasure import SqlErasure
    from carrel.systems.sql.person_steps import Step


@dataclass(frozen=True)
class Report:
    """What one apply of an erasure did."""

    plan: ErasurePlan
    case: Case
    outcome: Outcome
    found: Found
    places: tuple[Place, ...]
    looked: bool = True  # through every table, by this attempt
    triggers: str | None = None  # what became of the product's own; None where it has none
    schema_changes: tuple[str, ...] = ()  # in the tables, since the attempt began


def apply(place: Path, site: Path, system_name: str | None, *, as_json: bool) -> int:
    """Carry it out, and say what became of it."""
    with premises.enter(site, system_name, read_only=False) as here:
        plan = plan_file.read_erasure(here.store, place)
        over = here.store.erasures.case(plan.case)
        report = _ended(here, plan, over) if over.state == DONE else run(here, plan)
        report = replace(report, triggers=beside_loans(here.system_map))
        own = () if over.state == DONE else (leaf_of_case(plan, report.case, report.found, report.places),)
        receipt = record.deliver(here.site, here.store, now(), own=own)
    if as_json:
        screen.put_json({"erasure": erasure_screen.as_dict(report, receipt)})
    else:
        erasure_screen.show(report, receipt, place)
    return int(Exit.VERIFICATION_FAILED if report.outcome is Outcome.UNVERIFIED else Exit.DONE)


def _ended(here: Premises, plan: ErasurePlan, case: Case) -> Report:
    """What a case ended with: there is nothing left to do, unless a process died before its last step."""
    here.store.erasures.forget(plan.case)
    return Report(plan, case, case.outcome or Outcome.VERIFIED, Found(), (), looked=False)


def run(here: Premises, plan: ErasurePlan) -> Report:
    """Carry out an approved erasure, or go on with it.

    Raises:
        CarrelError: APR-007 stale, APR-008 not approved, ERA-002 something keeps the person since, RUN-001 another run,
            RUN-003 stopped, RUN-010 another system, RUN-016 the tables changed. What was committed before stays, and
            every one of them says so; the same command goes on.
    """
    try:
        with attempt(here, plan, here.store.erasures.case(plan.case), Kind.ERASURE) as owner:
            return Course(here, plan, owner).carry_out()
    except CarrelError as wrong:
        done = here.store.erasures.case(plan.case)
        if not (any(done.rows.values()) or done.unknown):
            raise
        raise wrong.having_changed(_stays_out(done)) from wrong


def carry_out(here: Premises, plan: ErasurePlan, owner: str) -> Report:
    """Carry out an erasure that a plan over several names, or go on with it.

    Args:
        here: open, with the account that carries out.
        plan: admitted with the plan that names it.
        owner: of the system's lease.

    Raises:
        CarrelError: as `run`, but for APR-007, APR-008, RUN-001 and RUN-010.
    """
    return Course(here, plan, owner).carry_out()


def _stays_out(case: Case) -> str:
    """What earlier pieces of a case did, for whoever reads why it did not go on."""
    at_least = "at least " if case.unknown else ""
    return f"nothing by the piece that was refused; {at_least}{sum(case.rows.values())} rows that went before stay out"


def begun(here: Premises, plan: ErasurePlan) -> tuple[SqlErasure, bool]:
    """Ask everything that refuses an erasure, and begin its case, or go on with it.

    Args, returns and errors as of `asked`.
    """
    erasure, there = asked(here, plan)
    here.store.erasures.begin(plan.case, erasure.subjects[0], now())
    return erasure, there


def asked(here: Premises, plan: ErasurePlan) -> tuple[SqlErasure, bool]:
    """Ask everything that refuses an erasure.

    Args:
        here: open, with the account that carries out.
        plan: admitted.

    Returns:
        The erasure, and whether the person's own record is there still.

    Raises:
        CarrelError: APR-007, far more would go than was approved; ERA-002, ERA-003, ERA-004; SQL-005, rights are
            missing.
    """
    subject = here.store.erasures.subject(plan.case)
    with here.engine.connect() as connection:
        bare = erasure_of(here, (subject,), plan.made_at)
        person_grants.require(connection, bare.rows, here.system.name)
        known = bare.known(connection)
        subject = subject if known is None else subject.joined(known)
        erasure = erasure_of(here, (subject,), plan.made_at).around_record(connection)
        if known is not None:
            refuse(here.system.name, blocking(here, erasure, connection))
            erasure.cascades(connection)
            if here.store.erasures.case(plan.case).state == PLANNED:
                refuse_growth(plan, (*erasure.going(connection), *PersonTables(here, subject).going()))
    return erasure, known is not None


def blocking(here: Premises, erasure: SqlErasure, connection: Connection) -> tuple[Staying, ...]:
    """What keeps the person of an erasure now, legal holds and exceptions included."""
    return erasure.blocking(connection, scopes_of(here, now()), held=HELD)


class Course:
    """One attempt: every piece inside the gate, in a transaction of its own, intended before and noted after.

    Args:
        here: open.
        plan: of the case.
        owner: of the system's lease.
        noting: where pieces are noted, if not in the store.
    """

    def __init__(self, here: Premises, plan: ErasurePlan, owner: str, noting: Noting | None = None) -> None:
        self._here, self._plan = here, plan
        gate = here.store.erasures.gate(here.system.name, owner, now)
        self._pieces = Pieces(here, plan.case, gate, owner, noting)
        self._schema = SchemaWatch(here, whole=True)

    def carry_out(self) -> Report:
        """All of it, noted in the store and told to the ledger."""
        here, plan = self._here, self._plan
        erasure, there = begun(here, plan)
        # The record leads to the rows of other programs: they go first, so that it is there while they are not gone.
        self._tables(erasure)
        self.take_out(erasure, there=there)
        self._schema.look()
        # Another read of the catalogue: a table that came meanwhile is searched as well.
        erasure = erasure.after(self._schema.fresh.schema)
        erasure.beat_with(self._pieces.beat)
        subject = erasure.subjects[0]
        with here.engine.connect() as connection:
            if subject.number not in erasure.numbers(connection):
                here.store.restrictions.end_with(plan.system, {subject.number})
                forget_consents(here, (subject,), plan.case, silence=True)
            with phase(SWEEPING):
                found = erasure.sweep(connection)
                found.add(PersonTables(here, subject).found(self._pieces.beat))
            places = surroundings_reading.read(
                connection, self._here.site, self._here.system, self._here.policy, now()
            ).places
        return self._finish(subject, found, places)

    def take_out(self, erasure: SqlErasure, *, there: bool) -> None:
        """Every step, the record itself last but for what copies it.

        Args:
            erasure: of the person.
            there: the record is there still.
        """
        erasure.beat_with(self._pieces.beat)
        if there:
            self._steps(erasure)
        self._texts(erasure)
        self._pieces.carry(PERSON, lambda c: erasure.delete_person(c, lambda: self._blocking(erasure, c)))
        # What all of this was copied into goes at the very end; the record is gone by then, so nothing keeps it.
        self._each(erasure, erasure.late, lambda c, step: erasure.piece(c, step, PIECE))

    def _tables(self, erasure: SqlErasure) -> None:
        def ask() -> None:
            with self._here.engine.connect() as connection:
                refuse(self._here.system.name, self._blocking(erasure, connection))

        tables = PersonTables(self._here, erasure.subjects[0])
        tables.take_out(self._plan.case, self._here.store.erasures, self._pieces.beat, ask)

    def _steps(self, erasure: SqlErasure) -> None:
        self._each(erasure, erasure.steps, lambda c, step: self._one(erasure, c, step))

    def _each(self, erasure: SqlErasure, steps: tuple[Step, ...], work: Callable[[Connection, Step], int]) -> None:
        for step in steps:
            name = f"{step.table}.{step.act}"
            while True:
                with told(self._here.system.name), self._here.engine.connect() as connection:
                    if not erasure.rows.count(connection, step):
                        break
                self._schema.beat()
                self._pieces.carry(name, partial(self._worked, work, step))

    @staticmethod
    def _worked(work: Callable[[Connection, Step], int], step: Step, connection: Connection) -> int:
        return work(connection, step)

    def _one(self, erasure: SqlErasure, connection: Connection, step: Step) -> int:
        refuse(self._here.system.name, self._blocking(erasure, connection))
        return erasure.piece(connection, step, PIECE)

    def _texts(self, erasure: SqlErasure) -> None:
        redact_all(self._pieces, erasure, lambda c, _: refuse(self._here.system.name, self._blocking(erasure, c)))

    def _blocking(self, erasure: SqlErasure, connection: Connection) -> tuple[Staying, ...]:
        return blocking(self._here, erasure, connection)

    def _finish(self, subject: Subject, found: Found, places: tuple[Place, ...]) -> Report:
        changes = self._schema.look()
        lasting = any(place.lasting for place in places)
        outcome = Outcome.UNVERIFIED if found.hits or changes else Outcome.RESIDUE if lasting else Outcome.VERIFIED

        def leaves(case: Case) -> list[OpenLeaf]:
            return [leaf_of_case(self._plan, case, found, places)]

        at = now()
        people = ((subject.number, subject.card), *((older, "") for older in subject.also))
        entries = left_by(self._here, Kind.ERASURE, self._plan.case, people, at)
        cases = self._here.store.erasures
        case = cases.finish(self._plan.case, outcome, at, leaves, over=not (found.hits or changes), entries=entries)
        return Report(self._plan, case, outcome, found, places, schema_changes=changes)
