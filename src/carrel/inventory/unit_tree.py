"""The units of one system as a tree: which stands under which, and which policy each has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from carrel.errors import CarrelError, Fault, fault
from carrel.inventory import faults

_MOST = 20  # codes of units in one error


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: a branch, a system of branches, or the whole consortium.

    Attributes:
        key: as records name it; a number is written as text.
        code, name: as staff know it.
        above: keys of the units and groups that it stands under.
        borne: whether records can name it; a group of units is named by none.
    """

    key: str
    code: str
    name: str
    above: tuple[str, ...] = ()
    borne: bool = True


class UnitTree:
    """The units of one system.

    Args:
        units: as read, in any order. What a unit stands under and is not among them is left out.
        at: of the system, for errors.

    Raises:
        CarrelError: UNT-001, a unit stands under itself.
    """

    def __init__(self, units: Iterable[Unit], at: str = "the tree of units") -> None:
        self.units: Mapping[str, Unit] = {one.key: one for one in units}
        self._at = at
        self._refuse_cycles()

    def _above(self, key: str) -> tuple[str, ...]:
        return tuple(one for one in self.units[key].above if one in self.units)

    def _refuse_cycles(self) -> None:
        done: set[str] = set()
        for start in self.units:
            way: list[str] = []
            waiting: list[Iterator[str]] = [iter((start,))]
            while waiting:
                key = next(waiting[-1], None)
                if key is None:
                    waiting.pop()
                    if way:
                        done.add(way.pop())
                    continue
                if key in way:
                    circle = [self.units[one].code for one in (*way[way.index(key) :], key)]
                    raise fault(
                        faults.UNIT_CYCLE,
                        at=self._at,
                        wanted="a tree, with one unit above all others",
                        found=" under ".join(circle[:6]),
                        because="nobody could tell whose policy governs them",
                        fix="mend what these units stand under, in the product",
                    )
                if key not in done:
                    way.append(key)
                    waiting.append(iter(self._above(key)))

    def find(self, said: str, where: str) -> Unit:
        """The unit that a site file names by its code.

        Args:
            said: code; where no unit has it, a key.
            where: in the site file, for errors.

        Raises:
            CarrelError: UNT-002, there is none; UNT-003, there are several.
        """
        found = [one for one in self.units.values() if one.code == said]
        if not found and said in self.units:
            found = [self.units[said]]
        if len(found) > 1:
            raise fault(
                faults.UNIT_TWICE,
                at=where,
                wanted="the code of one unit",
                found=f"{said[:40]!r}, the code of {len(found)}",
                fix=f"write its key instead: {' or '.join(one.key for one in found[:4])}",
            )
        if not found:
            codes = [one.code for one in self.units.values()]
            # A code in other letters is nearer than any other code.
            close = [one for one in codes if one.casefold() == said.strip().casefold()] or difflib.get_close_matches(
                said, codes, n=1, cutoff=0.5
            )
            raise fault(
                faults.NO_UNIT,
                at=where,
                wanted="the code of a unit of the system",
                found=repr(said[:40]),
                because="its loans would stand under another policy than this line says",
                fix=f"did you mean '{close[0]}'?" if close else _one_of(codes),
            )
        return found[0]

    def governed(self, named: Mapping[str, int], otherwise: int) -> dict[str, tuple[int, ...]]:
        """Whose policy governs each unit: that of the unit itself, else of the nearest above it.

        Args:
            named: key of a unit → number of its policy.
            otherwise: number of the policy of the rest.

        Returns:
            Key of each unit that records can name → numbers in order. More than one where a unit belongs to several
            groups that are equally near, and each has a policy: all of them govern it.

        Guarantees:
            No unit is without a policy. A policy named for a unit governs the unit and everything below it, but for
            what a nearer one governs.
        """
        known: dict[str, tuple[int, ...]] = {}
        for key, unit in self.units.items():
            if unit.borne:
                known[key] = self.nearest(key, named) or (otherwise,)
        return known

    def nearest(self, key: str, named: Mapping[str, int]) -> tuple[int, ...]:
        """Numbers of the policies of the nearest of a unit and those above it that has any; none where none has."""
        level: tuple[str, ...] = (key,)
        while level:
            if found := {named[one] for one in level if one in named}:
                return tuple(sorted(found))
            level = tuple(dict.fromkeys(up for one in level for up in self._above(one)))
        return ()


def _one_of(codes: list[str]) -> str:
    """What to write where nothing is near; with this line in the file no other command would list the units."""
    told = ", ".join(sorted({one[:40] for one in codes})[:_MOST])
    more = "; without this line `carrel policy show --site .` lists all of them" if len(codes) > _MOST else ""
    return f"write one of {told}{more}" if told else "the system has no unit: take this line out"


def find_all(tree: UnitTree, said: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The keys of the units that a site file names.

    Args:
        tree: of the system.
        said: code and place of each line.

    Returns:
        Key → code.

    Raises:
        CarrelError: UNT-002 and UNT-003, all that were found; UNT-003 as well where two lines name one unit.
    """
    problems: list[Fault] = []
    found: dict[str, str] = {}
    for code, where in said:
        try:
            unit = tree.find(code, where)
        except CarrelError as wrong:
            problems.extend(wrong.faults)
            continue
        if unit.key in found:
            problems.append(
                Fault(
                    faults.UNIT_TWICE,
                    at=where,
                    wanted="one policy for each unit",
                    found=f"{code[:40]!r} again",
                    fix="take one of the two lines out",
                )
            )
        found[unit.key] = code
    if problems:
        raise CarrelError(tuple(problems))
    return found
