"""What the product's own trigger has moved as rows were deleted: what it took along beyond the map goes, unseen by all.

The trigger copies too much of a row, and under its old number. Whoever deletes rows puts that right in the same
transaction, so that nobody ever sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import SystemRandom
from typing import Any

from sqlalchemy import BigInteger, Connection, and_, cast, func, null, select, update
from sqlalchemy import column as named
from sqlalchemy import values as rows_of

from carrel.inventory.aged_row import Aged, NewNumber
from carrel.systems.sql.aged_columns import next_number, parted
from carrel.systems.sql.in_lists import parts


def put_right(connection: Connection, there: Any, key: str, aged: Aged, whose: Mapping[int, int]) -> None:
    """Give moved rows new numbers, and empty what describes or names their person.

    Args:
        connection: in a transaction that the caller commits.
        there: the table where they went.
        key: of the table where they were.
        aged: what the map says of the move.
        whose: per old number, the row's person.
    """
    arrived = there.c[aged.key(key)]
    new = _drawn(connection, aged.number, list(whose))
    for some in parts([(old, new[old], person) for old, person in whose.items()]):
        pair = rows_of(*(named(name, BigInteger) for name in ("old", "new", "person")), name="pair").data(list(some))
        values: dict[str, Any] = dict.fromkeys(aged.empty, null())
        for name, how in aged.if_person.items():
            values[name] = parted(there.c[name], pair.c.person, how)
        if aged.number is not None:
            values[aged.number.column] = pair.c.new
        if values:
            connection.execute(update(there).where(arrived == pair.c.old).values(values))
    if aged.number is not None and aged.number.chain is not None:
        chain = there.c[aged.number.chain]
        for both in parts(list(new.items())):
            pair = rows_of(named("old", BigInteger), named("new", BigInteger), name="pair").data(list(both))
            mine = and_(chain == pair.c.old, arrived.in_(list(new.values())))
            connection.execute(update(there).where(mine).values({aged.number.chain: pair.c.new}))


def _drawn(connection: Connection, number: NewNumber | None, old: list[int]) -> dict[int, int]:
    if number is None or not old:
        return {one: one for one in old}
    draw = select(next_number(number)).select_from(func.generate_series(1, cast(len(old), BigInteger)))
    new = [int(one) for one in connection.execute(draw).scalars()]
    # In the same order the n-th bill would still belong to the n-th row.
    SystemRandom().shuffle(new)
    return dict(zip(old, new, strict=True))


def missing(connection: Connection, gone: Any, arrived: Any, numbers: Sequence[int]) -> int:
    """Of rows that were deleted, how many are still where they were, or not where they should have gone.

    Args:
        connection: in the same transaction.
        gone: the key's column where they were.
        arrived: the key's column where they went, by the old numbers still.
        numbers: of the rows.
    """
    return count(connection, gone, numbers) + abs(len(numbers) - count(connection, arrived, numbers))


def count(connection: Connection, key: Any, numbers: Sequence[int]) -> int:
    """How many rows have one of these numbers."""
    every = [select(func.count()).where(key.in_(some)) for some in parts(numbers)]
    return sum(int(connection.execute(one).scalar_one()) for one in every)
