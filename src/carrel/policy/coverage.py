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
        ruled: a rule of the document stands for the clause, and no audit measures it yet.
        promised: every other clause: words, and no rule.
    """

    policy: str
    carried: tuple[str, ...]
    ruled: tuple[str, ...]
    promised: tuple[str, ...]

    @property
    def not_yet(self) -> tuple[str, ...]:
        """Every clause that is not carried: ruled ones first."""
        return (*self.ruled, *self.promised)


def coverage(policies: Iterable[Policy], evidenced: frozenset[str]) -> tuple[Coverage, ...]:
    """What each policy carries.

    Args:
        policies: resolved policies.
        evidenced: ids of the clauses for which an audit measures evidence on live systems, or verifies a custodian's.

    Returns:
        One entry per policy, same order.

    Guarantees:
        Every clause of a policy stands in exactly one of the three lists; without evidence nothing is carried.
    """
    found = []
    for policy in policies:
        under = [
            clause
            for clause, rule in policy.clauses.items()
            if rule.carried_by and all(target(policy.document, path) is not None for path in rule.carried_by)
        ]
        carried = tuple(clause for clause in under if clause in evidenced)
        ruled = tuple(clause for clause in under if clause not in evidenced)
        promised = tuple(clause for clause in policy.clauses if clause not in under)
        found.append(Coverage(policy.name, carried, ruled, promised))
    return tuple(found)
