"""The units of one library in a database that it shares, and the policy that governs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from carrel.errors import CarrelError, Fault
from carrel.inventory import faults
from carrel.policy.resolve import Policy
from carrel.retention.consortium import Consortium


@dataclass(frozen=True, slots=True)
class AskedUnits:
    """Units that one policy governs, and nothing but it.

    Attributes:
        named: their codes, as the request has them.
        keys: of them and of all below them, as records name them.
        policy: that governs each of them.
    """

    named: tuple[str, ...]
    keys: frozenset[str]
    policy: Policy


@dataclass(frozen=True, slots=True)
class OtherPolicy:
    """A unit that does not stand under the policy that was asked for, or not under it alone.

    Attributes:
        asked: code of the unit in the request.
        unit: code of the unit itself, which can lie below.
        policies: that govern it.
    """

    asked: str
    unit: str
    policies: tuple[Policy, ...]


def missing_units(several: Consortium, named: Sequence[str]) -> tuple[Fault, ...]:
    """What is wrong with the codes themselves: UNT-002 and UNT-003, of the units that cannot be found."""
    problems: list[Fault] = []
    for code in named:
        try:
            several.tree.find(code, f"unit {code[:40]}")
        except CarrelError as wrong:
            problems.extend(wrong.faults)
    return tuple(problems)


def units_under(several: Consortium, code: str) -> frozenset[str]:
    """The keys that records can name of a unit and of everything below it.

    Raises:
        CarrelError: UNT-002, UNT-003.
    """
    top = several.tree.find(code, f"unit {code[:40]}").key
    return frozenset(key for key, numbers in several.tree.governed({top: 1}, 0).items() if 1 in numbers)


def others_in(several: Consortium, named: Sequence[str], digest: str) -> Iterator[OtherPolicy]:
    """The units that another policy governs than the one of this digest, alone or beside it.

    Args:
        several: the policies on their units.
        named: codes, each of which the tree has.
        digest: of the policy that shall govern them.
    """
    for code in named:
        for key in sorted(units_under(several, code)):
            governing = several.governing(key)
            if [one.digest for one in governing] != [digest]:
                yield OtherPolicy(code, several.tree.units[key].code, governing)


def asked_units(several: Consortium, named: Sequence[str], digest: str) -> AskedUnits:
    """The units by themselves, once `missing_units` and `others_in` find nothing.

    Raises:
        CarrelError: UNT-002, one of them is a group in which no unit stands, or no policy has this digest.
    """
    keys = frozenset(key for code in named for key in units_under(several, code))
    policy = next((one for one in several.in_force.policies if one.digest == digest), None)
    if policy is None or not keys:
        raise CarrelError(
            (
                Fault(
                    faults.NO_UNIT,
                    at=", ".join(named)[:80],
                    wanted="units that records can name, under the policy that was asked for",
                    found="none",
                    fix="`carrel policy show --site .` lists the units and their policies",
                ),
            )
        )
    return AskedUnits(tuple(named), keys, policy)
