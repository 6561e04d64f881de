"""Which hits of a sweep are rows that the cut spares (see ``PathSql.stray``): under a hold, or not yet due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from carrel.inventory.system_map import Path, SystemMap
from carrel.retention.legal_hold import Scope
from carrel.retention.sweep import Pair
from carrel.retention.trail import Trail

# Legal holds and exceptions. It is not said which, nor that there is one: a hold can be sealed.
SPARED = "for another reason"
RUNNING = "no key leads to it, and its own clock still runs"


class Shields:
    """The scopes in force, as a sweep asks for them.

    Args:
        system_map: of the product.
        scopes: in force.
        cutoff: naive local time up to which rows without a loan are due.
    """

    def __init__(self, system_map: SystemMap, scopes: Sequence[Scope], cutoff: datetime) -> None:
        self._scopes, self._map, self._cutoff = tuple(scopes), system_map, cutoff

    def why_in(self, table: str, trail: Trail, pair: Pair) -> str:
        """Why one of the map's paths through a table leaves such a row; empty if none does."""
        paths = (path for path in self._map.loans.paths if path.table == table)
        return next((why for path in paths if (why := self.why(path, trail, pair))), "")

    def why(self, path: Path, trail: Trail, pair: Pair) -> str:
        """Why the cut leaves a row of this path; empty if it does not."""
        if self._spares(path, trail, pair):
            return SPARED
        own = path.link.by == "clock" and path.cut.delete
        return RUNNING if own and max(trail.times, default=self._cutoff) > self._cutoff else ""

    def _spares(self, path: Path, trail: Trail, pair: Pair) -> bool:
        """A hold may cover it: the loan of the pair named nobody before the cut, or no key leads to the row."""
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


__all__ = ["RUNNING", "SPARED", "Shields"]
