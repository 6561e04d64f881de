from __future__ import annotations

import pytest

from carrel.retention.job import Spread, Stretch, Work, lay_out, one_worker_because, pieces_of
from carrel.retention.pace import WINDOW_LOANS, Mode
from carrel.retention.stage import Stage
from carrel.retention.strays import Strays

SHARED = {
    "mode": Mode.WINDOW, "stage": Stage.REST, "undo": False, "copy": False, "one_writer": False, "begun": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ({"one_writer": True}, "one writer"),
        ({"mode": Mode.DESK}, "mode desk"),
        ({"stage": Stage.TENTH}, "first run"),
        ({"copy": True}, "rehearsal"),
        ({"undo": True}, "undo capsule"),
        ({"begun": True}, "began it"),
    ],
)
def test_what_is_for_one_worker(why, told) -> None:
    assert one_worker_because(**SHARED) == ""
    assert told in one_worker_because(**{**SHARED, **why})


def test_a_job_is_about_a_full_chunk_and_there_are_some_for_every_worker() -> None:
    assert pieces_of(40_000, 2) == 40_000 // WINDOW_LOANS
    assert pieces_of(1_000, 2) == 4
    assert pieces_of(50_000_000, 4) == 64
    assert (pieces_of(1, 8), pieces_of(0, 2)) == (1, 1)


def test_small_paths_follow_each_other_in_one_job_in_their_order() -> None:
    strays = [Strays("a"), Strays("b"), Strays("c", (15,)), Strays("d", alone=True), Strays("e")]
    assert lay_out("loan", (31,), strays) == (
        Stretch(0, Work.LOANS, ("loan",), None, 31),
        Stretch(0, Work.LOANS, ("loan",), 31, None),
        Stretch(1, Work.AGAIN, ("loan",)),
        Stretch(2, Work.STRAYS, ("a", "b")),
        Stretch(3, Work.STRAYS, ("c",), None, 15),
        Stretch(3, Work.STRAYS, ("c",), 15, None),
        Stretch(4, Work.STRAYS, ("d",), alone=True),
        Stretch(5, Work.STRAYS, ("e",)),
    )


def test_most_loans_may_be_of_few_numbers() -> None:
    newest = Spread(16, {**dict.fromkeys(range(900), 1), **dict.fromkeys(range(900, 1000), 91)})
    borders = newest.borders(4)
    assert len(borders) == 3
    assert borders[0] >= 900 * 16
