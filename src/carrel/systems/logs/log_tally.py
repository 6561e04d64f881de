"""What became of the lines of logs, in counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from carrel.deidentification.logs.log_findings import Finding


@dataclass(slots=True)
class Tally:
    """What became of a log, in counts.

    Attributes:
        formats: in which it was, in the order in which they came.
        passed: lines that were written anew.
        unknown: lines that fit no format; too_long: lines that no server writes. None of these passes.
        past: lines past their time by the policy; dropped: those of them that did not pass.
        found: in the lines looked at, which kind of field held which kind of identifier.
        looked_at: how many lines these were.
    """

    formats: list[str] = field(default_factory=list)
    passed: int = 0
    unknown: int = 0
    too_long: int = 0
    past: int = 0
    dropped: int = 0
    looked_at: int = 0
    found: Counter[Finding] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        """All lines that are not blank."""
        return self.passed + self.set_aside + self.dropped

    @property
    def set_aside(self) -> int:
        """Lines that nobody could scrub."""
        return self.unknown + self.too_long

    def add(self, other: Tally) -> None:
        """Count another log in."""
        self.formats += [one for one in other.formats if one not in self.formats]
        for name in ("passed", "unknown", "too_long", "past", "dropped", "looked_at"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.found.update(other.found)

    def as_dict(self) -> dict[str, object]:
        """For ``--json``."""
        return {
            "formats": self.formats,
            "lines": self.lines,
            "passed": self.passed,
            "set_aside": {"unknown": self.unknown, "too_long": self.too_long},
            "past": self.past,
            "dropped": self.dropped,
            "looked_at": self.looked_at,
            "held": [
                {"field": kind.value, "identifier": one.value, "lines": count}
                for (kind, one), count in sorted(self.found.items())
            ],
        }
