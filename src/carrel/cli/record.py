"""Where the ledger and its key lie in a site's folder, and how what is owed to it gets there."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.errors import CarrelError, fault
from carrel.ledger.faults import LOCKED
from carrel.ledger.note import Signer
from carrel.ledger.word import slug
from carrel.retention import faults
from carrel.store import key_file
from carrel.store.faults import OF_ANOTHER_SITE
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.outside_copy import copy_outward

if TYPE_CHECKING:
    from carrel.inventory.site import Site
    from carrel.ledger.leaf import Leaf
    from carrel.store.store import Store

LEDGER, KEYS, LEDGER_KEY = "ledger", "keys", "ledger.key"
_TRIES = 50
_WAIT_SECONDS = 0.2


@dataclass(frozen=True)
class Receipt:
    """Where what a process did stands in the ledger.

    Attributes:
        size: of the ledger after it.
        root: of its tree, hex.
        first: index of its first leaf; of the ledger's end where it had none.
        folder: of the ledger.
        key: the public key that checks it.
    """

    size: int
    root: str
    first: int
    folder: Path
    key: str

    def as_dict(self) -> dict[str, object]:
        """The receipt for programs."""
        return {"size": self.size, "root": self.root, "first_leaf": self.first, "key": self.key}


def ledger_folder(site: Site) -> LedgerFolder:
    """The site's ledger."""
    return LedgerFolder(site.folder / LEDGER)


def all_entries(site: Site, store: Store) -> tuple[Iterable[bytes], tuple[bytes, ...]]:
    """Every leaf: those that stand in the ledger, in their order, and those that are owed to it.

    What is owed is read here, and what stands only as it is asked for: a leaf that moves on meanwhile is found in one
    of the two.

    Raises:
        CarrelError: as the first are asked for: LED-009 or another, the ledger cannot be read.
    """
    waiting, folder = store.owed.entries(), ledger_folder(site)
    return folder.entries() if folder.is_begun else (), waiting


def key_place(site: Site) -> Path:
    """The private half of the ledger's key."""
    return site.folder / KEYS / LEDGER_KEY


def open_ledger(site: Site, at: datetime) -> tuple[LedgerFolder, Signer]:
    """The site's ledger and its key; both are made where neither exists yet.

    Raises:
        CarrelError: LED-…, a ledger without its key, or a key that others can read.
    """
    folder, place = ledger_folder(site), key_place(site)
    made = folder.is_begun
    if not made:
        name = f"{slug(site.library)}/ledger"
        key_file.finish_key(place, name)
        if not place.exists():
            key_file.write_key(place, Signer.generate(name, secrets.token_bytes(32)))
    signer = key_file.read_signer(place)
    if not made:
        folder.create(signer.name, signer, at)
    return folder, signer


def require_folder(site: Site, store: Store) -> None:
    """Refuse to begin a second ledger: one store on a server has one folder, whichever host works in it.

    Raises:
        CarrelError: STO-009.
    """
    begun = ledger_folder(site).is_begun or key_place(site).exists()
    if site.store is None or begun or not store.runs.any_over() or store.owed.count():
        return
    raise fault(
        OF_ANOTHER_SITE,
        at=str(site.folder),
        wanted="the folder in which this site's ledger lies",
        found="no ledger and no key of one, and runs in the store that are over",
        because="a second ledger would tell of some nights, and the first one of the others",
        fix="work in the folder that holds the ledger, on a file system that both hosts reach; from here give only "
        "`carrel work`. Where the ledger is lost, make a key for a new one: `carrel key new`",
    )


def record(site: Site, store: Store, leaves: Sequence[Leaf], at: datetime) -> Receipt:
    """Owe leaves that belong to no other record of the store, and deliver them with all that is owed.

    Raises:
        CarrelError: as `deliver`.
    """
    store.owed.add(leaves, at)
    return deliver(site, store, at, own=leaves)


def deliver(site: Site, store: Store, at: datetime, *, own: Sequence[Leaf] = ()) -> Receipt:
    """Append what is owed to the ledger as one padded batch, and lay the checkpoint into every outside folder.

    Also what an earlier process owed, that was killed before it could. Another process may have been faster: then the
    leaves stand there already.

    Args:
        site: whose ledger.
        store: of the site, which knows what is owed.
        at: the present.
        own: leaves of this process, for the receipt.

    Raises:
        CarrelError: LED-… or STO-009, the ledger cannot grow: all of it stays owed. RUN-009 where an outside folder
            cannot take the checkpoint: the ledger itself has grown all the same.
    """
    try:
        require_folder(site, store)
        _cover(site, store, at)
        folder, signer = _patiently(site, store, at)
    except CarrelError as wrong:
        waits = "the run is recorded; the ledger gets its leaves from the next apply or run-due"
        told = (replace(one, changed=f"{waits}; of the ledger itself, {one.changed}") for one in wrong.faults)
        raise CarrelError(tuple(told)) from None
    _copy_outward(site, folder, at)
    checkpoint = folder.checkpoint()
    first = _first(folder, own[0].encode(), checkpoint.size) if own else checkpoint.size
    return Receipt(checkpoint.size, checkpoint.root.hex(), first, folder.path, signer.vkey)


def _cover(site: Site, store: Store, at: datetime) -> None:
    """Fill up the leaves of legal process in each batch, not only in the night's: none tells whether one was owed."""
    from carrel.cli.disclose_rules import people_of

    if any(people_of(site).values()):
        store.disclosures.cover(at)


def _patiently(site: Site, store: Store, at: datetime) -> tuple[LedgerFolder, Signer]:
    """Append as soon as no other process does."""
    left = _TRIES
    while True:
        try:
            folder, signer = open_ledger(site, at)
            folder.deliver(store.owed, signer, at)
        except CarrelError as wrong:
            left -= 1
            if wrong.code != LOCKED.code or not left:
                raise
            time.sleep(_WAIT_SECONDS)
        else:
            return folder, signer


def _first(folder: LedgerFolder, entry: bytes, size: int) -> int:
    """Where a leaf stands; seen from the end, where it was put a moment ago."""
    return next((index for index, found in folder.backwards() if found == entry), size)


def _copy_outward(site: Site, folder: LedgerFolder, at: datetime) -> None:
    for copy in site.outside_copies:
        if copy.folder is None:
            continue
        try:
            copy_outward(folder, copy.folder, at)
        except (OSError, CarrelError) as wrong:
            found = wrong.faults[0].condition.title if isinstance(wrong, CarrelError) else wrong.strerror
            raise fault(
                faults.OUTSIDE_COPY,
                at=str(copy.folder),
                found=found or "an error of the file system",
                changed="the ledger holds the run; its checkpoint has no copy there",
                fix="mend the place, and run again: the next checkpoint covers this one",
            ) from None
