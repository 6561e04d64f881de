"""Erasures by night: left to it with ``carrel apply --by-night``, and carried to their end after its loans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli import erasure_apply, plan_file, premises, screen
from carrel.cli.case_attempt import admit
from carrel.cli.store_place import open_store
from carrel.errors import CarrelError, Exit, fault
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.outcome import Outcome
from carrel.rights import faults as rights_faults
from carrel.store.sealed_cases import DONE, DROPPED, PLANNED
from carrel.systems import site_file

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.retention.erasure import ErasurePlan


@dataclass(frozen=True, slots=True)
class NightErasure:
    """What a night did of one erasure.

    Attributes:
        case: its id.
        outcome: of its worst step; None where it was refused.
        rows: that went so far.
        mixed: of them, those that went with the night's own chunks.
        hits: rows that still name the person.
        why: titles of what refused it.
        codes: the same as codes.
        exit: what the shell learns of it.
    """

    case: str
    outcome: Outcome | None = None
    rows: int = 0
    mixed: int = 0
    hits: int = 0
    why: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    exit: Exit = Exit.DONE

    def as_dict(self) -> dict[str, object]:
        """For programs."""
        return {
            "case": self.case,
            "outcome": None if self.outcome is None else self.outcome.value,
            "rows": self.rows,
            "rows_with_the_night": self.mixed,
            "still_there": self.hits,
            "codes": list(self.codes),
        }

    def line(self) -> str:
        """For people."""
        if self.outcome is None:
            return f"{self.case}: not carried out: {'; '.join(self.why)} ({', '.join(self.codes)})"
        among = f"{amount(self.mixed, 'row')} of {self.rows:,} among those of the night"
        left = f"; {amount(self.hits, 'row still names', 'rows still name')} the person" if self.hits else ""
        why = "".join(f"; {one}" for one in self.why)
        return f"{self.case}: {self.outcome.value}; {among}{left}{why}"


def leave(place: Path, site: Path, system_name: str | None, *, as_json: bool) -> int:
    """Leave an approved erasure to the next night.

    Raises:
        CarrelError: as `carrel apply` of the same plan; ERA-004, the case is over.
    """
    with premises.enter(site, system_name, read_only=True) as here:
        plan = plan_file.read_erasure(here.store, place)
        case = here.store.erasures.case(plan.case)
        if case.state in {DONE, DROPPED}:
            raise fault(
                faults.CASE_SHUT, at=plan.case, wanted="a case that is open", found="one that is over",
                changed="nothing", fix="make a new plan, if anything is left to erase",
            )  # fmt: skip
        admit(here, plan, case, Kind.ERASURE)
        already = plan.case in {one.case for one in here.store.erasures.for_night(here.system.name)}
        if not already:  # whoever waits keeps its turn
            here.store.erasures.leave_to_night(plan.case, premises.now())
    told = {"case": plan.case, "plan": plan.digest, "for_night": True, "already_left": already}
    if as_json:
        screen.put_json({"erasure": told})
    elif already:
        screen.put_line(f"{plan.case}: was left to the next night before, and still waits for it: nothing has changed.")
    else:
        screen.say(f"{plan.case}: left to the next night; the next `carrel run-due` carries it out and tells its end.")
        screen.say("Until then nothing of it is changed. To have it done now: the same command without --by-night.")
    return int(Exit.DONE)


def carry_out(site: Path, system_name: str, mixed: Mapping[str, int]) -> tuple[NightErasure, ...]:
    """Carry every erasure that waits to its end.

    Args:
        site: the site file, or its folder.
        system_name: of the site.
        mixed: rows by case that went with the night's own chunks.

    Returns:
        One for each; what was refused waits for the next night, unless its plan no longer describes the world.
    """
    with open_store(site_file.load_site(site)) as store:
        if not store.erasures.for_night(system_name):
            return ()
    with premises.enter(site, system_name, read_only=False) as here:
        return tuple(_one(here, plan, mixed.get(plan.case, 0)) for plan in here.store.erasures.for_night(system_name))


def _one(here: Premises, plan: ErasurePlan, mixed: int) -> NightErasure:
    cases = here.store.erasures
    try:
        report = erasure_apply.run(here, plan)
    except CarrelError as wrong:
        codes = tuple(dict.fromkeys(one.condition.code for one in wrong.faults))
        why = tuple(dict.fromkeys(one.condition.title for one in wrong.faults))
        over = {faults.STALE.code, rights_faults.NOT_NOW.code}  # of these no later night would do better
        if over & set(codes) and cases.case(plan.case).state == PLANNED:
            cases.leave_to_people(plan.case)
        rows = sum(cases.case(plan.case).rows.values())
        return NightErasure(plan.case, None, rows, mixed, why=why, codes=codes, exit=wrong.exit)
    failed = Exit.VERIFICATION_FAILED if report.outcome is Outcome.UNVERIFIED else Exit.DONE
    changed = bool(report.schema_changes)
    return NightErasure(
        plan.case,
        report.outcome,
        sum(report.case.rows.values()),
        mixed,
        report.found.hits,
        why=(faults.SCHEMA_CHANGED.title,) if changed else (),
        codes=(faults.SCHEMA_CHANGED.code,) if changed else (),
        exit=failed,
    )
