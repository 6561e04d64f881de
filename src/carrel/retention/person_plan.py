"""A plan that changes one person's record without taking it out: a correction, a restriction, or its lifting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol

from carrel.amount import amount
from carrel.errors import CarrelError, Fault
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.plan import Basis
from carrel.retention.plan_digest import Digested, plan_of

FORMAT_VERSION = 1
KINDS = (Kind.RECTIFICATION, Kind.RESTRICTION, Kind.LIFTING)
_OPTIONS = {Kind.RECTIFICATION: "--rectify", Kind.RESTRICTION: "--restrict", Kind.LIFTING: "--lift"}


class OnePerson(Protocol):
    """What an approval asks of a plan for one person, of any kind."""

    @property
    def system(self) -> str:
        """Its system."""

    @property
    def policy(self) -> str:
        """Its policy."""

    @property
    def basis(self) -> Basis:
        """What it was computed from."""

    @property
    def made_by(self) -> str:
        """Who planned."""

    @property
    def digest(self) -> str:
        """SHA-256, hex."""

    @property
    def lines(self) -> tuple[str, ...]:
        """What whoever approves signs for."""


@dataclass(frozen=True, slots=True)
class Change:
    """One column of one table that is written for the person.

    Attributes:
        what: the field, or the switch, in the library's words.
        table, column: of the map.
        act: ``changed``, ``filled``, ``emptied``, ``switched off``, ``put back`` …
        rows: how many hold what goes.
        why: from the map.
    """

    what: str
    table: str
    column: str
    act: str
    rows: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is not changed, and why: an old value in a log, or something for which the product has no switch."""

    what: str
    table: str
    rows: int
    why: str


@dataclass(frozen=True, slots=True)
class PersonPlan(Digested):
    """One plan over one person's record. The person stands in it by the case only, and no value of anybody.

    Attributes:
        kind: what it is.
        case: made of letters; who it is, and every value, only the store's sealed record tells.
        system, policy: names.
        made_at: aware time.
        made_by: the person who planned.
        basis: what it was computed from.
        changes: in the order in which they are written.
        remains: what stays as it is.
        notices: what to know before approving.
        terms: of a restriction, such as ``keep``.
    """

    kind: Kind
    case: str
    system: str
    policy: str
    made_at: datetime
    made_by: str
    basis: Basis
    changes: tuple[Change, ...]
    remains: tuple[Remaining, ...]
    notices: tuple[str, ...]
    terms: dict[str, str] = field(default_factory=dict)

    @property
    def anew(self) -> str:
        """The command that makes another one of its kind."""
        return f"carrel plan {_OPTIONS[self.kind]}"

    @property
    def lines(self) -> tuple[str, ...]:
        """What whoever approves signs for: the terms, then one line per column."""
        told = [f"{one.table}.{one.column}: {one.act}, {amount(one.rows, 'row')}" for one in self.changes]
        return (f"case {self.case}: one person", *(f"{name}: {said}" for name, said in self.terms.items()), *told)

    def body(self) -> dict[str, Any]:
        """The plan as JSON holds it, without its digest."""
        body = {"format_version": FORMAT_VERSION, **asdict(self), "basis": self.basis.body()}
        body["kind"], body["made_at"] = str(self.kind), self.made_at.isoformat()
        return body

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> PersonPlan:
        """Read a plan back.

        Raises:
            ValueError: a field is missing, unknown or of the wrong kind, or the digest does not fit.
        """
        return plan_of(
            cls,
            body,
            FORMAT_VERSION,
            KINDS,
            lambda known: {
                "kind": Kind(known["kind"]),
                "basis": Basis(**known["basis"]),
                "changes": tuple(Change(**one) for one in known["changes"]),
                "remains": tuple(Remaining(**one) for one in known["remains"]),
                "notices": tuple(known["notices"]),
            },
        )


def refuse_held(at: str, *, held: bool) -> None:
    """Refuse to change a record that must be kept as it is.

    Args:
        at: the system.
        held: a legal hold or an exception may speak of the person, or of one of the person's loans. Which of the two
            is not told: a sealed hold must not be told from any other.

    Raises:
        CarrelError: REQ-004.
    """
    if held:
        raise CarrelError(
            (
                Fault(
                    faults.RECORD_KEPT,
                    at=at,
                    found="records of this person must be kept as they are for now",
                    because="a correction overwrites the old value, and whoever may place holds knows more",
                    fix="tell the person that the request waits; until then the use of the data can be restricted: "
                    "`carrel plan --restrict REQUEST`",
                ),
            )
        )


def refuse_triggers(at: str, names: Iterable[str]) -> None:
    """Refuse a change that would run a trigger that nobody has looked at.

    Args:
        at: the system.
        names: ``table: trigger``.

    Raises:
        CarrelError: REQ-006.
    """
    found = tuple(names)
    if found:
        fix = "look at it; if it copies nothing, name it under 'triggers' in maps/local.yaml"
        raise CarrelError(tuple(Fault(faults.TRIGGER, at=f"{at}: {one}", found="a trigger", fix=fix) for one in found))
