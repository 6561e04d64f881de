"""The words of a statement of no responsive records, and of a reply to an open-records request.

Carrel asserts nothing. It tells what was searched and by which rule such records go; the custodian and counsel say what
follows from it, and sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from carrel.disclosure.package_kind import PackageKind
from carrel.disclosure.production import Production
from carrel.disclosure.release_manifest import BEYOND, Occasion
from carrel.disclosure.scope import Part, Scope
from carrel.rights.ending import Keeping

NONE, PRODUCED, REPLY = PackageKind.NOTHING.value, PackageKind.RECORDS.value, PackageKind.REPLY.value
_SIGN = (
    "",
    "Custodian of records: ______________________________   Date: ____________",
    "Counsel:              ______________________________   Date: ____________",
)


@dataclass(frozen=True, slots=True)
class Proof:
    """The last run that was verified, and where the ledger has it.

    Attributes:
        run: its id.
        finished: aware time.
        outcome: what it came to, in words.
        index, size, root: of its leaf, and of the ledger by which it is proved; None where it has none yet.
        file: of the receipt in the package.
    """

    run: str
    finished: datetime
    outcome: str
    index: int | None = None
    size: int | None = None
    root: str = ""
    file: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "run": self.run, "finished": _seconds(self.finished), "outcome": self.outcome, "leaf": self.index,
            "ledger_size": self.size, "ledger_root": self.root, "receipt": self.file,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """By which rule records of one kind go in one system, and when that was last seen to be done.

    Attributes:
        system, keeping: which, and the policy's rules.
        policy, digest: in force.
        carried_out: whether a run carries out a rule for this kind in this system.
        proof: of the last verified run.
        not_verified: when a later run ended that was not verified.
    """

    system: str
    keeping: Keeping
    policy: str
    digest: str
    carried_out: bool
    proof: Proof | None = None
    not_verified: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "system": self.system,
            "records": self.keeping.record,
            "policy": self.policy,
            "policy_digest": self.digest,
            "rules": [
                {"id": one.id, "active_until": list(one.until), "keep": str(one.keep), "then": one.then.value,
                 "clauses": list(one.clauses)}
                for one in self.keeping.rules
            ],
            "promised": self.keeping.promised,
            "carried_out_by_a_run": self.carried_out,
            "last_verified_run": None if self.proof is None else self.proof.as_dict(),
            "later_run_not_verified": None if self.not_verified is None else _seconds(self.not_verified),
        }  # fmt: skip

    def lines(self) -> list[str]:
        """For the statement."""
        name = f"{self.keeping.record} in {self.system}"
        rules = [
            f"  Rule {one.id} of {self.policy}: kept {one.keep} after {' or '.join(one.until)}, then {one.then.value}"
            f" ({', '.join(one.clauses) or 'no clause'})."
            for one in self.keeping.rules
        ]
        if not rules:
            said = f" The policy says in words: {self.keeping.promised}" if self.keeping.promised else ""
            rules = [f"  The policy {self.policy} has no rule that ends them.{said}"]
        return [f"{name}:", *rules, self._ran()]

    def _ran(self) -> str:
        if not self.carried_out:
            return "  No run of Carrel carries out a rule for them in this system."
        if self.proof is None:
            return "  No run that carries it out is on record as verified."
        at = f"{self.proof.finished:%Y-%m-%d %H:%M} UTC ({self.proof.outcome})"
        ended = self.not_verified
        later = "" if ended is None else f" A run that ended {ended:%Y-%m-%d %H:%M} UTC was not."
        if self.proof.index is None:
            return f"  It was last carried out and verified {at}; the ledger has no leaf of it yet.{later}"
        return (
            f"  It was last carried out and verified {at}: leaf {self.proof.index} of the ledger, proved by"
            f" {self.proof.file} against the root of {self.proof.size} leaves.{later}"
        )


def statement(scope: Scope, found: Production, occasion: Occasion, evidence: Sequence[Evidence]) -> str:
    """The statement of no responsive records, for the custodian and counsel to sign.

    Args:
        scope: of the order.
        found: nothing is produced of it.
        occasion: case, people and times.
        evidence: for each kind of record and system in scope.
    """
    lines = [
        "STATEMENT ABOUT RECORDS ASKED FOR: none were found",
        "",
        f"{occasion.library}, case {occasion.case}, {scope.instrument}, {occasion.at:%Y-%m-%d %H:%M} UTC",
        "",
        "This page tells what was searched and what was not. That no responsive record exists is said by those who",
        "sign below, and by nobody else; the program that made the page asserts nothing.",
        "",
        "WHAT THE ORDER ASKS FOR",
    ]
    for part in scope.parts:
        dates = f"from {part.from_} until before {part.until}" if part.from_ else "as the record stands"
        lines += [f"{part.id}: “{part.wording}”", f"  {part.records.value}, {dates}"]
    lines += ["", "WHAT WAS SEARCHED"]
    for one in found.searched:
        lines.append(
            f"{one.system} ({one.product}), {one.at:%Y-%m-%d %H:%M:%S} UTC, by the account {one.account}, live"
        )
        lines += [f"  part {name}: {', '.join(tables) or 'no table'}" for name, tables in one.tables.items()]
        lines += [f"  part {name}: {_nobody(scope.part(name))}" for name, people in one.found.items() if not people]
    lines += ["", "WHAT WAS NOT SEARCHED", *(f"- {one}" for one in (*occasion.not_searched, *BEYOND))]
    lines += [f"- {one.table} in {one.system} (part {one.part}): {one.because}" for one in found.not_read]
    lines += ["", "BY WHICH RULE SUCH RECORDS GO, AND WHEN THAT WAS LAST DONE"]
    for each in evidence:
        lines += each.lines()
    return "\n".join([*lines, *_SIGN, ""])


def _nobody(part: Part | None) -> str:
    if part is not None and not part.people:
        return "no loan of the period names anybody for the items that the order gives"
    return "nobody is registered there under what the order gives"


def reply(scope: Scope, occasion: Occasion, attached: Mapping[str, str]) -> str:
    """The reply to an open-records request, in two parts (MPL-4.1).

    Args:
        scope: with the classes that stay closed.
        occasion: case, people and times.
        attached: by the file as the scope names it, its place in the package.
    """
    told = scope.open_records
    if told is None:
        raise ValueError("the scope is of an order")
    lines = [
        "REPLY TO A REQUEST FOR OPEN RECORDS",
        "",
        f"{occasion.library}, case {occasion.case}, {scope.instrument}, {occasion.at:%Y-%m-%d %H:%M} UTC",
        "",
        "1. NOT OPENED",
    ]
    for one in told.excepted:
        lines += [f"“{one.wording}”", f"  {one.records.value}: withheld under {one.citation}"]
    lines += [] if told.excepted else ["Nothing that was asked for is withheld."]
    lines += ["", "2. PRODUCED"]
    for two in told.attached:
        lines += [f"“{two.wording}”", f"  {attached[two.file]}"]
    lines += [] if told.attached else ["Nothing that was asked for can be produced."]
    return "\n".join([*lines, *_SIGN, ""])


def _seconds(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
