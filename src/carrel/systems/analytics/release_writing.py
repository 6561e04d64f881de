"""A release on its way to a file: written beside it, read back, counted anew, and only then given its name."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from carrel.amount import amount
from carrel.deidentification.records import faults
from carrel.deidentification.records.release import Release
from carrel.deidentification.records.sensitive_column import Diversity
from carrel.errors import CarrelError, fault
from carrel.inventory.record_source import NamedSource
from carrel.systems.analytics.batch_joining import KNOWN
from carrel.systems.analytics.coarse_records import RELEASED, names_in
from carrel.systems.analytics.engine import quoted, text_literal, told
from carrel.systems.analytics.record_source import Records, read
from carrel.systems.durable_file import is_same_file, named_when_whole

ENDINGS = (".csv", ".parquet")
_FIGURES = "^[+-]?[0-9]+([.][0-9]+)?( to [+-]?[0-9]+)?$"  # a number, or a band of them


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was counted of the file that was written.

    Attributes:
        rows: in it.
        classes: combinations of values.
        smallest: persons, or rows, of the smallest class that no earlier batch released; None where each was.
        known: classes that an earlier batch released.
    """

    rows: int
    classes: int
    smallest: int | None
    known: int = 0


def require_place(place: Path, *, force: bool, source: Path | None = None) -> None:
    """Whether a release can go there.

    Args:
        place: of the release.
        force: a file there may be replaced.
        source: the file of the records, which never is.

    Raises:
        CarrelError: REC-008.
    """
    found = None
    if place.suffix.lower() not in ENDINGS:
        found = "a name with another ending"
    elif not place.parent.is_dir():
        found = "a folder that is not there"
    elif place.is_dir() or (place.exists() and not place.is_file()):
        found = "something that is no file"
    elif is_same_file(place, source):
        found = "the file of the records"
    elif place.exists() and not force:
        found = "a file of this name"
    if found is not None:
        raise _no_place(place, found)


def _no_place(place: Path, found: str) -> CarrelError:
    fix = "name another, or add --force to replace it" if found == "a file of this name" else "name another"
    return fault(faults.OUTPUT, at=place.name, wanted="a new file, .csv or .parquet", found=found, fix=fix)


@contextmanager
def written(records: Records, release: Release, place: Path, *, force: bool = False) -> Iterator[Confirmed]:
    """Write ``released`` to a file and count it back; it gets its name when the block ends well, and never before.

    Args:
        records: whose engine has ``released``.
        release: what was asked for.
        place: of the file.
        force: a file there is replaced; else one that came meanwhile stays.

    Raises:
        CarrelError: REC-007, the file does not hold what was reckoned; REC-008, it cannot be written; SRC codes.

    Guarantees:
        Rows are in the order of their own values, so that nothing of the order in which they came is left. The file can
        be read by its owner alone. Where anything fails, nothing of it stays.
    """
    try:
        with named_when_whole(place, force=force) as other:
            _write(records, release, other, place)
            found = _confirmed(records, release, other)
            yield found
    except OSError as wrong:
        there = isinstance(wrong, FileExistsError)
        raise _no_place(place, "a file of this name" if there else os.strerror(wrong.errno or 0)) from None


def _write(records: Records, release: Release, other: Path, place: Path) -> None:
    import duckdb

    named = list(zip(names_in(release), release.released, strict=True))
    ((*signs,),) = records.ask(f"SELECT {', '.join(f'bool_or({_sign(one)})' for one, _ in named)} FROM {RELEASED}")
    columns = ", ".join(
        f"{_cell(one, other) if odd else one} AS {quoted(name)}" for (one, name), odd in zip(named, signs, strict=True)
    )
    kind = "FORMAT parquet, COMPRESSION zstd" if other.suffix.lower() == ".parquet" else "FORMAT csv, HEADER"
    with told("the release"):
        try:
            records.engine.execute(
                f"COPY (SELECT {columns} FROM {RELEASED} ORDER BY ALL) TO {text_literal(str(other))} "
                f"({kind}, USE_TMP_FILE false)"
            )
        except duckdb.IOException:  # of Parquet, it reads its source meanwhile; a disk without room is far likelier
            raise _no_place(place, "a folder that cannot be written, or a disk without room") from None


def _sign(column: str) -> str:
    return f"left(CAST({column} AS VARCHAR), 1) IN ('=', '+', '-', '@', chr(9), chr(13))"


