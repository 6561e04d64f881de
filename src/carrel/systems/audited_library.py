"""What an audit measures: one system of a site under its policy, with the holds and exceptions in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from carrel.accountability.surroundings import Surroundings
from carrel.inventory.system_map import SystemMap
from carrel.policy.resolve import Policy
from carrel.retention.consortium import Consortium, InForce
from carrel.retention.legal_hold import Keeping

Reading = Callable[[Connection, datetime], Surroundings]


@dataclass(frozen=True, slots=True)
class Library:
    """One system of a site, as far as an audit measures it.

    Attributes:
        name: of the system in the site file.
        engine: connections to its database, of which the audit writes nothing but temporary tables; None if it cannot
            be reached.
        system_map: with the site's overlay.
        policies: in force in its database, the site's own first; its clauses are measured.
        zone: declared zone of the system.
        legal_holds, exceptions: open in the store now.
        around: how what lies around its tables is read; None leaves it out.
        gateways: that the site file names.
        placed: kinds of record that are kept elsewhere or not at all, as the site file says.
        reduced_to: the columns to which records of payers have been reduced there before.
        consortium: the policies on the units of the database, once it was read; None for one policy.
    """

    name: str
    engine: Engine | None
    system_map: SystemMap
    policies: InForce
    zone: ZoneInfo
    legal_holds: tuple[Keeping, ...] = ()
    exceptions: tuple[Keeping, ...] = ()
    around: Reading | None = None
    gateways: tuple[str, ...] = ()
    placed: Mapping[str, str] = field(default_factory=dict)
    reduced_to: tuple[frozenset[str], ...] = ()
    consortium: Consortium | None = None

    @property
    def policy(self) -> Policy:
        """The site's own policy."""
        return self.policies.policies[0]
