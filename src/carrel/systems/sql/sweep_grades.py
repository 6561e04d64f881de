"""What a hit in a table means: a leak, a table that no rule reaches yet, or a row that is kept for a reason."""

from __future__ import annotations

from datetime import datetime

from carrel.inventory.map_path import Role
from carrel.inventory.system_map import SystemMap
from carrel.retention.sweep import Severity
from carrel.retention.trail import SHARED, Trail, shared
from carrel.systems.sql.sweep_declared import AT_THE_DESK, UNSEARCHABLE, at_the_desk, held, redacted
from carrel.systems.sql.sweep_discovery import Reach
from carrel.systems.sql.sweep_sample import Sample
from carrel.systems.sql.sweep_shields import SPARED, Shields

_BY_ITSELF = "a record by itself, kept until its own period has run out"
_OTHER_LOAN = "it was written of another loan, and goes with that one"
_NO_LOAN = "it names no loan that it could be cut with, and waits for its own end"


class Grades:
    """Grades the hits of one sweep.

    Args:
        system_map: of the product.
        sample: the pairs.
        shields: what legal holds and exceptions spare, and what waits for its own clock.
        last_borrower_cutoff: naive local time; later links from an item to its last borrower are kept by the policy.
    """

    def __init__(
        self, system_map: SystemMap, sample: Sample, shields: Shields, last_borrower_cutoff: datetime | None
    ) -> None:
        self._map, self._sample, self._shields, self._last = system_map, sample, shields, last_borrower_cutoff
        paths = system_map.loans.paths
        self._keeps = {path.table: path.keeps for path in paths if path.keeps}
        traced = {path.table for path in paths}
        apart = {path.table: _BY_ITSELF for path in system_map.ruled} | {k.table: k.ground for k in system_map.kept}
        self._grounds = {name: ground for name, ground in apart.items() if name not in traced}
        self._redacted = redacted(system_map)
        self._desk = {system_map.loans.closed.table, *(path.table for path in paths if path.role is Role.ACTOR)}
        acted = [path for path in paths if path.role is Role.ACTOR and path.link.by in {"visit", "item"}]
        self._handled = {path.table for path in acted}  # whoever works with items stands in all of them
        self._seconds = {path.table for path in paths if path.link.by == "moment"}
        self._of_one_loan = {path.table for path in paths if path.link.by == "key" and path.person is None}
        self._by_loan = {path.table for path in paths if path.link.by == "key" and path.cut.delete and path.stray_only}

    def of(self, reach: Reach, trail: Trail, place: int, way: str) -> tuple[Severity, str]:
        """The severity of a hit, and why it is not a leak."""
        if why := self._not_covered(reach):
            return Severity.NOT_COVERED, why
        if why := self._grounds.get(reach.name, ""):
            return Severity.KEPT, why
        if why := trail.waits or self._kept(reach, trail, place, way):
            return Severity.KEPT, why
        if way in {"text", "words"} and reach.name in self._redacted and self._sample.pairs[place].rebuilt:
            return Severity.NOT_COVERED, UNSEARCHABLE
        return Severity.SINGLED_OUT, ""

    def _kept(self, reach: Reach, trail: Trail, place: int, way: str) -> str:
        pair = self._sample.pairs[place]
        if (kept := self._keeps.get(reach.name)) and self._last and all(at > self._last for at in trail.times):
            return kept
        if at_the_desk(pair) and ((way == "loan" and reach.name in self._desk) or reach.name in self._handled):
            return AT_THE_DESK
        if why := self._shields.why_in(reach.name, trail, pair):
            return why
        if way == "words" and reach.name in self._of_one_loan and set(trail.loans) - {pair.loan.loan}:
            return _OTHER_LOAN
        if reach.name in self._by_loan and trail.items and not trail.loans:
            return _NO_LOAN
        return self._kept_text(reach, trail, place, way)

    def _kept_text(self, reach: Reach, trail: Trail, place: int, way: str) -> str:
        pair = self._sample.pairs[place]
        later = way == "second" and reach.name in self._seconds
        if way in {"text", "words", "second"} and held(self._sample, trail, place, later=later):
            return SPARED
        words = way in {"text", "words"}
        return SHARED if words and shared(trail, pair.loan, self._sample.others(place), parted=pair.rebuilt) else ""

    def _not_covered(self, reach: Reach) -> str:
        tables = (reach.name, *(parent.table for parent in reach.parents if not reach.persons))
        return next((why for name in tables if (why := self._map.beyond_loans.get(name)) is not None), "")
