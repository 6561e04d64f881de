"""Exact cubes from records, counted by the engine: every total has its own count of different persons."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from carrel.deidentification.statistics import faults
from carrel.deidentification.statistics.cube import MOST_CELLS, Cube, Sums, cells_of
from carrel.deidentification.statistics.cube_spec import EACH_ROW, CubeSpec, SpecDimension, TimeLevel
from carrel.deidentification.statistics.dimension import NONE, Dimension, dimension_of
from carrel.errors import CarrelError, fault
from carrel.systems.analytics.engine import quoted, text_literal
from carrel.systems.analytics.record_source import Records, read, text_of_person

_MOST_VALUES = 20_000  # of one dimension
_FEW_VALUES = 20  # a library's own codes can be as few, and of few persons
_HIGHEST = 1 << 50
_TIME = {
    TimeLevel.DAY: "strftime({0}, '%Y-%m-%d')",
    TimeLevel.MONTH: "strftime({0}, '%Y-%m')",
    TimeLevel.QUARTER: "strftime({0}, '%Y') || '-Q' || quarter({0})",
    TimeLevel.YEAR: "strftime({0}, '%Y')",
}


def count(engine: Any, spec: CubeSpec) -> tuple[Cube, ...]:
    """The cubes that a document asks for.

    Args:
        engine: empty, as `carrel.systems.analytics.engine.opened` yields it.
        spec: with paths that can be opened.

    Raises:
        CarrelError: of the SRC and SQL codes; STC-002, a dimension does not fit the records; STC-003, too many cells;
            STC-004, a sum holds what is no number of zero or more; STC-012, no record.

    Guarantees:
        Only reads. The records are read once.
    """
    records = read(engine, spec.records, spec.columns)
    _take(records, spec)
    records.require_unchanged()
    if not records.ask("SELECT count(*) FROM taken")[0][0]:
        raise fault(faults.EMPTY, at=records.source.at, wanted="records", found="none", fix="name other records")
    found = {name: _dimension(records, spec, at, name) for at, name in enumerate(spec.dimensions)}
    for axes in spec.axes:
        if (cells := cells_of(tuple(found[one] for one in axes))) > MOST_CELLS:
            raise fault(
                faults.TOO_LARGE,
                at=" x ".join(axes),
                wanted=f"at most {MOST_CELLS:,} cells",
                found=f"{cells:,}",
                fix="fewer dimensions under 'cubes:', or coarser values",
            )
    _code(records, spec, found)
    for at, name in enumerate(found):
        _require_no_names(records, spec, at, name)
    return tuple(_cube(records, spec, axes, found) for axes in spec.axes)


def _take(records: Records, spec: CubeSpec) -> None:
    """The labels of each record on every level, its person and its numbers, as one table."""
    taken = []
    for at, one in enumerate(spec.dimensions.values()):
        taken += [f"{text} AS l{at}_{level}" for level, text in enumerate(_labels(one))]
    person = "row_number() OVER ()" if spec.person == EACH_ROW else text_of_person(spec.person)
    taken.append(f"{person} AS person")
    for at, summed in enumerate(spec.sums.values()):
        number = f"TRY_CAST(trim(CAST({quoted(summed.column)} AS VARCHAR)) AS DECIMAL(30, 8))"
        taken.append(f"round({number} * {10**summed.decimals}) AS s{at}")
        taken.append(f"({quoted(summed.column)} IS NOT NULL AND {number} IS NULL) AS odd{at}")
    records.ask(f"CREATE TEMP TABLE taken AS SELECT {', '.join(taken)} FROM {records.name}")
    for at, (name, one) in enumerate(spec.dimensions.items()):
        if one.time:
            _require_times(records, at, name)
    for at, name in enumerate(spec.sums):
        _require_numbers(records, at, name)


def _labels(one: SpecDimension) -> list[str]:
    if one.time:
        column = quoted(one.column or "")
        time = f"TRY_CAST({column} AS TIMESTAMP)"
        odd = f"CASE WHEN {column} IS NOT NULL AND {time} IS NULL THEN NULL ELSE {text_literal(NONE)} END"
        return [f"coalesce({_TIME[level].format(time)}, {odd})" for level in one.time]
    return [f"coalesce(CAST({quoted(column)} AS VARCHAR), {text_literal(NONE)})" for column in one.columns]


def label_of(one: SpecDimension) -> str:
    """The finest label of a record, as the engine writes it; NULL of a time that is none."""
    return _labels(one)[0]


def _require_times(records: Records, at: int, name: str) -> None:
    odd = records.ask(f"SELECT count(*) FROM taken WHERE l{at}_0 IS NULL")[0][0]
    if odd:
        raise fault(
            faults.DIMENSION,
            at=name,
            wanted="times such as 2026-12-31 or 2026-12-31 14:05:00, or none",
            found=f"{odd:,} records with something else",
            fix="write the times so; a record without a time is counted as (none)",
        )


def _require_numbers(records: Records, at: int, name: str) -> None:
    odd, below, high = records.ask(
        f"SELECT count(*) FILTER (odd{at}), count(*) FILTER (s{at} < 0), coalesce(sum(abs(s{at})), 0) FROM taken"
    )[0]
    if odd or below or high > _HIGHEST:
        found = f"{odd:,} that are none, {below:,} below zero" if odd or below else "numbers that are too high"
        raise fault(
            faults.MEASURE,
            at=name,
            wanted="numbers of zero or more, such as 12.50",
            found=found,
            because="a hidden sum is protected by what it cannot be less than",
            fix="sum up what was charged and what was paid or waived apart",
        )


def _dimension(records: Records, spec: CubeSpec, at: int, name: str) -> Dimension:
    one = spec.dimensions[name]
    levels = [str(level) for level in one.time] or list(one.levels) or [one.column or name]
    columns = ", ".join(f"l{at}_{level}" for level in range(len(levels)))
    paths = records.ask(f"SELECT DISTINCT {columns} FROM taken ORDER BY ALL LIMIT {_MOST_VALUES + 1}")
    if len(paths) > _MOST_VALUES:
        raise fault(
            faults.TOO_LARGE,
            at=name,
            wanted=f"at most {_MOST_VALUES:,} values",
            found="more",
            fix="tell it more coarsely",
        )
    if one.tree:
        paths = _climbed(name, one, [path[0] for path in paths])
        levels += [f"{levels[0]} {level + 1}" for level in range(len(paths[0]) - 1)]
    found = dimension_of(name, levels, paths)
    if found is None:
        raise _no_tree(name, "a value that stands below two totals", "give each value one total on each level")
    rows = [(node.label, *_ids(found, leaf)) for leaf in found.leaves for node in [found.nodes[leaf]]]
    kinds = ", ".join(f"n{level} INTEGER" for level in range(len(levels)))
    records.ask(f"CREATE TEMP TABLE tree{at} (label VARCHAR, {kinds})")
    records.engine.register("arriving", _columns(rows, len(levels)))
    records.ask(f"INSERT INTO tree{at} SELECT * FROM arriving")
    records.engine.unregister("arriving")
    return found


def _columns(rows: Sequence[tuple[Any, ...]], levels: int) -> dict[str, Any]:
    ids = {f"n{level}": np.array([row[level + 1] for row in rows], dtype=np.int32) for level in range(levels)}
    return {"label": np.array([row[0] for row in rows], dtype=object), **ids}


def _ids(dimension: Dimension, leaf: int) -> tuple[int, ...]:
    return dimension.way_up(leaf)[:-1]


def _climbed(name: str, one: SpecDimension, values: Sequence[str]) -> list[tuple[str, ...]]:
    ways = [one.way_up(value) for value in values]
    found = [way for way in ways if way is not None]
    if len(found) < len(ways):
        raise _no_tree(name, "a circle", "let each value lead to one total, and that to none of its parts")
    longest = max(map(len, found))
    if bare := sum(len(way) < longest for way in found if way[0] != NONE):
        raise _no_tree(
            name, f"{bare:,} values without a total", "name them in 'tree:' too, or leave them out by a query"
        )
    return [way if way[0] != NONE else (NONE,) * longest for way in found]


def _no_tree(name: str, found: str, fix: str) -> CarrelError:
    return fault(
        faults.DIMENSION, at=name, wanted="a tree in which each value is part of one total", found=found, fix=fix
    )


def _code(records: Records, spec: CubeSpec, found: dict[str, Dimension]) -> None:
    """The records with numbers in place of labels and persons."""
    nodes = [f"tree{at}.n{level} AS d{at}_{level}" for at, one in enumerate(found.values()) for level in _levels(one)]
    joins = " ".join(f"JOIN tree{at} ON taken.l{at}_0 = tree{at}.label" for at in range(len(found)))
    sums = [f"CAST(coalesce(s{at}, 0) AS BIGINT) AS s{at}" for at in range(len(spec.sums))]
    if spec.person == EACH_ROW:
        person, who = "taken.person", ""
    else:
        records.ask(
            "CREATE TEMP TABLE people AS SELECT label, row_number() OVER () AS number FROM "
            "(SELECT DISTINCT person AS label FROM taken WHERE person IS NOT NULL)"
        )
        person, who = "people.number", "LEFT JOIN people ON taken.person = people.label"
    records.ask(
        f"CREATE TEMP TABLE coded AS SELECT {', '.join([*nodes, *sums])}, {person} AS person FROM taken {joins} {who}"
    )
    records.ask("DROP TABLE taken")


def _levels(one: Dimension) -> range:
    return range(len(one.levels))


def _require_no_names(records: Records, spec: CubeSpec, at: int, name: str) -> None:
    """Labels are told, also where their figures are hidden: they may not be names or numbers of persons."""
    few, values = records.ask(
        f"SELECT count(*) FILTER (persons < ?), count(*) FROM "
        f"(SELECT count(DISTINCT person) AS persons FROM coded GROUP BY d{at}_0)",
        [spec.small.persons],
    )[0]
    if spec.person in spec.dimensions[name].columns or (values > _FEW_VALUES and 2 * few > values):
        raise fault(
            faults.DIMENSION,
            at=name,
            wanted="values that many persons share, such as branches, months, types",
            found=f"{few:,} values of few persons, of {values:,}",
            because="the values are told also where their figures are hidden, and these lead to persons",
            fix="tell it more coarsely, or leave the dimension out",
        )


def _cube(records: Records, spec: CubeSpec, axes: tuple[str, ...], found: dict[str, Dimension]) -> Cube:
    dimensions = tuple(found[one] for one in axes)
    places = [list(found).index(one) for one in axes]
    shape = tuple(len(one.nodes) for one in dimensions)
    nodes = [
        f"coalesce({', '.join(f'd{at}_{level}' for level in _levels(one))}, 0) AS n{axis}"
        for axis, (at, one) in enumerate(zip(places, dimensions, strict=True))
    ]
    options = [[*(f"d{at}_{level}" for level in _levels(one)), ""] for at, one in zip(places, dimensions, strict=True)]
    sets = [[column for column in chosen if column] for chosen in product(*options)]
    grouping = ", ".join(f"({', '.join(one)})" for one in sets)
    counted = _numpy(
        records,
        f"SELECT {', '.join(nodes)}, count(*) AS records, count(DISTINCT person) AS people, "
        f"count(*) - count(person) AS unknown FROM coded GROUP BY GROUPING SETS ({grouping})",
    )
    at = tuple(counted[f"n{axis}"] for axis in range(len(axes)))

    def filled(name: str) -> Any:
        dense = np.zeros(shape, dtype=np.int64)
        dense[at] = counted[name]
        return dense

    people, sums = filled("people"), {}
    for number, (name, one) in enumerate(spec.sums.items()):
        whose = ", ".join(f"({', '.join([*chosen, 'person'])})" for chosen in sets)
        by_person = f"SELECT {', '.join(nodes)}, sum(s{number}) AS own FROM coded GROUP BY GROUPING SETS ({whose})"
        cells = ", ".join(f"n{axis}" for axis in range(len(axes)))
        told = _numpy(
            records,
            f"SELECT {cells}, CAST(sum(own) AS BIGINT) AS total, CAST(max(own) AS BIGINT) AS largest, "
            f"CAST(coalesce(max(own, 2)[2], 0) AS BIGINT) AS second FROM ({by_person}) GROUP BY {cells}",
        )
        spots = tuple(told[f"n{axis}"] for axis in range(len(axes)))
        parts = []
        for part in ("total", "largest", "second"):
            dense = np.zeros(shape, dtype=np.int64)
            dense[spots] = told[part]
            parts.append(dense)
        sums[name] = Sums(one.decimals, *parts)
    return Cube(
        "-".join(axes), spec.name, dimensions, filled("records"), people, people + (filled("unknown") > 0), sums
    )


def _numpy(records: Records, statement: str) -> dict[str, Any]:
    from carrel.systems.analytics.engine import told

    with told(records.source.at):
        return {name: np.asarray(one) for name, one in records.engine.execute(statement).fetchnumpy().items()}
