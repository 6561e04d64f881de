"""A plan to do again, after a restore, what was done since the backup was made; it holds nothing of anybody."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from carrel.amount import amount
from carrel.retention.plan import Basis
from carrel.retention.plan_digest import Digested, plan_of

FORMAT_VERSION = 1
KIND = "replay after a restore"


@dataclass(frozen=True, slots=True)
class Again:
    """One person who is erased again: a case with a plan of its own.

    Attributes:
        case: its id.
        digest: of its plan.
        rows: that would go, or lose the person.
    """

    case: str
    digest: str
    rows: int


@dataclass(frozen=True, slots=True)
class Task:
    """What no program can do again, because its values are not kept.

    Attributes:
        case: in which it was done; the library's own file on it has the request.
        kind: ``rectification`` or ``lifting of a restriction``.
        fields: what was changed, in the library's words.
    """

    case: str
    kind: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplayPlan(Digested):
    """One plan over everybody whom a restore brought back.

    Attributes:
        restore: id of the restore in the store.
        system, policy: names.
        made_at: aware time.
        made_by: the person who planned.
        basis: what it was computed from.
        erasures: who is erased again.
        restrictions: cases in force whose switches stand on again.
        tasks: what people must do again.
        blocked: persons who cannot be erased now, by ground.
        doubtful: records under the number of somebody who was erased, with another card.
        notices: what to know before approving.
        tables: of the site file, rows that bear the card of somebody who was erased.
    """

    restore: str
    system: str
    policy: str
    made_at: datetime
    made_by: str
    basis: Basis
    erasures: tuple[Again, ...]
    restrictions: tuple[str, ...]
    tasks: tuple[Task, ...]
    blocked: dict[str, int]
    doubtful: int
    notices: tuple[str, ...] = ()
    tables: dict[str, int] = field(default_factory=dict)

    @property
    def anew(self) -> str:
        """The command that makes another one of its kind."""
        return "carrel replay plan"

    @property
    def lines(self) -> tuple[str, ...]:
        """What whoever approves signs for: each case, and how many rows of it."""
        people = amount(len(self.erasures), "person", "persons")
        return (
            f"restore {self.restore}: {people} erased again",
            *(f"case {one.case}: {amount(one.rows, 'row')}, plan {one.digest[:16]}" for one in self.erasures),
            *(f"case {one}: restricted again" for one in self.restrictions),
            *(f"table {name}: {amount(rows, 'row')} of persons who were erased" for name, rows in self.tables.items()),
        )

    def body(self) -> dict[str, Any]:
        """The plan as JSON holds it, without its digest."""
        body = {"format_version": FORMAT_VERSION, "kind": KIND, **asdict(self), "basis": self.basis.body()}
        body["made_at"] = self.made_at.isoformat()
        return body

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> ReplayPlan:
        """Read a plan back.

        Raises:
            ValueError: a field is missing, unknown or of the wrong kind, or the digest does not fit.
        """
        return plan_of(
            cls,
            body,
            FORMAT_VERSION,
            (KIND,),
            lambda known: {
                "basis": Basis(**known["basis"]),
                "erasures": tuple(Again(**one) for one in known["erasures"]),
                "restrictions": tuple(known["restrictions"]),
                "tasks": tuple(Task(one["case"], one["kind"], tuple(one["fields"])) for one in known["tasks"]),
                "notices": tuple(known["notices"]),
            },
        )
