"""The carrying out of a clearing that was approved: piece by piece, read back, and recorded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli import plan_file, record
from carrel.cli.at_site import now
from carrel.cli.clearing import basis_of, left_closed
from carrel.cli.expiry_course import OVER, course, leaf, refuse_kept
from carrel.cli.mail_rules import Uncertain, mail_rules
from carrel.cli.screen import put_json, put_line, say
from carrel.cli.store_place import open_store
from carrel.errors import CarrelError, fault
from carrel.inventory.log_service import LogService
from carrel.ledger.leaf import banded
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.clearing import Standing, Yardstick, rule_for, tag_of
from carrel.retention.clearing_plan import (
    NOUNS,
    REWRITTEN,
    ClearedPart,
    ClearingPlan,
    refuse_left,
    refuse_other_part,
    refuse_unread,
)
from carrel.store.clearing_key import ClearingKey, blinded
from carrel.store.sealed_cases import DONE
from carrel.systems import policy_files
from carrel.systems.folders.file_folder import BROKEN, UNREADABLE
from carrel.systems.log_services.account import LogAccount
from carrel.systems.log_services.deletion import Fate
from carrel.systems.log_services.log_index import LogIndex, Order
from carrel.systems.log_services.sharing import refuse_shared
from carrel.systems.outside import called, holder_of, opened, parts_of
from carrel.systems.tables.csv_rows import CsvRows

if TYPE_CHECKING:
    from carrel.cli.expiry_course import Course
    from carrel.inventory.site import Site
    from carrel.retention.clearing import Piece
    from carrel.retention.plan import Basis
    from carrel.store.store import Store
    from carrel.systems.outside import Content

ABSENT = "not found as planned: moved, deleted, or another by now"
ANOTHER = "another index bears the name of theirs"
UNSEEN = (UNREADABLE, BROKEN)  # what rows are in such a file nobody can tell


def carry_out(site: Site, place: Path, kind: Kind, *, as_json: bool) -> None:
    """Carry out an approved clearing, or go on with it.

    Raises:
        CarrelError: APR-001, APR-007, APR-008, the CLR codes and those of what is cleared, RUN-001 to RUN-003.
    """
    with open_store(site) as store:
        plan = plan_file.read_clearing(store, place, kind)
        over = store.clearings.state(plan.digest) == DONE
        unclear = Uncertain()
        kept = Counter[str]() if over else _clear(site, store, plan, unclear)
        gone = store.clearings.gone(plan.digest)
        if plan.key:
            ClearingKey(site.folder, plan.key).shred()  # from now on the plan names nothing
        receipt = record.deliver(site, store, now())
    noun, one, more = NOUNS[kind]
    blanks = plan.parts[0].blanks
    told: dict[str, Any] = {
        noun.replace("-", "_"): plan.holder,
        "plan": plan.digest,
        "emptied" if blanks else "de_identified" if plan.rewrites else "deleted": gone,
        "kept_since": plan.count - gone,
    }
    if plan.rewrites and not over:
        told["uncertain"] = unclear.as_dict()
    told |= {"outcome": OVER if over else "verified", "ledger": receipt.as_dict()}
    if as_json:
        put_json({"clearing": {**told, "stay": dict(kept)}})
        return
    done = f"empty in {', '.join(blanks)}" if blanks else "de-identified" if plan.rewrites else "gone"
    cleared = f"{amount(gone, f'{one} is', f'{more} are')} {done}"
    if over:
        put_line(f"{noun} {plan.holder}: this plan was carried out before ({cleared} by what was looked up then).")
        put_line("Now nothing was looked at.")
    else:
        put_line(f"{noun} {plan.holder}: {cleared}, as looked up afterwards.")
    if over and plan.count > gone:
        put_line(f"Of what it names {amount(plan.count - gone, one, more)} stayed.")
    for line in unclear.lines():
        put_line(line, "note: ")
    for why, count in kept.items():
        put_line(f"{amount(count, f'{one} that was approved stays', f'{more} that were approved stay')}: {why}.")
    if kept:
        put_line(f"What is past its time still, the next `carrel {noun} plan` names.")
    say(f"Ledger: {amount(receipt.size, 'leaf', 'leaves')}, root {receipt.root[:16]}…, in {receipt.folder}")


def _clear(site: Site, store: Store, plan: ClearingPlan, unclear: Uncertain) -> Counter[str]:
    """Delete what was approved, and look afterwards; why some of it stays, and how much."""
    holder, policy = holder_of(site, plan.kind, plan.holder), policy_files.load(site.policy)
    basis, systems = basis_of(holder, policy), [one.name for one in site.originals]
    _refuse_other_entry(plan, basis)
    if isinstance(holder, LogService):
        refuse_shared(holder, site.log_services, now())

    def guard() -> None:
        refuse_kept(store, systems, now(), faults.KEPT_FOR_NOW, called(holder))

    progress, key = store.clearings, ClearingKey(site.folder, plan.key).read() if plan.key else b""
    with (
        course(site, store, plan, plan.kind, progress, basis, guard) as under,
        opened(holder, now(), site, mail_rules(site)) as folder,
    ):
        known = {one.name: one for one in parts_of(holder, folder)}
        again, sweeps = progress.started_at(plan.digest) is not None, []
        away, closed = Counter[str](), left_closed(store, plan.system)
        for part in plan.parts:
            fate = folder.fate(part.name, part.mark) if isinstance(folder, LogAccount) else Fate.THERE
            if fate is not Fate.THERE:
                # Restored, shrunk or made anew: what was approved may be in it, and nobody has approved of that index.
                away[ANOTHER] += part.count if fate is Fate.OTHER else 0
                continue
            if part.name not in known:
                raise _unseen(plan, part)
            rule = rule_for(policy, known[part.name], called(holder, part.name))
            there = folder(known[part.name])
            if isinstance(there, LogIndex) and (part.name, part.mark) in closed:
                there = there.left_closed()
            sweeps.append(_Sweep(under, plan, part, there, Yardstick(rule, plan.made_at), key, again))
        for sweep in sweeps:
            sweep.refuse_other()
        under.begin()
        kept = sum((sweep.kept() for sweep in sweeps), away)
        unclear.take(sweep.there for sweep in sweeps)
        stay = kept.total()
        counts = {"applied": banded(plan.count - stay), "kept": banded(plan.stays + stay)}
        under.cases.finish(
            plan.digest, plan.count - stay, now(), lambda began: [leaf(plan, plan.holder, began, **counts)]
        )
    return kept


@dataclass
class _Sweep:
    """One part of a plan, cleared of what was approved and is due still."""

    under: Course
    plan: ClearingPlan
    part: ClearedPart
    there: Content
    stick: Yardstick
    key: bytes = field(repr=False)
    again: bool

    def __post_init__(self) -> None:
        """An index of a log service is told what was approved of it: its events are found by their times."""
        self._approved = frozenset(self.part.goes)
        self._seen: set[str] = set()
        if isinstance(self.there, LogIndex):
            mark = f"carrel-{tag_of(self.plan.digest, self.part.mark)}"
            order = Order(mark, self.stick.enough, self.part.count, self.part.way, again=self.again)
            self.there = self.there.under(order)

    def _goes(self, piece: Piece) -> bool:
        """Whether it was approved and is due still."""
        tag = blinded(piece.tag, self.key)
        if tag not in self._approved:
            return False
        self._seen.add(tag)
        return self.stick.stands(piece) is Standing.DUE

    def refuse_other(self) -> None:
        """Refuse what is another thing by now, or has grown.

        Raises:
            CarrelError: CLR-004.
        """
        if isinstance(self.there, LogIndex):
            self.there.refuse_grown(self._goes)
        else:
            refuse_other_part(self.plan, self.part, self.there.mark())

    def kept(self) -> Counter[str]:
        """Clear it, look again, and count what was approved and stays, by why it does.

        Raises:
            CarrelError: CLR-005.
        """
        if self._approved:
            self.there.clear(self._goes, self.under.beat)
        stays = {Standing.LEFT, Standing.OPEN, Standing.UNDATED}
        if self.plan.kind is Kind.ROWS or self.part.way == REWRITTEN:
            stays.add(Standing.EARLY)  # its clock was set since, or its thread has a new message
        left, unread, kept, told = 0, 0, Counter[str](), set[str]()
        look = self.there.again if isinstance(self.there, CsvRows) else self.there.pieces
        for piece in look(self.stick.enough) if self._approved else ():
            tag = blinded(piece.tag, self.key)
            if tag in self._approved:
                self._seen.add(tag)
                standing = self.stick.stands(piece)
                # Of what is not due any more the old lines, or the old events of a day, are gone.
                left += piece.count if standing is Standing.DUE else 0
                # One that was approved, and a second one like it that came since: one of what was approved stays.
                if standing in stays and not (self.plan.kind is Kind.ROWS and tag in told):
                    kept[piece.kept or standing.value] += piece.count
                    told.add(tag)
            elif self.plan.kind is Kind.ROWS:
                unread += piece.kept in UNSEEN
        refuse_left(self.plan, self.part, left)
        refuse_unread(self.plan, self.part, unread - sum(self.part.stays.get(why, 0) for why in UNSEEN))
        # What a process that died had deleted is not there either.
        if not self.again and not isinstance(self.there, LogIndex) and (absent := self._approved - self._seen):
            kept[ABSENT] += len(absent)
        return kept


def _unseen(plan: ClearingPlan, part: ClearedPart) -> CarrelError:
    return fault(
        faults.NOT_AS_PLANNED,
        at=f"{plan.system}, {part.name}",
        wanted="the index among those that the service tells of",
        found="one that it hides, and has",
        fix="look at the rights of the key; then apply the same plan again",
    )


def _refuse_other_entry(plan: ClearingPlan, basis: Basis) -> None:
    if plan.basis.map_digest != basis.map_digest:
        raise fault(
            faults.NOT_AS_PLANNED,
            at=plan.system,
            wanted="the entry of the site file as it was planned with",
            found="another place, account, folder, column, record, purpose or event",
            fix=f"`carrel {NOUNS[plan.kind][0]} plan`, and have the new plan approved",
        )
