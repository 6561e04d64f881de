"""A request for some units of a shared database: the policy that was asked for governs these units, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from carrel.accountability import faults
from carrel.accountability.plan_request import PlanRequest
from carrel.errors import CarrelError, Fault
from carrel.retention.asked_units import AskedUnits, asked_units, missing_units, others_in
from carrel.retention.consortium import Consortium
from carrel.retention.laxity import laxer_points

_MOST = 5


def refuse_other_lines(request: PlanRequest, *, of_the_rest: bool, units: Sequence[str]) -> None:
    """Refuse a custodian's site file that gives the policy of the request to other units than the request names.

    Args:
        request: whose signature holds.
        of_the_rest: whether ``policy:`` names the file that `carrel custodian accept` writes.
        units: codes of the lines under ``branches:`` that name it.

    Raises:
        CarrelError: CUS-008, units that the request does not name; CUS-007, units of it for which no line names it.
    """
    problems = []
    if units and of_the_rest:
        problems.append(_beyond("policy", "the custodian's own policy for all other units", "that of the request"))
    if others := [one for one in units if one not in request.branches]:
        wanted = f"lines for {', '.join(request.branches)} only" if request.branches else "no such line"
        alike = [one for one in others if one.casefold() in {asked.strip().casefold() for asked in request.branches}]
        fix = f"ask for a request that writes the unit as the system has it: {', '.join(alike)}" if alike else ""
        problems.append(_beyond("branches", wanted, f"also one for {', '.join(others[:_MOST])}", fix))
    here = {one.casefold() for one in units}
    absent = [one for one in request.branches if one not in units and one.strip().casefold() not in here]
    if not of_the_rest and (missing := absent):
        wanted = f"a line for each of {', '.join(request.branches)}"
        problems.append(_other(f"none for {', '.join(missing[:_MOST])}", wanted=wanted))
    if not of_the_rest and not request.branches and not problems:
        problems.append(_other("another policy", wanted="the policy of the request for all of the system"))
    if problems:
        raise CarrelError(tuple(problems))


def units_asked(request: PlanRequest, several: Consortium) -> AskedUnits:
    """The units of a request in a database with several policies, and the policy that governs them.

    Args:
        request: in force, with units.
        several: the policies on the units of the database.

    Raises:
        CarrelError: CUS-008, a unit is missing; CUS-007, another policy governs one of them or one that stands below,
            alone or beside the one that was asked for, or the database would be cut in a laxer way than it asks.

    Guarantees:
        Every unit of the result stands under the policy that the library signed, and under no other.
    """
    if missing := missing_units(several, request.branches):
        raise CarrelError(tuple(_missing(one) for one in missing))
    if problems := tuple(_governed_otherwise(request, several)):
        raise CarrelError(problems)
    found = asked_units(several, request.branches, request.policy_digest)
    if points := laxer_points(several.in_force.way, found.policy):
        raise CarrelError(
            tuple(_other(point, wanted=f"no less than {request.policy} writes") for point in points[:_MOST])
        )
    return found


def _governed_otherwise(request: PlanRequest, several: Consortium) -> Iterator[Fault]:
    others = list(others_in(several, request.branches, request.policy_digest))
    for one in others[:_MOST]:
        found = " and ".join(f"{policy.name}, digest {policy.digest[:16]}" for policy in one.policies[:_MOST])
        below = "" if one.unit == one.asked else f", below {one.asked}"
        wanted = f"policy {request.policy}, digest {request.policy_digest[:16]}, and no other"
        yield _other(found, at=f"unit {one.unit}{below}", wanted=wanted)


def _missing(wrong: Fault) -> Fault:
    return Fault(
        faults.BEYOND,
        at="branches of the request",
        wanted=wrong.wanted,
        found=wrong.found,
        because="what the library asked for could not be told from what it did not ask for",
        fix=f"{wrong.fix}; the library makes a new request with --branch and the code that the product has",
    )


def _other(found: str, *, wanted: str, at: str = "branches") -> Fault:
    return Fault(
        faults.OTHER_POLICY,
        at=at,
        wanted=wanted,
        found=found,
        because="the library is told that its own policy is carried out in the units that it named",
        fix="in carrel.yaml: branches: [{unit: CODE, policy: custodian/policy.yaml}] for each unit of the request",
    )


def _beyond(at: str, wanted: str, found: str, fix: str = "") -> Fault:
    return Fault(
        faults.BEYOND,
        at=f"carrel.yaml, {at}",
        wanted=wanted,
        found=found,
        because="a library's policy is carried out where that library asked for it, and nowhere else",
        fix=fix or "take it out, or ask the library for a request that names these units",
    )
