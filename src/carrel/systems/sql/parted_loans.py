"""Loans that moved: where they stand now, under which number, and which chains of renewals a run comes to whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, TableClause, or_, select

from carrel.inventory.system_map import Anchor, SystemMap
from carrel.retention.sweep import Pair
from carrel.systems.sql.anchor_rows import meant
from carrel.systems.sql.in_lists import batches
from carrel.systems.sql.shelf import Shelf


class Shelved(Protocol):
    """What is asked of a sweep's library: its session and its tables."""

    connection: Connection
    map: SystemMap
    shelf: Shelf


def parted_anchor(system_map: SystemMap) -> Anchor:
    """Where loans stand that name nobody any more; its ``person`` is empty where that is a table of their own."""
    closed = system_map.loans.closed
    if (aged := closed.cut.aged) is None:
        return closed
    there = aged.columns
    ended = None if closed.ended is None else there[closed.ended]
    return closed.model_copy(
        update={
            "table": aged.table, "key": aged.key(closed.key), "person": "", "item": there[closed.item],
            "branch": there[closed.branch], "opened": there[closed.opened], "closed": there[closed.closed],
            "due": there[closed.due], "renewed": there[closed.renewed], "ended": ended, "only": (), "chain": None,
            "moments": tuple(there[name] for name in closed.moments if name in there),
        }
    )  # fmt: skip


def renumbered(library: Shelved, pairs: Iterable[Pair], moved: Callable[[Sequence[Any]], Iterable[Any]]) -> list[Pair]:
    """The pairs as an outsider finds them: a loan that moved has the number under which it stands now.

    Args:
        library: where rows are read.
        pairs: drawn before the cut.
        moved: the loans of the parted table that have one of these items.
    """
    pairs, closed = list(pairs), library.map.loans.closed
    if closed.cut.aged is None or closed.cut.aged.number is None:
        return pairs
    rows = library.shelf[closed.table]
    there: set[int] = set()
    for some in batches(pair.loan.loan for pair in pairs):
        found = library.connection.execute(select(rows.c[closed.key]).where(rows.c[closed.key].in_(some)))
        there.update(int(key) for (key,) in found)
    now: dict[tuple[object, ...], int] = {}
    for some in batches(pair.loan.item for pair in pairs if pair.loan.item is not None):
        for loan in moved(some):
            now[(loan.item, loan.opened, loan.closed)] = loan.loan
    return [_as_it_stands(pair, now) if pair.loan.loan not in there else pair for pair in pairs]


def _as_it_stands(pair: Pair, now: dict[tuple[object, ...], int]) -> Pair:
    loan = pair.loan
    exact, by_day = ((loan.item, at(loan.opened), at(loan.closed)) for at in (_same, _day))
    number = now.get(exact, now.get(by_day))
    return pair if number is None else replace(pair, loan=replace(loan, loan=number))


def _same(at: datetime | None) -> datetime | None:
    return at


def _day(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(hour=0, minute=0, second=0, microsecond=0)


def whole_chains(
    library: Shelved, anchor: Anchor, keys: list[int], due: Callable[[TableClause], ColumnElement[bool]]
) -> list[int]:
    """Of these loans, those whose chain is due as a whole; each judged by all its members, however long it is."""
    rows = library.shelf[anchor.table]
    key, chain = rows.c[anchor.key], rows.c[str(anchor.chain)]
    links: dict[int, set[int]] = {}
    fine: set[int] = set()
    known: set[int] = set()
    waiting = set(keys)
    while waiting:
        known |= waiting
        found: set[int] = set()
        for some in batches(waiting):
            for number, before in library.connection.execute(
                select(key, chain).where(or_(key.in_(some), chain.in_(some)))
            ):
                found.add(int(number))
                if before is not None:
                    found.add(int(before))
                    links.setdefault(int(number), set()).add(int(before))
                    links.setdefault(int(before), set()).add(int(number))
            judged = select(key).where(key.in_(some), meant(anchor, rows), due(rows))
            fine.update(int(one) for (one,) in library.connection.execute(judged))
        waiting = found - known
    return [one for one in keys if _members(one, links) <= fine]


def _members(one: int, links: dict[int, set[int]]) -> set[int]:
    known, waiting = {one}, [one]
    while waiting:
        for other in links.get(waiting.pop(), set()) - known:
            known.add(other)
            waiting.append(other)
    return known
