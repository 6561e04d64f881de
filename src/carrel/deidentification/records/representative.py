"""What of a value is enough to make it coarser: all that a database has to tell, and as much as may be grouped there.

A release on months needs no day, and one on three signs of a postcode no fourth. Of each value of a plain form a
shorter one of the same labels stands for all that are alike; whatever is written in another way stays as it is, so that
its hierarchy decides of it, and nothing else does. Engines get these rules as data: `carrel.systems.analytics` writes
them in each one's words, and tests hold every engine to what `Representative.of` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from carrel.deidentification.records.calendar_levels import TIMES, BirthYear, EventTime
from carrel.deidentification.records.call_number import Dewey
from carrel.deidentification.records.declared_tree import DeclaredTree
from carrel.deidentification.records.hierarchy import Chosen, Hierarchy
from carrel.deidentification.records.postcode import Postcode

MOST_EXCHANGED: Final = 200  # values that are written into a statement; a larger tree is left to the hierarchy
_LEAST_SIGNS: Final = 3  # of a postcode
_ZIP: Final = 5
# Written without a backslash, since engines read that differently.
_DATES: Final = "-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_LEAP: Final = "(?:(?:19|20)(?:0[48]|[2468][048]|[13579][26])|2000)-02-29"
_DAY: Final = f"(?:[12][0-9][0-9][0-9]{_DATES}|{_LEAP})"
_BORN: Final = "(?:18[5-9]|19[0-9]|20[0-9])[0-9]"
_CLOCK: Final = "[ T](?:[01][0-9]|2[0-3]):[0-5][0-9]"
_REST: Final = "(?::[0-5][0-9](?:[.][0-9]{1,6})?)?"
_DEWEY: Final = "[0-9][0-9][0-9](?:[.][0-9]*)?(?:[ A-Za-z][A-Za-z0-9 .]*)?"
_ENDS: Final = {"minute": (16, ""), "hour": (13, ":00"), "day": (10, ""), "month": (7, "-01"), "year": (4, "-01-01")}


@dataclass(frozen=True, slots=True)
class Cut:
    """A plain form of a text, of which the first signs are enough.

    Attributes:
        form: of the whole text, as a regular expression without backslashes and without captured groups.
        kept: how many signs stay.
        tail: what follows them.
    """

    form: str
    kept: int
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Representative:
    """What stands for a value, and has its labels on every level of a hierarchy.

    Attributes:
        cuts: plain forms; the first that a text has counts.
        exchanged: values with the one that stands for their group.
        unit: of a date or time that is no text: decade, year, month, day, hour or minute; nothing where it stays whole.
    """

    cuts: tuple[Cut, ...] = ()
    exchanged: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""

    @property
    def is_all(self) -> bool:
        """Whether each value stands for itself."""
        return not (self.cuts or self.exchanged)

    def of(self, value: str | None) -> str | None:
        """What stands for a value."""
        if value is None:
            return None
        if value in self.exchanged:
            return self.exchanged[value]
        for cut in self.cuts:
            if re.fullmatch(cut.form, value):
                return value[: cut.kept] + cut.tail
        return value


def representative(hierarchy: Hierarchy) -> Representative:
    """What of each value is enough for all levels of a hierarchy.

    Guarantees:
        ``hierarchy.chain(representative(hierarchy).of(value))`` is ``hierarchy.chain(value)`` for every value.
    """
    if isinstance(hierarchy, Chosen):
        return _of_levels(hierarchy.whole, hierarchy.names)
    return _of_levels(hierarchy, hierarchy.names)


def _of_levels(hierarchy: Hierarchy, names: Sequence[str]) -> Representative:
    if isinstance(hierarchy, Postcode):
        kept = min(_ZIP, max(hierarchy.kept[0], _LEAST_SIGNS))
        return Representative((Cut("[0-9]{5}(?:-[0-9]{4})?", kept),))
    if isinstance(hierarchy, EventTime):
        return _of_times(names)
    if isinstance(hierarchy, BirthYear):
        whole = f"(?:{_BORN}|(?:{_BORN}{_DATES}|{_LEAP})(?:{_CLOCK}{_REST})?)"
        coarse = {"year", "5 years"}.isdisjoint(names)
        return Representative((Cut(whole, 3, "0") if coarse else Cut(whole, 4),), unit="decade" if coarse else "year")
    if isinstance(hierarchy, Dewey):
        kept = 3 if "class" in names else 2 if "ten" in names else 1
        return Representative((Cut(_DEWEY, kept, "0" * (3 - kept)),))
    if isinstance(hierarchy, DeclaredTree):
        return _of_tree(hierarchy, names)
    return Representative()


def _of_times(names: Sequence[str]) -> Representative:
    finest = min(names, key=TIMES.index)
    unit = {"week": "day", "quarter": "month"}.get(finest, finest)
    kept, tail = _ENDS[unit]
    if unit in {"minute", "hour"}:  # a date has none, and stays as it is
        return Representative((Cut(f"{_DAY}{_CLOCK}{_REST}", kept, tail),), unit=unit)
    return Representative((Cut(f"{_DAY}(?:{_CLOCK}{_REST})?", kept, tail),), unit=unit)


def _of_tree(tree: DeclaredTree, names: Sequence[str]) -> Representative:
    if len(tree.chains) > MOST_EXCHANGED:
        return Representative()
    used = [at for at, name in enumerate(tree.names) if name in names]
    first: dict[tuple[str, ...], str] = {}
    exchanged: dict[str, str] = {}
    for value, chain in tree.chains.items():
        stands = first.setdefault(tuple(chain[at] for at in used), value)
        if stands != value and "\\" not in value + stands:  # which engines read in their own ways
            exchanged[value] = stands
    return Representative(exchanged=exchanged)
