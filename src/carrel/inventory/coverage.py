"""What of a database a map uses: which tables and columns its rules read, and which they change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from carrel.inventory.column_use import Use, uses
from carrel.inventory.map_path import Cut, OwnLink
from carrel.inventory.system_map import Method, SystemMap

__all__ = [
    "CutTable", "Use", "all_cuts", "changed_columns", "cuts", "looked_into", "optional_tables", "used",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CutTable:
    """What cuts do in one table.

    Attributes:
        methods: how each column is changed; a column may be changed in several ways by different paths.
        delete: rows are deleted.
        children: tables whose rows go first, with the column that names this table's key.
        frees: tables whose rows stay, with the column that the database empties.
        keys: the primary keys that the paths name; an empty one where a path says that there is none.
    """

    methods: dict[str, frozenset[Method]]
    delete: bool
    children: dict[str, str]
    frees: dict[str, str]
    keys: frozenset[tuple[str, ...]]


def used(system_map: SystemMap) -> dict[str, dict[str, frozenset[Use]]]:
    """Every column that a rule, a fact or a lookup of a map needs, by table, with what is expected of it."""
    found: defaultdict[str, defaultdict[str, set[Use]]] = defaultdict(lambda: defaultdict(set))
    for table, column, use in uses(system_map):
        found[table][column].add(use)
    return {
        table: {column: frozenset(uses) for column, uses in sorted(columns.items())}
        for table, columns in sorted(found.items())
    }


def looked_into(system_map: SystemMap) -> frozenset[str]:
    """Tables that no rule cuts or walks: they only tell of a record of another one, such as when it ended."""
    links = (path.link for path in system_map.paths)
    beside = {other.table for link in links if isinstance(link, OwnLink) for other in link.beside}
    beside |= {step.table for path in system_map.paths for step in path.among}
    hanging = (one for _, cut, _ in all_cuts(system_map) for one in cut.attached.values())
    beside |= {step.table for one in hanging for step in one.told_by}
    if system_map.loans.coarsened is not None:
        told, describing = system_map.loans.coarsened
        said = (column for trait, column in told.traits.items() if describing.level(trait) is not None)
        beside |= {step.table for column in said for one in column.of for step in one.by}
    return frozenset(beside - set(system_map.columns) - {path.table for path in system_map.paths})


def optional_tables(system_map: SystemMap) -> frozenset[str]:
    """Tables that only optional paths use: a site may lack them."""
    optional = {path.table for path in system_map.paths if path.optional}
    needed = {path.table for path in system_map.paths if not path.optional}
    return frozenset(optional - needed)


def cuts(system_map: SystemMap) -> dict[str, CutTable]:
    """What the cuts of a map do, by table; tables whose rows only go as children count as deleted from."""
    methods: defaultdict[str, defaultdict[str, set[Method]]] = defaultdict(lambda: defaultdict(set))
    deleted: set[str] = set()
    children: defaultdict[str, dict[str, str]] = defaultdict(dict)
    frees: defaultdict[str, dict[str, str]] = defaultdict(dict)
    keys: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for table, cut, key in all_cuts(system_map):
        for column, method in (*cut.set.items(), *cut.if_reader.items()):
            methods[table][column].add(method)
        for other in cut.further:
            for column, method in other.set.items():
                methods[other.table][column].add(method)
        if cut.delete:
            deleted.add(table)
        keys[table].add(key)
        children[table].update(cut.children)
        frees[table].update(cut.frees)
        deleted.update(cut.takes_along)
    return {
        table: CutTable(
            {column: frozenset(found) for column, found in sorted(methods[table].items())},
            table in deleted,
            children[table],
            frees[table],
            frozenset(keys[table]),
        )
        for table in sorted({*methods, *deleted})
    }


def changed_columns(system_map: SystemMap) -> frozenset[str]:
    """``table.column`` of everything that the cuts change; ``table.*`` where rows are deleted."""
    found: set[str] = set()
    for table, cut in cuts(system_map).items():
        found.update(f"{table}.{column}" for column, methods in cut.methods.items() if methods != {Method.SAME})
        if cut.delete:
            found.add(f"{table}.*")
    return frozenset(found)


def all_cuts(system_map: SystemMap) -> Iterator[tuple[str, Cut, tuple[str, ...]]]:
    """Every cut of a map with its table and the primary key that the map names there."""
    closed = system_map.loans.closed
    yield closed.table, closed.cut, (closed.key,)
    for path in system_map.paths:
        yield path.table, path.cut, path.key
        if path.lose_card is not None:
            yield path.table, path.lose_card, path.key


def automatic(system_map: SystemMap, table: str) -> tuple[str, ...]:
    """Columns of a table that cuts of its rows set to themselves, because the server would set them anew.

    Whatever the policy asks for: what one way of cutting says of a table's times is true of them in any.
    """
    found = {one for name, cut, _ in all_cuts(system_map) if name == table for one in _same(cut)}
    of_records = (cut for path in system_map.records if path.table == table for cut in path.cuts.values())
    return tuple(sorted(found.union(*map(_same, of_records))))


def _same(cut: Cut) -> frozenset[str]:
    return frozenset(name for name, method in cut.set.items() if method is Method.SAME)
