"""A capsule put back: chunk after chunk under the system's lease, the one that was cut last first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from carrel.cli.capsules import folder_of
from carrel.cli.circulation import settle_interrupted
from carrel.cli.premises import Premises, now
from carrel.cli.progress import Progress
from carrel.errors import CarrelError, fault
from carrel.retention import faults
from carrel.retention.ports import Busy
from carrel.store.journal import LEASE_TTL
from carrel.store.owner import new_owner
from carrel.systems.sql.before_images import Image
from carrel.systems.sql.circulation import still_linked
from carrel.systems.sql.put_back import PutBack
from carrel.systems.sql.restoration import Restoration
from carrel.systems.sql.shelf import Shelf

if TYPE_CHECKING:
    from carrel.store.undo_folder import Capsule

_TRIES = 8
_FIRST_WAIT_SECONDS = 0.2


def put_back(here: Premises, capsule: Capsule, private: bytes, begun: Callable[[], None]) -> PutBack:
    """Put back what a run cut and nobody has changed since.

    Args:
        here: open, with the account that carries out.
        capsule: of the run.
        private: the offline key of both shares, 32 bytes.
        begun: called once, when the capsule is open and before the first row is put back.

    Raises:
        CarrelError: UND-002 when the key is another; RUN-001 when a run holds the system; UND-006, RUN-002, RUN-008.
            Chunks that were put back before stay; the same command goes on behind them.
    """
    name, owner, leases = here.system.name, new_owner(), here.store.leases
    leases.acquire(name, owner, LEASE_TTL, now())
    try:
        _require_inserts(here)
        with here.loans().session() as loans:
            settle_interrupted(here, loans)
        restoration = Restoration(here.engine, here.system_map, name)
        done, progress = PutBack(), Progress("rows", 0)
        for number, (rows, committed) in enumerate(folder_of(here.site).backwards(capsule.run, private)):
            if not number:
                begun()
            here.store.circulation.put_back(name, _counted(here, rows))

            def attempt(rows: list[dict[str, object]] = rows, committed: bool = committed) -> PutBack:
                return restoration.put_back(
                    rows, committed=committed, may_commit=lambda: leases.renew(name, owner, LEASE_TTL, now())
                )

            done.add(_patiently(attempt))
            progress.at(done.back.total())
        progress.done()
        return done
    finally:
        with suppress(CarrelError):
            leases.release(name, owner, now())


def _counted(here: Premises, rows: Sequence[Mapping[str, object]]) -> frozenset[int]:
    """The loans of a chunk that were cut, and counted then; where its commit never came they still name a reader."""
    closed = here.system_map.loans.closed
    keys = (image.key.get(closed.key) for image in map(Image.of_row, rows) if image.table == closed.table)
    loans = frozenset(key for key in keys if isinstance(key, int))
    with here.engine.connect() as connection:
        return loans - still_linked(connection, Shelf(here.system_map), here.stand_in, loans)


def _require_inserts(here: Premises) -> None:
    """An account that carries out may delete rows, but not insert them, unless somebody has granted that."""
    from carrel.inventory.coverage import all_cuts
    from carrel.systems.faults import GRANTS
    from carrel.systems.sql.grants import Grant, compare, granted

    with here.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            return
        has = granted(connection)
    cuts = [(table, cut) for table, cut, _ in all_cuts(here.system_map)]
    tables = {name for name, cut in cuts if cut.delete} | {child for _, cut in cuts for child in cut.takes_along}
    wanted = [Grant("INSERT", name) for name in sorted(tables)]
    if missing := compare(wanted, has, tables=here.schema.tables).missing:
        raise fault(
            GRANTS,
            at=f"system {here.system.name}",
            wanted=f"INSERT on {', '.join(one.table for one in missing)}",
            found="none",
            because="rows that were deleted are inserted again",
            fix="grant it for as long as the restoration takes",
        )


def _patiently(attempt: Callable[[], PutBack]) -> PutBack:
    for number in range(_TRIES):
        try:
            return attempt()
        except Busy:
            time.sleep(_FIRST_WAIT_SECONDS * 2**number)
    raise fault(
        faults.DESK_BUSY,
        wanted="a lock within a few seconds",
        found=f"{_TRIES} tries in vain",
        because="the desk comes first",
        changed="the chunks before this one are put back",
        fix="run again later: what is put back already is left as it is",
    )
