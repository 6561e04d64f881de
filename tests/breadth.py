"""How much of the suite one run covers.

A test of a whole run takes half a minute, and most ask something that every database answers alike. ``make test`` asks
each of them on one of its databases, chosen by the checksum of its name, so that each database gets its share of every
file; ``make test-all`` asks all of them on each, tries more gaps in the kill tests, and runs what is marked ``deep``.

What stays on each database in both: tests marked ``each_database`` (the loop, loans that are deleted, an erasure from every table), and all
tests of a dialect's own (sessions, catalogues, expressions, the store), which take no marker because they are quick.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

ALL = os.environ.get("BREADTH") == "all"
CRASH_ROUNDS = int(os.environ.get("CRASH_ROUNDS", "20" if ALL else "6"))

_DATABASE = re.compile(r"(?<![a-z])(sqlite|mariadb|postgresql)(?![a-z]|-backup)")


class Test(Protocol):
    """Of pytest's items, what decides."""

    @property
    def nodeid(self) -> str:
        """Its file, name and parameters."""

    def get_closest_marker(self, name: str) -> object:
        """Its own marker of that name, or that of its file; None without."""


TestT = TypeVar("TestT", bound=Test)
ValueT = TypeVar("ValueT")


def left_out(tests: Iterable[TestT]) -> list[TestT]:
    """Those that ``make test`` does not run.

    Args:
        tests: all that were collected.

    Returns:
        What is marked ``deep``; and of each test marked ``whole_run`` all databases but one. The same in every process
        and on every day.
    """
    out: list[TestT] = []
    alike: dict[str, list[TestT]] = {}
    for test in tests:
        if test.get_closest_marker("deep") is not None:
            out.append(test)
        elif test.get_closest_marker("whole_run") is not None and test.get_closest_marker("each_database") is None:
            alike.setdefault(_DATABASE.sub("*", test.nodeid), []).append(test)
    for name, group in alike.items():
        if len(group) > 1:
            group.sort(key=lambda one: one.nodeid)
            kept = zlib.crc32(name.encode()) % len(group)
            out += group[:kept] + group[kept + 1 :]
    return out


def share(values: Sequence[ValueT], name: str) -> Sequence[ValueT]:
    """The values that one of many like tests tries.

    Args:
        values: all of them.
        name: of the test, so that together such tests try every value.

    Returns:
        Every third; all of them in ``make test-all``.
    """
    return values if ALL else values[zlib.crc32(name.encode()) % 3 :: 3]
