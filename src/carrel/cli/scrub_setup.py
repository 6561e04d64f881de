"""What ``carrel scrub`` goes by, put together from its options: rules, keys, formats, the policy's rule for logs."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carrel.errors import fault

if TYPE_CHECKING:
    from carrel.deidentification.logs.compiled.machine_code import MachineCode
    from carrel.deidentification.logs.day_key import DayKeys
    from carrel.deidentification.logs.log_format import LogFormat
    from carrel.deidentification.logs.scrub_rules import ScrubRules
    from carrel.policy.schedule import RecordRule
    from carrel.systems.logs.day_key_folder import DayKeyFolder

RECORD = "access logs"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options as they were given; none is a path into a log."""

    log_format: str | None
    address: str
    sessions: str
    people: str
    query: str
    precision: str
    words: Path | None
    hosts: Path | None
    policy: str | None
    zone: str | None


@dataclass(frozen=True, slots=True)
class LogRule:
    """What a policy says of logs.

    Attributes:
        policy: its name.
        rule: the rule for lines, which are over as soon as they are made.
        as_of: aware time at which its periods are judged.
    """

    policy: str
    rule: RecordRule
    as_of: datetime

    def as_dict(self) -> dict[str, str]:
        """For ``--json``."""
        keep = str(self.rule.periods[-1].keep)
        return {"policy": self.policy, "rule": self.rule.id, "keep": keep, "then": self.rule.disposition.value}

    @property
    def drops_past(self) -> bool:
        """Whether a line past its time is deleted; otherwise it is only told."""
        from carrel.policy.schedule import Disposition

        return self.rule.disposition is Disposition.DELETE

    @property
    def is_past(self) -> Callable[[datetime], bool]:
        """Whether a line of an aware time is past its time, by the versions of the rule that are in force."""
        from carrel.policy.clock import segments

        stretches = segments(self.rule, self.as_of)  # once for all lines
        return lambda at: any(one.holds(at) and at <= one.cutoff for one in stretches)


def log_rule(policy: str, at: datetime) -> LogRule:
    """The rule of a policy for access logs that is in force.

    Raises:
        CarrelError: LOG-020, it has none; and of the POL codes.
    """
    from carrel.policy.record_type import RecordType
    from carrel.policy.schedule import Disposition, RecordEvent
    from carrel.systems import policy_files
    from carrel.systems.logs import faults

    found = policy_files.load(policy)
    rule = found.record_rule(RecordType.ACCESS_LOGS, RecordEvent.MADE)
    if rule is None or rule.disposition is Disposition.TRANSFER:
        raise fault(
            faults.NO_RULE,
            at=f"{policy}: records, {RECORD}, retention",
            wanted="a rule with `active until: made` that deletes or de-identifies",
            found="words for the notice, or nothing" if rule is None else "a handover to archives",
            because="a period that is only promised is carried out by nobody",
            fix="write that rule into the policy, or leave --policy out",
        )
    return LogRule(found.name, rule, at)


def today() -> date:
    """The day by this machine's own calendar, which its logs are written by."""
    from carrel.cli.at_site import now

    return now().astimezone().date()


def keys_of(folder: DayKeyFolder | None, day_now: Callable[[], date]) -> DayKeys:
    """The keys of the days: from a folder, or in memory for this run alone."""
    from carrel.deidentification.logs.day_key import KEY_BYTES, DayKeys

    if folder is None:
        return DayKeys(lambda _: secrets.token_bytes(KEY_BYTES))
    return DayKeys(lambda day: folder.secret(day, day_now()))


def rules_of(chosen: Chosen, keys: DayKeys, day: date, rule: LogRule | None) -> ScrubRules:
    """What may stay of a line.

    Raises:
        CarrelError: LOG-005, LOG-018, SIT-006 where the zone is none.
    """
    from carrel.deidentification.logs.log_time import Precision
    from carrel.deidentification.logs.scrub_rules import AddressRule, NameRule, QueryRule, ScrubRules
    from carrel.systems.logs.words import vocabulary

    return ScrubRules(
        vocabulary(chosen.words, chosen.hosts),
        keys,
        day,
        os.urandom,
        address=AddressRule(chosen.address),
        sessions=NameRule(chosen.sessions),
        people=NameRule(chosen.people),
        query=QueryRule(chosen.query),
        precision=Precision(chosen.precision),
        is_past=None if rule is None else rule.is_past,
        drop_past=rule is not None and rule.drops_past,
        zone=_zone(chosen.zone),
    )


def compiled_here() -> MachineCode | None:
    """Machine code from this account's own folder, compiled there first; None where it has none."""
    from carrel.systems.logs.code_folder import cache_folder, machine_code

    return machine_code(cache_folder())


def format_of(chosen: Chosen) -> LogFormat | None:
    """The declared format.

    Raises:
        CarrelError: LOG-001.
    """
    from carrel.systems.logs import known_formats

    return None if chosen.log_format is None else known_formats.format_of(chosen.log_format)


def _zone(name: str | None) -> Any:
    from zoneinfo import ZoneInfo

    from carrel.systems import faults

    if name is None:
        return UTC
    with suppress(ValueError, OSError, KeyError):
        return ZoneInfo(name)
    raise fault(
        faults.ZONE,
        at="--zone",
        wanted="a time zone such as Europe/Helsinki",
        found="no such zone",
        fix="write it as the zone database has it",
    )
