"""How each public computer stands: what outlived its session or its day, and which machine is silent."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from carrel.accountability.station_report import Found, Moment, StationReport, Trace
from carrel.amount import amount
from carrel.inventory.stations import StationGroup
from carrel.policy.duration import Unit
from carrel.policy.station_rules import StationsRule

LOOK_BACK = timedelta(days=7)  # a survivor is told for a week, also when a later look finds the machine clean
_HOUR = timedelta(hours=1)  # reports tell their time, and ages, by whole hours
_DAY_HOURS = 24
_MOST_NAMED = 3


class Standing(enum.StrEnum):
    """How a machine stands, the worst first."""

    SURVIVOR = "left behind"
    SILENT = "silent"
    UNSEEN = "cannot tell"
    CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class MachineStanding:
    """One machine.

    Attributes:
        machine: its name.
        group: the name of its group.
        standing: how it stands.
        says: why, with counts and ages.
        last: the hour of its last report; None where it never reported.
        reports: in the last seven days.
        survived: kinds of trace that outlived what the policy allows.
    """

    machine: str
    group: str
    standing: Standing
    says: str
    last: datetime | None = None
    reports: int = 0
    survived: tuple[Trace, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """For ``--json``."""
        return {
            "machine": self.machine,
            "group": self.group,
            "standing": self.standing.value,
            "says": self.says,
            "last": None if self.last is None else self.last.isoformat(),
            "reports": self.reports,
            "survived": [one.value for one in self.survived],
        }


def standing_of(
    machine: str, group: StationGroup, rule: StationsRule, reports: Iterable[StationReport], now: datetime
) -> MachineStanding:
    """Judge one machine by its reports.

    Args:
        machine: its name.
        group: in which it stands.
        rule: what the policy promises.
        reports: of this machine, each with a signature that held.
        now: aware time.

    Guarantees:
        CLEAN only where a report came in time, every kind was looked for and read, none of the last seven days
        outlived its period, and, where data go with the session, a session's end or a start was looked at. A report
        from before, or from the future, makes nothing clean. A further trace in a report never makes it better.

    Source:
        MITL-2.9, MITL-7.2, WPL-5.2.
    """
    mine = sorted((one for one in reports if one.machine == machine), key=lambda one: one.at)
    timely = [one for one in mine if now - LOOK_BACK <= one.at <= now + _HOUR]
    last = next((one.at for one in reversed(mine) if one.at <= now + _HOUR), None)
    survivors = {found.trace: (found, one) for one in timely for found in _outliving(one, group, rule)}

    def told(standing: Standing, says: str) -> MachineStanding:
        return MachineStanding(machine, group.name, standing, says, last, len(timely), tuple(survivors))

    if survivors:
        return told(Standing.SURVIVOR, _survived(list(survivors.values())))
    if last is None:
        return told(Standing.SILENT, "it never reported")
    if last + _HOUR + group.reports_every < now:
        return told(Standing.SILENT, f"no report for longer than {_span(group.reports_every)}")
    if why := _unseen(mine, timely, group, rule, now):
        return told(Standing.UNSEEN, why)
    return told(Standing.CLEAN, amount(len(timely), "report") + " in seven days, nothing outlived its time")


def _outliving(report: StationReport, group: StationGroup, rule: StationsRule) -> Iterator[Found]:
    for found in report.found:
        if found.count and found.oldest >= _hours_allowed(found.trace, report.moment, group, rule):
            yield found


def _hours_allowed(trace: Trace, moment: Moment, group: StationGroup, rule: StationsRule) -> float:
    """From how many whole hours on a trace has outlived its period at this moment."""
    if not trace.of_user:
        return 0 if rule.event_logs is not None else float("inf")
    period = rule.of_browser if trace.of_browser and not group.sign_in else rule.user_data
    if period.unit is Unit.SESSION:
        return _DAY_HOURS if moment is Moment.DAILY else 0  # in the day somebody may be at it
    return period.days_at_most * _DAY_HOURS + 1  # ages are rounded down


def _survived(found: Sequence[tuple[Found, StationReport]]) -> str:
    worst = sorted(found, key=lambda pair: -pair[0].oldest)
    said = [_one(one, report) for one, report in worst[:_MOST_NAMED]]
    more = f"; and {amount(len(worst) - _MOST_NAMED, 'further kind')}" if len(worst) > _MOST_NAMED else ""
    return "; ".join(said) + more


def _one(found: Found, report: StationReport) -> str:
    least = "at least " if found.at_least else ""
    moment = "the daily look" if report.moment is Moment.DAILY else report.moment.value
    age = amount(found.oldest, "hour")
    return f"{found.trace.value}: {least}{found.count:,}, the oldest {age} at {moment} on {report.at:%Y-%m-%d}"


def _unseen(
    mine: Sequence[StationReport],
    timely: Sequence[StationReport],
    group: StationGroup,
    rule: StationsRule,
    now: datetime,
) -> str:
    if any(one.at > now + _HOUR for one in mine):
        return "it reported from the future: its clock is wrong"
    newest = timely[-1] if timely else mine[-1]
    promised = [one for one in Trace if one.of_user or rule.event_logs is not None]
    seen = {one.trace for one in newest.found if not one.at_least or one.count}
    if missing := [one for one in promised if one not in seen]:
        return f"it could not read: {', '.join(missing[:_MOST_NAMED])}" + (" and more" if missing[_MOST_NAMED:] else "")
    with_session = {rule.user_data.unit, rule.of_browser.unit if not group.sign_in else rule.user_data.unit}
    if Unit.SESSION in with_session and all(one.moment is Moment.DAILY for one in timely):
        return "no session's end and no start was looked at: let the probe run there"
    return ""


def _span(period: timedelta) -> str:
    hours = int(period.total_seconds() // 3600)
    return amount(hours // _DAY_HOURS, "day") if hours % _DAY_HOURS == 0 else amount(hours, "hour")
