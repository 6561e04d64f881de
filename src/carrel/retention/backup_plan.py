"""A plan to expire backups: which go by name, as data that a second person approves (DESIGN 5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from carrel.amount import amount
from carrel.errors import fault
from carrel.policy.schedule import RecordRule
from carrel.retention import faults
from carrel.retention.backup_expiry import Listing, Snapshot, expiring
from carrel.retention.plan import Basis
from carrel.retention.plan_digest import Digested, plan_of

FORMAT_VERSION = 1
KIND = "expiry of backups"
_SHOWN = 48


def approved_as(backup: str) -> str:
    """The name under which plans of a backup are approved; no system can bear it."""
    return f"backup:{backup}"


@dataclass(frozen=True, slots=True)
class BackupPlan(Digested):
    """One plan over one repository, or folder, of backups.

    Attributes:
        backup: as the site file names it.
        tool: that made them.
        policy, rule: whose period has run out.
        made_at: aware time.
        made_by: the person who planned.
        basis: what it was computed from.
        goes: what is deleted, the oldest first.
        newest: the id that stays whatever its age.
        stays: how many stay.
        notices: what to know before approving.
    """

    backup: str
    tool: str
    policy: str
    rule: str
    made_at: datetime
    made_by: str
    basis: Basis
    goes: tuple[Snapshot, ...]
    newest: str
    stays: int
    notices: tuple[str, ...] = ()

    @property
    def system(self) -> str:
        """What an approval is recorded under."""
        return approved_as(self.backup)

    @property
    def anew(self) -> str:
        """The command that makes another one of its kind."""
        return f"carrel backup plan {self.backup}"

    @property
    def lines(self) -> tuple[str, ...]:
        """What whoever approves signs for: how many, and each by its id and time."""
        total = len(self.goes) + self.stays
        head = f"backup {self.backup}: {len(self.goes)} of {amount(total, 'backup')} deleted for good"
        return (head, *(f"{one.id[:_SHOWN]}: made {one.made_at:%Y-%m-%d %H:%M} UTC" for one in self.goes))

    def body(self) -> dict[str, Any]:
        """The plan as JSON holds it, without its digest."""
        body = {"format_version": FORMAT_VERSION, "kind": KIND, **asdict(self), "basis": self.basis.body()}
        body["made_at"] = self.made_at.isoformat()
        body["goes"] = [one.as_dict() for one in self.goes]
        return body

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> BackupPlan:
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
                "goes": tuple(Snapshot.from_dict(one) for one in known["goes"]),
                "notices": tuple(known["notices"]),
            },
        )


def refuse_damaged(at: str, listing: Listing) -> None:
    """Refuse to expire anything beside a backup that is half-written: nobody can tell which is the last whole one.

    Raises:
        CarrelError: BAK-005.
    """
    if listing.damaged:
        raise fault(
            faults.HALF_WRITTEN,
            at=at,
            wanted="backups that are whole",
            found=amount(listing.damaged, "that is half-written or cannot be read", "that are, or cannot be read")
            + listing.which,
            because="an older one may be the last from which anything can be restored",
            fix="let the backup that runs come to its end; then mend or remove the broken one with the tool itself",
        )


def left_to_expire(plan: BackupPlan, listing: Listing, rule: RecordRule, now: datetime) -> tuple[Snapshot, ...]:
    """What of an approved plan is still there and may go.

    Args:
        plan: that was approved.
        listing: read a moment ago.
        rule: for backups, in force now.
        now: aware time.

    Raises:
        CarrelError: BAK-006, another backup bears an id of the plan, one of them is the newest by now, is not due, or
            bears another that stays.

    Guarantees:
        Nothing but what was approved; it may have shrunk, never grown.
    """
    there = {one.id: one for one in listing.snapshots}
    due = set(expiring(listing, rule, now))
    left = tuple(one for one in plan.goes if one.id in there)
    other = [one for one in left if there[one.id] != one]
    early = [one for one in left if one not in due]
    if other or early:
        newest = listing.newest
        last = newest is not None and newest.id in {one.id for one in left}
        found = "another one under the same name" if other else "the newest of all" if last else "one that must stay"
        raise fault(
            faults.OTHER_BACKUPS,
            at=f"backup {plan.backup}",
            wanted="the backups that were approved, each due, older than one that stays, and the base of none",
            found=found,
            because="what was approved must be what is deleted, and the newest one always stays",
            fix="`carrel backup plan`, and have the new plan approved",
        )
    return left


def refuse_left(plan: BackupPlan, before: Listing, after: Listing) -> None:
    """Refuse to believe an expiry that does not read back.

    Args:
        plan: that was carried out.
        before: the list as it was before.
        after: as it is now.

    Raises:
        CarrelError: BAK-010, something that was to go is still listed, or something else is gone.
    """
    asked, now = {one.id for one in plan.goes}, {one.id for one in after.snapshots}
    still = len(asked & now)
    lost = len({one.id for one in before.snapshots} - asked - now)
    if still or lost or after.damaged or after.leaving:
        told = [f"{still} still listed"] if still else []
        told += [f"{lost} gone that were to stay"] if lost else []
        told += [f"{after.damaged} that cannot be read"] if after.damaged else []
        told += [f"{after.leaving} half removed"] if after.leaving else []
        raise fault(
            faults.NOT_EXPIRED,
            at=f"backup {plan.backup}",
            wanted="exactly the approved backups gone",
            found=", ".join(told),
            changed=f"{len(asked) - still} of {len(asked)} backups are gone",
            fix="look with the tool itself; then apply the same plan again",
        )
