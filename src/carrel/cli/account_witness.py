"""The site as witness of an account of privacy: how far it had grown, before any figure was drawn from it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from carrel.cli.record import deliver
from carrel.cli.store_place import open_store
from carrel.deidentification.statistics import faults
from carrel.deidentification.statistics.budget import require_grown
from carrel.errors import fault
from carrel.ledger.leaf import OpenLeaf

if TYPE_CHECKING:
    from carrel.deidentification.statistics.budget import AccountHead
    from carrel.inventory.site import Site

_SALT = 32


@dataclass(frozen=True, slots=True)
class SiteWitness:
    """Carries out `carrel.systems.analytics.budget_account.Witness`, by the site's store and ledger."""

    site: Site

    def require(self, place: str, heads: Sequence[str], at: str) -> None:
        """Whether the file holds all that the site knows of it.

        Raises:
            CarrelError: STC-018.
        """
        with open_store(self.site) as store:
            known = store.account_heads.known(place, heads[0] if heads else None)
        require_grown(known, heads, at)

    def keep(self, head: AccountHead, at: datetime) -> None:
        """Keep a spending, and have its leaf in the ledger.

        Raises:
            CarrelError: STC-018, another run spent from a copy of the file meanwhile; of the STO and LED codes.
        """
        salt = secrets.token_hex(_SALT)
        said = f"{salt} {head.opening} {head.spendings} {head.head}"  # times and amounts in it could be guessed
        digest = hashlib.sha256(said.encode()).hexdigest()
        leaf = OpenLeaf("budget", at, {"action": "spent", "budget_digest": digest, "spendings": head.spendings})
        with open_store(self.site) as store:
            if not store.account_heads.keep(head, salt, at, [leaf]):
                raise fault(
                    faults.SHORTER,
                    at=head.place,
                    wanted="the one file of this account",
                    found="a copy of it, from which another run spent meanwhile",
                    because="two copies would each be spent as a whole",
                    fix="use one file, and give the same command again",
                )
            deliver(self.site, store, at)
