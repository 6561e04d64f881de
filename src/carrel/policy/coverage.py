"""Which clauses of a policy are carried out and measured, and which are promises so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from carrel.policy.coherence import target
from carrel.policy.resolve import Policy


@dataclass(frozen=True, slots=True)
class Coverage:
    """The clauses of one policy, in the order of its document.

    Attributes:
        policy: name of the policy.
        carried: a rule of the document carries the clause, and an audit measures evidence for it.
        not_yet: every other clause.
    """

    policy: str
    carried: tuple[str, ...]
    not_yet: tuple[str, ...]


def coverage(policies: Iterable[Policy], evidenced: frozenset[str]) -> tuple[Coverage, ...]:
    """What each policy carries.

    Args:
        policies: resolved policies.
        evidenced: ids of the clauses for which an audit measures evidence on live systems.

    Returns:
        One entry per policy, same order.

    Guarantees:
        Every clause of a policy stands in exactly one of the two lists; without evidence nothing is carried.
    """
    found = []
    for policy in policies:
        carried = tuple(
            clause
            for clause, rule in policy.clauses.items()
            if clause in evidenced
            and rule.carried_by
            and all(target(policy.document, path) is not None for path in rule.carried_by)
        )
        not_yet = tuple(clause for clause in policy.clauses if clause not in carried)
        found.append(Coverage(policy.name, carried, not_yet))
    return tuple(found)
