"""A bundle that is in its file already: whether it still tells all that one made now would."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.accountability import faults
from carrel.accountability.bundle_archive import MOST_BYTES
from carrel.accountability.evidence_bundle import open_bundle
from carrel.cli import record
from carrel.errors import CarrelError, fault
from carrel.ledger.leaf import decode_leaf
from carrel.store.custodian_folder import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from carrel.accountability.bundle_manifest import Manifest
    from carrel.accountability.evidence_bundle import Bundle
    from carrel.accountability.plan_request import Parties
    from carrel.inventory.site import Site


@dataclass(frozen=True, slots=True)
class Wanted:
    """The bundle that would be written now, and from which leaf on, where that was said."""

    manifest: Manifest
    since: int | None


def there(site: Site, out: Path, wanted: Wanted, given: set[str], parties: Parties) -> bytes | None:
    """The bundle that was given in this file already and still tells all; None where one is to be written.

    It does if it is of the request in force, begins where it was asked to, and the ledger has no leaf since but the one
    that tells of it. What a process left that died before it noted the bundle is written over.

    Args:
        site: of the custodian.
        out: the file.
        wanted: what would be written.
        given: digests of the bundles that were given.
        parties: who signs.

    Raises:
        CarrelError: CUS-016, something else is there, or a bundle while there is more to tell.
    """
    if not out.exists():
        return None
    with suppress(CarrelError):
        raw = read_file(out, MOST_BYTES)
        known = open_bundle(raw, parties)
        if known.digest not in given:
            return None
        if _tells_all(site, known, wanted):
            return raw
    raise fault(
        faults.CUSTODY_FILE,
        at=str(out),
        wanted="a new file",
        found="one that is there already",
        because="it may be evidence that the library has not got yet, and there can be more to tell than it does",
        fix="name another file, or move that one away",
    )


def _tells_all(site: Site, there: Bundle, wanted: Wanted) -> bool:
    """Whether a bundle tells what a new one would."""
    told, now = there.manifest, wanted.manifest
    if told.request != now.request or (wanted.since is not None and told.since != now.since):
        return False
    since = [decode_leaf(entry) for entry in record.ledger_folder(site).entries(told.size, now.size)]
    return all(one.kind == "padding" or one.fields.get("bundle_digest") == there.digest for one in since)
