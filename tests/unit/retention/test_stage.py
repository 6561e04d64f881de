from __future__ import annotations

from carrel.retention.stage import Stage, Step, next_step


def walk(due: int) -> list[tuple[str, int | None]]:
    done: list[Stage] = []
    steps = []
    while step := next_step(done, due):
        steps.append((str(step.stage), step.at_most))
        due -= due if step.at_most is None else step.at_most
        done.append(step.stage)
    return steps


def test_a_large_first_run_goes_in_four_stages() -> None:
    assert walk(1_000_000) == [("1,000 loans", 1_000), ("1 %", 9_990), ("10 %", 98_901), ("rest", None)]


def test_a_stage_that_would_prove_nothing_new_is_left_out() -> None:
    assert walk(50_000) == [("1,000 loans", 1_000), ("10 %", 4_900), ("rest", None)]
    assert walk(5_000) == [("1,000 loans", 1_000), ("rest", None)]
    assert walk(1_000) == [("rest", None)]
    assert walk(0) == [("rest", None)]


def test_after_the_rest_there_is_no_stage() -> None:
    assert next_step([Stage.REST], 10**6) is None
    assert next_step([], 1_001) == Step(Stage.THOUSAND, 1_000)
