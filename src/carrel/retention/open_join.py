"""Open joins: what led a sweep back to a reader stays a finding until a later sweep shows that it leads nowhere.

Names of tables and columns, counts and days; never a person, never a loan. Which loans were led back is forgotten with
the pairs, so a join is tried again on loans that came back in the same days.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from carrel.retention.sweep import Attack, Severity

# So many times as many loans as one that was led back: what leads as often as before is missed once in a thousand.
_SURE = 7
Days = tuple[date, date]
Name = tuple[str, str, str, tuple[str, ...]]

MEND = (
    "`carrel sweep` shows table and columns; let the site's map reach these rows, or take them out, then apply or "
    "sweep again: the join is closed once enough loans were tried and it led nowhere"
)


class Side(enum.StrEnum):
    """From where a join was tried."""

    PAIRS = "pairs of loan and reader"  # drawn before a cut, by the run itself
    LOANS = "loans that name nobody"


@dataclass(frozen=True, slots=True)
class OpenJoin:
    """One join that led from loans to their readers, and what was tried since.

    Attributes:
        kind, name, table, columns: as `carrel.retention.sweep.Attack` has them.
        hits, tried: of the last sweep that it led back.
        run: that saw it first; empty where `carrel sweep` did.
        first_seen, last_seen: aware times.
        days: local days in which the loans came back that it was tried on; None for any.
        from_loans: seen from loans that name nobody, so that such a look can close it.
        clean: loans that were tried since it was last seen, and that it led nowhere.
        closed_at, closed_by: when and by which run it was shown closed; no run where `carrel sweep` did.
    """

    kind: str
    name: str
    table: str
    columns: tuple[str, ...]
    hits: int
    tried: int
    run: str
    first_seen: datetime
    last_seen: datetime
    days: Days | None = None
    from_loans: bool = False
    clean: int = 0
    closed_at: datetime | None = None
    closed_by: str = ""

    @property
    def key(self) -> Name:
        """What makes it this join."""
        return self.kind, self.name, self.table, self.columns

    @property
    def says(self) -> str:
        """Which join, in one line."""
        return f"{self.kind}: {self.name}, {self.table} ({', '.join(self.columns)})"

    def wanted(self, sample: int) -> int:
        """Loans that must lead nowhere before it counts as closed: the site's sample, and more where hits were rare."""
        return max(sample, -(-_SURE * self.tried // max(1, self.hits)))

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "table": self.table,
            "columns": list(self.columns),
            "hits": self.hits,
            "tried": self.tried,
            "run": self.run or None,
            "first_seen": self.first_seen.isoformat(),
            "last_seen": self.last_seen.isoformat(),
            "seen_from": (Side.LOANS if self.from_loans else Side.PAIRS).value,
            "clean_since": self.clean,
        }


@dataclass(frozen=True, slots=True)
class Look:
    """One sweep, as far as open joins are judged by it.

    Attributes:
        run: that swept; empty for `carrel sweep`.
        at: aware time.
        side: from where.
        tried: loans.
        whole: these were all that there are.
        days: local days in which they came back; None for any.
        sample: what the site wants a sweep to try.
    """

    run: str
    at: datetime
    side: Side
    tried: int
    whole: bool
    days: Days | None
    sample: int

    @property
    def tells(self) -> bool:
        """Enough was tried for its silence to count. A run's pairs add up from night to night, however few."""
        return self.tried > 0 and (self.side is Side.PAIRS or self.whole or self.tried >= self.sample)


def key_of(attack: Attack) -> Name:
    """What makes it the same join in the next sweep."""
    return attack.kind, attack.name, attack.table, attack.columns


def opened(standing: Iterable[OpenJoin], failing: Iterable[Attack], look: Look) -> list[OpenJoin]:
    """The joins that a look was led back by: new ones, and those that stand and were seen again."""
    known = {one.key: one for one in standing}
    found: dict[Name, OpenJoin] = {}
    for attack in failing:
        before = known.get(key_of(attack))
        seen = (
            OpenJoin(*key_of(attack), attack.hits, attack.tried, look.run, look.at, look.at, look.days)
            if before is None
            else _again(before, attack, look)
        )
        found[seen.key] = replace(seen, from_loans=seen.from_loans or look.side is Side.LOANS)
    return list(found.values())


def _again(before: OpenJoin, attack: Attack, look: Look) -> OpenJoin:
    # How often it leads there is told by loans that name nobody, if they tell of it: that is where it is closed.
    rate = before.from_loans and look.side is Side.PAIRS
    return replace(
        before,
        hits=before.hits if rate else attack.hits,
        tried=before.tried if rate else attack.tried,
        last_seen=max(before.last_seen, look.at),
        days=_both(before.days, look.days),
        clean=0,
    )


def _both(one: Days | None, other: Days | None) -> Days | None:
    if one is None or other is None:
        return None
    return min(one[0], other[0]), max(one[1], other[1])


def led_nowhere(tried_on: Iterable[OpenJoin], attacks: Iterable[Attack], look: Look) -> list[OpenJoin]:
    """What a look makes of the standing joins that did not lead it back: a step on the way, or closed.

    Args:
        tried_on: standing joins that the look tried.
        attacks: all that the look found.
        look: from where, and on how many loans.

    Guarantees:
        A join that led back, or whose hits cannot be told from rows of tables that no rule reaches yet, is not among
        them. One that loans which name nobody can show is closed by nothing but such loans.
    """
    hits = _hits(attacks)
    out = []
    for one in tried_on:
        if one.key in hits:
            continue
        if look.side is Side.LOANS and look.whole and not look.tried and one.from_loans:
            out.append(replace(one, from_loans=False, clean=0))  # these loans are gone: only new pairs can tell
        elif look.tells and one.from_loans is (look.side is Side.LOANS):
            step = replace(one, clean=one.clean + look.tried)
            done = step.clean >= step.wanted(look.sample) or (look.side is Side.LOANS and look.whole)
            out.append(replace(step, closed_at=look.at, closed_by=look.run) if done else step)
    return out


def _hits(attacks: Iterable[Attack]) -> Mapping[Name, int]:
    telling = {Severity.SINGLED_OUT, Severity.LINKABLE, Severity.NOT_COVERED}
    return {key_of(one): one.hits for one in attacks if one.hits and one.severity in telling}
