"""``carrel plan --rectify``: which fields of one person's record would change. No value is shown or written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli import person_case, plan_file, premises
from carrel.cli.at_site import allowed
from carrel.cli.erasure_plan import basis_of, erasure_of
from carrel.cli.host_account import said_name
from carrel.cli.request_follow import linked
from carrel.cli.store_place import open_store
from carrel.errors import fault
from carrel.inventory.category import Category
from carrel.inventory.site import May
from carrel.policy.record_type import RecordType
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.identifiers import Subject
from carrel.retention.legal_hold import shields
from carrel.retention.person_plan import PersonPlan, refuse_held, refuse_triggers
from carrel.retention.person_request import Wanted, read_correction
from carrel.store.erasures import new_case
from carrel.systems import branch_policies, surroundings_reading
from carrel.systems.site_file import map_in_force
from carrel.systems.site_systems import system_of
from carrel.systems.sql.correction import SqlCorrection
from carrel.systems.sql.person_rows import PersonRows
from carrel.systems.sql.person_search import find, require_somebody

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.cli.premises import Premises
    from carrel.inventory.correction_map import CorrectionMap
    from carrel.inventory.site import Site
    from carrel.inventory.system_map import SystemMap
    from carrel.policy.resolve import Policy


def make(
    given: Path,
    site: Path,
    system_name: str | None,
    out: Path | None,
    name: str | None,
    *,
    as_json: bool,
    request: str | None = None,
) -> None:
    """Plan a correction, record it, write it and show it.

    Raises:
        CarrelError: ERA-001 nobody's number, REQ-001 to REQ-004, REQ-006, REQ-008, RGT-011, RGT-012, RGT-020, and
            whatever stands in the way of any plan.
    """
    with premises.enter(site, system_name, read_only=True) as here:
        by = allowed(here.site, said_name(name), May.PLAN).name
        at = premises.now()
        here.store.person_cases.purge(at)
        text, called = person_case.request_text(given)
        named, wanted = read_correction(text, called, section(here.system_map), own_words(here.policy))
        with here.engine.connect() as connection:
            found = find(connection, here.system_map, named.said, by_card=named.by_card, at=here.system.name)
        link = linked(here, request, str(Kind.RECTIFICATION), found, at)
        asked = {"by": named.by, "said": named.said}
        made = planned(here, found, asked, wanted, by, at)
        if link is not None:
            what = ", ".join(sorted({one.what for one in made.changes}))
            link.made(here.store, made.case, here.original.name, what, at, by)
        target = plan_file.write(made, out or Path("plan.json"))
    person_case.tell(made, target, as_json=as_json)


def planned(
    here: Premises,
    number: int,
    asked: dict[str, str],
    wanted: tuple[Wanted, ...],
    by: str,
    at: datetime,
    terms: dict[str, str] | None = None,
) -> PersonPlan:
    """Plan a correction of the person of a number, and record it, with every value sealed.

    Args:
        here: open.
        number: of the person's record.
        asked: how the person was named.
        wanted: the new values.
        by: who plans.
        at: aware time.
        terms: on which it is made, beside the policy's.

    Raises:
        CarrelError: ERA-001, REQ-002 to REQ-004, REQ-006, REQ-008.
    """
    with here.engine.connect() as connection:
        require_free(here, connection, number, at)
        correction = correction_of(here, number)
        correction.require_fit(connection, wanted, at.astimezone(here.zone).date())
        old = correction.current(connection, [one.column for one in wanted])
        made = _plan(here, connection, correction, wanted, old, by, at)
    if terms:
        made = replace(made, terms=terms)
    new = {one.column: one.value for one in wanted}
    here.store.person_cases.record(made, {"number": number, "old": old, "new": new, "asked": asked}, at)
    return made


def require_asked(site: Site, place: Path, request: Path) -> None:
    """Refuse to approve a plan whose sealed values are not those of the request that the approver holds.

    Args:
        site: whose.
        place: the plan's file.
        request: as the person, or whoever took it down, wrote it.

    Raises:
        CarrelError: REQ-009; REQ-001 and REQ-002, the request cannot be read.
    """
    with open_store(site) as store:
        plan = plan_file.read_person(store, place)
        sealed = store.person_cases.sealed(plan.case)
    system = system_of(site, plan.system)
    policies = branch_policies.load(site, system)
    system_map = map_in_force(system, policies.way.records, policies.way.schedule)
    text, called = person_case.request_text(request)
    named, wanted = read_correction(text, called, section(system_map), own_words(policies.policies[0]))
    same = {one.column: one.value for one in wanted} == sealed["new"]
    if not same or {"by": named.by, "said": named.said} != sealed["asked"]:
        raise fault(
            faults.OTHER_REQUEST,
            at=plan.case,
            wanted="the same person and the same values",
            found="other values" if not same else "another person, or the person named otherwise",
            fix="have it planned again from this request",
        )


def section(system_map: SystemMap) -> CorrectionMap:
    """The map's section on corrections.

    Raises:
        CarrelError: REQ-002, it has none.
    """
    if system_map.rectify is None:
        raise fault(
            faults.NO_FIELD,
            at=f"map {system_map.system}",
            wanted="a section 'rectify'",
            found="none",
            fix="correct the record in the product itself; Carrel has no map of its fields there",
        )
    return system_map.rectify


def own_words(policy: Policy) -> dict[str, Category]:
    """The policy's own names for the fields of a registration."""
    held = policy.datasets.get(RecordType.REGISTRATIONS)
    return {} if held is None else {name: one.category for name, one in held.rule.fields.items()}


