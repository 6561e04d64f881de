"""A plan to erase one person: what goes, what stays and why, as data that holds nothing of the person (DESIGN 2, 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from carrel.amount import amount
from carrel.errors import CarrelError, Fault, fault
from carrel.inventory.map_part import Method
from carrel.inventory.person_map import Act, Otherwise, Trace
from carrel.retention import faults
from carrel.retention.bound import FLOOR_ROWS
from carrel.retention.plan import Basis
from carrel.retention.plan_digest import Digested, plan_of

FORMAT_VERSION = 1
KIND = "erasure"
HELD = "the library must keep records of this person for now"
STAND_IN = "no anonymous patron to stand in"
TAKEN_NUMBER = "a record stands under an older number by now"
_FIX = {
    HELD: "ask whoever may place holds; when nothing keeps the person any more, {again}",
    STAND_IN: "make a patron record for it, name it in the product's settings, then plan the erasure again",
    TAKEN_NUMBER: "look whose record it is, and plan the erasure again without that number",
}
_MEANWHILE = "; until then the use of the data can be restricted: `carrel plan --restrict REQUEST`"


@dataclass(frozen=True, slots=True)
class Going:
    """Rows of one trace.

    Attributes:
        table, act: of the map.
        column: that names the person, or the table by which the row belongs to the person.
        sets: method per column.
        rows: how many there are.
        why: from the map.
    """

    table: str
    act: str
    column: str
    sets: dict[str, str]
    rows: int
    why: str


@dataclass(frozen=True, slots=True)
class Staying:
    """Rows that keep the person, and on which ground."""

    table: str
    column: str
    rows: int
    ground: str


@dataclass(frozen=True, slots=True)
class Cascade:
    """Rows that the database itself would delete or empty; every one of them is dealt with by a step of its own."""

    table: str
    column: str
    rule: str
    of: str
    rows: int


@dataclass(frozen=True, slots=True)
class Words:
    """Rows of other people, or of nobody, whose text names the person.

    Attributes:
        table, column: where.
        redacted: rows whose text holds an identifier; it is taken out, or the row goes.
        human: rows with a name alone, or with an identifier where none is taken out.
    """

    table: str
    column: str
    redacted: int
    human: int


@dataclass(frozen=True, slots=True)
class ErasurePlan(Digested):
    """One plan over one person. The person stands in it by the case only.

    Attributes:
        case: the case's id, made of letters; who it is, only the store's sealed record tells.
        system, policy: names.
        made_at: aware time.
        made_by: the person who planned.
        basis: what it was computed from.
        goes: per trace, in the order in which it is carried out.
        stays: what keeps the person, on which ground.
        cascades: what the database itself would have done.
        words: texts.
        notices: what to know before approving.
    """

    case: str
    system: str
    policy: str
    made_at: datetime
    made_by: str
    basis: Basis
    goes: tuple[Going, ...]
    stays: tuple[Staying, ...]
    cascades: tuple[Cascade, ...]
    words: tuple[Words, ...]
    notices: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Rows that name the person in a column, or belong to such a row."""
        return sum(one.rows for one in self.goes)

    @property
    def anew(self) -> str:
        """The command that makes another one of its kind."""
        return "carrel plan --erase"

    @property
    def lines(self) -> tuple[str, ...]:
        """What whoever approves signs for, one line per table and act."""
        rows: dict[tuple[str, str], int] = {}
        for one in self.goes:
            rows[one.table, one.act] = rows.get((one.table, one.act), 0) + one.rows
        told = [f"{table}: {act} {amount(count, 'row')}" for (table, act), count in rows.items()]
        return (f"case {self.case}: one person", *told)

    def body(self) -> dict[str, Any]:
        """The plan as JSON holds it, without its digest."""
        body = {"format_version": FORMAT_VERSION, "kind": KIND, **asdict(self), "basis": self.basis.body()}
        body["made_at"] = self.made_at.isoformat()
        return body

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> ErasurePlan:
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
                "goes": tuple(Going(**one) for one in known["goes"]),
                "stays": tuple(Staying(**one) for one in known["stays"]),
                "cascades": tuple(Cascade(**one) for one in known["cascades"]),
                "words": tuple(Words(**one) for one in known["words"]),
                "notices": tuple(known["notices"]),
            },
        )


def settled(trace: Trace, *, empty: bool, stand_in: int | None) -> Act:
    """What becomes of a trace's rows at this site.

    Args:
        trace: of the map.
        empty: whether every column that gets the stand-in may be empty.
        stand_in: the product's anonymous patron.
    """
    if trace.act is not Act.CHANGE or stand_in is not None or empty or Method.STAND_IN not in trace.set.values():
        return trace.act
    return Act.DELETE if trace.otherwise is Otherwise.DELETE else Act.BLOCK


def refuse(at: str, blocking: Iterable[Staying], *, begun: bool = True) -> None:
    """Refuse to erase a person of whom something must stay.

    Args:
        at: what errors call it.
        blocking: what must stay.
        begun: pieces may have been taken out already: the same plan goes on once nothing is in the way any more.

    Raises:
        CarrelError: ERA-002, one fault per ground. The first that can be waited for tells what can be done meanwhile.
    """
    again = "apply the same plan again" if begun else "plan the erasure again"
    found = tuple(dict.fromkeys(blocking))
    waits = next((one for one in found if one.ground not in {STAND_IN, TAKEN_NUMBER}), None)
    if found:
        raise CarrelError(
            tuple(
                Fault(
                    faults.NOT_NOW,
                    at=at,
                    found=one.ground,
                    because=f"{one.table}.{one.column}" if one.table else "whoever may place holds knows more",
                    fix=_FIX.get(one.ground, "end that first, then {again}").format(again=again)
                    + (_MEANWHILE if one == waits else ""),
                )
                for one in found
            )
        )


def refuse_growth(plan: ErasurePlan, now: Iterable[Going]) -> None:
    """Refuse a plan that has been outgrown: far more rows would go now than whoever approved it was shown.

    Args:
        plan: that was approved, and of which nothing was carried out yet.
        now: what would go now.

    Raises:
        CarrelError: APR-007, naming each table in which it is more than twice as many, and more than a hundred more.
    """
    shown, rows = _by_table(plan.goes), _by_table(now)
    grown = [name for name, count in rows.items() if count - shown[name] > max(FLOOR_ROWS, shown[name])]
    if grown:
        raise fault(
            faults.STALE,
            at=f"plan {plan.digest[:16]}",
            wanted="about as many rows as were approved",
            found="far more in " + ", ".join(grown),
            because="what was approved must be what is carried out",
            fix="`carrel plan --erase`, and have the new plan approved",
        )


def _by_table(goes: Iterable[Going]) -> Counter[str]:
    found = Counter[str]()
    for one in goes:
        found[one.table] += one.rows
    return found
