"""Ways that end at the same rows are put together, and nothing else is."""

from __future__ import annotations

import pytest

from carrel.inventory.person_map import Through
from carrel.systems import map_files
from carrel.systems.sql.person_steps import person_map
from carrel.systems.sql.person_ways import PersonWays, together, walk_of


def ways_of(product: str) -> PersonWays:
    system_map = map_files.load(product)
    assert system_map.access is not None
    told, further = person_map(system_map).tables, system_map.access.further
    every = dict.fromkeys((*told, *further))
    traces = {name: (*(told[name].traces if name in told else ()), *further.get(name, ())) for name in every}
    return PersonWays(system_map, system_map.access, traces)


def test_a_row_of_a_log_to_which_many_ways_lead_is_asked_for_once() -> None:
    ways = ways_of("koha")
    (group,) = ways.to("pseudonymized_transactions")
    assert len(group) >= 4
    assert {way.table for _, way in group} >= {"old_issues", "statistics"}
    old = next(way for _, way in group if way.table == "old_issues")
    assert set(ways.read(old)) >= {name for _, way in group if way.table == "old_issues" for name in way.pairs.values()}


@pytest.mark.parametrize("product", ["koha", "evergreen"])
def test_every_trace_is_in_one_group_and_only_alike_ones_are_together(product: str) -> None:
    ways, system_map = ways_of(product), map_files.load(product)
    told = person_map(system_map).tables
    for table in told:
        groups = ways.to(table)
        led = [one for group in groups for one in group]
        assert sum(one.through is not None for one in told[table].traces) <= len(led)
        for group in groups:
            assert len({tuple(way.pairs) for _, way in group}) == 1
            assert len({(trace.only, trace.among) for trace, _ in group}) == 1
            assert len({ways.is_coincidence((table, name) for name in way.pairs) for _, way in group}) == 1


def test_ways_that_differ_in_what_must_hold_are_walked_apart() -> None:
    one = Through(table="loans", person="patron", pairs={"item": "item"})
    other = Through.model_validate(
        {"table": "loans", "person": "patron", "pairs": {"item": "item"}, "only": [{"column": "kind", "equals": "x"}]}
    )
    elsewhere = Through(table="loans", person="payer", pairs={"item": "item"})
    assert len({walk_of(one), walk_of(other), walk_of(elsewhere)}) == 3
    assert together([one, other, one, elsewhere]) == [[one, one], [other], [elsewhere]]
    onward = [
        Through(table="logs", pairs={"log": "id"}, then=one),
        Through(table="logs", pairs={"log": "id"}, then=other),
    ]
    assert together(onward) == [onward], "from one table on they are asked for by the same column"
