"""Whether a plan stays within what the library has asked its custodian for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from carrel.accountability import faults
from carrel.accountability.plan_request import PlanRequest, refuse_out_of_force
from carrel.errors import CarrelError, fault
from carrel.retention.asked_units import AskedUnits
from carrel.retention.plan import Plan

LOANS = "loans"


def kinds_of(plan: Plan) -> tuple[str, ...]:
    """The kinds of record that a plan works on."""
    cards = () if plan.cards is None else (plan.cards.record,)
    return tuple(dict.fromkeys((LOANS, *(line.record for line in plan.records), *cards)))


def refuse_other_policy(request: PlanRequest, policy_digest: str) -> None:
    """Refuse to work under another policy than the one that was asked for.

    Raises:
        CarrelError: CUS-007.
    """
    if policy_digest != request.policy_digest:
        raise fault(
            faults.OTHER_POLICY,
            at=f"request {request.digest[:16]}",
            wanted=f"policy {request.policy}, digest {request.policy_digest[:16]}",
            found=f"digest {policy_digest[:16]}",
            because="the library is told that its own policy is carried out",
            fix="let 'policy:' name the file that `carrel custodian accept` wrote, and accept the request again",
        )


def asked_for(request: PlanRequest, plan: Plan) -> bool:
    """Whether a plan was made under a request, and under the policy of that request: for all, or for its units."""
    if plan.request != request.digest:
        return False
    if not plan.asked:
        return plan.basis.policy_digest == request.policy_digest
    return bool(request.branches) and plan.asked == dict.fromkeys(request.branches, request.policy_digest)


def refuse_beyond(request: PlanRequest, plan: Plan, now: datetime, units: AskedUnits | None = None) -> None:
    """Refuse a plan that is out of time, of another request, or that reaches beyond what was asked for.

    Args:
        request: in force.
        plan: made under it.
        now: aware time.
        units: of the request, where other policies govern the rest of the database; its kinds of record and its
            branches are not counted there, because what the plan holds beyond them is the custodian's own.

    Raises:
        CarrelError: CUS-004, CUS-007 or CUS-008.

    Guarantees:
        Where the request names branches, and one policy governs the database, nothing whose branch the plan does not
        tell is let through.
    """
    refuse_out_of_force(request, now)
    refuse_other_policy(request, plan.basis.policy_digest if units is None else units.policy.digest)
    if plan.request != request.digest:
        raise _beyond(
            plan,
            f"a plan made under request {request.digest[:16]}",
            f"one under {plan.request[:16] or 'none'}",
            "`carrel plan`, and have the new plan approved",
        )
    if now - plan.as_of > timedelta(hours=request.as_of_hours):
        wanted = f"periods judged at most {request.as_of_hours} hours ago"
        found = f"judged at {plan.as_of.isoformat(timespec='minutes')}"
        raise _beyond(plan, wanted, found, "`carrel plan`, and have the new plan approved")
    if units is not None:
        if not asked_for(request, plan):
            wanted = f"a plan that tells of {', '.join(request.branches)} under {request.policy}"
            raise _beyond(plan, wanted, "another", "`carrel plan`, and have the new plan approved")
        return
    if more := sorted(set(kinds_of(plan)) - set(request.records)):
        wanted = f"no kind of record but {', '.join(request.records)}"
        raise _beyond(plan, wanted, f"also {', '.join(more)}", _ASK.format("kinds"))
    if request.branches and (outside := tuple(_outside(request, plan))):
        raise _beyond(plan, f"nothing but {', '.join(request.branches)}", "; ".join(outside), _ASK.format("branches"))


_ASK = "let the site's plan cover the {} of the request only, or ask the library for a request that covers them"


def _outside(request: PlanRequest, plan: Plan) -> Iterator[str]:
    """What of a plan is not seen to belong to the branches that were asked for."""
    if others := [name for name in plan.branches if name not in request.branches]:
        yield f"loans of {', '.join(others[:5])}"
    if strays := [path.path for path in plan.paths if path.strays]:
        yield f"rows of loans that are parted already, whose branch nobody counts ({', '.join(strays[:3])})"
    rows = {line.record for line in plan.records if line.due}
    cards = {plan.cards.record} if plan.cards is not None and plan.cards.due else set()
    if kinds := sorted(rows | cards):
        yield f"records whose branch nobody counts ({', '.join(kinds)})"


def _beyond(plan: Plan, wanted: str, found: str, fix: str) -> CarrelError:
    return fault(
        faults.BEYOND,
        at=f"plan {plan.digest[:16]} on {plan.system}",
        wanted=wanted,
        found=found,
        because="a custodian does for the library what the library asked for, and nothing else",
        fix=fix,
    )


def beyond(at: str, found: str, fix: str) -> CarrelError:
    """CUS-008, for what is no plan of a night."""
    return fault(
        faults.BEYOND,
        at=at,
        wanted="a plan of what the request asks for",
        found=found,
        because="a custodian does for the library what the library asked for, and nothing else",
        fix=fix,
    )
