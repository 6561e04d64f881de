"""Evidence: what was measured for one clause, and what it says about the promise."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class State(enum.StrEnum):
    """What the measurement shows. A thing that could not be measured is never told as kept."""

    HOLDS = "holds"
    FINDING = "finding"
    CANNOT_TELL = "cannot tell"
    BY_CUSTODIAN = "carried out by the custodian"
    ATTESTED = "attested"


class Kind(enum.StrEnum):
    """How a clause is carried (the catalogue of clauses gives each one its kind)."""

    ENFORCED = "enforced"
    GATED = "gated"
    ATTESTED = "attested"
    PUBLISHED = "published"


Measured = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence for one clause.

    Attributes:
        clause: id of the clause.
        state: what the measurement shows.
        kind: how the clause is carried.
        says: the result in one plain sentence.
        measured: the figures behind it, counts and short words only.
        because: why it is a finding, or why it cannot be told; empty where the clause holds.
        fix: what to do about it; empty where the clause holds.
        partly: what of the clause is not measured; empty where all of it is.
    """

    clause: str
    state: State
    kind: Kind
    says: str
    measured: Measured = field(default_factory=dict)
    because: str = ""
    fix: str = ""
    partly: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The evidence as ``--json`` prints it."""
        return {
            "clause": self.clause,
            "state": self.state.value,
            "kind": self.kind.value,
            "says": self.says,
            "measured": dict(self.measured),
            "because": self.because,
            "fix": self.fix,
            "not_measured": self.partly,
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """What a provider found, before the registry adds the clause and its kind."""

    state: State
    says: str
    measured: Measured = field(default_factory=dict)
    because: str = ""
    fix: str = ""


def holds(says: str, measured: Measured) -> Reading:
    """The clause was measured and is kept."""
    return Reading(State.HOLDS, says, measured)


def finding(says: str, measured: Measured, *, because: str, fix: str) -> Reading:
    """The clause was measured and is not kept."""
    return Reading(State.FINDING, says, measured, because, fix)


def cannot_tell(says: str, measured: Measured, *, because: str, fix: str) -> Reading:
    """The clause could not be measured, or not in full."""
    return Reading(State.CANNOT_TELL, says, measured, because, fix)
