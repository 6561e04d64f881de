"""Replay entries: left by what is done for one person, and deleted when no backup is left that could need them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from carrel.cli.replay_place import note_units
from carrel.errors import CarrelError
from carrel.inventory.backup import Backup, Tool
from carrel.retention.replay import CLOCKS, Entry, entry_of
from carrel.store.replay_key import ReplayKey
from carrel.systems.backups.repository import repository

if TYPE_CHECKING:
    from carrel.cli.premises import Premises
    from carrel.inventory.site import Site, System
    from carrel.retention.approval import Kind
    from carrel.store.store import Store


def left_by(
    here: Premises, kind: Kind, case: str, people: Iterable[tuple[int, str]], at: datetime
) -> tuple[Entry, ...]:
    """The entries that a case leaves as it ends; none where the site file names no backup of the system.

    Args:
        here: open.
        kind: of the case.
        case: its id.
        people: number and card of each record that it is about; no card where it does not matter.
        at: the present.

    Guarantees:
        With the first entries the units of the database are noted, by which another one is told from it.
    """
    if here.system.copy_of is not None or not sources(here.site, here.system):
        return ()
    key = ReplayKey(here.store.folder).ensure()
    note_units(here)
    return tuple(
        entry_of(key, here.system.name, number, card, kind=kind, case=case, done_at=at) for number, card in people
    )


def sources(site: Site, system: System) -> tuple[Backup, ...]:
    """Everything out of which a system could be restored: its backups, and its folders of dumps."""
    dumps = (
        Backup(name=f"dumps-{index}", tool=Tool.DUMPS, place=str(one.folder), files=one.files, systems=(system.name,))
        for index, one in enumerate(system.dumps)
    )
    return (*site.backups_of(system), *dumps)


def forget_expired(site: Site, store: Store, system: System) -> int:
    """Delete the entries of what was done before the oldest copy that is left was made.

    Returns:
        How many entries went.

    Guarantees:
        None goes while a source cannot be listed, has nothing in it or something half-written or half removed, or is
        not named any more: what is not seen may hold the person.
    """
    if not store.replays.count(system.name):
        return 0
    oldest = []
    for one in sources(site, system):
        try:
            listing = repository(one, site.folder).listing()
        except CarrelError:
            return 0
        if listing.damaged or listing.leaving or not listing.snapshots:
            return 0
        oldest.append(listing.snapshots[0].made_at)
    return store.replays.forget(system.name, min(oldest) - CLOCKS) if oldest else 0
