"""At a custodian's site nothing is done that the library has not asked for."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.errors import fault
from carrel.inventory.site import is_file

if TYPE_CHECKING:
    from carrel.accountability.plan_request import PlanRequest
    from carrel.cli.premises import Premises
    from carrel.inventory.site import Site, System
    from carrel.retention.asked_units import AskedUnits
    from carrel.retention.plan import Plan


def in_force(site: Site) -> PlanRequest | None:
    """The request under which this site works, its signature verified anew; None where it is no custodian's.

    Raises:
        CarrelError: CUS-017, none was accepted; CUS-002 and others, the one that lies there does not hold.
    """
    if site.custodian is None or site.custodian.is_library:
        return None
    from carrel.accountability import faults
    from carrel.accountability.plan_request import open_request
    from carrel.cli.custody_record import parties_of
    from carrel.store.custodian_folder import CustodianFolder

    note = CustodianFolder(site.folder).current()
    if note is None:
        raise fault(
            faults.NO_REQUEST,
            wanted=f"a request of {site.custodian.library}",
            found="none that was accepted",
            because="a custodian does for the library what the library asked for, and nothing else",
            fix="carrel custodian accept REQUEST --as NAME",
        )
    return open_request(note, parties_of(site.custodian))


def require_asked(here: Premises, plan: Plan, at: datetime) -> None:
    """Refuse a plan that the library has not asked for.

    Raises:
        CarrelError: CUS-004, CUS-007, CUS-008, and as `in_force`.
    """
    from carrel.accountability.request_scope import beyond, refuse_beyond

    request = in_force(here.site)
    if request is not None:
        refuse_beyond(request, plan, at, asked_units(here, request))
    elif plan.request:
        raise beyond(
            f"plan {plan.digest[:16]} on {plan.system}",
            "a plan that was made under a request, at a site that works under none",
            "`carrel plan`, and have the new plan approved",
        )


def asked_units(here: Premises, request: PlanRequest | None) -> AskedUnits | None:
    """The units of a request, where other policies govern the rest of the database; else None.

    Raises:
        CarrelError: CUS-007, CUS-008.
    """
    if request is None:
        return None
    from carrel.accountability.request_units import units_asked

    require_lines(here.site, here.system, request)
    return None if here.consortium is None or not request.branches else units_asked(request, here.consortium)


def require_lines(site: Site, system: System, request: PlanRequest) -> None:
    """Refuse a site file whose lines do not fit the request, where it names policies of single units.

    Raises:
        CarrelError: CUS-007, CUS-008.
    """
    from carrel.accountability.request_units import refuse_other_lines
    from carrel.store.custodian_folder import FOLDER, POLICY

    lines = site.branches_of(system)
    if not lines:
        return  # one policy for everything, whose digest tells
    file = (site.folder / FOLDER / POLICY).resolve()
    units = [one.unit for _, one in lines if is_file(one.policy) and Path(one.policy).resolve() == file]
    of_the_rest = site.policy_is_file and Path(site.policy).resolve() == file
    refuse_other_lines(request, of_the_rest=of_the_rest, units=units)


def refuse_person(site: Site) -> None:
    """Refuse a plan for one person at a custodian's site: no request asks for one.

    Raises:
        CarrelError: CUS-008.
    """
    from carrel.accountability.request_scope import beyond

    if site.custodian is not None and not site.custodian.is_library:
        raise beyond(
            "a plan for one person",
            "a plan to erase, correct or restrict one person's record",
            f"do it in the product itself on a written order of {site.custodian.library}",
        )


def made_under(site: Site) -> str:
    """The digest of the request that a plan made now would bear; empty where there is none."""
    request = in_force(site)
    return "" if request is None else request.digest
