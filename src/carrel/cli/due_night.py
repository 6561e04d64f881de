"""One system's part of a night: what was interrupted first, then what is due, and never without approval."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.errors import CarrelError, Exit, Fault, unforeseen
from carrel.inventory.office import NIGHT

if TYPE_CHECKING:
    from carrel.cli.erasure_night import NightErasure
    from carrel.cli.night import Report
    from carrel.cli.premises import Premises
    from carrel.inventory.site import System
    from carrel.retention.plan import Plan, PolicyLine

PLANNER = NIGHT
PENDING_FILE = "pending-plan-{system}.json"
UNEXPECTED = "CLI-001"  # as `carrel.cli.main` tells what it does not know


class Went(enum.StrEnum):
    """How one system's part of a night went."""

    DONE = "done"
    NOTHING_DUE = "nothing due, and verified already"
    NOT_NOW = "not run at this time"
    PENDING = "waits for approval"
    UNVERIFIED = "not verified"
    BUSY = "another run holds the system"
    FAILED = "failed"


@dataclass(frozen=True)
class SystemNight:
    """What one system's part of a night did.

    Attributes:
        system: name in the site file.
        night: local date on which the night began.
        went: how it ended.
        reports: of the runs, the resumed one first.
        why: in words without a patron's value: opening hours, needs, or titles of errors.
        codes: of errors met.
        faults: these errors, whole.
        plan: digest of the plan that waits, if one does.
        due: loans due by the newest plan.
        policies: in force by that plan, where there are several.
        exit: what the shell learns of this system.
        erasures: that were left to the night.
    """

    system: str
    night: date
    went: Went
    reports: tuple[Report, ...] = ()
    why: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    plan: str = ""
    due: int = 0
    policies: tuple[PolicyLine, ...] = ()
    exit: Exit = Exit.DONE
    erasures: tuple[NightErasure, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether a run took place, with or without rows to cut."""
        return bool(self.reports)


@dataclass
class _Course:
    site: Path
    workers: int
    reports: list[Report] = field(default_factory=list)
    mixed: Counter[str] = field(default_factory=Counter)  # rows of an erasure that went with the night's chunks


def night_of(at: datetime, system: System) -> date:
    """The night that a moment belongs to: what begins before noon belongs to the night before."""
    from zoneinfo import ZoneInfo

    return (at.astimezone(ZoneInfo(system.time_zone)) - timedelta(hours=12)).date()


def run_system(site: Path, system: System, at: datetime, workers: int = 1) -> SystemNight:
    """Do what is due on one system.

    Args:
        site: the site file, or its folder.
        system: of the site.
        at: the present.
        workers: processes on this host that share a run.

    Returns:
        What was done. An error of one system ends up here, so that the others get their night.
    """
    from zoneinfo import ZoneInfo

    empty = SystemNight(system.name, night_of(at, system), Went.DONE)
    local = at.astimezone(ZoneInfo(system.time_zone)).replace(tzinfo=None)
    if closed := system.closed_to_runs(local):
        return replace(empty, went=Went.NOT_NOW, why=(closed,))
    course = _Course(site, workers)
    try:
        found = _run(site, system, at, empty, course)
    except CarrelError as wrong:
        found = _wrong(empty, wrong)
    except Exception as wrong:  # noqa: BLE001  (a driver's text can quote a row; the others' night goes on)
        found = replace(empty, went=Went.FAILED, why=(unforeseen(wrong),), codes=(UNEXPECTED,), exit=Exit.FAILED)
    found = replace(found, reports=tuple(course.reports))
    return found if found.went in {Went.BUSY, Went.FAILED} else _with_erasures(site, system, found, course)


def _with_erasures(site: Path, system: System, found: SystemNight, course: _Course) -> SystemNight:
    """The erasures that were left to the night, carried to their end; whatever became of the loans."""
    from carrel.cli.erasure_night import carry_out

    try:
        done = carry_out(site, system.name, course.mixed)
    except CarrelError as wrong:
        told = _wrong(found, wrong)
        codes, faults = (*found.codes, *told.codes), (*found.faults, *told.faults)
        return replace(told, why=(*found.why, *told.why), codes=codes, faults=faults)
    except Exception as wrong:  # noqa: BLE001  (as above)
        return replace(
            found, went=Went.FAILED, why=(*found.why, unforeseen(wrong)), codes=(UNEXPECTED,), exit=Exit.FAILED
        )
    if any(one.exit is Exit.VERIFICATION_FAILED for one in done):
        found = replace(found, went=Went.UNVERIFIED, exit=Exit.VERIFICATION_FAILED)
    return replace(found, erasures=done)


def _wrong(empty: SystemNight, wrong: CarrelError) -> SystemNight:
    codes = tuple(dict.fromkeys(one.condition.code for one in wrong.faults))
    titles = tuple(dict.fromkeys(one.condition.title for one in wrong.faults))
    went = Went.FAILED
    if wrong.exit is Exit.APPROVAL_PENDING:
        went = Went.PENDING
    elif _running() in codes:
        went = Went.BUSY
    return replace(empty, went=went, codes=codes, why=titles, exit=wrong.exit, faults=wrong.faults)


def _running() -> str:
    from carrel.retention import faults

    return faults.RUNNING.code


def _run(site: Path, system: System, at: datetime, empty: SystemNight, course: _Course) -> SystemNight:
    from carrel.cli import plan as planning
    from carrel.cli import plan_file, premises

    with premises.enter(site, system.name, read_only=False) as here:
        _resume(here, course)
        plan = _approved(here, at) or planning.make(here, at, PLANNER)[0]
        here.store.plans.record(plan, premises.now())
        found = replace(empty, plan=plan.digest, due=plan.due, policies=plan.policies)
        if _verified_already(here, plan, empty.night):
            stop = here.store.signals.stopped()
            said = f"a stop stands since {stop.since:%Y-%m-%d %H:%M} UTC: carrel stop --clear --as NAME" if stop else ""
            return replace(found, went=Went.NOTHING_DUE, plan="", why=(said,) if said else ())
        if waits := planning.needs(here, plan, premises.now()):
            plan_file.write(plan, here.site.folder / PENDING_FILE.format(system=system.name))
            why = tuple(need.line() for need in waits)
            return replace(found, went=Went.PENDING, why=why, exit=Exit.APPROVAL_PENDING)
        (here.site.folder / PENDING_FILE.format(system=system.name)).unlink(missing_ok=True)
        _carry_out(here, plan, course)
    return _judged(replace(found, plan=""), course)


def _judged(found: SystemNight, course: _Course) -> SystemNight:
    from carrel.cli.apply import exit_code
    from carrel.cli.schema_watch import FIX
    from carrel.retention.faults import SCHEMA_CHANGED

    if any(exit_code(report) for report in course.reports):
        found = replace(found, went=Went.UNVERIFIED, exit=Exit.VERIFICATION_FAILED)
    if changes := dict.fromkeys(one for report in course.reports for one in report.schema_changes):
        why = (*found.why, f"{SCHEMA_CHANGED.title}: {'; '.join(changes)}; {FIX}")
        return replace(found, why=why, codes=(*found.codes, SCHEMA_CHANGED.code))
    return found


def _carry_out(here: Premises, plan: Plan, course: _Course) -> None:
    from carrel.cli.crew import Crew
    from carrel.cli.erasure_alongside import ErasuresAlongside
    from carrel.cli.night import run_plan

    alongside = ErasuresAlongside(here)
    try:
        course.reports.append(run_plan(here, plan, Crew(course.workers, course.site), alongside))
    finally:
        course.mixed.update(alongside.mixed)


def _resume(here: Premises, course: _Course) -> None:
    """Go on with an interrupted run, or end it where its plan no longer describes the world."""
    from carrel.cli import premises
    from carrel.cli.custodian_gate import made_under
    from carrel.cli.run_leaves import leaves_of_abandoned
    from carrel.retention.staleness import stale

    open_run = here.store.runs.unfinished(here.system.name)
    if open_run is None:
        return
    at = premises.now()
    plan = here.store.plans.get(open_run.plan_digest)
    holder = here.store.leases.holder(here.system.name, at)
    gone = stale(plan, here.basis, at, here.system.max_plan_age) or plan.request != made_under(here.site)
    if gone and holder is None:
        here.store.runs.abandon(
            open_run.id,
            at,
            night=night_of(open_run.started_at, here.system),
            leaves=lambda run: leaves_of_abandoned(plan, run),
        )
        return
    _carry_out(here, plan, course)


def _approved(here: Premises, at: datetime) -> Plan | None:
    """The newest plan that a person approved and nothing has carried out yet, if it still describes the world."""
    from carrel.cli import plan as planning
    from carrel.cli.custodian_gate import made_under
    from carrel.retention.staleness import stale

    name, request = here.system.name, made_under(here.site)
    spent = {run.plan_digest for run in here.store.runs.newest(name, limit=200) if run.state == "finished"}
    given = [one for one in here.store.approvals.of_system(name) if one.plan_digest and one.expires_at > at]
    for digest in dict.fromkeys(one.plan_digest for one in reversed(given)):
        if digest is None or digest in spent or not here.store.plans.knows(digest):
            continue
        plan = here.store.plans.get(digest)
        if plan.request != request:
            continue
        if not stale(plan, here.basis, at, here.system.max_plan_age) and not planning.needs(here, plan, at):
            return plan
    return None


def _verified_already(here: Premises, plan: Plan, night: date) -> bool:
    """Tonight ended well before, nothing became due and no join was opened since: a second call has nothing to do."""
    from carrel.cli.audit_record import ENDED_WELL
    from carrel.retention.interlock import touched

    tonight = [one for one in here.store.nights.newest(here.system.name, limit=1) if one.night == night]
    if here.store.open_joins.standing(here.system.name):
        return False
    return bool(tonight) and tonight[0].outcome in ENDED_WELL and not plan.due and not any(map(touched, plan.paths))