def _cell(column: str, place: Path) -> str:
    """A value as the file has it: in CSV, a text that a spreadsheet would take for a formula is told as text."""
    if place.suffix.lower() != ".csv":
        return column
    text = f"CAST({column} AS VARCHAR)"
    odd = f"{_sign(column)} AND NOT regexp_matches({text}, '{_FIGURES}')"
    return f"CASE WHEN {odd} THEN chr(39) || {text} ELSE {text} END"


def _confirmed(records: Records, release: Release, other: Path) -> Confirmed:
    """Count the file, class by class, and for each the persons whose records it holds.

    The persons come from the records themselves, by the values that were released, and not from what was reckoned.
    """
    back = read(records.engine, NamedSource(file=other), name="written")
    names = [quoted(one) for one in release.columns]
    own = names_in(release)[: len(names)]
    whose = "person" if release.person is not None else None
    keys = ", ".join(own)
    inner = f"SELECT {keys}, count(*) AS n{', person' if whose else ''} FROM {RELEASED} GROUP BY ALL"
    size = "count(person)" if whose else "sum(n)"
    texts = ", ".join(f"CAST({one} AS VARCHAR) AS {one}" for one in own)
    same = " AND ".join(f"f.{one} = {_cell(f'r.{one}', other)}" for one in own)
    joins = release.batches is not None and release.batches.held == "together"
    known = " AND ".join(f"o.{one} = r.{one}" for one in own)
    # A combination that enough persons shared in an earlier batch may be joined by one more.
    before = f"EXISTS (SELECT 1 FROM {KNOWN} o WHERE {known})" if joins else "false"
    ((rows, classes, odd, smallest, joined),) = back.ask(
        f"WITH f AS (SELECT {', '.join(f'{name} AS {one}' for name, one in zip(names, own, strict=True))}, "
        f"count(*) AS n FROM {back.name} GROUP BY ALL), r AS (SELECT {texts}, sum(n) AS n, {size} AS size "
        f"FROM ({inner}) GROUP BY {keys}) SELECT coalesce(sum(f.n), 0), count(*), "
        f"count(*) FILTER (f.n IS NULL OR r.n IS NULL OR f.n <> r.n), min(r.size) FILTER (NOT {before}), "
        f"count(*) FILTER ({before}) "
        f"FROM f FULL JOIN r ON {same}"
    )
    found = Confirmed(int(rows), int(classes), None if smallest is None else int(smallest), int(joined))
    if odd or not (rows or release.batches) or (found.smallest or release.k) < release.k:
        what = f"{amount(int(odd), 'class')} of other size" if odd else f"a class of {found.smallest}"
        raise _not_confirmed(what if rows else "no record", f"{release.k} in each class")
    new = " AND ".join(f"{_cell(f'o.{one}', other)} = f.{name}" for name, one in zip(names, own, strict=True))
    _confirm_diversity(back, release, names, f"NOT EXISTS (SELECT 1 FROM {KNOWN} o WHERE {new})" if joins else "true")
    return found


def _confirm_diversity(back: Records, release: Release, names: list[str], new: str) -> None:
    for column, said in release.sensitive.items():
        measure = {
            Diversity.DISTINCT: f"count(DISTINCT coalesce({quoted(column)}, ''))",
            Diversity.ENTROPY: f"exp(ln(2) * entropy(coalesce({quoted(column)}, '')))",
            Diversity.RECURSIVE: f"count(DISTINCT coalesce({quoted(column)}, ''))",
        }[said.counted]
        ((least,),) = back.ask(
            f"SELECT min(m) FROM (SELECT {', '.join(names)}, {measure} AS m FROM {back.name} "
            f"GROUP BY {', '.join(names)}) f WHERE {new}"
        )
        if least is None:  # an earlier batch released all of them, and they held it then
            continue
        if float(least) < said.l and not math.isclose(float(least), said.l, rel_tol=1e-9):
            raise _not_confirmed(f"a class with a diversity of {float(least):.3g} in {column}", f"{said.l:g}")


def _not_confirmed(found: str, wanted: str) -> CarrelError:
    return fault(
        faults.NOT_CONFIRMED,
        at="the release, read back",
        wanted=wanted,
        found=found,
        because="what leaves is counted anew by other means than it was made",
        fix="nothing was released; report this with the release file",
    )
