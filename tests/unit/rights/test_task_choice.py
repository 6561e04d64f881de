"""Several tasks at once: by number, from one to another, or every switch; what is over or unknown is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from carrel.errors import CarrelError
from carrel.rights.event import Act
from carrel.rights.request import Right
from carrel.rights.standing import Standing, State, Task
from carrel.rights.task_choice import chosen

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
OPEN = tuple(Task(f"t{n}", "recipient" if n < 3 else "switch", f"no switch: {n}", AT) for n in range(1, 12))
OVER = replace(OPEN[3], ended_at=AT, ended_how=Act.REPLIED)
NOW = Standing(Right.RESTRICTION, State.WAITING, AT, tasks=(*OPEN[:3], OVER, *OPEN[4:]))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (["t1"], [1]),
        (["t2,t1"], [1, 2]),
        (["t2-t5", "t11"], [2, 3, 5, 11]),  # t4 is over
        (["switches"], [3, 5, 6, 7, 8, 9, 10, 11]),
        (["t1 , switches", "t3"], [1, 3, 5, 6, 7, 8, 9, 10, 11]),
    ],
)
def test_those_that_are_open_are_meant_each_once(said: list[str], meant: list[int]) -> None:
    assert [one.id for one in chosen(NOW, said)] == [f"t{n}" for n in meant]


@pytest.mark.parametrize("said", ["t4", "t12", "t9999-t1", "t1,t4", "switch", "", "t0", "1-3", "t1-", "no switch: 3"])
def test_one_that_means_nothing_refuses_all(said: str) -> None:
    with pytest.raises(CarrelError) as wrong:
        chosen(NOW, [said])
    assert wrong.value.code == "RGT-012"
