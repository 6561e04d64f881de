"""Counts for noise: of cells that a document names, with so many records of each person at most."""

from __future__ import annotations

from typing import Any

import numpy as np

from carrel.deidentification.statistics import faults
from carrel.deidentification.statistics.cube_spec import EACH_ROW, CubeSpec
from carrel.deidentification.statistics.dimension import Dimension, dimension_of
from carrel.errors import fault
from carrel.systems.analytics.cube_counting import label_of
from carrel.systems.analytics.record_source import read, text_of_person


def declared(spec: CubeSpec) -> tuple[Dimension, ...]:
    """The dimensions as the document alone gives them: which values occur in the records tells of persons too.

    Raises:
        CarrelError: STC-015, a dimension names no values, or in a way that no tree is made of.
    """
    found = []
    for name, one in spec.dimensions.items():
        paths = one.declared_paths()
        made = None if paths is None else dimension_of(name, one.declared_levels(name), paths)
        if made is None:
            raise fault(
                faults.NOISE,
                at=name,
                wanted="'values:' with every value that is counted, each below one total",
                found="none, or some that do not fit its levels",
                because="a value that is told because it occurs tells that somebody was there",
                fix="write all of them, also those that may not occur, such as [2026-01, 2026-02]",
            )
        found.append(made)
    return tuple(found)


def bounded_counts(engine: Any, spec: CubeSpec, dimensions: tuple[Dimension, ...], cap: int) -> Any:
    """Records in each cell of the finest values.

    Args:
        engine: empty.
        spec: with paths that can be opened.
        dimensions: as `declared` made them.
        cap: records of one person that count at most. Which of them is drawn at random.

    Raises:
        CarrelError: of the SRC and SQL codes.

    Guarantees:
        A record without a person, or with a value that is not declared, does not count.
    """
    records = read(engine, spec.records, spec.columns)
    labels = [f"{label_of(one)} AS l{at}" for at, one in enumerate(spec.dimensions.values())]
    person = "row_number() OVER ()" if spec.person == EACH_ROW else text_of_person(spec.person)
    records.ask(
        f"CREATE TEMP TABLE taken AS "
        f"SELECT {', '.join(labels)}, {person} AS person, random() AS lot FROM {records.name}"
    )
    records.require_unchanged()
    joins = []
    for at, one in enumerate(dimensions):
        records.ask(f"CREATE TEMP TABLE leaf{at} (label VARCHAR, number INTEGER)")
        names = np.array([one.nodes[leaf].label for leaf in one.leaves], dtype=object)
        records.engine.register("arriving", {"label": names, "number": np.arange(len(names), dtype=np.int32)})
        records.ask(f"INSERT INTO leaf{at} SELECT * FROM arriving")
        records.engine.unregister("arriving")
        joins.append(f"JOIN leaf{at} ON taken.l{at} = leaf{at}.label")
    cells = ", ".join(f"leaf{at}.number AS n{at}" for at in range(len(dimensions)))
    drawn = f"SELECT {cells}, row_number() OVER (PARTITION BY person ORDER BY lot) AS turn"
    among = f"FROM taken {' '.join(joins)} WHERE person IS NOT NULL"
    spots = ", ".join(f"n{at}" for at in range(len(dimensions)))
    counted = records.ask(f"SELECT {spots}, count(*) FROM ({drawn} {among}) WHERE turn <= ? GROUP BY {spots}", [cap])
    dense = np.zeros([len(one.leaves) for one in dimensions], dtype=np.int64)
    for *spot, count in counted:
        dense[tuple(spot)] = count
    return dense
