"""``carrel apply --rehearse-on`` of a plan to erase a person: every step of it, on a copy, and then a report.

No approval is asked for and none rests on it. The case stays as it was planned, so a copy that was rehearsed on is
copied anew before the next time, as after any rehearsal. The ledger is told of it under the name of the copy.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli import plan_file, record, rehearsal, screen
from carrel.cli.at_site import now
from carrel.cli.case_leaf import leaf_of_rehearsal
from carrel.cli.custodian_gate import refuse_person
from carrel.cli.erasure_apply import Course, asked
from carrel.cli.erasure_plan import basis_of
from carrel.cli.erasure_screen import show_found, show_ledger, show_taken
from carrel.cli.progress import SWEEPING, phase
from carrel.cli.screen import put_line, say
from carrel.errors import CarrelError, Exit, fault
from carrel.retention import faults
from carrel.retention.staleness import refuse_stale
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import new_owner
from carrel.systems import site_file

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.retention.erasure import ErasurePlan
    from carrel.systems.sql.erasure_sweep import Found


@dataclass
class _Noted:
    """Rows per step, in memory."""

    rows: dict[str, int] = field(default_factory=dict)

    def intend(self, name: str, step: str) -> None:
        """Nothing has to outlive this process."""

    def note(self, name: str, step: str, rows: int) -> None:  # noqa: ARG002  (there is one case)
        """Count a piece."""
        self.rows[step] = self.rows.get(step, 0) + rows


def rehearse(place: Path, site: Path, copy: str, system_name: str | None, *, as_json: bool) -> int:
    """Rehearse it, and say what became of it.

    Raises:
        CarrelError: as `carrel.cli.rehearsal.enter`; APR-007 stale, ERA-001 the person is not in the copy, ERA-002 to
            ERA-005, RUN-001, RUN-003; SQL-005. Where the copy has changed before it, the ledger has that too.
    """
    refuse_person(site_file.load_site(site))
    with rehearsal.enter(site, copy, place, system_name, of_a_person=True) as here:
        plan = plan_file.read_erasure(here.store, place)
        on, of, noted, began = here.system.name, here.original.name, _Noted(), now()
        try:
            found = _carried_out(here, plan, noted)
        except CarrelError:
            if any(noted.rows.values()):  # the copy has changed, and nobody looked what is left of the person there
                left = leaf_of_rehearsal(plan, on, noted.rows, None, (began, now()))
                record.record(here.site, here.store, [left], now())
            raise
        leaf = leaf_of_rehearsal(plan, on, noted.rows, found, (began, now()))
        receipt = record.record(here.site, here.store, [leaf], now())
    if as_json:
        screen.put_json({"erasure": {**_as_dict(plan, noted.rows, found, on, of), "ledger": receipt.as_dict()}})
    else:
        _show(plan, noted.rows, found, on, of)
        show_ledger(receipt)
        _show_next(found, of, place)
    return int(Exit.FINDINGS if found.hits else Exit.DONE)


def _carried_out(here: Premises, plan: ErasurePlan, noted: _Noted) -> Found:
    refuse_stale(plan, basis_of(here), now(), here.original.max_plan_age, copy=here.system.name)
    name, owner = here.system.name, new_owner()
    here.store.leases.acquire(name, owner, LEASE_TTL, now())
    try:
        erasure, there = asked(here, plan)
        if not there:
            raise fault(
                faults.NO_SUBJECT,
                at=f"system {name}",
                wanted="the record of the person whom the plan is about",
                found="none under that number",
                because="the copy is older than the record, or was rehearsed on before",
                changed="nothing",
                fix=f"copy the database of {here.original.name} anew",
            )
        Course(here, plan, owner, noted).take_out(erasure, there=True)
        with here.engine.connect() as connection, phase(SWEEPING):
            return erasure.sweep(connection)
    finally:
        with suppress(CarrelError):
            here.store.leases.release(name, owner, now())


def _as_dict(plan: ErasurePlan, rows: dict[str, int], found: Found, on: str, of: str) -> dict[str, object]:
    return {
        "case": plan.case,
        "plan": plan.digest,
        "rows": dict(sorted(rows.items())),
        "still_there": found.still,
        "kept": found.kept,
        "for_a_human": {where: len(keys) for where, keys in found.human.items()},
        "rehearsal": {"on": on, "of": of, "clean": not found.hits},
    }


def _show(plan: ErasurePlan, rows: dict[str, int], found: Found, on: str, of: str) -> None:
    say(f"This was a rehearsal, on {on}. {of} itself was not touched.")
    say(f"{plan.case}: {amount(sum(rows.values()), 'row', 'rows')} dealt with")
    show_taken(rows)
    show_found(found)


def _show_next(found: Found, of: str, place: Path) -> None:
    say()
    if found.hits:
        put_line(f"On {of} it would end unverified: mend these places in the map, or by hand, and plan anew.")
    else:
        put_line(f"For {of} itself nothing was approved by it: `carrel approve {place} --as NAME --key FILE`")
