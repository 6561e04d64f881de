"""What a bundle tells of the units that were asked for, where the run was over a whole consortium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from carrel.retention.plan import Plan


@dataclass(frozen=True, slots=True)
class UnitsTold:
    """What a run tells of the units that the request names.

    Attributes:
        units: codes, as the request has them.
        due: loans made there that were due when the run was planned; small numbers stand as a word.
        sooner: of these, those that are due only because they touch a unit with a stricter policy.
        left: at most so many of all units are still due, where the run's leaf counts it.
    """

    units: tuple[str, ...]
    due: int | str
    sooner: int | str
    left: int | str

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        return {"units": list(self.units), "due": self.due, "sooner": self.sooner, "left_at_most": self.left}


def units_told(plan: Plan, left: int | str) -> UnitsTold | None:
    """What a plan and the leaf of its run tell of the units of the request; None where it names none apart.

    Args:
        plan: whose digest the leaf proves.
        left: loans of all units that the leaf calls still due.
    """
    mine = [line for line in plan.policies[1:] if line.digest in plan.asked.values()]
    if not mine:
        return None
    return UnitsTold(tuple(sorted(plan.asked)), mine[0].due, mine[0].sooner, left)
