"""The policies that a site names for a system and its units, read from their files."""

from __future__ import annotations

from collections.abc import Mapping

from carrel.errors import CarrelError, Fault
from carrel.inventory.site import Site, System
from carrel.policy.resolve import Policy
from carrel.retention.consortium import InForce, NamedPolicy, in_force
from carrel.systems import policy_files


def load(site: Site, system: System, instead: Mapping[str, Policy] | None = None) -> InForce:
    """The policies in force in a system's database.

    Args:
        site: with absolute paths.
        system: of it; a copy has the policies of its original.
        instead: policies by the file that will hold them, which need not be there yet.

    Raises:
        CarrelError: as `policy_files.load`, of every policy that cannot be read; POL-021; UNT-005.
    """
    known: dict[str, Policy] = dict(instead or {})
    problems: list[Fault] = []

    def read(said: str, place: str) -> None:
        try:
            known[said] = policy_files.load(said, place)
        except CarrelError as wrong:
            problems.extend(wrong.faults)

    lines = site.branches_of(system)
    for said, place in ((site.policy, site.policy_place), *((one.policy, one.place) for _, one in lines)):
        if said not in known:
            read(said, place)
    if problems:
        raise CarrelError(tuple(problems))
    named = [
        NamedPolicy(one.unit, one.unit_place or f"carrel.yaml, branches[{index}]", known[one.policy])
        for index, one in lines
    ]
    return in_force(known[site.policy], named)
