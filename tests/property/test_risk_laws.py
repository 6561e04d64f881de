"""What the engine counts is what the definitions say, and coarser records are never told apart better."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from carrel.deidentification.risk.equivalence import class_sizes
from carrel.deidentification.risk.question import Against
from carrel.deidentification.risk.reidentification import prosecutor
from carrel.deidentification.risk.sensitive import diversity
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics.counted_records import CountedRecords
from carrel.systems.analytics.engine import opened
from carrel.systems.analytics.linkage_attack import run
from carrel.systems.analytics.record_source import read

_value = some.sampled_from(["a", "b", "B", "é", "1", "01", "x,y", 'q"t', None])
_rows = some.lists(some.tuples(_value, _value, _value, some.sampled_from(["p1", "p2", "p3", "p4", None])), max_size=25)


def _written(folder: str, name: str, rows: list[tuple[str | None, ...]], header: str) -> NamedSource:
    place = Path(folder) / name
    with place.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return NamedSource(file=place)


@settings(max_examples=60)
@given(_rows, some.booleans())
def test_the_engine_counts_as_the_definitions_do(rows: list[tuple[str | None, ...]], by_person: bool) -> None:
    with TemporaryDirectory() as folder, opened(threads=1) as engine:
        found = read(engine, _written(folder, "a.csv", rows, "abcp"))
        coded = CountedRecords.of(found, ["a", "b", "c"], "p" if by_person else None)
        whose = [row[3] for row in rows] if by_person else None
        for columns in (("a",), ("a", "b"), ("c", "a", "b")):
            at = ["abc".index(one) for one in columns]
            sizes = class_sizes([[row[i] for i in at] for row in rows], whose)
            assert coded.sizes(columns) == sizes
            assert coded.alone(columns) == sizes.alone
        classes: defaultdict[object, Counter[str | None]] = defaultdict(Counter)
        seen: defaultdict[object, set[str | None]] = defaultdict(set)
        for row in rows:
            if by_person:
                seen[row[0], row[1], row[2]].add(row[3])
            else:
                classes[row[0], row[1]][row[2]] += 1
        for (a, b, c), people in ((key, value) for key, value in seen.items()):
            classes[a, b][c] = max(1, len(people - {None}))
        stand = Counter((row[0], row[1]) for row in rows)
        said = diversity(classes.values(), [stand[one] for one in classes])
        told = coded.diversity(("a", "b"), "c")
        assert told.records == len(rows), "records are told, also where people are counted"
        assert (told.distinct, told.certain, told.guessed, told.records) == (
            said.distinct,
            said.certain,
            said.guessed,
            said.records,
        )
        assert (told.entropy, told.closeness) == (pytest.approx(said.entropy), pytest.approx(said.closeness))


@given(some.lists(some.tuples(some.integers(0, 9), some.integers(0, 9)), min_size=1, max_size=60))
def test_a_coarser_record_is_never_easier_to_find(rows: list[tuple[int, int]]) -> None:
    whose = [row[0] % 7 for row in rows]
    fine = class_sizes(rows, whose)
    coarse = class_sizes([(a // 5, b // 5) for a, b in rows], whose)
    assert coarse.k >= fine.k
    assert coarse.alone <= fine.alone
    assert prosecutor(coarse).highest <= prosecutor(fine).highest
    assert prosecutor(coarse).at_risk <= prosecutor(fine).at_risk
    assert class_sizes(rows[::-1], whose[::-1]) == fine


@settings(max_examples=40)
@given(_rows, _rows)
def test_the_join_names_whom_a_search_by_hand_names(
    ours: list[tuple[str | None, ...]], theirs: list[tuple[str | None, ...]]
) -> None:
    against = Against.model_validate({"name": "list", "records": "b.csv", "person": "p", "match": {"a": "b", "b": "a"}})
    with TemporaryDirectory() as folder, opened(threads=1) as engine:
        records = read(engine, _written(folder, "a.csv", ours, "abcp"))
        other = read(engine, _written(folder, "b.csv", theirs, "abcp"), name="other")
        found = run(records, "p", other, against)
    named = right = unmatched = 0
    for a, b, _, who in ours:
        fits = {p for x, y, _, p in theirs if None not in (a, b) and (y, x) == (a, b) and p is not None}
        named += len(fits) == 1
        right += fits == {who}
        unmatched += not fits
    assert (found.records, found.named, found.right, found.unmatched) == (len(ours), named, right, unmatched)
    assert sum(count for _, count in found.populations) == len(ours) - unmatched
