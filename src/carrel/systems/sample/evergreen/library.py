"""Builds a sample of Evergreen in an empty PostgreSQL database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.dice import Dice
from carrel.systems.sample.evergreen import loading, multiplying, schema
from carrel.systems.sample.evergreen.audits import Audits
from carrel.systems.sample.evergreen.bills import Bills
from carrel.systems.sample.evergreen.branches import write_branches
from carrel.systems.sample.evergreen.canaries import Canaries
from carrel.systems.sample.evergreen.circulation import Circulation
from carrel.systems.sample.evergreen.clock import Clock, seconds
from carrel.systems.sample.evergreen.columns import COLUMNS
from carrel.systems.sample.evergreen.counter import Counter
from carrel.systems.sample.evergreen.events import Events
from carrel.systems.sample.evergreen.holdings import Holdings
from carrel.systems.sample.evergreen.holds import Holds
from carrel.systems.sample.evergreen.households import Households
from carrel.systems.sample.evergreen.lists import write_lists
from carrel.systems.sample.evergreen.lookups import write_lookups
from carrel.systems.sample.evergreen.machines import Machines
from carrel.systems.sample.evergreen.people import ADMIN, People
from carrel.systems.sample.evergreen.plan import EvergreenCanary, EvergreenSample, EvergreenShape, Readers
from carrel.systems.sample.evergreen.visits import Visits
from carrel.systems.sample.loading import connected
from carrel.systems.sample.plan import SampleSize
from carrel.systems.sample.rows import Rows
from carrel.systems.sample.wallclock import DAY, naive, on_wall

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from carrel.systems.sample.evergreen.loan import Truth

_LOANS_PER_COPY, _FEWEST_COPIES = 9, 300


def build(
    connection_or_engine: Connection | Engine,
    size: SampleSize,
    seed: int,
    as_of: datetime,
    progress: Callable[[int, int], None] | None = None,
    *,
    shape: EvergreenShape | None = None,
) -> EvergreenSample:
    """Fill an empty PostgreSQL database with an invented consortium on Evergreen's tables, its triggers last.

    The same seed, size, shape and ``as_of`` make the same rows. Above ``SampleSize.copies`` 1 a smaller library is
    multiplied inside the server.

    Args:
        connection_or_engine: SQLAlchemy, to a database without tables; its owner may make schemas. All is committed.
        size: how many patrons, and how many rows of circulation, aged ones included.
        seed: what the rows are made from.
        as_of: the library's present, aware; every date is relative to it.
        progress: called with rows of circulation done and wanted.
        shape: how the library was run.

    Returns:
        What is known about the rows: counts, canaries, the true reader of every circulation.

    Raises:
        ValueError: ``as_of`` is naive, or the database is another product's.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of must be aware")
    shape = shape or EvergreenShape()
    base = SampleSize(size.name, size.patrons // size.copies, size.loans // size.copies)
    with connected(connection_or_engine) as connection:
        if connection.dialect.name != "postgresql":
            raise ValueError("Evergreen runs on PostgreSQL")
        schema.create_tables(connection)
        with loading.bulk(connection) as write:
            rows = Rows(write, tables=(*COLUMNS, "money.payment"))  # payments of every kind share their numbers
            canaries, truth = fill(rows, base, seed=seed, now=seconds(as_of), shape=shape, progress=progress)
            rows.flush()
        counts = dict(rows.counts)
        if size.copies > 1:
            counts = multiplying.multiply(connection, size.copies, counts)
        loading.write_what_triggers_write(connection)
        schema.create_keys(connection)
        schema.create_habits(connection)
        loading.advance_sequences(connection)
    known = {table: count for table, count in counts.items() if count}
    now = naive(on_wall(as_of, shape.zone))
    readers = Readers(truth.people, truth.marks, size.copies, len(truth.people) - 1, base.patrons)
    return EvergreenSample(size, seed, as_of, shape.zone, now, ADMIN, None, known, canaries, readers)


def fill(
    rows: Rows,
    size: SampleSize,
    *,
    seed: int,
    now: int,
    shape: EvergreenShape,
    progress: Callable[[int, int], None] | None,
) -> tuple[tuple[EvergreenCanary, ...], Truth]:
    """Tell all rows of a library of that size, in one pass.

    Guarantees:
        Equal arguments tell equal rows in equal order, however they are batched.
    """
    dice, clock = Dice(seed), Clock(shape.zone)
    span = round(shape.years * 365) * DAY
    people = People(dice, size.patrons, shape, now - span, now)
    common = max(_FEWEST_COPIES, size.loans // _LOANS_PER_COPY)
    asked = max(40, size.patrons // 5)
    holdings = Holdings(dice, common + asked + shape.canaries + 1)
    circulation = Circulation(dice, people, holdings, rows, clock, aged_before=now - span + round(span * shape.aged))
    bills, machines, counter = Bills(circulation), Machines(circulation), Counter(circulation)
    events = Events(circulation, now - round(span * shape.notices))
    holds = Holds(circulation, events)
    canaries = Canaries(circulation, bills, events, holds, counter, machines).write(shape.canaries, common + asked + 1)
    wanted = size.loans - circulation.written
    Visits(circulation, bills, events, holds).fill(wanted, common, now - span, progress)
    holds.open_ones(common + 1, asked)
    holds.transits()
    bills.groceries()
    counter.write(size.loans // 10)
    write_lists(circulation)
    machines.write()
    write_branches(rows, shape.zone)
    write_lookups(rows)
    households = Households(people, rows)
    households.write()
    Audits(households).write()
    holdings.write(rows, now - span)
    return canaries, circulation.truth
