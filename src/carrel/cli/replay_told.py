"""That a system is closed after a restore, wherever its state is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.retention.faults import CLOSED

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.inventory.site import Site
    from carrel.store.store import Store
    from carrel.systems.check import Check

UNTIL = "closed until the sweep is clean"
SAID = {CLOSED.code: f": a system was restored, and is {UNTIL}"}
FIX = "carrel replay open tells what keeps it closed, and opens it"


def closed_checks(store: Store, system: str) -> list[Check]:
    """The check of a system that is closed; none of an open one."""
    from carrel.systems.check import finding

    restore = store.replays.closed(system)
    if restore is None:
        return []
    return [finding("restore", f"{UNTIL}; it was restored, and closed at {restore.begun_at:%Y-%m-%d %H:%M} UTC", FIX)]


def restore_checks(here: Premises) -> list[Check]:
    """As `closed_checks`; of an open system also, whether somebody who was erased is back."""
    from carrel.amount import amount
    from carrel.cli.replay_look import back_unasked
    from carrel.errors import CarrelError
    from carrel.systems.check import finding, unknown

    if closed := closed_checks(here.store, here.system.name):
        return closed
    try:
        back = back_unasked(here)
    except CarrelError as wrong:
        return [unknown("restore", f"{wrong.code}: {wrong.faults[0].condition.title}", wrong.faults[0].fix)]
    if not back:
        return []
    detail = (
        f"{amount(back, 'person who was erased has', 'persons who were erased have')} a record again: was it restored?"
    )
    return [finding("restore", detail, "carrel replay plan closes the system and plans what has to be done again")]


def closed_codes(site: Site, store: Store) -> list[str]:
    """RPL-002 while any system of the site is closed."""
    return [CLOSED.code] if any(store.replays.closed(one.name) for one in site.originals) else []
