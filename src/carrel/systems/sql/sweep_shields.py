"""Which hits of a sweep are rows that the cut spares (see ``PathSql.stray``): under a hold, or not yet due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from carrel.inventory.map_path import Path
from carrel.inventory.system_map import SystemMap
from carrel.retention.legal_hold import Scope
from carrel.retention.sweep import SPARED, Pair, latest
from carrel.retention.trail import Trail

RUNNING = "no key leads to it, and its own clock still runs"
YOUNGER = "it is younger than the loan, and its own clock still runs"


class Shields:
    """The scopes in force, as a sweep asks for them.

    Args:
        system_map: of the product.
        scopes: in force.
        cutoff: naive local time up to which rows without a loan are due.
        last: the same for the link from an item to its last borrower.
    """

    def __init__(
        self, system_map: SystemMap, scopes: Sequence[Scope], cutoff: datetime, last: datetime | None = None
    ) -> None:
        self._scopes, self._map, self._cutoff, self._last = tuple(scopes), system_map, cutoff, last or cutoff

    def why_in(self, table: str, trail: Trail, pair: Pair) -> str:
        """Why one of the map's paths through a table leaves such a row; empty if none does."""
        paths = (path for path in self._map.loans.paths if path.table == table)
        return next((why for path in paths if (why := self.why(path, trail, pair))), "")

    def why(self, path: Path, trail: Trail, pair: Pair) -> str:
        """Why the cut leaves a row of this path; empty if it does not."""
        if self._spares(path, trail, pair):
            return SPARED
        own = path.link.by == "clock" and path.cut.delete
        if own and max(trail.times, default=self._cutoff) > self._cutoff:
            return RUNNING
        return YOUNGER if self._is_younger(path, trail, pair) else ""

    def _is_younger(self, path: Path, trail: Trail, pair: Pair) -> bool:
        """The row waits for its own end: a younger loan wrote it, which the product parted as soon as it was over.

        Where a reader had the same copy twice, such a row looks like a trace of the older loan.
        """
        if path.link.by == "clock" or not hasattr(path.link, "at") or not trail.times:
            return False
        own = not pair.rebuilt and any(pair.loan.covers(at) for at in trail.times)
        later = path.link.by == "text" and path.link.any_time and not pair.rebuilt  # goes with its loan, however late
        cutoff = self._last if path.keeps else self._cutoff
        return not own and not later and all(at > cutoff for at in trail.times)

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
        times = tuple(latest(at) for at in trail.times) if hasattr(link, "at") else ()
        return any(scope.may_cover(person, item, loan, times) for scope in scopes)


__all__ = ["RUNNING", "SPARED", "YOUNGER", "Shields"]
