"""``carrel replay plan``: close a system that was restored, and plan what has to be done again."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.amount import amount
from carrel.cli import plan_file, premises, record
from carrel.cli.at_site import allowed, now
from carrel.cli.erasure_approve import Form
from carrel.cli.erasure_plan import basis_of, plan_of
from carrel.cli.host_account import said_name
from carrel.cli.replay_absent import notes, without_record
from carrel.cli.replay_entries import sources
from carrel.cli.replay_look import look
from carrel.cli.replay_open import Standing, closed_leaf, show_standing, standing_of
from carrel.cli.replay_place import require_own
from carrel.cli.screen import put_json, put_line, put_table, say, tell_written
from carrel.errors import CarrelError, Exit, fault
from carrel.inventory.site import May
from carrel.retention import faults
from carrel.retention.approval import Kind
from carrel.retention.replay_plan import Again, ReplayPlan
from carrel.systems.backups.repository import repository

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from carrel.cli.premises import Premises
    from carrel.retention.identifiers import Subject
    from carrel.store.replays import Restore

_NOTES = (
    "legal holds, exceptions and restrictions stand in Carrel's own store, and are in force as before",
    "loans past their time go with the next ordinary run: carrel plan",
    "let nobody be registered before the system is opened: numbers would be given a second time",
)


def make(
    site: Path,
    system_name: str | None,
    copy: str | None,
    out: Path | None,
    name: str | None,
    *,
    changed_cards: bool,
    anew: bool,
    as_json: bool,
) -> int:
    """Close the system, look for what is back, and plan to take it out again.

    Raises:
        CarrelError: RPL-003, RPL-006; RPL-001, and the system is closed all the same.
    """
    with premises.enter(site, system_name, read_only=True) as here:
        by, at = allowed(here.site, said_name(name), May.PLAN).name, now()
        require_own(here)
        made_at = None if copy is None else _made_at(here, copy)
        leaves = [closed_leaf(here, at)]
        restore = here.store.replays.close(here.system.name, by, made_at, at, leaves, anew=anew)
        with here.engine.connect() as connection:
            back = look(here, connection, restore)
            who = (*back.people, *(back.doubtful if changed_cards else ()))
            erasures, blocked = _erasures(here, connection, who, by, at)
        made = ReplayPlan(
            restore=restore.id,
            system=here.system.name,
            policy=here.policy.name,
            made_at=at,
            made_by=by,
            basis=basis_of(here),
            erasures=erasures,
            restrictions=back.restrictions,
            tasks=back.tasks,
            blocked=blocked,
            doubtful=0 if changed_cards else len(back.doubtful),
            notices=(*_NOTES, *notes(without_record(here))),
            tables=back.tables,
        )
        target = None
        if made.erasures or made.restrictions or made.tables:
            here.store.replays.record(made, at)
            target = plan_file.write(made, out or Path("replay.json"))
        standing = standing_of(here, restore)
        record.deliver(here.site, here.store, now())
    _tell(made, target, restore, standing, as_json=as_json)
    return int(Exit.DONE if target is not None else Exit.FINDINGS)


def _tell(made: ReplayPlan, target: Path | None, restore: Restore, standing: Standing, *, as_json: bool) -> None:
    if as_json:
        plan = None if target is None else made.as_dict()
        put_json(
            {
                "restore": restore.id,
                "plan": plan,
                "file": None if target is None else str(target),
                "closed": standing.as_dict(),
            }
        )
        return
    show(made)
    show_standing(standing, planned=target is not None)
    if target is None:
        say("Nothing is to be approved. When all of this is done: carrel replay open")
    else:
        tell_written(target)


def show(plan: ReplayPlan) -> None:
    """The plan as a person reads it."""
    say(f"restore {plan.restore} of {plan.system}, under {plan.policy}; the system is closed until all of it is done")
    rows = [
        *((one.case, "erase again", amount(one.rows, "row")) for one in plan.erasures),
        *((one, "switch off again", "a restriction that is in force") for one in plan.restrictions),
        *((f"table {name}", "take out again", amount(rows, "row")) for name, rows in plan.tables.items()),
        *((one.case, f"{one.kind}: by hand", ", ".join(one.fields)) for one in plan.tasks),
    ]
    if rows:
        put_table("What the restore took back", ("case", "what", ""), rows)
    for ground, people in plan.blocked.items():
        put_line(f"cannot be erased now: {amount(people, 'person', 'persons')}: {ground}", "  - ")
    for notice in plan.notices:
        put_line(notice, "note: ")


FORM = Form(Kind.REPLAY, plan_file.read_replay, show)


def _erasures(
    here: Premises, connection: Connection, who: tuple[Subject, ...], by: str, at: datetime
) -> tuple[tuple[Again, ...], dict[str, int]]:
    """A case for each person; those who cannot be erased now by ground."""
    found, blocked = [], Counter[str]()
    for one in who:
        try:
            plan = plan_of(here, connection, one, by, at)
        except CarrelError as wrong:
            if wrong.code != faults.NOT_NOW.code:
                raise
            blocked[wrong.faults[0].found] += 1
            continue
        here.store.erasures.record(plan, one, at)
        found.append(Again(plan.case, plan.digest, plan.rows))
    return tuple(found), dict(sorted(blocked.items()))


def _made_at(here: Premises, copy: str) -> datetime:
    """When the copy was made out of which the system was restored.

    A place that cannot be listed, such as one that was lost with the server, stands in the way only where no other
    one has the copy.
    """
    found: dict[str, datetime] = {}
    unseen: CarrelError | None = None
    for source in sources(here.site, here.system):
        try:
            listing = repository(source, here.site.folder).listing()
        except CarrelError as wrong:
            unseen = unseen or wrong
            continue
        found |= {one.id: one.made_at for one in listing.snapshots if one.id.startswith(copy)}
    if not found and unseen is not None:
        raise unseen
    if len(found) != 1:
        raise fault(
            faults.NO_COPY,
            at=here.system.name,
            wanted="the id of one copy, or its beginning",
            found=amount(len(found), "copy", "copies"),
            fix="`carrel backup list --json` has the ids; of a copy that is gone, leave --from out",
        )
    return next(iter(found.values()))
