"""Health: what a monitor may know of a site's nights, as figures; nothing in it comes from a patron's record."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

FORMAT_VERSION = 1
LATE_AFTER = timedelta(hours=36)  # a night that was missed is told before the next one is due


class HealthState(enum.StrEnum):
    """What the monitor should show."""

    OK = "ok"
    ATTENTION = "attention"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Residue:
    """Old values that the system itself still keeps, such as a binary log.

    Attributes:
        place: what keeps them, in a short word.
        until: aware time at which they are gone; None if nobody can tell.
        rows: changed rows recorded there; None where that is not known.
        lasting: whether it keeps a disposition open; False for pages that the server reuses by itself.
    """

    place: str
    until: datetime | None = None
    rows: int | None = None
    lasting: bool = True

    @property
    def when(self) -> str:
        """Until when, in words that are the same wherever a residue is told."""
        if self.until is not None:
            return f"until {self.until:%Y-%m-%d}"
        return "nobody can tell until when" if self.lasting else "until the server reuses them, nobody can tell when"

    def as_dict(self) -> dict[str, Any]:
        """The residue as health and audit hold it."""
        return {"place": self.place, "until": _iso(self.until), "rows": self.rows, "lasting": self.lasting}


@dataclass(frozen=True, slots=True)
class SystemHealth:
    """One system after a night.

    Attributes:
        name: of the system in the site file.
        last_verified_night: aware end of the last night that was read back and found clean; None if there was none.
        overdue_rows: rows past their period that still lead to a reader; None if they could not be counted.
        plans_awaiting_approval: plans that wait for a person.
        residues: what still keeps old values.
        failed: whether the last night failed.
        findings: codes of what went wrong around the night, such as a mail that was not sent.
        open_joins: since when each join stands open that led a sweep back to readers.
    """

    name: str
    last_verified_night: datetime | None = None
    overdue_rows: int | None = None
    plans_awaiting_approval: int = 0
    residues: tuple[Residue, ...] = ()
    failed: bool = False
    findings: tuple[str, ...] = ()
    open_joins: tuple[datetime, ...] = ()

    def state(self, now: datetime) -> HealthState:
        """What a monitor should show at this time.

        Guarantees:
            OK only if a night was verified in the last 36 hours, nothing is overdue, nothing waits, nothing went wrong,
            and no join that led a sweep back is open; what could not be counted is never OK.
        """
        if self.failed:
            return HealthState.FAILED
        fresh = self.last_verified_night is not None and now - self.last_verified_night <= LATE_AFTER
        waits = self.plans_awaiting_approval or self.findings or self.open_joins
        if fresh and self.overdue_rows == 0 and not waits:
            return HealthState.OK
        return HealthState.ATTENTION

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """The system as the health file holds it."""
        return {
            "name": self.name,
            "state": self.state(now).value,
            "last_verified_night": _iso(self.last_verified_night),
            "overdue_rows": self.overdue_rows,
            "plans_awaiting_approval": self.plans_awaiting_approval,
            "residues": [residue.as_dict() for residue in self.residues],
            "findings": sorted(self.findings),
            "open_joins": len(self.open_joins),
            "open_joins_since": _iso(min(self.open_joins, default=None)),
        }


@dataclass(frozen=True, slots=True)
class Health:
    """A whole site at one moment.

    Attributes:
        at: aware time.
        systems: of the site.
        outside: place → what is past its time there, of mailboxes, folders, backups and logs.
        unseen: of these, places that could not be looked at.
        overdue_requests: of patrons, open and past their clock; None where they could not be counted.
    """

    at: datetime
    systems: tuple[SystemHealth, ...]
    outside: Mapping[str, int] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    overdue_requests: int | None = 0

    @property
    def state(self) -> HealthState:
        """The worst state of its systems; of no system, attention."""
        order = tuple(HealthState)
        states = [system.state(self.at) for system in self.systems] or [HealthState.ATTENTION]
        return max(states, key=order.index)

    def as_dict(self) -> dict[str, Any]:
        """The content of the health file."""
        nights = [system.last_verified_night for system in self.systems]
        oldest = None if None in nights else min((night for night in nights if night), default=None)
        counts = [system.overdue_rows for system in self.systems]
        systems = [system.as_dict(self.at) for system in self.systems]
        return {
            "format_version": FORMAT_VERSION,
            "at": _iso(self.at),
            "state": self.state.value,
            "last_verified_night": _iso(oldest),
            "overdue_rows": None if None in counts else sum(count or 0 for count in counts),
            "plans_awaiting_approval": sum(system.plans_awaiting_approval for system in self.systems),
            "open_joins": sum(len(system.open_joins) for system in self.systems),
            "overdue_requests": self.overdue_requests,
            "outside": [{"place": place, "overdue": count} for place, count in self.outside.items()]
            + [{"place": place, "overdue": None} for place in self.unseen],
            "residues": [residue for system in systems for residue in system["residues"]],
            "systems": systems,
        }

    def prometheus(self) -> str:
        """The same as text for Prometheus; what is not known is left out, not written as zero.

        Source:
            Prometheus text exposition format 0.0.4.
        """
        return "".join(_metric(name, says, list(rows)) for name, says, rows in self._metrics())

    def _metrics(self) -> Iterator[tuple[str, str, Iterator[tuple[dict[str, str], float | None]]]]:
        each = self.systems
        yield (
            "carrel_last_verified_night_timestamp_seconds",
            "End of the last night that was read back and found clean.",
            (({"system": s.name}, _seconds(s.last_verified_night)) for s in each),
        )
        yield (
            "carrel_overdue_rows",
            "Rows past their period that still lead to a reader.",
            (({"system": s.name}, s.overdue_rows) for s in each),
        )
        yield (
            "carrel_plans_awaiting_approval",
            "Plans that wait for a person.",
            (({"system": s.name}, s.plans_awaiting_approval) for s in each),
        )
        yield (
            "carrel_overdue_requests",
            "Patrons' requests that are open and past their clock.",
            iter([({}, self.overdue_requests)]),
        )
        yield (
            "carrel_open_joins",
            "Joins that led a sweep back to readers and were not shown closed since.",
            (({"system": s.name}, len(s.open_joins)) for s in each),
        )
        yield (
            "carrel_open_joins_since_timestamp_seconds",
            "When the oldest of them was seen first.",
            (({"system": s.name}, _seconds(min(s.open_joins, default=None))) for s in each),
        )
        yield (
            "carrel_residues",
            "Places outside the tables that still keep old values.",
            (({"system": s.name}, len(s.residues)) for s in each),
        )
        yield (
            "carrel_residues_undated",
            "Places among them of which nobody can tell until when.",
            (({"system": s.name}, sum(r.until is None for r in s.residues)) for s in each),
        )
        yield (
            "carrel_residue_rows",
            "Changed rows that a place still keeps.",
            (({"system": s.name, "place": r.place}, r.rows) for s in each for r in s.residues),
        )
        yield (
            "carrel_residue_until_timestamp_seconds",
            "When a place has let go of the old values.",
            (({"system": s.name, "place": r.place}, _seconds(r.until)) for s in each for r in s.residues),
        )
        yield (
            "carrel_outside_overdue",
            "Messages, files, backups and logs past their time by more than a night, outside the databases.",
            (({"place": place}, count) for place, count in self.outside.items()),
        )
        yield (
            "carrel_night_failed",
            "1 if the last night failed.",
            (({"system": s.name}, int(s.failed)) for s in each),
        )
        yield (
            "carrel_night_findings",
            "Things that went wrong around the last night, such as a mail that was not sent.",
            (({"system": s.name}, len(s.findings)) for s in each),
        )
        yield ("carrel_health_timestamp_seconds", "When these figures were taken.", iter([({}, _seconds(self.at))]))


def _metric(name: str, says: str, rows: list[tuple[dict[str, str], float | None]]) -> str:
    known = [(labels, value) for labels, value in rows if value is not None]
    lines = [f"# HELP {name} {says}", f"# TYPE {name} gauge"]
    lines.extend(f"{name}{_labels(labels)} {value:.0f}" for labels, value in known)
    return "\n".join(lines) + "\n" if known else ""


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
