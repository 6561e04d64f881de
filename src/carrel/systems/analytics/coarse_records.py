"""Records made coarser in the engine: the relation ``released``, and beside it whose each record is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from carrel.deidentification.records.class_table import Counted
from carrel.deidentification.records.coded_column import Array
from carrel.deidentification.records.local_recoding import Grouping
from carrel.deidentification.records.release import Release
from carrel.systems.analytics.engine import quoted, told
from carrel.systems.analytics.record_coding import TAKEN, CodedRecords
from carrel.systems.analytics.record_source import Records

RELEASED = "released"


def of_levels(
    records: Records, release: Release, coded: CodedRecords, found: Counted, *, everything: bool = False
) -> None:
    """Each column on one level, without the classes that do not stay.

    Args:
        records: of which ``taken`` and the tables of codes were made.
        release: what is asked for.
        coded: the columns.
        found: the levels, and which classes stay.
        everything: all classes stay for now; a batch is sorted out with what waits from others.

    Guarantees:
        The label of a record comes from its own value, not from its place among the others.
    """
    engine = records.engine
    with told(records.source.at):
        joins = []
        for at, (name, column) in enumerate(zip(release.columns, coded.columns, strict=True)):
            level = column.levels[found.node[at]]
            _labels(engine, at, level.labels)
            _register(engine, {"code": _numbers(len(level.groups)), "place": level.groups})
            engine.execute(
                f"CREATE TEMP TABLE coarse_{at} AS SELECT c.value, l.label, l.place FROM codes_{at} c "
                f"JOIN arriving a ON a.code = c.code JOIN labels_{at} l ON l.place = a.place"
            )
            joins.append(f"JOIN coarse_{at} l{at} ON t.{quoted(name)} IS NOT DISTINCT FROM l{at}.value")
        good = found.table.codes[:, found.good | everything]
        _register(engine, {f"g{at}": good[at].copy() for at in range(len(good))})
        engine.execute("CREATE TEMP TABLE staying AS SELECT * FROM arriving")
        same = " AND ".join(f"l{at}.place = s.g{at}" for at in range(len(good)))
        engine.execute(
            f"CREATE TEMP TABLE {RELEASED} AS SELECT {_columns(release)} FROM {TAKEN} t {' '.join(joins)} "
            f"JOIN staying s ON {same}{_tokens(release)}"
        )
        engine.unregister("arriving")


def of_groups(records: Records, release: Release, found: Grouping) -> None:
    """Each record with the labels of its group."""
    engine = records.engine
    with told(records.source.at):
        joins = []
        for at, labels in enumerate(found.labels):
            _labels(engine, at, labels)
            joins.append(f"JOIN labels_{at} l{at} ON l{at}.place = h.a{at}")
        _register(engine, {"number": _numbers(found.count), **{f"a{at}": one for at, one in enumerate(found.label_of)}})
        engine.execute("CREATE TEMP TABLE grouping_labels AS SELECT * FROM arriving")
        _register(engine, {"number": found.groups})
        engine.execute(
            f"CREATE TEMP TABLE {RELEASED} AS SELECT {_columns(release)} FROM {TAKEN} t POSITIONAL JOIN arriving a "
            f"JOIN grouping_labels h ON h.number = a.number {' '.join(joins)}{_tokens(release)}"
        )
        engine.unregister("arriving")


def names_in(release: Release) -> tuple[str, ...]:
    """What the columns of ``released`` are called, in the order of the release; the first are the quasi-identifiers."""
    replaced = () if release.pseudonymise is None else release.pseudonymise.columns
    return (
        *(f"q{at}" for at in range(len(release.columns))),
        *(f"s{at}" for at in range(len(release.sensitive))),
        *(f"k{at}" for at in range(len(release.keep))),
        *(f"p{at}" for at in range(len(replaced))),
    )


def labels_in(records: Records, release: Release) -> tuple[int, ...]:
    """How many labels of each quasi-identifier stand in ``released``: what waits or is left out takes some along."""
    counts = ", ".join(f"count(DISTINCT {one}) + max(({one} IS NULL)::INT)" for one in names_in(release))
    ((*found,),) = records.ask(f"SELECT {counts} FROM {RELEASED}")
    return tuple(int(one or 0) for one in found[: len(release.columns)])


def _columns(release: Release) -> str:
    made = [f"l{at}.label AS q{at}" for at in range(len(release.columns))]
    made += [f"t.{quoted(one)} AS s{at}" for at, one in enumerate(release.sensitive)]
    made += [f"t.{quoted(one)} AS k{at}" for at, one in enumerate(release.keep)]
    if release.pseudonymise is not None:
        made += [f"p{at}.token AS p{at}" for at in range(len(release.pseudonymise.columns))]
    if release.person is not None:
        made.append(f"nullif(trim(t.{quoted(release.person)}), '') AS person")
    return ", ".join(made)


def _tokens(release: Release) -> str:
    """Joins with the tokens, which `carrel.systems.analytics.pseudonym_tokens` made."""
    said = release.pseudonymise
    if said is None:
        return ""
    by = f" JOIN periods b ON t.{quoted(said.by)} IS NOT DISTINCT FROM b.value"
    return by + "".join(
        f" JOIN tokens_{at} p{at} ON t.{quoted(one)} IS NOT DISTINCT FROM p{at}.value AND p{at}.period = b.period"
        for at, one in enumerate(said.columns)
    )


def _labels(engine: Any, at: int, labels: Sequence[str]) -> None:
    """A table with the labels of a column: numbers in memory, and texts once."""
    import numpy as np

    texts: Array = np.empty(len(labels), dtype=object)
    texts[:] = labels
    _register(engine, {"label": texts, "place": _numbers(len(labels))})
    engine.execute(f"CREATE TYPE kinds_{at} AS ENUM (SELECT label FROM arriving ORDER BY place)")
    engine.execute(f"CREATE TEMP TABLE labels_{at} AS SELECT CAST(label AS kinds_{at}) AS label, place FROM arriving")


def _register(engine: Any, columns: dict[str, Array]) -> None:
    engine.register("arriving", columns)


def _numbers(count: int) -> Array:
    from numpy import arange, int32

    return arange(count, dtype=int32)
