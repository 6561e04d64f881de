"""Risk measurements in an audit: records without names whose class rests on figures, and on figures that still hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carrel.accountability.evidence import Reading, finding, holds
from carrel.accountability.registry import provides
from carrel.inventory.risk import RiskClass

if TYPE_CHECKING:
    from carrel.accountability.facts import AuditFacts


@dataclass(frozen=True, slots=True)
class MeasuredRisks:
    """What was measured and recorded.

    Attributes:
        classes: of each name, by its last measurement.
        again: the names that have to be measured again, and why.
    """

    classes: Mapping[str, RiskClass] = field(default_factory=dict)
    again: Mapping[str, str] = field(default_factory=dict)


@provides("MITL-6.5", partly="records without names that nobody measured, and whether what was measured is kept no "
          "longer than its class allows", at_some_sites=True)  # fmt: skip
def a_class_rests_on_figures(facts: AuditFacts) -> Reading | None:
    """Every class that was measured holds against what there is to join with now, and no release is without one."""
    unmeasured = [one.release.name for one in facts.releases if one.risk is None]
    if not facts.risks.classes and not unmeasured:
        return None
    count = {risk: sum(one is risk for one in facts.risks.classes.values()) for risk in RiskClass}
    measured: dict[str, int | str] = {f"{risk} risk": count[risk] for risk in reversed(RiskClass)}
    measured["to be measured again"] = len(facts.risks.again)
    measured["released and not measured"] = len(unmeasured)
    if unmeasured:
        return finding(
            f"On record as released, and not measured: {', '.join(unmeasured)}.",
            measured,
            because="the class of records without names follows from what was measured of them",
            fix="carrel risk measure FILE --name NAME --record, by the name of the release",
        )
    if facts.risks.again:
        told = "; ".join(f"{name}: {why}" for name, why in facts.risks.again.items())
        return finding(
            f"To be measured again: {told}.",
            measured,
            because="a class holds against what the records could be joined with when it was measured",
            fix="carrel risk measure, with the later records under 'against:'",
        )
    return holds("Each class that was measured still holds against what there is to join with.", measured)
