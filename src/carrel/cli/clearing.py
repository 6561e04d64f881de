"""The plan of a clearing of what has a clock of its own, outside the systems: made, recorded and shown."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from carrel import __version__
from carrel.amount import amount
from carrel.cli import plan_file
from carrel.cli.at_site import allowed, now
from carrel.cli.expiry_course import NARROW, has_narrow, refuse_kept
from carrel.cli.host_account import said_name
from carrel.cli.mail_rules import rewriting_of
from carrel.cli.screen import number, put_json, put_line, put_table, say, tell_written
from carrel.cli.store_place import open_store
from carrel.errors import fault
from carrel.inventory.log_service import LogService
from carrel.inventory.site import May
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.clearing import Standing, rule_for, tally
from carrel.retention.clearing_plan import (
    NOUNS,
    REWRITTEN,
    SINGLE,
    WHOLE,
    ClearedPart,
    ClearingPlan,
)
from carrel.retention.plan import Basis
from carrel.store.clearing_key import ClearingKey, blinded, shred_old
from carrel.systems import policy_files
from carrel.systems.log_services.log_index import LogIndex
from carrel.systems.log_services.sharing import refuse_shared
from carrel.systems.outside import PAGES, called, holder_of, opened, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy
    from carrel.store.store import Store
    from carrel.systems.outside import Holder


def make(site: Site, kind: Kind, name: str | None, out: Path | None, by: str | None, *, as_json: bool) -> None:
    """Plan a clearing, record it, write it and show it.

    Raises:
        CarrelError: CLR-001 to CLR-003, CLR-006, CLR-007, and of the codes of what is looked at.
    """
    planner = allowed(site, said_name(by), May.PLAN).name
    holder, policy, at = holder_of(site, kind, name), policy_files.load(site.policy), now()
    _refuse_totals(holder, kind)
    systems = [one.name for one in site.originals]
    for one in holder.parts:
        rule_for(policy, one, called(holder, one.name))
    with open_store(site) as store:
        refuse_kept(store, systems, at, faults.KEPT_FOR_NOW, called(holder))
        if isinstance(holder, LogService):
            refuse_shared(holder, site.log_services, at)
        shred_old(site.folder, at)
        key = ClearingKey(site.folder)
        parts = _parts(site, holder, policy, at, left_closed(store, f"{NOUNS[kind][0]}:{holder.name}"), key.draw())
        made = ClearingPlan(
            kind=kind,
            holder=holder.name,
            policy=policy.name,
            made_at=at,
            made_by=planner,
            basis=basis_of(holder, policy),
            parts=tuple(parts),
            notices=(
                *_lost(holder, NOUNS[kind][1]),
                *_beside(kind),
                *([NARROW] if has_narrow(store, systems, at) else []),
            ),
            key=key.name,
        )
        if not made.count:
            key.shred()
            raise fault(
                faults.NOTHING_LATE,
                at=called(holder),
                wanted=f"{'an' if NOUNS[kind][1][0] in 'aeiou' else 'a'} {NOUNS[kind][1]} past its time",
                found="none",
                fix=f"look at `carrel {NOUNS[kind][0]} list`",
            )
        store.clearings.record(made, at)
        target = plan_file.write(made, out or Path(f"{NOUNS[kind][0]}-plan.json"))
    if as_json:
        put_json({"plan": made.as_dict(), "file": str(target)})
        return
    show(made)
    tell_written(target)


def left_closed(store: Store, system: str) -> frozenset[tuple[str, str]]:
    """Names and numbers of the indices that a clearing which was broken off may have closed to writing."""
    plans = store.clearings.broken_off(system)
    return frozenset((part.name, part.mark) for plan in plans for part in plan.parts if part.way == WHOLE)


def _parts(
    site: Site, holder: Holder, policy: Policy, at: datetime, closed: frozenset[tuple[str, str]], key: bytes
) -> list[ClearedPart]:
    """What is there now, part by part; of a log service only the indices of which something goes."""
    parts = []
    with opened(holder, at, site) as folder:
        for one in parts_of(holder, folder):
            late: list[str] = []
            there, rule = folder(one), rule_for(policy, one, called(holder, one.name))
            mark = there.mark()
            if isinstance(there, LogIndex) and (one.name, mark) in closed:
                there = there.left_closed()
            found = tally(there.pieces, rule, at, late)
            way = there.way(found) if isinstance(there, LogIndex) else REWRITTEN if one.is_rewritten else ""
            if not isinstance(there, LogIndex) or (way and found.due):
                goes = [blinded(tag, key) for tag in late]
                parts.append(ClearedPart.of(one, one.name, rule.id, mark, found, goes, way))
    return parts


def _lost(holder: Holder, noun: str) -> Iterator[str]:
    if holder.parts[0].is_rewritten:
        yield "nothing brings back what is taken out of a message, its attachments and most of its headers"
        yield f"caches and backups of the mail server keep the old text for a while: docs/{PAGES[Kind.MAIL]}"
    elif holder.parts[0].blanks:
        yield "nothing brings back what is emptied"
    else:
        yield f"nothing brings a deleted {noun} back"


def _beside(kind: Kind) -> tuple[str, ...]:
    told = "snapshots, and deleted events in segments that are not merged yet, keep them for a while"
    return (f"{told}: docs/{PAGES[kind]}",) if kind is Kind.LOGS else ()


def basis_of(holder: Holder, policy: Policy) -> Basis:
    """What a plan is computed from: the policy, and what the entry of the site file speaks of."""
    parts = [[one.name, one.record, one.purpose, one.until, *rewriting_of(one)] for one in holder.parts]
    digest = hashlib.sha256(json.dumps([holder.entry, parts]).encode()).hexdigest()
    return Basis(policy.digest, digest, "", holder.tool, __version__)


def _refuse_totals(holder: Holder, kind: Kind) -> None:
    if not all(one.is_judged for one in holder.parts):
        raise fault(
            faults.NOTHING_LATE,
            at=called(holder),
            wanted=f"{NOUNS[kind][2]} that a period is held against",
            found="totals, which stay",
            fix=f"look at `carrel {NOUNS[kind][0]} list`: it tells whether they are totals indeed",
        )


def show(plan: ClearingPlan) -> None:
    """The plan as a person reads it: counts and dates, and nothing of what is written anywhere."""
    noun, one, more = NOUNS[plan.kind]
    blanks = plan.parts[0].blanks
    does = f"empty {', '.join(blanks)} in" if blanks else "de-identify" if plan.rewrites else "delete"
    say(f"{noun} {plan.holder}: {does} {amount(plan.count, one, more)} past their time under {plan.policy}")
    ways = {WHOLE: "whole", SINGLE: "single"}
    rows = [
        (
            part.name, *([ways[part.way]] if part.way in ways else []),
            part.record, part.rule, number(part.count), number(part.total - part.count),
            "" if part.first is None else f"{part.first:%Y-%m-%d}",
            "" if part.last is None else f"{part.last:%Y-%m-%d}",
        )
        for part in plan.parts
    ]  # fmt: skip
    heads = {Kind.LOGS: ("index", "way"), Kind.ROWS: ("table",)}.get(plan.kind, ("folder",))
    right = tuple(len(heads) + column for column in (2, 3))
    put_table(
        "What is de-identified" if plan.rewrites else "What goes",
        (*heads, "record", "rule", "go", "stay", "from", "to"),
        rows,
        right=right,
    )
    for part in plan.parts:
        for why, count in part.stays.items():
            if why != Standing.EARLY:
                put_line(f"{part.name}: {amount(count, f'{one} stays', f'{more} stay')}: {why}", "note: ")
    for notice in plan.notices:
        put_line(notice, "note: ")
