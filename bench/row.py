"""One figure, and the table of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from textwrap import wrap
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Row:
    """A figure.

    Attributes:
        work: what was done.
        size: how much of it, as measured.
        ours, baseline: in the same unit, as texts for people; the ratio is computed from the numbers behind them.
        baseline_kind: ``measured`` in this run at this size, or ``quoted``.
        ratio: ours against the baseline, None where there is no baseline.
        target: in words.
        met: judged only where the baseline was measured at the stated size; None otherwise.
    """

    work: str
    size: str
    ours: str
    baseline: str
    baseline_name: str
    baseline_kind: Literal["measured", "quoted", "none"]
    ratio: float | None
    target: str
    met: bool | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def table(rows: list[Row]) -> str:
    """At most 100 columns: a line of figures, and under it what they were measured against."""
    lines = [f"{'work':<38}{'ours':>15}{'baseline':>15}{'ratio':>8}  {'target':<15}{'met':<5}", "-" * 98]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        met = {True: "yes", False: "no", None: "-"}[row.met]
        lines.append(
            f"{row.work[:37]:<38}{row.ours[:14]:>15}{row.baseline[:14]:>15}{ratio:>8}  {row.target[:14]:<15}{met:<5}"
        )
        against = f"against {row.baseline_name} ({row.baseline_kind})" if row.baseline_name else ""
        lines += wrap(f"{row.size}; {against}".rstrip("; "), 94, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines)
