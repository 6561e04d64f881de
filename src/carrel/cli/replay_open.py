"""Whether a system that was restored may be opened: nobody who was erased is there, and nothing else is owed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.amount import amount
from carrel.cli import premises, record
from carrel.cli.at_site import allowed, now
from carrel.cli.host_account import said_name
from carrel.cli.replay_absent import part
from carrel.cli.replay_look import look, unfinished
from carrel.cli.replay_place import require_own
from carrel.cli.screen import put_json, put_line, say
from carrel.errors import Exit, fault
from carrel.inventory.site import May
from carrel.ledger.leaf import OpenLeaf, banded, utc_seconds
from carrel.ledger.word import slug
from carrel.retention import faults

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.retention.replay_plan import Task
    from carrel.store.replays import Restore


@dataclass(frozen=True)
class Standing:
    """What keeps a system closed.

    Attributes:
        people: who was erased and is there.
        unfinished: cases of the replay that are not at their end, such as those whose sweep found rows.
        restrictions: in force, and a switch stands on.
        tasks: what people must do again.
        loans: rows past their time that still lead to a reader.
        tables: of the site file, rows with the card of somebody who was erased.
    """

    people: int
    unfinished: tuple[str, ...]
    restrictions: tuple[str, ...]
    tasks: tuple[Task, ...]
    loans: int
    tables: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing keeps it closed."""
        kept = (self.people, self.unfinished, self.restrictions, self.tasks, self.loans, self.tables)
        return not any(kept)

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "people": self.people,
            "unfinished": list(self.unfinished),
            "restrictions": list(self.restrictions),
            "tasks": [{"case": one.case, "kind": one.kind, "fields": list(one.fields)} for one in self.tasks],
            "rows_past_their_time": self.loans,
            "tables": self.tables,
        }


def standing_of(here: Premises, restore: Restore) -> Standing:
    """Look at everything anew.

    Raises:
        CarrelError: RPL-001; RPL-006, it is another database.
    """
    from carrel.cli.check import owed

    require_own(here)
    with here.engine.connect() as connection:
        back = look(here, connection, restore)
    left = sum(owed(here).left.values())
    return Standing(len(back.people), unfinished(here, restore), back.restrictions, back.tasks, left, back.tables)


def restore_of(here: Premises) -> Restore:
    """The restore for which a system is closed.

    Raises:
        CarrelError: RPL-004.
    """
    restore = here.store.replays.closed(here.system.name)
    if restore is None:
        raise fault(
            faults.NOT_CLOSED,
            at=here.system.name,
            wanted="a system that is closed after a restore",
            found="one that is open",
            fix="after a restore: `carrel replay plan`",
        )
    return restore


def open_if_clean(here: Premises, restore: Restore) -> Standing:
    """Open the system where nothing keeps it closed any more, and tell the ledger."""
    standing = standing_of(here, restore)
    if standing.clean:
        part(here)  # before it is open: whoever is registered next can get the number of one of these
        at = now()
        here.store.replays.open(restore.id, at, [_opened_leaf(here, restore, at)])
    return standing


def open_system(site: Path, system_name: str | None, *, as_json: bool) -> int:
    """Look at everything anew, and open the system if it may be."""
    with premises.enter(site, system_name, read_only=True) as here:
        standing = open_if_clean(here, restore_of(here))
        record.deliver(here.site, here.store, now())
    if as_json:
        put_json({"system": here.system.name, "opened": standing.clean, "closed": standing.as_dict()})
    else:
        show_standing(standing)
    return int(Exit.DONE if standing.clean else Exit.VERIFICATION_FAILED)


def settle(case: str, site: Path, system_name: str | None, name: str | None, *, as_json: bool) -> int:
    """Note that a person has seen to a task; opens nothing.

    Raises:
        CarrelError: RPL-004, RPL-005; HLD-006, the person may not.
    """
    with premises.enter(site, system_name, read_only=True) as here:
        by = allowed(here.site, said_name(name), May.APPROVE).name
        restore = restore_of(here)
        tasks = standing_of(here, restore).tasks
        task = next((one for one in tasks if one.case == case), None)
        if task is None:
            raise fault(
                faults.NO_TASK,
                at=here.system.name,
                wanted=", ".join(one.case for one in tasks) or "an open task",
                found="another case, or one that is settled",
                fix="look at `carrel replay open`",
            )
        here.store.replays.settle(restore.id, case)
    if as_json:
        put_json({"case": case, "settled_by": by})
    else:
        say(f"{case}: settled by {by}. When nothing else is left: carrel replay open")
    return int(Exit.DONE)


def show_standing(standing: Standing, *, planned: bool = False) -> None:
    """What keeps the system closed, or that it is open.

    Args:
        standing: as it was looked at.
        planned: whether a plan for what is back has been made a moment ago.
    """
    again = "" if planned else ": carrel replay plan"
    if standing.clean:
        say("Nobody who was erased is there, and nothing else is owed: the system may be opened.")
        return
    say("The system stays closed until the sweep is clean:")
    if standing.people:
        put_line(
            f"{amount(standing.people, 'person who was erased is', 'persons who were erased are')} back{again}", "  - "
        )
    for case in standing.unfinished:
        put_line(f"{case}: begun, and not at its end: apply the same plan again", "  - ")
    for case in standing.restrictions:
        put_line(f"{case}: a restriction in force, and a switch stands on{again}", "  - ")
    for one in standing.tasks:
        put_line(f"{one.case}: {one.kind}, to be done again: {', '.join(one.fields)}", "  - ")
    for name, rows in standing.tables.items():
        put_line(f"table {name}: {amount(rows, 'row')} with the card of somebody who was erased", "  - ")
    if standing.loans:
        put_line(f"{amount(standing.loans, 'row')} past their time still lead to a reader: carrel plan", "  - ")


def closed_leaf(here: Premises, at: datetime) -> OpenLeaf:
    """What the ledger is told as a system is closed."""
    return OpenLeaf("replay", at, {"system": slug(here.system.name), "action": "closed", "started": utc_seconds(at)})


def _opened_leaf(here: Premises, restore: Restore, at: datetime) -> OpenLeaf:
    plans = here.store.replays.begun(restore.id)
    return OpenLeaf(
        "replay",
        at,
        {
            "system": slug(here.system.name),
            "action": "opened",
            "people": banded(sum(len(one.erasures) for one in plans)),
            "restrictions": banded(sum(len(one.restrictions) for one in plans)),
            "tasks": len(restore.settled),
            "outcome": "verified",
            "started": utc_seconds(restore.begun_at),
            "finished": utc_seconds(at),
        },
    )
