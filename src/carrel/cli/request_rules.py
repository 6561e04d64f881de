"""By which rules the requests of a site are judged: the clocks of its policies, its zone, and who has to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from carrel.rights.clocks import Clocks, clocks_of
from carrel.rights.course import standing
from carrel.systems import branch_policies
from carrel.systems.policy_files import load

if TYPE_CHECKING:
    from datetime import datetime

    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy
    from carrel.rights.request import Request
    from carrel.rights.standing import Standing
    from carrel.store.store import Store


@dataclass(frozen=True)
class Rules:
    """What holds at one site.

    Attributes:
        clocks: of all policies in force.
        zone: whose calendar counts; that of the first system.
        policies: in force, each once.
    """

    clocks: Clocks
    zone: ZoneInfo
    policies: tuple[Policy, ...]

    def standing(self, request: Request, at: datetime) -> Standing:
        """Where a request stands."""
        return standing(request.right, request.events, self.clocks, self.zone, at)

    def told(self, store: Store, kind: str, system: str) -> tuple[str, ...]:
        """Recipients that have to be told of what was carried out.

        Args:
            store: with the exports of addresses that are on record.
            kind: of the plan.
            system: that held the data.

        Returns:
            Those that the policies name for it, and whoever was given addresses and is in no policy any more: nobody
            decided that they need not be told. A barred one among them is told too.
        """
        named = self.clocks.told.get(kind, ())
        if kind not in {"erasure", "rectification"}:
            return named
        known = {name for policy in self.policies for name, one in policy.body.recipients.items() if not one.barred}
        return (*named, *(one for one in store.contact_exports.recipients(system) if one not in {*known, *named}))


def rules_of(site: Site) -> Rules:
    """The rules of a site.

    Raises:
        CarrelError: of the POL codes.
    """
    found: dict[str, Policy] = {}
    for system in site.originals:
        for policy in branch_policies.load(site, system).policies:
            found.setdefault(policy.digest, policy)
    if not site.originals:  # its data lie with a custodian
        own = load(site.policy)
        found[own.digest] = own
    zones = [one.time_zone for one in site.originals] or ["UTC"]
    policies = tuple(found.values())
    return Rules(clocks_of(policies, site.free_days), ZoneInfo(zones[0]), policies)
