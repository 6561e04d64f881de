"""Whose store it is: a store on a server and the site's folder carry one mark, and neither works with another.

The ledger, keys, capsules and packages lie in the folder; holds, plans and runs lie in the store. Two sites with one
store would mix their runs; one site with an empty store would have forgotten its legal holds.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select

from carrel.errors import CarrelError, fault
from carrel.store import faults, tables
from carrel.store.database import Database
from carrel.store.durable_folder import sync

MARK = "store.mark"
_PENDING = ".new"
_MARK_BYTES = 16


def require_ours(database: Database, folder: Path, file: Path) -> None:
    """Refuse a store of another site before anything of it is read or changed.

    Args:
        database: of the store.
        folder: of the site.
        file: where this site's store would lie, were it a file.

    Raises:
        CarrelError: STO-009.
    """
    ours, claimed = _ours(folder)
    if database.is_file:
        if claimed:
            raise _elsewhere(
                str(folder / MARK),
                found="a site whose store lies on a server, and no 'store:' in its site file",
                fix="put 'store:' back into the site file",
            )
        return
    if file.exists():
        raise _elsewhere(
            str(file),
            found="a store in the site's folder, and another one on a server",
            fix="take 'store:' out of the site file, or move the file away once no legal hold, exception or run of it "
            "is open (carrel hold list, carrel exception list, carrel doctor)",
        )
    with database.reading() as connection:
        known = _known(connection)
    _compare(known, ours, claimed=claimed, at=database.home.place)


def claim(database: Database, folder: Path) -> None:
    """Mark a store that is nobody's as this site's; nothing happens where it is already.

    Raises:
        CarrelError: STO-009, another site was faster; STO-001, the site's folder cannot be written.

    Guarantees:
        Killed at any moment, the next opening goes on with the same mark.
    """
    if database.is_file:
        return
    place, pending = folder / MARK, folder / (MARK + _PENDING)
    if not place.exists():
        with database.writing() as connection:
            known, (ours, claimed) = _known(connection), _ours(folder)
            _compare(known, ours, claimed=claimed, at=database.home.place)
            if known is None:
                mark = ours or secrets.token_hex(_MARK_BYTES)
                _write(pending, mark)
                connection.execute(insert(tables.owner_mark).values(id=1, mark=mark))
        with suppress(FileNotFoundError):  # another process of this site did it
            pending.replace(place)
        sync(folder)


def _ours(folder: Path) -> tuple[str, bool]:
    """The folder's mark, and whether a store is known to carry it.

    The pending one is read first: it takes the other name once the store carries it.
    """
    pending, mark = _read(folder / (MARK + _PENDING)), _read(folder / MARK)
    return mark or pending, bool(mark)


def _known(connection: Connection) -> str | None:
    if not inspect(connection).has_table(tables.owner_mark.name):
        return None
    return connection.execute(select(tables.owner_mark.c.mark)).scalar()


def _compare(known: str | None, ours: str, *, claimed: bool, at: str) -> None:
    if known is None and claimed:
        raise _elsewhere(
            at,
            found="an empty store, and a site that has one already",
            fix="correct the store's address or schema; or restore it from the database's backup",
        )
    if known is not None and known != ours:
        raise _elsewhere(
            at,
            found="a store that another folder began",
            fix="name a schema of this site's own under 'store: schema:', or the folder that began this one; a second "
            "host that only takes part (carrel work) needs that folder's store.mark in its own",
        )


def _elsewhere(at: str, *, found: str, fix: str) -> CarrelError:
    return fault(
        faults.OF_ANOTHER_SITE,
        at=at,
        wanted="the store that this folder began",
        found=found,
        because="its runs, approvals and legal holds would be mixed up with others, or forgotten",
        fix=fix,
    )


def _read(place: Path) -> str:
    try:
        return place.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _write(place: Path, mark: str) -> None:
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(mark + "\n")
            file.flush()
            os.fsync(handle)
        sync(place.parent)
    except OSError as wrong:
        raise fault(
            faults.UNREADABLE,
            at=str(place),
            wanted="a folder that Carrel owns and may write",
            found=os.strerror(wrong.errno or 0),
            fix="run Carrel as the owner of the site's folder",
        ) from None
