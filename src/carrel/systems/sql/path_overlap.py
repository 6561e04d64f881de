"""Rows to which several paths of one table lead, counted once: at the path that will have cut them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import exists, false, or_, select

from carrel.inventory.system_map import Method
from carrel.systems.sql.path_rows import Bool
from carrel.systems.sql.paths import PathSql

_OUT = frozenset({Method.CLEAR, Method.STAND_IN})


def is_left(path: PathSql, earlier: Iterable[tuple[PathSql, Bool]], *, texts: bool = False) -> Bool:
    """Whether a row is still there for a path when its turn comes: no path before it on its table will have cut it.

    Args:
        path: whose turn it is.
        earlier: those that are cut before it, each with the rows of its table that it `takes`.
        texts: a text that is emptied with a row which names it, in another table, is cut by that row's path.
    """
    earlier = tuple(earlier)
    cut = [takes for one, takes in earlier if spends(one, path)]
    if texts:
        cut += [emptied for one, takes in earlier for emptied in _emptied(one, takes, path)]
    # A test of an empty column answers neither yes nor no, and counts as no.
    return or_(false(), *cut).is_not(True)


def _emptied(first: PathSql, takes: Bool, later: PathSql) -> Iterator[Bool]:
    """The rows of a path that another one empties with its own rows, which name them."""
    for other in first.cut.further:
        full = {
            one.column for one in later.path.only if one.differs == "" and other.set.get(one.column) is Method.BLANK
        }
        if other.table != later.path.table or not full:
            continue
        for name in other.named_by:
            named = first.table.c[name] == later.table.c[other.key]
            yield exists(select(1).select_from(first.table).where(named, takes).correlate(later.table))


def spends(first: PathSql, later: PathSql) -> bool:
    """Whether a row that one path has cut leads to nobody by another path of the same table any more."""
    if first.path.table != later.path.table:
        return False
    done, person, link = first.cut.set, later.path.person, later.path.link
    if first.cut.delete:
        return True
    anyhow = (link.by == "key" and bool(later.path.still)) or (link.by == "own" and link.everybody)
    if person and not anyhow:
        how = done.get(person)
        if how in _OUT or (how is Method.ZERO and later.cut.set.get(person) is Method.ZERO):
            return True
    full = {one.column for one in (*later.path.only, *later.path.still) if one.empty is False}
    if any(done.get(name) is Method.CLEAR for name in full):
        return True
    times = link.by == "moment" or (link.by == "clock" and Method.CLEAR not in later.cut.set.values())
    if times and done.get(str(getattr(link, "at", ""))) is Method.DAY:
        return True
    wanted = {name: how for name, how in later.cut.set.items() if how is not Method.SAME}
    asked = not person or (link.by == "own" and link.everybody)  # then a row leads to somebody by what it still holds
    return asked and bool(wanted) and wanted.items() <= done.items()
