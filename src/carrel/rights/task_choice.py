"""Which tasks of a request somebody means who settles several: by id, from one to another, or every switch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from carrel.errors import CarrelError, fault
from carrel.rights import faults
from carrel.rights.request import Route

if TYPE_CHECKING:
    from carrel.rights.standing import Standing, Task

SWITCHES = "switches"
_ONE = re.compile(r"t([1-9][0-9]{0,3})(?:-t([1-9][0-9]{0,3}))?")


def chosen(now: Standing, said: Iterable[str]) -> tuple[Task, ...]:
    """The open tasks that are meant.

    Args:
        now: where the request stands.
        said: ``t3``, ``t3-t9`` for the open ones among these, ``switches`` for every open one that a system has no
            switch for; each may hold several with commas between.

    Returns:
        Each once, in the order of the request.

    Raises:
        CarrelError: RGT-012, no open task is meant by one of them. Then nothing is.

    Source:
        MITL-9.4, 9.7.
    """
    found: set[str] = set()
    for word in (part.strip() for one in said for part in one.split(",")):
        meant = {one.id for one in now.waiting if one.id in set(_ids(word)) or _is_switch(one, word)}
        if not meant:
            raise _none(now)
        found |= meant
    return tuple(one for one in now.waiting if one.id in found)


def _ids(word: str) -> Iterator[str]:
    if (range_ := _ONE.fullmatch(word)) is not None:
        first = int(range_[1])
        yield from (f"t{number}" for number in range(first, int(range_[2] or first) + 1))


def _is_switch(task: Task, word: str) -> bool:
    return word == SWITCHES and task.kind == Route.SWITCH


def _none(now: Standing) -> CarrelError:
    there = ", ".join(one.id for one in now.waiting)
    return fault(
        faults.NOT_NOW,
        at="tasks",
        wanted=f"open tasks, such as t1, t3-t9 or {SWITCHES}: {there}" if there else "open tasks, such as t1 or t3-t9",
        found="one that is over, or that the request does not have" if there else "a request without any",
        changed="nothing",
        fix="look them up with `carrel request tasks`",
    )
