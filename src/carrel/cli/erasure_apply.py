"""``carrel apply`` of a plan to erase a person: piece by piece, the own row last, then looked for everywhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.cli import plan_file, premises, record, screen
from carrel.cli.erasure_plan import basis_of, erasure_of, scopes_of
from carrel.cli.premises import now
from carrel.cli.run_leaves import residue_until, slug, what_planned
from carrel.cli.screen import number, put_table, say
from carrel.errors import CarrelError, Exit, fault
from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds
from carrel.retention import faults
from carrel.retention.erasure import HELD, refuse
from carrel.retention.erasure_approval import approver, refuse_unapproved
from carrel.retention.outcome import Outcome
from carrel.retention.staleness import refuse_stale
from carrel.store.erasures import DONE, RUNNING
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import new_owner
from carrel.systems.faults import LOCKED
from carrel.systems.sql import person_grants, residue
from carrel.systems.sql.erasure_sweep import Found
from carrel.systems.sql.person_texts import teach

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.cli.premises import Premises
    from carrel.cli.record import Receipt
    from carrel.retention.erasure import ErasurePlan, Staying
    from carrel.store.erasures import Case
    from carrel.store.gate import ChunkGate
    from carrel.systems.sql.erasure import SqlErasure
    from carrel.systems.sql.person_steps import Step
    from carrel.systems.sql.person_texts import Named

PIECE = 2_000
TEXTS, PERSON = "texts", "person"
_TRIES = 8
_BEGUN_STAYS_GOOD = timedelta(days=7)
_SHOWN_KEYS = 20


@dataclass(frozen=True)
class Report:
    """What one apply of an erasure did."""

    plan: ErasurePlan
    case: Case
    outcome: Outcome
    found: Found
    places: tuple[residue.Place, ...]


def apply(place: Path, site: Path, system_name: str | None, *, as_json: bool) -> int:
    """Carry it out, and say what became of it."""
    with premises.enter(site, system_name, read_only=False) as here:
        plan = plan_file.read_erasure(here.store, place)
        over = here.store.erasures.case(plan.case)
        report = _ended(here, plan, over) if over.state == DONE else run(here, plan)
        own = () if over.state == DONE else (leaf_of(plan, report.case, report),)
        receipt = record.deliver(here.site, here.store, now(), own=own)
    if as_json:
        screen.put_json({"erasure": as_dict(report, receipt)})
    else:
        show(report, receipt, place)
    return int(Exit.VERIFICATION_FAILED if report.found.hits else Exit.DONE)


def _ended(here: Premises, plan: ErasurePlan, case: Case) -> Report:
    """What a case ended with: there is nothing left to do, unless a process died before its last step."""
    here.store.erasures.forget(plan.case)
    return Report(plan, case, case.outcome or Outcome.VERIFIED, Found(), ())


def run(here: Premises, plan: ErasurePlan) -> Report:
    """Carry out an approved erasure, or go on with it.

    Raises:
        CarrelError: APR-007 stale, APR-008 not approved, ERA-002 something keeps the person since, RUN-001 another run,
            RUN-003 stopped, RUN-010 another system. What was committed before stays; the same command goes on.
    """
    name, owner, began = here.system.name, new_owner(), now()
    if here.original.name != plan.system or here.system.copy_of is not None:
        raise fault(
            faults.OTHER_SYSTEM, at=f"system {name}", wanted=plan.system, found=name, fix=f"--system {plan.system}"
        )
    case = here.store.erasures.case(plan.case)
    started = case.started_at if case.state == RUNNING else None
    # What was begun in time may be ended later: half an erasure is no state to leave a person in.
    refuse_stale(plan, basis_of(here), began, here.system.max_plan_age if started is None else _BEGUN_STAYS_GOOD)
    notes = [given.note for given in here.store.approvals.of_system(name)]
    refuse_unapproved(plan, approver(plan, notes, here.site.people, started or began))
    here.store.leases.acquire(name, owner, LEASE_TTL, began)
    try:
        return _Course(here, plan, owner).carry_out()
    finally:
        with suppress(CarrelError):
            here.store.leases.release(name, owner, now())


class _Course:
    """One attempt: every piece inside the gate, in a transaction of its own, intended before and noted after."""

    def __init__(self, here: Premises, plan: ErasurePlan, owner: str) -> None:
        self._here, self._plan, self._owner = here, plan, owner
        self._gate: ChunkGate = here.store.erasures.gate(here.system.name, owner, now)

    def carry_out(self) -> Report:
        here, plan = self._here, self._plan
        subject = here.store.erasures.subject(plan.case)
        with here.engine.connect() as connection:
            bare = erasure_of(here, subject)
            person_grants.require(connection, bare.rows, here.system.name)
            known = bare.known(connection)
            subject = subject if known is None else subject.joined(known)
            erasure = erasure_of(here, subject)
            erasure.beat_with(self._beat)
            if known is not None:
                refuse(here.system.name, self._blocking(erasure, connection))
                erasure.cascades(connection)
        here.store.erasures.begin(plan.case, subject, now())
        if known is not None:
            self._steps(erasure)
        self._texts(erasure)
        self._piece(PERSON, lambda c: erasure.delete_person(c, lambda: self._blocking(erasure, c)))
        with here.engine.connect() as connection:
            found = erasure.sweep(connection)
            places = residue.places(connection, now())
        return self._finish(found, places)

    def _steps(self, erasure: SqlErasure) -> None:
        for step in erasure.steps:
            name = f"{step.table}.{step.act}"
            while True:
                with self._here.engine.connect() as connection:
                    if not erasure.rows.count(connection, step):
                        break
                self._piece(name, partial(self._one, erasure, step))

    def _one(self, erasure: SqlErasure, step: Step, connection: Connection) -> int:
        refuse(self._here.system.name, self._blocking(erasure, connection))
        return erasure.piece(connection, step, PIECE)

    def _texts(self, erasure: SqlErasure) -> None:
        for name, places in erasure.text_places():
            with self._here.engine.connect() as connection:
                teach(connection)
                for stretch in erasure.texts.stretches(connection, name):
                    named = erasure.texts.named(connection, name, places, stretch)
                    connection.rollback()  # what was read is written in a transaction of its own
                    self._beat()
                    for start in range(0, len(named), PIECE):
                        self._piece(TEXTS, partial(self._redact, erasure, named[start : start + PIECE]))

    def _redact(self, erasure: SqlErasure, named: list[Named], connection: Connection) -> int:
        refuse(self._here.system.name, self._blocking(erasure, connection))
        return erasure.texts.redact(connection, named)

    def _piece(self, name: str, work: Callable[[Connection], int]) -> None:
        self._beat()
        if self._here.store.signals.stopped() is not None:
            raise fault(
                faults.STOPPED,
                at=self._plan.case,
                found="the stop flag",
                changed="what earlier pieces took out stays out",
                fix="`carrel stop --clear`, then apply the same plan again: it goes on",
            )
        for tried in range(1, _TRIES + 1):
            try:
                self._once(name, work)
            except CarrelError as wrong:
                if wrong.code != LOCKED.code or tried == _TRIES:
                    raise
                time.sleep(0.1 * tried)
            else:
                return

    def _once(self, name: str, work: Callable[[Connection], int]) -> None:
        cases = self._here.store.erasures
        cases.intend(self._plan.case, name)
        with self._gate.chunk() as turn, self._here.engine.begin() as connection:
            done = work(connection)
            turn.check()
        cases.note(self._plan.case, name, done)

    def _blocking(self, erasure: SqlErasure, connection: Connection) -> tuple[Staying, ...]:
        return erasure.blocking(connection, scopes_of(self._here, now()), held=HELD)

    def _beat(self) -> None:
        self._here.store.leases.renew(self._here.system.name, self._owner, LEASE_TTL, now())

    def _finish(self, found: Found, places: tuple[residue.Place, ...]) -> Report:
        lasting = any(place.lasting for place in places)
        outcome = Outcome.UNVERIFIED if found.hits else Outcome.RESIDUE if lasting else Outcome.VERIFIED

        def leaves(case: Case) -> list[OpenLeaf]:
            return [leaf_of(self._plan, case, Report(self._plan, case, outcome, found, places))]

        case = self._here.store.erasures.finish(self._plan.case, outcome, now(), leaves, over=not found.hits)
        return Report(self._plan, case, outcome, found, places)


def leaf_of(plan: ErasurePlan, case: Case, report: Report) -> OpenLeaf:
    """What the ledger is told: the case and counts, and no table: the kind of a row can tell a trait."""
    finished = case.finished_at or now()
    return OpenLeaf(
        "erasure",
        finished,
        {
            **what_planned(plan),
            "case": plan.case,
            "outcome": slug(report.outcome.name),
            "applied": banded(sum(rows for name, rows in case.rows.items() if name != TEXTS)),
            "redacted": banded(case.rows.get(TEXTS, 0)),
            "hits": banded(report.found.hits),
            "kept": banded(sum(report.found.kept.values())),
            "human": banded(sum(map(len, report.found.human.values()))),
            "started": utc_seconds(case.started_at or finished),
            "finished": utc_seconds(finished),
            **residue_until(report.places),
        },
    )


def as_dict(report: Report, receipt: Receipt) -> dict[str, object]:
    """The result for programs."""
    return {
        "case": report.plan.case,
        "plan": report.plan.digest,
        "outcome": report.outcome.value,
        "rows": dict(sorted(report.case.rows.items())),
        "rows_may_be_more": report.case.unknown,
        "still_there": report.found.still,
        "kept": report.found.kept,
        "for_a_human": {place: len(keys) for place, keys in report.found.human.items()},
        "residues": [
            {"place": p.name, "until": _iso(p.until), "lasting": p.lasting, "advice": p.advice} for p in report.places
        ],
        "ledger": {"size": receipt.size, "root": receipt.root, "first_leaf": receipt.first, "key": receipt.key},
    }


def show(report: Report, receipt: Receipt, place: Path) -> None:
    """The result as a person reads it."""
    from carrel.cli.apply import show_places

    found = report.found
    say(f"{report.plan.case}: {report.outcome.value}")
    if report.case.finished_at is not None and report.case.state == DONE:
        say(f"It was over at {report.case.finished_at.isoformat(timespec='seconds')}.")
    put_table(
        "Taken out",
        ("step", "rows"),
        [(name, number(rows)) for name, rows in sorted(report.case.rows.items())],
        right=(1,),
    )
    if report.case.unknown:
        say("A process died inside a piece: the counts may be too low; what is in the database was read back.")
    say(f"Looked for in every table: {number(found.hits)} rows still name the person.")
    for where, rows in sorted(found.columns.items()):
        say(f"  - {where}: {number(rows)}")
    for where, keys in sorted(found.texts.items()):
        say(f"  - {where}: {_rows(keys)}")
    for where, rows in sorted(found.kept.items()):
        say(f"Kept on its ground: {where}: {number(rows)}")
    for where, keys in sorted(found.human.items()):
        say(f"For a human to judge: {where}: {_rows(keys)}")
    if found.human:
        say("  A name alone can be somebody else's, or a common word; look at these rows yourself.")
    show_places(report.places)
    say(f"Ledger: {receipt.size} leaves, root {receipt.root[:16]}…, in {receipt.folder}")
    if found.hits:
        say(f"\nMend these places, then: carrel apply {place}")


def _rows(keys: list[tuple[Any, ...]]) -> str:
    """How many, and the keys of the first ones where they are plain numbers; another key can name somebody."""
    shown = [str(key[0]) for key in keys[:_SHOWN_KEYS] if len(key) == 1 and isinstance(key[0], int)]
    return number(len(keys)) + (f" (key {', '.join(shown)})" if shown else "")


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
