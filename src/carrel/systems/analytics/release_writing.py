"""A release on its way to a file: written beside it, read back, counted anew, and only then given its name."""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
from carrel.systems.durable_file import settle

ENDINGS = (".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was counted of the file that was written.

    Attributes:
        rows: in it.
        classes: combinations of values.
        smallest: persons, or rows, of the smallest class.
    """

    rows: int
    classes: int
    smallest: int


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
    elif place.exists() and source is not None and source.exists() and place.samefile(source):
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
    other = place.with_name(f".{place.stem}.{secrets.token_hex(8)}{place.suffix}")
    try:
        handle = os.open(other, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        os.close(handle)
    except OSError as wrong:
        raise _no_place(place, os.strerror(wrong.errno or 0)) from None
    try:
        _write(records, release, other, place)
        yield _confirmed(records, release, other)
        _sync(other)
        _name(other, place, force=force)
        settle(place.parent)
    finally:
        with suppress(FileNotFoundError):
            other.unlink()


def _name(other: Path, place: Path, *, force: bool) -> None:
    try:
        other.replace(place) if force else os.link(other, place)
    except OSError as wrong:
        found = "a file of this name" if isinstance(wrong, FileExistsError) else os.strerror(wrong.errno or 0)
        raise _no_place(place, found) from None


def _write(records: Records, release: Release, other: Path, place: Path) -> None:
    import duckdb

    columns = ", ".join(
        f"{one} AS {quoted(name)}" for one, name in zip(names_in(release), release.released, strict=True)
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


def _sync(other: Path) -> None:
    handle = os.open(other, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
    same = " AND ".join(f"f.{one} = r.{one}" for one in own)
    joins = release.batches is not None and release.batches.held == "together"
    known = " AND ".join(f"o.{one} = r.{one}" for one in own)
    # A combination that enough persons shared in an earlier batch may be joined by one more.
    small = f"NOT EXISTS (SELECT 1 FROM {KNOWN} o WHERE {known})" if joins else "true"
    ((rows, classes, odd, smallest),) = back.ask(
        f"WITH f AS (SELECT {', '.join(f'{name} AS {one}' for name, one in zip(names, own, strict=True))}, "
        f"count(*) AS n FROM {back.name} GROUP BY ALL), r AS (SELECT {texts}, sum(n) AS n, {size} AS size "
        f"FROM ({inner}) GROUP BY {keys}) SELECT coalesce(sum(f.n), 0), count(*), "
        f"count(*) FILTER (f.n IS NULL OR r.n IS NULL OR f.n <> r.n), min(r.size) FILTER ({small}) "
        f"FROM f FULL JOIN r ON {same}"
    )
    found = Confirmed(
        int(rows), int(classes), release.k if release.batches and smallest is None else int(smallest or 0)
    )
    if odd or not (rows or release.batches) or found.smallest < release.k:
        what = f"{amount(int(odd), 'class')} of other size" if odd else f"a class of {found.smallest}"
        raise _not_confirmed(what if rows else "no record", f"{release.k} in each class")
    _confirm_diversity(back, release, names)
    return found


def _confirm_diversity(back: Records, release: Release, names: list[str]) -> None:
    for column, said in release.sensitive.items():
        measure = {
            Diversity.DISTINCT: f"count(DISTINCT coalesce({quoted(column)}, ''))",
            Diversity.ENTROPY: f"exp(ln(2) * entropy(coalesce({quoted(column)}, '')))",
            Diversity.RECURSIVE: f"count(DISTINCT coalesce({quoted(column)}, ''))",
        }[said.counted]
        ((least,),) = back.ask(
            f"SELECT min(m) FROM (SELECT {measure} AS m FROM {back.name} GROUP BY {', '.join(names)})"
        )
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
