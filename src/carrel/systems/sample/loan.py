"""One loan while its trail is written, and the moments from which each kind of trace was kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.systems.sample.people import FAR
from carrel.systems.sample.wallclock import DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carrel.systems.sample.plan import Shape

_JOBS_KEPT = 20 * DAY


@dataclass(slots=True)
class Loan:
    """One loan while its trail is written; moments are wall-clock seconds."""

    number: int
    reader: int
    item: int
    out: int
    due: int
    back: int | None
    branch: str
    issuer: int | None
    interface: str
    owner: int | None
    renewed: Sequence[int]
    traced: bool

    @property
    def gone_reader(self) -> bool:
        """Whether the reader's row no longer exists."""
        return self.owner is None


@dataclass(frozen=True, slots=True)
class Since:
    """From which moment on each trace was kept."""

    statistics: int
    action_logs: int
    notices: int
    pseudonymised: int
    renewals: int
    anonymised_before: int
    jobs: int


def since(shape: Shape, first: int, now: int) -> Since:
    """The moments that a shape's shares stand for."""
    span = now - first

    def back(share: float) -> int:
        return now - round(span * share) if share else FAR

    return Since(
        back(shape.statistics),
        back(shape.action_logs),
        back(shape.notices),
        back(shape.pseudonymised),
        back(shape.renewals),
        first + round(span * shape.anonymised) if shape.anonymised else 0,
        max(now - _JOBS_KEPT, back(shape.pseudonymised)),
    )
