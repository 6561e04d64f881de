"""One release, from its file to a file: read, coded, searched, made coarser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any

from carrel.deidentification.records import faults
from carrel.deidentification.records.batch_state import BatchState
from carrel.deidentification.records.class_table import base_table, counted
from carrel.deidentification.records.lattice import MOST_NODES
from carrel.deidentification.records.local_recoding import Grouping, grouped
from carrel.deidentification.records.optimal_search import OptimalSearch, Optimum
from carrel.deidentification.records.release import Release
from carrel.deidentification.records.representative import Representative
from carrel.deidentification.records.usefulness import Usefulness, usefulness
from carrel.errors import fault
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics import batch_joining, coarse_records, record_coding, record_source
from carrel.systems.analytics import faults as source_faults
from carrel.systems.analytics.document import load
from carrel.systems.analytics.pseudonym_tokens import tokens
from carrel.systems.analytics.record_coding import CodedRecords
from carrel.systems.analytics.record_source import Records
from carrel.systems.analytics.relation import DESCRIPTION

Phase = Callable[[str], AbstractContextManager[None]]
Reading = Callable[[Any, NamedSource, Sequence[str], Mapping[str, Representative]], Records]


@dataclass(frozen=True, slots=True)
class Made:
    """A release that stands in the engine.

    Attributes:
        release: what was asked for.
        records: where it comes from.
        coded: its columns.
        optimum: the levels, where one generalisation holds for all records; else None.
        grouping: the groups, where each has its own; else None.
        usefulness: what is left of their use.
        labels: of each column, how many are released.
        state: of the batches, once this one is written; None where it is the only one.
        waited: records of earlier batches that go with this one, or wait on.
        stood: whether its file holds this batch already, so that nothing is to be written.
    """

    release: Release
    records: Records
    coded: CodedRecords
    optimum: Optimum | None
    grouping: Grouping | None
    usefulness: Usefulness
    labels: tuple[int, ...]
    state: BatchState | None = None
    waited: int = 0
    stood: bool = False

    @property
    def left_out(self) -> int:
        """Records that are not released."""
        return self.optimum.left_out if self.optimum is not None else 0

    @property
    def waiting(self) -> int:
        """Records that wait for a later batch."""
        return 0 if self.state is None else len(self.state.waiting)


def read_release(place: Path) -> Release:
    """Read a release file; its paths are taken from its own folder.

    Raises:
        CarrelError: SRC-007, every fault in it at once.
    """
    release = load(place, Release)
    base = place.absolute().parent
    update: dict[str, Any] = {"source": release.source.relative_to(base)}
    update |= {} if release.to is None else {"to": base / release.to}
    if release.batches is not None:
        update["batches"] = release.batches.model_copy(update={"state": base / release.batches.state})
    if release.pseudonymise is not None:
        keys = base / release.pseudonymise.keys
        update["pseudonymise"] = release.pseudonymise.model_copy(update={"keys": keys})
    return release.model_copy(update=update)


def require_compiler() -> None:
    """Whether the extra is installed.

    Raises:
        CarrelError: SRC-001.
    """
    if any(find_spec(one) is None for one in ("duckdb", "numpy", "numba")):
        raise fault(
            source_faults.NO_ENGINE,
            wanted="DuckDB, numpy and numba, to make records coarser",
            found="an installation without them",
            fix="pip install 'carrel[analytics]'",
        )


def make(
    engine: Any, release: Release, base: Path, today: date, phase: Phase, *, writes: bool = False,
    told: Callable[[int, int], None] | None = None, read: Reading | None = None, again: Path | None = None,
) -> Made:  # fmt: skip
    """Find how coarse records have to be, and make them so.

    Args:
        engine: as `carrel.systems.analytics.engine.opened` yields it.
        release: what is asked for.
        base: folder from which files of hierarchies are taken.
        today: by which keys of pseudonyms stand or are due.
        phase: tells what goes on.
        writes: whether it will be written; else no key is drawn.
        told: is told how many nodes were counted, and how many are left.
        read: brings the records to the engine, with what is enough of their values; it reads them itself unless given.
        again: a file that may hold this very batch already, and is put on record then.

    Raises:
        CarrelError: REC-001 to REC-006, REC-010, SRC codes.
    """
    found = record_coding.hierarchies(release, base)
    state = None if release.batches is None else batch_joining.load(release.batches, release)
    with phase("reading the records"):
        wanted = record_coding.enough(release, found)
        records = (read or _by_engine)(engine, release.source, release.needed, wanted)
        if release.people_differ_by:
            records = records.described(release.people_differ_by)
            release = release.model_copy(update={"person": DESCRIPTION})
        record_coding.take(records, release, wanted)
    with phase("putting their values in order"):
        coded = record_coding.code_records(records, release, found)
    _require_few(coded, release)
    with phase("looking for what loses least"):
        if state is None:
            optimum, grouping = _searched(coded, release, told)
        else:
            optimum, grouping = _as_before(coded, release, state), None
    groups = grouping if grouping is not None else optimum.classes if optimum is not None else None
    if groups is None:
        raise _unreachable(coded, release)
    if release.pseudonymise is not None:
        tokens(records, release.pseudonymise, today, draws=writes)
    with phase("making the records coarser"):
        if isinstance(groups, Grouping):
            coarse_records.of_groups(records, release, groups)
        else:
            coarse_records.of_levels(records, release, coded, groups, everything=release.batches is not None)
    records.require_unchanged()
    with phase("asking what it is still good for"):
        kinds = [one.kind for one in release.columns.values()]
        loss = grouping.loss if grouping is not None else optimum.loss if optimum is not None else 0.0
        useful = usefulness(coded.columns, kinds, coded.codes, groups, loss, release.k)
    if optimum is None or release.batches is None:
        return Made(release, records, coded, optimum, grouping, useful, coarse_records.labels_in(records, release))
    before = state or batch_joining.begun(
        release, tuple(one.levels[optimum.node[at]].name for at, one in enumerate(coded.columns))
    )
    with phase("joining it with earlier batches"):
        after = batch_joining.join(records, release, before, again)
    stood = after is before
    waited = 0 if stood else len(before.waiting)
    labels = coarse_records.labels_in(records, release)
    return Made(release, records, coded, optimum, grouping, useful, labels, after, waited, stood)


def _by_engine(
    engine: Any, source: NamedSource, columns: Sequence[str], enough: Mapping[str, Representative]
) -> Records:
    return record_source.read(engine, source, columns, enough=enough)


def _as_before(coded: CodedRecords, release: Release, state: BatchState) -> Optimum:
    """The levels of earlier batches: what was released on them can be joined on no other."""
    names = [[level.name for level in column.levels] for column in coded.columns]
    node = tuple(one.index(level) for one, level in zip(names, state.levels, strict=True))
    classes = counted(coded.columns, base_table(coded.columns, coded.codes, coded.persons), node, release.k, coded.rows)
    least = sum(one.loss(level) for one, level in zip(coded.columns, node, strict=True)) / len(node)
    return Optimum(node, least + classes.penalty, classes.left_out, 1, 1, classes)


def _searched(
    coded: CodedRecords, release: Release, told: Callable[[int, int], None] | None
) -> tuple[Optimum | None, Grouping | None]:
    if release.method == "local":
        return None, grouped(coded.columns, coded.codes, coded.persons, release.k)
    most = int(coded.rows * release.most_left_out / 100 + 1e-9)
    conditions = [one.condition(name) for name, one in release.sensitive.items()]
    search = OptimalSearch(
        coded.columns, coded.codes, coded.persons, release.k, most, coded.sensitive, conditions, told
    )
    found = search.run()
    return (None if found is None or found.left_out == coded.rows else found), None


def _require_few(coded: CodedRecords, release: Release) -> None:
    nodes = prod(len(one.levels) for one in coded.columns)
    if release.method == "global" and nodes > MOST_NODES:
        raise fault(
            faults.TOO_MANY,
            at=coded_at(release),
            wanted=f"at most {MOST_NODES:,}",
            found=f"{nodes:,}",
            fix="name fewer columns, or fewer levels of each; or write 'method: local'",
        )


def _unreachable(coded: CodedRecords, release: Release) -> Exception:
    whole = coded.rows if coded.persons is None else coded.people
    what = "records" if coded.persons is None else "persons"
    few = whole < release.k
    return fault(
        faults.UNREACHABLE,
        at=coded_at(release),
        wanted=f"{release.k} {what} in each class, with {release.most_left_out:g} % of the records left out at most",
        found=f"{whole:,} {what} in all" if few else "none that holds k, l and t at once",
        because="nothing is released that does not hold what was asked for",
        fix="wait until there are more records" if few else "ask for less, or let more records be left out",
    )


def coded_at(release: Release) -> str:
    """What faults call the records."""
    return release.source.at
