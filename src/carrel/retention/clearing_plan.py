"""A plan to clear a mailbox, a folder, a log service or a table, as data that is approved (DESIGN 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from carrel.amount import amount
from carrel.errors import fault
from carrel.inventory.held_part import HeldPart
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.clearing import Tally, tag_of
from carrel.retention.plan import Basis
from carrel.retention.plan_digest import Digested, plan_of

FORMAT_VERSION = 1
AWHILE = timedelta(days=14)  # longer than any plan can be gone on with
CLEARINGS = (Kind.MAIL, Kind.FILES, Kind.LOGS, Kind.ROWS)
WHOLE, SINGLE = "whole", "single"
REWRITTEN = "de-identified"
# What a plan of each kind clears, and what lies in it, in the singular and the plural.
NOUNS: Mapping[Kind, tuple[str, str, str]] = {
    Kind.MAIL: ("mailbox", "message", "messages"),
    Kind.FILES: ("folder", "file", "files"),
    Kind.ROWS: ("table", "row", "rows"),
    Kind.LOGS: ("log-service", "event", "events"),
}


@dataclass(frozen=True, slots=True)
class ClearedPart:
    """What goes of one folder of mail, of a folder of files, of an index of a log service, or of a table.

    Attributes:
        name: of the folder, as the site file calls it.
        record: what it holds, as the policy calls it.
        rule: whose period has run out.
        mark: what tells the folder from another one that comes to bear its name; empty where nothing does.
        goes: tags of what is deleted, blinded with the key of the plan, in their order.
        count: how many bear them; more than the tags where some are equal to the byte.
        first, last: aware times of the oldest and the youngest that goes; None where nothing does.
        stays: why others stay, and how many.
        blanks: columns that a row loses which stays otherwise; none where it goes as a whole.
        way: of an index of a log service, whether it goes as a whole or only single events of it; of a folder of mail,
            that its messages are written anew; else empty.
    """

    name: str
    record: str
    rule: str
    mark: str
    goes: tuple[str, ...]
    count: int
    first: datetime | None
    last: datetime | None
    stays: Mapping[str, int]
    blanks: tuple[str, ...] = ()
    way: str = ""

    @classmethod
    def of(
        cls, part: HeldPart, name: str, rule: str, mark: str, found: Tally, late: list[str], way: str = ""
    ) -> ClearedPart:
        """As it was counted."""
        goes = tuple(sorted(set(late)))
        ends = (found.first, found.last)
        return cls(name, part.record, rule, mark, goes, found.due, *ends, found.stays, part.blanks, way)

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> ClearedPart:
        """Read one back."""
        first, last = (None if at is None else datetime.fromisoformat(at) for at in (body["first"], body["last"]))
        told = {**body, "goes": tuple(body["goes"]), "blanks": tuple(body.get("blanks", ()))}
        return cls(**{**told, "first": first, "last": last, "stays": dict(body["stays"])})

    def as_dict(self) -> dict[str, Any]:
        """For plans and ``--json``."""
        first, last = (None if at is None else at.isoformat() for at in (self.first, self.last))
        told = {**asdict(self), "goes": list(self.goes), "blanks": list(self.blanks), "first": first, "last": last}
        # What only some kinds of plan have stands in those only: the digest of every other one stays what it was.
        return {name: value for name, value in told.items() if value or name not in {"blanks", "way"}}

    @property
    def total(self) -> int:
        """How many lay in it."""
        return self.count + sum(self.stays.values())


@dataclass(frozen=True, slots=True)
class ClearingPlan(Digested):
    """One plan over one mailbox, one folder of files, one log service, or one table.

    Attributes:
        kind: of what is cleared.
        holder: its name in the site file.
        policy: whose periods have run out.
        made_at: aware time; nothing that was not due then goes.
        made_by: the person who planned.
        basis: what it was computed from.
        parts: folder by folder.
        notices: what to know before approving.
        key: by whose name the key lies under which its tags are blinded; empty in plans of before.
    """

    kind: Kind
    holder: str
    policy: str
    made_at: datetime
    made_by: str
    basis: Basis
    parts: tuple[ClearedPart, ...]
    notices: tuple[str, ...] = ()
    key: str = ""

    @property
    def system(self) -> str:
        """What an approval is recorded under; no system can bear it."""
        return f"{NOUNS[self.kind][0]}:{self.holder}"

    @property
    def count(self) -> int:
        """How many go."""
        return sum(one.count for one in self.parts)

    @property
    def rewrites(self) -> bool:
        """Whether what it names stays, and loses what names a person."""
        return any(one.way == REWRITTEN for one in self.parts)

    @property
    def stays(self) -> int:
        """How many stay."""
        return sum(one.total - one.count for one in self.parts)

    @property
    def anew(self) -> str:
        """The command that makes another one of its kind."""
        return f"carrel {NOUNS[self.kind][0]} plan {self.holder}"

    @property
    def lines(self) -> tuple[str, ...]:
        """What whoever approves signs for: how many of each folder, from when, and the digest of the list."""
        noun, one, more = NOUNS[self.kind]
        blanks = sorted({name for part in self.parts for name in part.blanks})
        done = f"emptied for good in {', '.join(blanks)}" if blanks else "deleted for good"
        done = "de-identified for good" if self.rewrites else done
        found = [f"{noun} {self.holder}: {amount(self.count, one, more)} {done}, {self.stays:,} stay"]
        for part in self.parts:
            span = "" if part.first is None or part.last is None else f", {part.first:%Y-%m-%d} to {part.last:%Y-%m-%d}"
            way = {WHOLE: ", with the whole index", SINGLE: ", one by one"}.get(part.way, "")
            found.append(f"{part.name}: {part.count:,} of {part.total:,}{span}{way}, list {tag_of(*part.goes)}")
        return tuple(found)

    def body(self) -> dict[str, Any]:
        """The plan as JSON holds it, without its digest."""
        body = {"format_version": FORMAT_VERSION, **asdict(self), "kind": self.kind.value, "basis": self.basis.body()}
        body["made_at"] = self.made_at.isoformat()
        body["parts"] = [one.as_dict() for one in self.parts]
        body["notices"] = list(self.notices)
        if not self.key:
            del body["key"]
        return body

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> ClearingPlan:
        """Read a plan back.

        Raises:
            ValueError: a field is missing, unknown or of the wrong kind, or the digest does not fit.
        """
        return plan_of(
            cls,
            body,
            FORMAT_VERSION,
            CLEARINGS,
            lambda known: {
                "kind": Kind(known["kind"]),
                "basis": Basis(**known["basis"]),
                "parts": tuple(ClearedPart.from_dict(one) for one in known["parts"]),
                "notices": tuple(known["notices"]),
            },
        )


def refuse_other_part(plan: ClearingPlan, part: ClearedPart, mark: str) -> None:
    """Refuse a folder or a table that is another one by now, whose content bears the old one's numbers.

    Args:
        plan: that was approved.
        part: of it.
        mark: of the folder now.

    Raises:
        CarrelError: CLR-004.
    """
    if part.mark != mark:
        raise fault(
            faults.NOT_AS_PLANNED,
            at=f"{plan.system}, {part.name}",
            wanted=f"the {'table' if plan.kind is Kind.ROWS else 'folder'} that was planned with",
            found="another database, or other columns, keys or triggers"
            if plan.kind is Kind.ROWS
            else "one that was made anew, or numbered anew",
            because=f"its {NOUNS[plan.kind][2]} can bear the numbers of others",
            fix=f"`carrel {NOUNS[plan.kind][0]} plan`, and have the new plan approved",
        )


def refuse_left(plan: ClearingPlan, part: ClearedPart, left: int) -> None:
    """Refuse to believe a clearing that does not read back.

    Raises:
        CarrelError: CLR-005, something that was deleted is still there.
    """
    if left:
        noun, one, more = NOUNS[plan.kind]
        raise fault(
            faults.STILL_THERE,
            at=f"{plan.system}, {part.name}",
            wanted="what was approved gone, or empty, as looked up afterwards",
            found=f"{amount(left, one, more)} as before",
            changed="the others, as planned",
            fix=f"look who puts them back; then `carrel {noun} apply` with the same plan again",
        )


def refuse_unread(plan: ClearingPlan, part: ClearedPart, more: int) -> None:
    """Refuse to believe a clearing of rows where some cannot be looked at any more.

    Args:
        plan: that was approved.
        part: of it.
        more: files that cannot be read now and could when it was planned.

    Raises:
        CarrelError: CLR-005.
    """
    if more > 0:
        raise fault(
            faults.STILL_THERE,
            at=f"{plan.system}, {part.name}",
            wanted="every file readable, as when it was planned",
            found=f"{amount(more, 'file')} that cannot be read to the end",
            because="approved rows may be in it",
            changed="the rows of the others, as planned",
            fix="mend it or move it away; then apply the same plan again",
        )
