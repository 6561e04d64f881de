"""Several policies in force, told: how many loans are due under each, and what is treated more strictly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from carrel.amount import amount
from carrel.retention.asked_units import AskedUnits
from carrel.retention.consortium import Consortium
from carrel.retention.plan import PolicyLine
from carrel.retention.ports import Observation
from carrel.retention.reasons import SMALL, figure

NOT_TOLD = "not told"


def policy_lines(
    several: Consortium | None, seen: Observation, asked: AskedUnits | None = None
) -> tuple[PolicyLine, ...]:
    """What is due under each policy in force, the site's own first; nothing where there is one.

    Args:
        several: the policies on their units.
        seen: due loans by the unit where they were made. One that bears an unknown unit counts under every policy.
        asked: units of one library for which its custodian plans. Then there are two lines: all other units, of which
            nothing is told, and these.
    """
    if several is None:
        return ()
    if asked is not None:
        return _of_one_library(several, seen, asked)
    units, due, sooner = several.units(), Counter[str](), Counter[str]()
    for counted, found in ((seen.branches, due), (seen.sooner, sooner)):
        for key, number in counted.items():
            for policy in several.governing(key):
                found[policy.digest] += number
    policies = several.in_force.policies
    figures = as_told([due[policy.digest] for policy in policies])
    return tuple(
        PolicyLine(
            policy.name,
            policy.version,
            policy.digest,
            units[number],
            figures[number],
            figure(sooner[policy.digest]) if sooner[policy.digest] else 0,
        )
        for number, policy in enumerate(policies)
    )


def as_told(counts: Sequence[int]) -> list[int | str]:
    """Due loans of each policy as they may be shown, to readers who are told how many are due in all.

    A count under ten stands as a word, and so many others are not told beside it, the smallest first, that it could
    still be any number under ten. Where there are not enough others, none above zero is told.

    Args:
        counts: one for each policy.

    Guarantees:
        Nobody who knows this rule, the sum and what is told can say of a count under ten anything but that, unless
        nothing above zero is told.
    """
    few = [count for count in counts if 0 < count < SMALL]
    left = sorted(count for count in counts if count >= SMALL)
    taken: list[int] = []
    while few and left and not _could_be_any(sum(few) + sum(taken), len(few), len(taken), left[0]):
        taken.append(left.pop(0))
    hidden = Counter(taken)
    found: list[int | str] = []
    for count in counts:
        withheld = hidden[count] > 0
        hidden[count] -= withheld
        found.append(NOT_TOLD if withheld else figure(count) if count else 0)
    return found


def _could_be_any(together: int, few: int, taken: int, next_one: int) -> bool:
    """Whether each of the small counts could be anything from one to nine, for all that the sum of what is hidden says.

    Args:
        together: sum of the hidden counts.
        few: how many of them are small: one to nine.
        taken: how many are not: from ten on, and below the smallest that is told. One as large as that would stand in
            its place, or not, by its place in the list, which everybody sees.
        next_one: the smallest that is told.
    """
    highest = together - (few - 1) - SMALL * taken
    lowest = together - (SMALL - 1) * (few - 1) - (next_one - 1) * taken
    # With one to spare, and never without another: else some guesses would have ended this search a step earlier.
    return taken > 0 and highest >= SMALL - 1 and lowest <= 0


def _of_one_library(several: Consortium, seen: Observation, asked: AskedUnits) -> tuple[PolicyLine, ...]:
    site, mine = several.in_force.policies[0], asked.policy
    due, sooner = (sum(counted.get(key, 0) for key in asked.keys) for counted in (seen.branches, seen.sooner))
    elsewhere = sum(key not in asked.keys for key, _ in several.territory.zoning.units)
    return (
        PolicyLine(site.name, site.version, site.digest, elsewhere, NOT_TOLD, NOT_TOLD),
        PolicyLine(
            mine.name,
            mine.version,
            mine.digest,
            len(asked.keys),
            figure(due) if due else 0,
            figure(sooner) if sooner else 0,
        ),
    )


def astray_line(seen: Observation) -> str:
    """What is to be said of loans that bear a unit which is gone; empty where there are none."""
    if not seen.astray:
        return ""
    count = amount(seen.astray, "loan") if seen.astray >= SMALL else f"fewer than {SMALL} loans"
    return (
        f"units that are gone: {count} that still name a reader touch a unit that the product no longer has, "
        "and stand under the most protective of all policies"
    )
