"""Declared logs read again: which are raw and for how long, which say scrubbed and agree, and whose keys still stand.

By default the end and the first lines of each log are looked at; a log is written in order, so these tell how old its
lines are. With ``whole`` every line is read, to test that no identifier serves two sessions, and that no line went
round its pipe.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import BinaryIO
from zoneinfo import ZoneInfo

from carrel.accountability.kept_logs import KeptLog
from carrel.deidentification.logs.day_key import KEPT_DAYS, is_due, is_far_ahead
from carrel.deidentification.logs.ip_address import network_of
from carrel.deidentification.logs.line_pattern import Placed, line_pattern
from carrel.deidentification.logs.log_detection import detected
from carrel.deidentification.logs.log_field import Kind
from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.log_time import Precision
from carrel.deidentification.logs.scrub_rules import AddressRule, NameRule
from carrel.deidentification.logs.session_test import SessionTest
from carrel.errors import CarrelError
from carrel.inventory.scrubbed_log import ScrubbedLog
from carrel.inventory.site import Site
from carrel.policy.resolve import Policy
from carrel.policy.schedule import Disposition
from carrel.retention.clearing import JOB, Piece, Standing, Yardstick
from carrel.systems.folders.walk import Spot, open_below
from carrel.systems.logs.day_key_folder import DayKeyFolder
from carrel.systems.logs.declared import format_of, place, rule_of, spots
from carrel.systems.logs.end_mark import Mark, mark_of
from carrel.systems.logs.known_formats import known_formats
from carrel.systems.logs.log_stream import blocks, opened
from carrel.systems.logs.pipe_looking import PipedLogs
from carrel.systems.logs.scrubbers_in_turn import LOOKED_AT

_SHORT, _LONG = 24, 32  # as a truncated address keeps


@dataclass(frozen=True, slots=True)
class _Log:
    """One log of an entry."""

    path: str
    mark: Mark
    written: datetime
    oldest: datetime | None
    log_format: LogFormat | None
    bare: bool

    @property
    def scrubbed(self) -> bool:
        return self.mark is Mark.AGREES


@dataclass
class _Reading:
    """An entry while its logs are read."""

    entry: ScrubbedLog
    declared: LogFormat | None
    zone: tzinfo
    piped: PipedLogs | None
    whole: bool
    logs: list[_Log] = field(default_factory=list)
    unread: int = 0


def look(site: Site, policy: Policy, at: datetime, *, whole: bool = False) -> list[KeptLog]:
    """Every entry under ``logs:`` of the site file; only reads.

    Args:
        site: whose file declares them.
        policy: its rules say how long raw lines may stand.
        at: aware time.
        whole: whether every line is read: identifiers are tested then, and of a pipe all lines, not some.
    """
    return [look_at(one, policy, at, whole=whole) for one in site.logs]


def look_at(entry: ScrubbedLog, policy: Policy, at: datetime, *, whole: bool = False) -> KeptLog:
    """One entry; what cannot be read or judged stands in it as such."""
    told = KeptLog(
        entry.name, entry.record, addresses=entry.addresses_kept, users=entry.people is not NameRule.DROP,
        counts=None if entry.counts is None else entry.counts.is_file(),
    )  # fmt: skip
    wrong: list[CarrelError] = []
    try:
        declared = format_of(entry)
        piped = PipedLogs(entry, declared) if entry.pipe and declared is not None else None
        reading = _Reading(entry, declared, ZoneInfo(entry.zone) if entry.zone else UTC, piped, whole)
        for spot in spots(entry):
            _one(reading, spot)
        told = _counted(told, reading, at)
        told = _judged(told, reading, policy, at)
    except CarrelError as error:
        wrong.append(error)
        reading = None
    try:
        told = _keys_told(told, entry, at)
    except CarrelError as error:
        wrong.append(error)
    if whole and reading is not None:
        told = _tested(told, reading)
    return replace(told, wrong=tuple(map(_in_a_line, wrong)))


def _in_a_line(wrong: CarrelError) -> str:
    """What is wrong; where the policy and the entry do not fit, with what mends it. No place of the machine."""
    first = wrong.faults[0]
    fix = f"; {first.fix}" if wrong.code.startswith("CLR") else ""
    return f"{wrong.code}: {first.condition.title}{fix}"


def _one(reading: _Reading, spot: Spot) -> None:
    at = f"{place(reading.entry)}, {spot.path}"
    try:
        with os.fdopen(spot.open(), "rb") as source:
            mark = _mark(reading, source, at)
            source.seek(0)
            head = _head(source, at)
    except (OSError, CarrelError):
        reading.unread += 1
        return
    log_format = reading.declared or detected(head, known_formats())
    if log_format is None:
        reading.unread += bool(head)
        return
    oldest, bare = _first_lines(head, log_format, reading)
    written = datetime.fromtimestamp(spot.known.st_mtime, UTC)
    reading.logs.append(_Log(spot.path, mark, written, oldest, log_format, bare and mark is not Mark.NONE))


def _mark(reading: _Reading, source: BinaryIO, at: str) -> Mark:
    """What a log says of itself; of one that a pipe writes, what its lines say."""
    if reading.piped is None:
        return mark_of(source, at)
    return Mark.AGREES if reading.piped.is_scrubbed(source, at, whole=reading.whole) else Mark.NONE


def _head(source: object, at: str) -> list[bytes]:
    with opened(source, at) as (stream, _):  # type: ignore[arg-type]
        first = next(iter(blocks(stream)), None)
    lines = [] if first is None else first.data.split(b"\n")[: LOOKED_AT + 1]
    return [one.rstrip(b"\r") for one in lines if one.strip() and not one.startswith(b"#carrel scrubbed ")][:LOOKED_AT]


def _first_lines(head: Sequence[bytes], log_format: LogFormat, reading: _Reading) -> tuple[datetime | None, bool]:
    """The oldest time in the first lines, and whether a whole address stands in them."""
    pattern = line_pattern(log_format, frozenset((Kind.ADDRESS,)))
    placed = [one for one in pattern.parts if isinstance(one, Placed) and one.groups]
    oldest, bare = None, False
    cut = reading.entry.address in {AddressRule.DROP, AddressRule.TRUNCATE}
    for line in head:
        match = pattern.expression.fullmatch(line)
        if match is None:
            continue
        for one in placed:
            raw = match[one.groups[0] + 1] or b""
            if one.field.kind is Kind.TIME and one.field.form is not None and (at := one.field.form.read(raw)):
                at = at.replace(tzinfo=at.tzinfo or reading.zone)
                oldest = at if oldest is None else min(oldest, at)
            elif one.field.kind is Kind.ADDRESS and cut:
                network = network_of(raw, _SHORT, _LONG)
                bare = bare or (network is not None and network != raw)
    return oldest, bare


def _counted(told: KeptLog, reading: _Reading, at: datetime) -> KeptLog:
    marks = Counter(one.mark for one in reading.logs)
    done = [one.written for one in reading.logs if one.scrubbed]
    newest = max(done, default=None)
    since = newest or min((one.oldest or one.written for one in reading.logs), default=None)
    waited = None if since is None else at - since
    if since is None and not reading.unread:
        waited = reading.entry.every  # no log at all: nobody writes there, or the patterns name nothing
    stopped = waited if waited is not None and waited >= reading.entry.every else None
    return replace(
        told, raw=marks[Mark.NONE], scrubbed=marks[Mark.AGREES], changed=marks[Mark.DISAGREES],
        unpiped=marks[Mark.NONE] if reading.entry.pipe else 0, unread=reading.unread, newest=newest, stopped=stopped,
        bare=sum(one.bare for one in reading.logs),
    )  # fmt: skip


def _judged(told: KeptLog, reading: _Reading, policy: Policy, at: datetime) -> KeptLog:
    """With what is past its time by more than a day: whoever scrubs does so once a day."""
    rule = rule_of(policy, reading.entry)
    stick, deletes = Yardstick(rule, at - JOB), rule.disposition is Disposition.DELETE
    late = [
        one
        for one in reading.logs
        if (deletes or not one.scrubbed) and stick.stands(Piece("", one.oldest or one.written)) is Standing.DUE
    ]
    first = min((one.oldest or one.written for one in late), default=None)
    return replace(told, rule=rule.id, deletes=deletes, late=len(late), first=first)


def _keys_told(told: KeptLog, entry: ScrubbedLog, at: datetime) -> KeptLog:
    """With the keys that even yesterday's run should have destroyed, those of days far ahead, and what is none."""
    if entry.keys is None or not entry.keys.exists():
        return told
    today, folder = at.astimezone().date(), DayKeyFolder(entry.keys)
    late = sum(is_due(day, today, KEPT_DAYS + 1) or is_far_ahead(day, today) for day in folder.days())
    return replace(told, late_keys=late, strangers=folder.strangers())


def _tested(told: KeptLog, reading: _Reading) -> KeptLog:
    """Every line of every log, the logs in the order of their times."""
    entry = reading.entry
    test = SessionTest(secrets.token_bytes(32), entry.idle, reading.zone)
    known = {one.path: one for one in reading.logs if one.log_format is not None}
    order = sorted(known.values(), key=lambda one: one.oldest or one.written)
    unread = 0
    for log in order:
        unread += not _read_through(log, reading, test)
    return replace(told, sessions=test.told(), unread=told.unread + unread)


def _read_through(log: _Log, reading: _Reading, test: SessionTest) -> bool:
    assert log.log_format is not None  # noqa: S101  (the caller looked)
    take = test.reader(log.log_format, Precision.SECOND if log.mark is Mark.NONE else reading.entry.time)
    try:
        found = open_below(reading.entry.root, log.path)
    except OSError:
        return not reading.entry.root.joinpath(log.path).exists()  # rotated meanwhile, or not to be read
    try:
        with os.fdopen(found, "rb") as source, opened(source, log.path) as (stream, _):
            for one in blocks(stream):
                take(one.data)
    except (OSError, CarrelError):
        return False
    return True
