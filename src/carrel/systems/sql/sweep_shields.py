"""Which hits of a sweep are rows that a legal hold or an exception spares (see ``PathSql.stray``)."""

from __future__ import annotations

from collections.abc import Sequence

from carrel.inventory.system_map import Path, SystemMap
from carrel.retention.legal_hold import Scope
from carrel.retention.sweep import Pair
from carrel.retention.trail import Trail

SPARED = "a legal hold or an exception in force may cover it"


class Shields:
    """The scopes in force, as a sweep asks for them.

    Args:
        system_map: of the product.
        scopes: in force.
    """

    def __init__(self, system_map: SystemMap, scopes: Sequence[Scope]) -> None:
        self._scopes, self._map = tuple(scopes), system_map

    def spare_in(self, table: str, trail: Trail, pair: Pair) -> bool:
        """One of the map's paths through a table spares such a row."""
        paths = (path for path in self._map.loans.paths if path.table == table)
        return bool(self._scopes) and any(self.spare(path, trail, pair) for path in paths)

    def spare(self, path: Path, trail: Trail, pair: Pair) -> bool:
        """A row of this path is spared: the loan of the pair named nobody before the cut, or no key leads to the row.

        Args:
            path: of the map.
            trail: what the row tells.
            pair: whom it leads to.
        """
        link, scopes = path.link, self._scopes
        own = link.by == "clock" and link.nobody is not None
        if not pair.rebuilt:
            if own or link.by not in {"clock", "text", "moment"}:
                return False  # its row goes with its loan
            if link.by != "clock":
                scopes = tuple(scope for scope in scopes if scope.persons and not scope.loans)
        person = pair.person.key if path.person else None
        item = pair.loan.item if own or hasattr(link, "item") else None
        loan = pair.loan.loan if own or link.by == "key" else None
        times = trail.times if hasattr(link, "at") else ()
        return any(scope.may_cover(person, item, loan, times) for scope in scopes)


__all__ = ["SPARED", "Shields"]