def correction_of(here: Premises, number: int) -> SqlCorrection:
    """The correction of a person's record in the system that is open."""
    rows = PersonRows(here.schema, here.system_map, (Subject(number),), here.stand_in)
    return SqlCorrection(here.schema, here.system_map, section(here.system_map), rows, here.system.name)


def require_free(here: Premises, connection: Connection, number: int, at: datetime) -> None:
    """Refuse the product's anonymous patron, and a record that must be kept as it is.

    Raises:
        CarrelError: ERA-001, REQ-004.
    """
    require_somebody(number, here.stand_in, here.system.name)
    kept = here.store.keepings.current(here.system.name, at, to_dispose=False)
    scopes = shields((*kept.legal_holds, *kept.exceptions), at)
    held = erasure_of(here, (Subject(number),), at).held(connection, scopes)
    refuse_held(here.system.name, held=held)


def _plan(
    here: Premises,
    connection: Connection,
    correction: SqlCorrection,
    wanted: tuple[Wanted, ...],
    old: dict[str, str],
    by: str,
    at: datetime,
) -> PersonPlan:
    refuse_triggers(here.system.name, correction.triggers)
    new = {one.column: one.value for one in wanted}
    changes = correction.planned(connection, wanted, old)
    if not changes:
        raise fault(
            faults.NOTHING,
            at=here.system.name,
            wanted="a value that differs from the one that is there",
            found="every field as it was asked for",
            fix="look at the record and at the request",
        )
    notices = list(section(here.system_map).notes)
    so = sum(new[name] == old[name] for name in new)
    if so:
        notices.insert(
            0, f"{amount(so, 'field that was named holds', 'fields that were named hold')} the new value already"
        )
    if here.system.undo is not None:
        notices.append("undo capsules that are not shredded yet can hold rows of this person")
    around = surroundings_reading.read(connection, here.site, here.system, here.policy, at)
    notices += [f"old values will also stand in: {one.name}" for one in around.places]
    notices.append("backups, exports, mail, printed lists, and tables and files outside this system are not reached")
    return PersonPlan(
        kind=Kind.RECTIFICATION,
        case=new_case(),
        system=here.system.name,
        policy=here.policy.name,
        made_at=at,
        made_by=by,
        basis=basis_of(here),
        changes=changes,
        remains=correction.remaining(connection, old, new),
        notices=tuple(notices),
    )
