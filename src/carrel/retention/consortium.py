"""The policies in force in one database, and whose unit each governs (DESIGN 5)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carrel.inventory.unit_tree import Unit, UnitTree, find_all
from carrel.policy.resolve import Policy
from carrel.retention.common_way import CommonWay, Stricter, common_way
from carrel.retention.territory import Regime, Territory, territory


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """One line of a site's ``branches``: the policy of a unit and of everything below it.

    Attributes:
        unit: code, as written.
        where: in the site file, for errors.
        policy: resolved.
    """

    unit: str
    where: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class InForce:
    """The policies of one database, before anybody has looked at its units.

    Attributes:
        policies: each once, the site's own first.
        named: unit and place of each line → number of its policy.
        way: how the database is cut.
        digest: SHA-256, hex, of all policies with the units that the site names for them.
    """

    policies: tuple[Policy, ...]
    named: Mapping[tuple[str, str], int]
    way: CommonWay
    digest: str


@dataclass(frozen=True, slots=True)
class Consortium:
    """The policies of one database on its tree of units.

    Attributes:
        in_force: the policies, and how the database is cut.
        tree: of units.
        codes: key of each unit that the site names → number of its policy.
        territory: when records are due, by unit.
        units_digest: SHA-256, hex, of which policies govern which unit. A unit that moves without coming under another
            policy does not change it.
    """

    in_force: InForce
    tree: UnitTree
    codes: Mapping[str, int]
    territory: Territory
    units_digest: str

    @property
    def stricter(self) -> tuple[Stricter, ...]:
        """Whose records are treated more strictly than their policy writes."""
        return self.in_force.way.stricter

    def governing(self, key: str) -> tuple[Policy, ...]:
        """The policies of a unit, by its key; every policy where there is no such unit."""
        zones = dict(self.territory.zoning.units)
        if key not in zones:
            return self.in_force.policies
        return tuple(self.in_force.policies[number] for number in self.territory.governing[zones[key]])

    def policies_of(self, unit: Unit) -> tuple[Policy, ...]:
        """The policies that govern a unit of the tree, a group of units among them."""
        known = dict(self.territory.zoning.units)
        if unit.key in known:
            return self.governing(unit.key)
        numbers = self.tree.nearest(unit.key, self.codes) or (0,)
        return tuple(self.in_force.policies[number] for number in numbers)

    def units(self) -> Counter[int]:
        """How many units each policy governs, by number of the policy."""
        found: Counter[int] = Counter()
        for _, zone in self.territory.zoning.units:
            found.update(self.territory.governing[zone])
        return found


def in_force(site: Policy, named: Sequence[NamedPolicy]) -> InForce:
    """The policies of one database.

    Args:
        site: the policy of the rest.
        named: the lines of the site that name a unit's.

    Raises:
        CarrelError: as `common_way`.
    """
    numbers = {site.digest: 0}
    policies = [site]
    for one in named:
        if numbers.setdefault(one.policy.digest, len(policies)) == len(policies):
            policies.append(one.policy)
    told = {"site": site.digest, "units": sorted((one.unit, one.policy.digest) for one in named)}
    digest = _sha(told) if named else site.digest
    lines = {(one.unit, one.where): numbers[one.policy.digest] for one in named}
    return InForce(tuple(policies), lines, common_way(policies, digest), digest)


def consortium(policies: InForce, tree: UnitTree) -> Consortium:
    """The policies of one database on its tree of units.

    Raises:
        CarrelError: UNT-002, a policy is named for a unit that does not exist; UNT-003, a unit is named twice.
    """
    keys = find_all(tree, policies.named)
    by_code = {unit: number for (unit, _), number in policies.named.items()}
    codes = {key: by_code[code] for key, code in keys.items()}
    governed = tree.governed(codes, 0)
    regimes = (Regime(one.loan_schedule(), tuple(one.record_schedules().values())) for one in policies.policies)
    digests = [one.digest for one in policies.policies]
    told = {key: [digests[number] for number in numbers] for key, numbers in governed.items()}
    return Consortium(policies, tree, codes, territory(regimes, governed.items()), _sha(told))


def _sha(told: object) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
