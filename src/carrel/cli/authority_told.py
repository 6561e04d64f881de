"""Who may act, for a night, an audit and the screen: the record of the store beside what the ledger was told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carrel.accountability.authority import LEAF, AuthorityEntry, AuthorityFacts, facts_of
from carrel.cli.host_account import account
from carrel.cli.record import all_entries
from carrel.errors import CarrelError
from carrel.inventory import faults
from carrel.ledger.leaf import decode_leaf

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.inventory.site import Person, Site
    from carrel.store.store import Store

OWED = "owed"
_MARK = f'"kind":"{LEAF}"'.encode()
_SIGNS = 16  # of the digest of a key: enough to tell one from another


@dataclass(frozen=True, slots=True)
class AuthorityTold:
    """One look at who may act.

    Attributes:
        entries: on record, read before the leaves: what is written down meanwhile is not among them.
        leaves: where the leaf of each commitment stands.
        loose: names of accounts that stand otherwise than the entries say.
        facts: what is to be said of it.
    """

    entries: tuple[AuthorityEntry, ...]
    leaves: Mapping[str, str]
    loose: tuple[str, ...]
    facts: AuthorityFacts


def authority_told(site: Site, store: Store) -> AuthorityTold:
    """Look at who may act, and read the ledger once for it.

    Raises:
        CarrelError: LED-009 or another, the ledger cannot be read.
    """
    before, loose = store.authority.entries(), store.authority.loose()
    leaves = leaves_of(site, store)
    later = [one.commitment() for one in store.authority.entries()]
    return AuthorityTold(before, leaves, loose, facts_of(before, leaves, later, len(loose)))


def authority_facts(site: Site, store: Store) -> AuthorityFacts:
    """What is to be said of who may act. Raises as `authority_told`."""
    return authority_told(site, store).facts


def leaves_of(site: Site, store: Store) -> dict[str, str]:
    """Where the leaf of each commitment stands: its index in the ledger, or that it is owed."""
    standing, waiting = all_entries(site, store)
    found = {_commitment(entry): OWED for entry in waiting if _MARK in entry}
    return found | {_commitment(entry): str(index) for index, entry in enumerate(standing) if _MARK in entry}


def rights_of(site: Site) -> dict[str, str]:
    """What the site file says of each person, as it is put on record."""
    return {one.name: _says(one) for one in site.people}


def after_night(site: Site, store: Store, at: datetime) -> tuple[str, ...]:
    """Put on record what rights the site file gives, and look whether all that is on record stands as it was told.

    Args:
        site: of the library.
        store: of the site.
        at: aware time, the present: the leases of a night were renewed after it began.

    Returns:
        Codes for the health files. What stands in the way is one of them, and ends no night.
    """
    try:
        store.authority.see_rights(rights_of(site), account(), at)
        return (faults.AUTHORITY.code,) if authority_facts(site, store).wrong else ()
    except CarrelError as wrong:
        return (wrong.code,)


def _says(person: Person) -> str:
    said = [f"role {person.role}", f"may {', '.join(sorted(map(str, person.may))) or 'nothing'}"]
    if person.accounts:
        said.append(f"accounts {', '.join(sorted(person.accounts))}")
    if person.public_key:
        said.append(f"key {hashlib.sha256(person.public_key.encode()).hexdigest()[:_SIGNS]}")
    return "; ".join(said)


def _commitment(entry: bytes) -> str:
    return str(decode_leaf(entry).fields.get("commitment", ""))
