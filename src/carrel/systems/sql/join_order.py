"""Statements that join in an order of ours, whatever the server thinks of its indexes (MariaDB's ``STRAIGHT_JOIN``).

The work tables have no statistics and a vendor's link columns are mostly NULL: left alone, the server reads whole
tables. Databases that need no such word get the plain statement.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Delete, FromClause, Update, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join

from carrel.systems.sql.worktables import CHUNK, FOUND, SPELL

_THEIRS = ""  # stands for every table that is none of ours


class InOrder(Join):
    """Two tables that are read in this order."""

    inherit_cache = True

    def __init__(self, first: FromClause, then: FromClause) -> None:
        super().__init__(first, then, true())


@compiles(InOrder)
def _comma(element: InOrder, compiler: SQLCompiler, **kw: Any) -> str:
    kw["asfrom"] = True
    return f"{compiler.process(element.left, **kw)}, {compiler.process(element.right, **kw)}"


@compiles(InOrder, "sqlite")
def _cross(element: InOrder, compiler: SQLCompiler, **kw: Any) -> str:
    # Its planner leaves the order of a CROSS JOIN alone.
    kw["asfrom"] = True
    return f"{compiler.process(element.left, **kw)} CROSS JOIN {compiler.process(element.right, **kw)}"


@compiles(InOrder, "mysql", "mariadb")
def _straight(element: InOrder, compiler: SQLCompiler, **kw: Any) -> str:
    kw["asfrom"] = True
    return f"{compiler.process(element.left, **kw)} STRAIGHT_JOIN {compiler.process(element.right, **kw)}"


class UpdateInOrder(Update):
    """An UPDATE that joins the chunk: the rows are read first, then their loans."""

    inherit_cache = True
    order: ClassVar[tuple[str, ...]] = (_THEIRS, SPELL.name, CHUNK.name)


class UpdateChunkFirst(Update):
    """The same, from the loans to the rows."""

    inherit_cache = True
    order: ClassVar[tuple[str, ...]] = (CHUNK.name, _THEIRS)


class UpdateFound(Update):
    """An UPDATE of rows that were found before, by their key."""

    inherit_cache = True
    order: ClassVar[tuple[str, ...]] = (FOUND.name, _THEIRS, CHUNK.name)


class DeleteInOrder(Delete):
    """A DELETE that joins the chunk: the rows are read first, then their loans."""

    inherit_cache = True
    order: ClassVar[tuple[str, ...]] = (_THEIRS, SPELL.name, CHUNK.name)


class DeleteChunkFirst(Delete):
    """The same, from the loans to the rows; or from the chunk through parents to their dependent rows."""

    inherit_cache = True
    order: ClassVar[tuple[str, ...]] = (CHUNK.name, _THEIRS)


class DeleteFound(Delete):
    """A DELETE of rows that were found before, or of their dependent rows."""

    inherit_cache = True
    order: ClassVar[tuple[str, ...]] = (FOUND.name, _THEIRS, CHUNK.name)


class DeleteChildren(Delete):
    """A DELETE of dependent rows that joins their parents: those are read first."""

    inherit_cache = True


class DeleteHanging(Delete):
    """A DELETE of rows that a subquery names, written so that the server reads the subquery only once."""

    inherit_cache = True


@compiles(DeleteHanging, "mysql", "mariadb")
def _delete_hanging(element: Any, compiler: Any, **kw: Any) -> str:
    head, where, rest = str(compiler.visit_delete(element, **kw)).partition(" WHERE ")
    return f"{head} USING {head.removeprefix('DELETE FROM ')}{where}{rest}"


@compiles(UpdateInOrder, "mysql", "mariadb")
@compiles(UpdateChunkFirst, "mysql", "mariadb")
@compiles(UpdateFound, "mysql", "mariadb")
def _update_in_order(element: Any, compiler: Any, **kw: Any) -> str:
    head, _, rest = str(compiler.visit_update(element, **kw)).partition(" SET ")
    return f"UPDATE {_straightened(head.removeprefix('UPDATE '), element.order)} SET {rest}"


@compiles(DeleteInOrder, "mysql", "mariadb")
@compiles(DeleteChunkFirst, "mysql", "mariadb")
@compiles(DeleteFound, "mysql", "mariadb")
def _delete_in_order(element: Any, compiler: Any, **kw: Any) -> str:
    head, using, rest = str(compiler.visit_delete(element, **kw)).partition(" USING ")
    tables, where, rest = rest.partition(" WHERE ")
    return f"{head}{using}{_straightened(tables, element.order)}{where}{rest}"


@compiles(DeleteChildren, "mysql", "mariadb")
def _delete_children(element: Delete, compiler: Any, **kw: Any) -> str:
    head, _, rest = str(compiler.visit_delete(element, **kw)).partition(" USING ")
    tables, _, where = rest.partition(" WHERE ")
    child, *before = tables.split(", ")
    order = (*sorted(before, key=lambda name: name != CHUNK.name), child)
    return f"{head} USING {' STRAIGHT_JOIN '.join(order)} WHERE {where}"


def _straightened(tables: str, order: tuple[str, ...]) -> str:
    """Tables of a statement in their order; where several are not ours, as they stood."""
    ranks = {name: rank for rank, name in enumerate(order)}
    return " STRAIGHT_JOIN ".join(sorted(tables.split(", "), key=lambda name: ranks.get(name, ranks[_THEIRS])))
