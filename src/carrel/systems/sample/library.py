"""Builds a sample library in an empty database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample import loading, multiplying, schema, version_rows
from carrel.systems.sample.canaries import Canaries
from carrel.systems.sample.catalogue import Catalogue, write_lookups
from carrel.systems.sample.circulation import Circulation
from carrel.systems.sample.dice import Dice
from carrel.systems.sample.dirt import Dirt
from carrel.systems.sample.koha_versions import BASE
from carrel.systems.sample.loan import since
from carrel.systems.sample.people import ANONYMOUS, People
from carrel.systems.sample.plan import Canary, Sample, SampleSize, Shape
from carrel.systems.sample.requests import Requests
from carrel.systems.sample.rows import Rows
from carrel.systems.sample.visits import Visits
from carrel.systems.sample.wallclock import DAY, naive, on_wall

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection, Engine

_LOANS_PER_COPY = 12
_LOANS_PER_COPY_AND_YEAR = 6  # more than that, and no copy is on the shelf any more
_FEWEST_COPIES = 300
_MULTIPLY = frozenset({"mysql", "mariadb"})


def build(
    connection_or_engine: Connection | Engine,
    size: SampleSize,
    seed: int,
    as_of: datetime,
    progress: Callable[[int, int], None] | None = None,
    *,
    shape: Shape | None = None,
    version: str = BASE,
) -> Sample:
    """Fill an empty database with an invented library on Koha's tables.

    The tables are made first when there are none, keys last. The same seed, size, shape and ``as_of`` make the same
    rows on every database; above ``SampleSize.copies`` 1 a server multiplies a smaller library instead of being told
    each loan.

    Args:
        connection_or_engine: SQLAlchemy, to MariaDB, PostgreSQL or SQLite; everything is committed.
        size: how many patrons and loans.
        seed: what the rows are made from.
        as_of: the library's present, aware; every date is relative to it.
        progress: called with loans done and loans wanted.
        shape: which traces the library keeps, since when; a public library with six years of loans by default.
        version: of Koha, one of `koha_versions.VERSIONS`; of another than 25.05 no copies are multiplied.

    Returns:
        What is known about the rows: counts, canaries, the anonymous patron.

    Raises:
        ValueError: ``as_of`` is naive, or the tables of the version are not known.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of must be aware")
    shape = shape or Shape()
    with loading.connected(connection_or_engine) as connection:
        bare = not loading.has_tables(connection)
        copies = size.copies if connection.dialect.name in _MULTIPLY and version == BASE else 1
        base = SampleSize(size.name, size.patrons // copies, size.loans // copies)
        now = on_wall(as_of, shape.zone)
        with loading.unsynced(connection):
            if bare:
                schema.create_tables(connection, version)
            with loading.bulk(connection) as write:
                rows = Rows(version_rows.writer(connection, write, version))
                canaries = fill(rows, base, seed=seed, now=now, shape=shape, progress=progress)
                rows.flush()
            counts = dict(rows.counts)
            if copies > 1:
                counts = multiplying.multiply(connection, copies, counts, progress)
            version_rows.fill(connection, version, ANONYMOUS)
            if bare:
                schema.create_keys(connection, version)
                loading.settle(connection, version)
    return Sample(size, seed, as_of, shape.zone, naive(now), ANONYMOUS, counts, canaries)


def fill(
    rows: Rows, size: SampleSize, *, seed: int, now: int, shape: Shape, progress: Callable[[int, int], None] | None
) -> tuple[Canary, ...]:
    """Tell all rows of a library of that size, in one pass.

    Args:
        rows: where they go.
        size: patrons and loans.
        seed: what they are made from.
        now: the library's present, a wall-clock second.
        shape: which traces are kept, since when.
        progress: called with loans done and loans wanted.

    Returns:
        The canaries.

    Guarantees:
        Equal arguments tell equal rows in equal order, however they are batched.
    """
    dice = Dice(seed)
    first = now - round(shape.years * 365) * DAY
    people = People(dice, size, shape, first, now)
    per_copy = min(_LOANS_PER_COPY, max(1.0, shape.years * _LOANS_PER_COPY_AND_YEAR))
    common = max(_FEWEST_COPIES, int(size.loans / per_copy))
    dirty = Dirt.copies_needed(first, now, shape.zone) if shape.dirt else 0
    watched = shape.canaries + shape.canaries // 20 + 2 if shape.canaries else 0
    catalogue = Catalogue(dice, common + dirty + watched)
    circulation = Circulation(dice, people, catalogue, rows, since(shape, first, now), now=now)
    # Canaries and dirt come first in the row of numbers, as loans of a system migrated from do.
    canaries = Canaries(circulation, common + dirty + 1).write(shape.canaries) if shape.canaries else ()
    if shape.dirt:
        Dirt(circulation, common + 1, shape.zone, first).write()
    rest = max(0, size.loans - circulation.loans_written)
    Visits(circulation, first, charges=shape.charges, holds=shape.holds).fill(rest, common, progress)
    write_lookups(rows)
    circulation.write_last_borrowers()
    people.write(rows)
    catalogue.write(rows, first, now)
    Requests(people, catalogue, rows, now).write(1, common)
    return canaries
