"""Records of other kinds than loans that move to another table without their person, in a stretch of their path."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, null, select, update
from sqlalchemy import column as as_named

from carrel.errors import fault
from carrel.inventory.aged_row import Aged
from carrel.inventory.coverage import automatic
from carrel.systems import faults
from carrel.systems.sql.in_lists import parts
from carrel.systems.sql.moved_rows import missing, put_right
from carrel.systems.sql.path_cuts import PathCuts


def freed(connection: Connection, cuts: PathCuts, which: Any) -> None:
    """Take the number of rows that go out of rows that stay; their automatic times tell nothing of it.

    Args:
        connection: in a transaction that the caller commits.
        cuts: of the path.
        which: from a table or alias to a condition on it; what goes.
    """
    for name, column in cuts.cut.frees.items():
        rows = cuts.shelf[name]
        mine = rows.c[column].in_(cuts.keys(which))
        kept: dict[str, Any] = {one: as_named(one) for one in automatic(cuts.shelf.map, name)}
        connection.execute(update(rows).where(mine).values({column: null(), **kept}))


def move(connection: Connection, cuts: PathCuts, aged: Aged, which: Any) -> int:
    """Delete the rows, have the product's own trigger move them, and put right what it took along; how many.

    Args:
        connection: in a transaction that the caller commits.
        cuts: of the path; rows that hang on these are gone already.
        aged: where they go.
        which: as for `freed`.

    Raises:
        CarrelError: SQL-016, the trigger did something else than to move what was deleted; the stretch is undone.

    Guarantees:
        A row that arrived has a number that nobody knew, and holds nothing of what describes its person.
    """
    rows, there = cuts.table, cuts.shelf[aged.table]
    key, person = rows.c[cuts.path.key[0]], rows.c[str(cuts.path.person)]
    found = connection.execute(select(key, person).where(key.in_(cuts.keys(which)))).all()
    whose = {int(number): int(whom) for number, whom in found}
    for some in parts(list(whose)):
        connection.execute(delete(rows).where(key.in_(some)))
    arrived = there.c[aged.key(key.name)]
    if left := missing(connection, key, arrived, list(whose)):
        raise fault(
            faults.CONSTRAINT,
            at=cuts.path.table,
            wanted=f"rows that the trigger {aged.trigger} moves as they are deleted",
            found=f"{left} that stayed, or that stand nowhere",
            because="without it what is kept for statistics would be lost",
            fix="look at the triggers of the table",
        )
    put_right(connection, there, key.name, aged, whose)
    return len(whose)
