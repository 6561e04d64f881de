"""Whether what was restored is the system's own database, or another one of the same product."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.replay import other_place
from carrel.systems.known_units import KnownUnits
from carrel.systems.sql.unit_rows import unit_codes

if TYPE_CHECKING:
    from carrel.cli.premises import Premises


def require_own(here: Premises) -> None:
    """Refuse a database whose units are mostly others than those that were noted; only reads.

    Raises:
        CarrelError: RPL-006.
    """
    known, there = KnownUnits(here.store.folder).of(here.system.name), _there(here)
    if other_place(known, there):
        raise fault(
            faults.OTHER_DATABASE,
            at=here.system.name,
            wanted=f"the database with the units {_some(known)}",
            found=f"one with {_some(there) if there else 'no unit'}",
            because="whoever was erased is not found in another database, and the restored one would not be looked at",
            fix="correct the file with the address; if the units were renamed since, delete replay/units.json",
        )


def note_units(here: Premises) -> None:
    """Note the units of a database, unless it is closed after a restore, or another one than before.

    A database that does not answer, or a file that is damaged, is told where they are needed: this only follows
    what is done already.
    """
    if here.store.replays.closed(here.system.name) is not None:
        return
    with suppress(CarrelError):
        known, there = KnownUnits(here.store.folder), _there(here)
        if not other_place(known.of(here.system.name), there):
            known.note(here.system.name, there)


def _there(here: Premises) -> frozenset[str]:
    with here.primary.connect() as connection:
        return unit_codes(connection, here.system_map, at=here.system.name)


def _some(codes: frozenset[str]) -> str:
    first = sorted(codes)[:5]
    return ", ".join(first) + (f" and {len(codes) - len(first):,} more" if len(codes) > len(first) else "")
