"""Who a request lets in, and where it sends: identity comes first, and whatever belongs elsewhere is passed on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Kind, Reading, cannot_tell, finding, holds
from carrel.accountability.patron_requests import PUT_BACK
from carrel.accountability.registry import provides
from carrel.amount import amount
from carrel.rights.request import Ground, Route
from carrel.rights.standing import State

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts


@provides("MITL-9.8", Kind.GATED, at_some_sites=True)
def identity_comes_first(facts: AuditFacts) -> Reading | None:
    """Nothing was carried out on a request before it was known that it was the person, by what the policy accepts.

    Packages that were handed out without a request count too: the ledger tells how each person was identified.
    """
    if (seen := facts.requests) is None:
        return None
    own = [one for one in seen.standings if one.right.needs_identity]
    if not own and not seen.handed_out and not seen.unread:
        return None
    measured: dict[str, int | str] = {
        "requests": len(own),
        "identified": sum(bool(one.identified) for one in own),
        "something done before": seen.before_identity,
        "accepted by the policy": ", ".join(seen.accepted) or "anything: it does not say",
        "identified by something else": seen.unaccepted,
        "packages for somebody who was identified by something else": seen.handed_unaccepted,
        **{f"identified: {how}": many for how, many in sorted(Counter(one.identified for one in own).items()) if how},
    }
    says = []
    if seen.before_identity:
        says.append(f"on {amount(seen.before_identity, 'request')} something was done before the person was identified")
    if seen.unaccepted or seen.handed_unaccepted:
        says.append(
            f"{amount(seen.unaccepted, 'request')} and {amount(seen.handed_unaccepted, 'package')} for somebody "
            "who was identified by what the policy does not accept"
        )
    if says:
        return finding(
            f"{'; '.join(says).capitalize()}.",
            measured,
            because="identity is verified before a right is exercised",
            fix="find out how it came to be; Carrel writes no such thing while the policy says by what",
        )
    if seen.unread:
        return cannot_tell(
            "Whether anybody else got a package could not be looked at.", measured, because=seen.unread,
            fix=PUT_BACK,
        )  # fmt: skip
    if not seen.accepted:
        return cannot_tell(
            "Nothing was done before the person was identified; the policy does not say by what.",
            measured,
            because="how well somebody was identified can be judged by nothing",
            fix="write 'identity: [photo id, card at the desk]' under 'rights:' of the policy",
        )
    return holds("Nothing was done before the person was identified, by what the policy accepts.", measured)


@provides("MITL-9.11", Kind.GATED, partly="that the letter was read, which names whoever answers for data of their own",
          at_some_sites=True)  # fmt: skip
def requests_elsewhere_are_passed_on(facts: AuditFacts) -> Reading | None:
    """Whoever answers for what the library does not control was told, wherever a request said so or was refused so."""
    if (seen := facts.requests) is None:
        return None
    tasks = [task for one in seen.standings for task in one.tasks if task.kind == Route.CONTROLLER]
    refused = [one for one in seen.standings if one.state is State.REFUSED and one.ground == Ground.ELSEWHERE]
    if not tasks and not refused:
        return None
    untold = sum(task.told_at is None and task.ended_at is None for task in tasks)
    known = [one for one in refused if one.identified or not one.right.needs_identity]
    nowhere = sum(not any(task.kind == Route.CONTROLLER for task in one.tasks) for one in known)
    measured: dict[str, int | str] = {
        "passed on": len(tasks),
        "not told yet": untold,
        "replied to": sum(task.ended_at is not None and task.ended_how != "waived" for task in tasks),
        "waived": sum(task.ended_how == "waived" for task in tasks),
        "refused because another office answers": len(refused),
        "of these passed on to nobody": nowhere,
    }
    says = [f"{amount(untold, 'controller was', 'controllers were')} not told yet"] if untold else []
    if nowhere:
        says.append(
            f"{amount(nowhere, 'request was', 'requests were')} refused for another office and passed on to none"
        )
    if says:
        return finding(
            f"{'; '.join(says)}.",
            measured,
            because="a request under another office's policy is directed there",
            fix="carrel request tell ID TASK, once they are told; let whoever was refused ask again",
        )
    return holds("What belongs elsewhere was passed on, and the person sees it.", measured)
