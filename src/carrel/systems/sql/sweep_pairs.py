"""Drawing the pairs of a sweep: loans by random keys, with all that anybody can know of them from outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import (
    ColumnElement,
    Connection,
    TableClause,
    and_,
    func,
    or_,
    select,
    text,
)

from carrel.inventory.map_path import Role
from carrel.inventory.schema import LiveSchema
from carrel.inventory.system_map import Anchor
from carrel.retention.sweep import SAME_SECOND, Loan, Pair, Pairs
from carrel.systems.sql.anchor_rows import meant
from carrel.systems.sql.in_lists import BATCH, batches
from carrel.systems.sql.parted_loans import parted_anchor, whole_chains
from carrel.systems.sql.shelf import matching
from carrel.systems.sql.sweep_library import Library

_ROUNDS = 6
_AT_ONCE = 5_000
_KEYS_PER_ROUND = 2_000
_SECONDS = range(-int(SAME_SECOND.total_seconds()), int(SAME_SECOND.total_seconds()) + 1)


def draw(library: Library, live: LiveSchema, due: Callable[[TableClause], ColumnElement[bool]], count: int, rng: Random,
         *, also_cut: bool = True) -> Pairs:  # fmt: skip
    """Pairs of loans that are about to be cut, drawn before the cut.

    Args:
        library: of the session that will cut, or any other on the same database.
        live: its schema.
        due: the condition under which a closed loan is due, whomever it names.
        count: pairs wanted; fewer when there are fewer.
        rng: where the randomness comes from.
        also_cut: up to a third are loans that the product's own batch parted from their reader already, where a row of
            a declared path still gives the reader.

    Guarantees:
        Every due loan is as likely to be drawn as any other. Keys are drawn, not rows: the cost follows ``count``, or,
        when hardly any loan is due, the number of loans that still name somebody.
    """
    now = _now(library.connection)
    closed = library.map.loans.closed
    rows = library.shelf[closed.table]
    person = rows.c[closed.person]
    keys = _keys(library, rows, closed, and_(meant(closed, rows), library.named(person), due(rows)), count, rng)
    if closed.chain is not None:
        keys = whole_chains(library, closed, keys, due)
    found = [row for some in batches(keys) for row in library.loans(closed, rows.c[closed.key].in_(some))]
    drawn = [(loan, int(person), False) for loan, person in found if person is not None]
    if also_cut:
        rebuilt = rebuild(library, cut_loans(library, due, count, rng))
        room = max(count // 3, count - len(drawn))
        rng.shuffle(drawn)
        drawn = [*drawn[: max(count - min(room, len(rebuilt)), 0)], *((a, b, True) for a, b in rebuilt[:room])]
    return pairs_of(library, live, drawn[:count], now)


def cut_loans(
    library: Library, due: Callable[[TableClause], ColumnElement[bool]], count: int, rng: Random
) -> list[Loan]:
    """Random loans that are past their time and name nobody."""
    closed = parted_anchor(library.map)
    rows = library.shelf[closed.table]
    keys = _keys(library, rows, closed, parted(library, due), count, rng, sparse=False)
    return [loan for some in batches(keys) for loan, _ in library.loans(closed, rows.c[closed.key].in_(some))]


def parted(library: Library, due: Callable[[TableClause], ColumnElement[bool]]) -> ColumnElement[bool]:
    """A closed loan of a known copy is past its time and names nobody."""
    closed = parted_anchor(library.map)
    rows = library.shelf[closed.table]
    if not closed.person:  # whoever was parted stands in a table of their own
        return rows.c[closed.item].is_not(None)
    person = rows.c[closed.person]
    nobody = person.is_(None) if library.stand_in is None else or_(person.is_(None), person == library.stand_in)
    return and_(nobody, rows.c[closed.item].is_not(None), due(rows))


def cut_loans_of_days(
    library: Library, due: Callable[[TableClause], ColumnElement[bool]], days: tuple[date, date] | None, count: int,
    rng: Random,
) -> tuple[list[Loan], bool]:  # fmt: skip
    """Random loans that are past their time and name nobody, of those that came back in some days.

    Args:
        library: where rows are read.
        due: the condition under which a closed loan is due.
        days: the first and the last local day; None for any.
        count: loans wanted.
        rng: where the randomness comes from.

    Returns:
        The loans, and whether these are all that there are. Where random keys find too few, every row is looked at.
    """
    closed = parted_anchor(library.map)
    rows = library.shelf[closed.table]
    condition = parted(library, due)
    if days is not None:
        first, after = (datetime.combine(day, time()) for day in (days[0], days[1] + timedelta(days=1)))
        condition = and_(condition, rows.c[closed.closed] >= first, rows.c[closed.closed] < after)
    keys, whole = _keys(library, rows, closed, condition, count, rng, sparse=False), False
    if len(keys) < count:
        keys, seen = [], 0
        every = select(rows.c[closed.key]).where(condition).execution_options(yield_per=_AT_ONCE)
        for seen, (key,) in enumerate(library.connection.execute(every), 1):
            place = seen - 1 if seen <= count else rng.randrange(seen)
            if seen <= count:
                keys.append(int(key))
            elif place < count:
                keys[place] = int(key)
        whole = seen <= count
    found = [loan for some in batches(keys) for loan, _ in library.loans(closed, rows.c[closed.key].in_(some))]
    return found, whole


def pairs_of(
    library: Library, live: LiveSchema, drawn: Sequence[tuple[Loan, int, bool]], drawn_at: datetime | None
) -> Pairs:
    """Pairs with the words of each person and the row of each loan as it is now."""
    people = library.people({person for _, person, _ in drawn})
    before = library.snapshot(live, (loan.loan for loan, _, _ in drawn))
    desk = library.operators({person for _, person, rebuilt in drawn if rebuilt})
    return Pairs(
        [
            Pair(loan, people[person], before.get(loan.loan, {}), rebuilt, person in desk)
            for loan, person, rebuilt in drawn
        ],
        drawn_at,
    )


def rebuild(library: Library, loans: Sequence[Loan]) -> list[tuple[Loan, int]]:
    """The reader of loans that name nobody, where rows of a declared path name exactly one at one of their seconds."""
    found: dict[int, set[int]] = defaultdict(set)
    by_item: dict[int, list[Loan]] = defaultdict(list)
    for loan in loans:
        if loan.item is not None and loan.events:
            by_item[loan.item].append(loan)
    for path in library.map.loans.paths:
        # At the desk somebody else acted, unless the map can tell the two apart.
        acted = path.role is Role.ACTOR and not path.stray_only
        if path.link.by != "visit" or path.person is None or path.link.item_as_text or acted:
            continue
        rows = library.shelf[path.table]
        person, item, at = rows.c[path.person], rows.c[path.link.item], rows.c[path.link.at]
        for some in batches(by_item):
            seconds = {
                e + timedelta(seconds=s) for i in some for one in by_item[i] for e in one.events for s in _SECONDS
            }
            query = select(person, item, at).where(library.named(person), item.in_(some), matching(rows.c, path.only))
            if len(seconds) <= BATCH * len(_SECONDS):
                query = query.where(at.in_(sorted(seconds)))
            for named, copy, moment in library.connection.execute(query):
                for loan in by_item[int(copy)]:
                    if moment is not None and loan.at_event(moment):
                        found[loan.loan].add(int(named))
    return [(loan, next(iter(found[loan.loan]))) for loan in loans if len(found[loan.loan]) == 1]


def _keys(
    library: Library, rows: TableClause, closed: Anchor, condition: ColumnElement[bool], count: int, rng: Random,
    *, sparse: bool = True,
) -> list[int]:  # fmt: skip
    """Keys of random rows that satisfy a condition, all equally likely."""
    c, key = library.connection, rows.c[closed.key]
    low, high = c.execute(select(func.min(key), func.max(key))).one()
    if low is None:
        return []
    span = int(high) - int(low) + 1
    if span <= _KEYS_PER_ROUND * _ROUNDS:
        every = [int(k) for (k,) in c.execute(select(key).where(condition).order_by(key))]
        return rng.sample(every, min(count, len(every)))
    found: set[int] = set()
    for _ in range(_ROUNDS):
        tried = {rng.randrange(int(low), int(high) + 1) for _ in range(_KEYS_PER_ROUND)}
        for some in batches(tried, 1_000):
            found.update(int(k) for (k,) in c.execute(select(key).where(key.in_(some), condition)))
        if len(found) >= count:
            break
    if len(found) < count and sparse:
        # Hardly any row qualifies: those that do are few, and are found through the index of the person column.
        kept: list[int] = []
        named = library.named(rows.c[closed.person])
        for seen, (k,) in enumerate(c.execute(select(key).where(named, condition))):
            place = seen if seen < count else rng.randrange(seen + 1)
            if seen < count:
                kept.append(int(k))
            elif place < count:
                kept[place] = int(k)
        return kept
    return rng.sample(sorted(found), min(count, len(found)))


def _now(connection: Connection) -> datetime | None:
    """The database's own time, as its automatic times are written; None where it writes none."""
    if connection.dialect.name == "sqlite":
        return None
    value: datetime = connection.execute(text("SELECT NOW()")).scalar_one()
    return value
