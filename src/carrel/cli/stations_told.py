"""The drop of a site's public computers, read and judged, for the verbs that tell it: station, check, audit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from carrel.accountability.public_computers import PublicComputers
from carrel.accountability.station_standing import Standing, standing_of
from carrel.amount import amount
from carrel.policy.record_grammar import SessionsRule
from carrel.policy.record_type import RecordType
from carrel.policy.station_rules import StationsRule
from carrel.systems import policy_files
from carrel.systems.station_drop import read_drop

if TYPE_CHECKING:
    from carrel.inventory.site import Site
    from carrel.policy.resolve import Policy
    from carrel.systems.check import Check

# Without a rule of the policy nothing may stay: the strictest that a policy could write.
_NONE = StationsRule.model_validate({"user data": "session"})


def stations_told(site: Site, now: datetime, policy: Policy | None = None) -> PublicComputers:
    """Read the drop and judge every machine.

    Raises:
        CarrelError: STA-003, or of the policy.
    """
    stations = site.stations
    if stations is None:
        raise ValueError("the site has no stations")
    policy = policy or policy_files.load(site.policy)
    rule = _rule(policy)
    drop = read_drop(stations)
    machines = tuple(
        standing_of(name, group, rule or _NONE, drop.reports.values(), now)
        for group in stations.groups
        for name in group.machines
    )
    refused = dict(drop.refused)
    return PublicComputers(policy.name, rule is not None, machines, refused, drop.strange, drop.unkeyed, drop.whole)


def computers(site: Site, now: datetime, policy: Policy) -> PublicComputers | None:
    """For an audit; None where the site has none that report. A drop that cannot be read shows nothing of them."""
    from carrel.errors import CarrelError

    if site.stations is None:
        return None
    try:
        return stations_told(site, now, policy)
    except CarrelError:
        return PublicComputers(policy.name, _rule(policy) is not None, (), {}, 0, (), whole=False)


def stations_check(site: Site, now: datetime, policy: Policy) -> list[Check]:
    """One line of ``carrel check``; none where the site has no public computers that report."""
    from carrel.errors import CarrelError
    from carrel.systems.check import finding, ok
    from carrel.systems.site_check import said

    if site.stations is None:
        return []
    try:
        told = stations_told(site, now, policy)
    except CarrelError as wrong:
        return [said(wrong, "public computers")]
    if not told.open:
        return [ok("public computers", f"{amount(len(told.machines), 'machine')}, nothing outlived its time")]
    parts = [f"{told.count(one)} {one.value}" for one in Standing if one is not Standing.CLEAN and told.count(one)]
    parts += list(told.lines())
    return [finding("public computers", "; ".join(parts), "carrel station list tells of each machine")]


def _rule(policy: Policy) -> StationsRule | None:
    dataset = policy.datasets.get(RecordType.COMPUTER_SESSIONS)
    return dataset.rule.stations if dataset is not None and isinstance(dataset.rule, SessionsRule) else None
