"""What has a clock of its own, such as a message, a file or a row of a table: whether it is past its time."""

from __future__ import annotations

import enum
import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from carrel.errors import CarrelError, fault, shown
from carrel.inventory.held_part import HeldPart
from carrel.policy.clock import segments
from carrel.policy.record_type import RecordType
from carrel.policy.resolve import Policy
from carrel.policy.schedule import Disposition, RecordEvent, RecordRule
from carrel.retention import faults
from carrel.retention.row_person import Whose

AHEAD = timedelta(days=1)  # clocks differ by less
JOB = timedelta(days=1)
_TAG = 24
_SHOWN = (RecordEvent.MADE, RecordEvent.SENT, RecordEvent.ANSWERED, RecordEvent.ENDED)


def tag_of(*parts: str | bytes) -> str:
    """What names one message or file in a plan: a digest, since names and contents can tell of a person.

    Returns:
        24 hex digits; equal for equal parts, and for other ones different but for one chance in 2**96.
    """
    told = hashlib.sha256()
    for part in parts:
        text = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        told.update(len(text).to_bytes(8, "big") + text)
    return told.hexdigest()[:_TAG]


@dataclass(frozen=True, slots=True)
class Piece:
    """One message, one file, one row, or the events of a log that lie between two times.

    Attributes:
        tag: from `tag_of`.
        at: aware time of what happened; None where nothing usable tells it.
        open: whether the matter is not at its end: a question that bears no mark of an answer.
        kept: why it stays whatever its age, in words; empty where nothing keeps it.
        done: whether what its rule takes out of it is out already.
        count: how many it stands for, where they are counted and not looked at one by one.
        since: aware time of the oldest of them, where ``at`` is that of the youngest.
        whose: whether it is about the one person who is looked for, where somebody is.
    """

    tag: str
    at: datetime | None
    open: bool = False
    kept: str = ""
    done: bool = False
    count: int = 1
    since: datetime | None = None
    whose: Whose = Whose.NOT


class Standing(enum.StrEnum):
    """How a piece stands against its rule."""

    DUE = "past its time"
    EARLY = "not yet"
    OPEN = "not answered"
    UNDATED = "no usable date"
    LEFT = "left"
    DONE = "blanked already"


class Yardstick:
    """A rule at one instant.

    Args:
        rule: of the policy.
        as_of: aware time at which its periods are judged.
    """

    def __init__(self, rule: RecordRule, as_of: datetime) -> None:
        self._waits = rule.active_until is RecordEvent.ANSWERED
        self._as_of, self._stretches = as_of, segments(rule, as_of)  # once for many pieces

    @property
    def enough(self) -> datetime | None:
        """What happened after this is not due, whatever else it is."""
        return max((part.cutoff for part in self._stretches), default=None)

    def stands(self, piece: Piece) -> Standing:
        """How a piece stands.

        Guarantees:
            What has no date, or one in the future, is never due. What is due at one instant is so at every later one,
            unless the matter is opened again. What stands for many is due only if each of them would be, whenever
            between the two times it was.
        """
        if piece.done:
            return Standing.DONE
        if piece.kept:
            return Standing.LEFT
        at = piece.at
        if at is None or at > self._as_of + AHEAD:
            return Standing.UNDATED
        if piece.open and self._waits:
            return Standing.OPEN
        return Standing.DUE if self._due(piece.since or at, at) else Standing.EARLY

    def _due(self, first: datetime, last: datetime) -> bool:
        """Whether everything that can have happened from the first time to the last is past its time."""
        reached = first
        for part in self._stretches:
            if not part.holds(reached):
                continue
            if part.end is None or last < part.end:
                return last <= part.cutoff
            if part.end > part.cutoff:
                return False
            reached = part.end
        return False


@dataclass
class Tally:
    """Counts of one part.

    Attributes:
        stands: standing → how many.
        kept: why pieces are left → how many.
        oldest, newest: of all with a usable date.
        first, last: of those that are due.
        overdue: how many of them were so a day before: whoever clears does so once a day.
    """

    stands: Counter[Standing] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    oldest: datetime | None = None
    newest: datetime | None = None
    first: datetime | None = None
    last: datetime | None = None
    overdue: int = 0

    def add(self, piece: Piece, standing: Standing) -> None:
        """Count one."""
        self.stands[standing] += piece.count
        if standing is Standing.LEFT:
            self.kept[piece.kept] += piece.count
        if piece.at is None or standing is Standing.UNDATED:
            return
        since = piece.since or piece.at
        self.oldest = min(self.oldest or since, since)
        self.newest = max(self.newest or piece.at, piece.at)
        if standing is Standing.DUE:
            self.first = min(self.first or since, since)
            self.last = max(self.last or piece.at, piece.at)

    @property
    def total(self) -> int:
        """All there are."""
        return self.stands.total()

    @property
    def due(self) -> int:
        """Those past their time."""
        return self.stands[Standing.DUE]

    @property
    def stays(self) -> dict[str, int]:
        """Why the others stay, and how many."""
        told = {one.value: self.stands[one] for one in Standing if one not in {Standing.DUE, Standing.LEFT}}
        return {why: count for why, count in {**told, **self.kept}.items() if count}


Pieces = Callable[[datetime | None], Iterable[Piece]]


def tally(pieces: Pieces, rule: RecordRule | None, as_of: datetime, late: list[str] | None = None) -> Tally:
    """Count the pieces of one part.

    Args:
        pieces: gives them one by one, and is told from when on nothing is due; none is kept in memory.
        rule: what the policy says of them; None where it says nothing, so that none is due.
        as_of: aware time.
        late: takes the tags of those that are due.
    """
    found, stick = Tally(), None if rule is None else Yardstick(rule, as_of)
    before = None if rule is None else Yardstick(rule, as_of - JOB)
    for one in pieces(None if stick is None else stick.enough):
        standing = Standing.EARLY if stick is None else stick.stands(one)
        if stick is None and (one.kept or one.at is None or one.at > as_of + AHEAD):
            standing = Standing.LEFT if one.kept else Standing.UNDATED
        found.add(one, standing)
        if standing is Standing.DUE and before is not None and before.stands(one) is Standing.DUE:
            found.overdue += one.count
        if standing is Standing.DUE and late is not None:
            late.append(one.tag)
    return found


def rule_for(
    policy: Policy, part: HeldPart, at: str, then: Collection[Disposition] = (Disposition.DELETE,)
) -> RecordRule:
    """The policy's rule by which a part is cleared.

    Args:
        policy: of the site.
        part: of the site file.
        at: its name, for the error.
        then: what may become of it: a file can only be deleted, a log's line be de-identified as well. A row that loses
            columns and a message that is written anew are de-identified, whatever is said here.

    Raises:
        CarrelError: CLR-002, the policy has no such records, no rule for them, or several; CLR-007, it uses them for
            other purposes only; RUN-014, its rule asks for something else than what becomes of this part.

    Source:
        MPL-8, MITL-6.3, WPL-6.1, WPL-8.7.
    """
    return _one_rule(policy, require_held(policy, part, at), part, at, then)


def require_held(policy: Policy, part: HeldPart, at: str) -> RecordType:
    """The kind of record that a part holds, for a purpose that the policy knows.

    Raises:
        CarrelError: CLR-002, CLR-007.
    """
    record = next((one for one in policy.datasets if one.value == part.record), None)
    if record is None:
        raise _no_rule(
            at,
            "a record type of the policy",
            f"'{shown(part.record)}'",
            f"write one of {', '.join(sorted(one.value for one in policy.datasets))} under 'record:'",
        )
    purposes = dict.fromkeys(one.purpose for one in policy.datasets[record].rule.fields.values())
    if part.purpose not in purposes:
        raise fault(
            faults.OTHER_PURPOSE,
            at=at,
            wanted=f"a purpose for which the policy holds {record}: {' or '.join(purposes)}",
            found="another one",
            because="what was given for one purpose serves no other",
            fix="write the purpose that was told when people gave it, or move these elsewhere",
        )
    return record


def clearing_rules(
    policy: Policy, parts: Iterable[HeldPart], then: Collection[Disposition] = (Disposition.DELETE,)
) -> list[str]:
    """The rules of a policy that are carried out on these parts, each as ``record: id``; ``then`` as of `rule_for`."""
    found: dict[str, None] = {}
    for part in parts:
        if not part.is_judged:
            continue
        with suppress(CarrelError):  # a part without a rule is told where it is looked at
            found[f"{part.record}: {rule_for(policy, part, part.record, then).id}"] = None
    return list(found)


def _one_rule(policy: Policy, record: RecordType, part: HeldPart, at: str, then: Collection[Disposition]) -> RecordRule:
    schedule = policy.record_schedules().get(record)
    rules = [one for one in (schedule.rules if schedule else ()) if one.active_until in _SHOWN]
    meant = [one for one in rules if part.until in {None, one.active_until.value}]
    then = (Disposition.DE_IDENTIFY,) if part.blanks or part.is_rewritten else then
    wanted = next(iter(then))
    deleting = [one for one in meant if one.disposition in then]
    if len(deleting) == 1:
        return deleting[0]
    if meant and not deleting:
        raise fault(
            faults.NOT_POSSIBLE,
            at=f"policy, records.{record}.retention.{meant[0].id}",
            wanted=f"'then: {' or '.join(then)}', for {at}",
            found=f"'then: {meant[0].disposition}'",
            because="a row that loses columns is de-identified, and not deleted"
            if part.blanks
            else "a folder with 'then: de-identify' keeps its messages without what names a person"
            if part.is_rewritten
            else "without 'blank:' of a table, or 'then: de-identify' of a mail folder, it goes as a whole",
            fix=f"give the policy a rule of its own for these, with 'then: {wanted}'; or mend 'blank:' or 'then:' here",
        )
    others = [one for one in rules if one not in meant and one.disposition in then]
    if not deleting and others:
        events = " or ".join(f"'until: {one.active_until}'" for one in others)
        raise _no_rule(
            at, f"the event from which {policy.name} counts {record}", "another one", f"write {events} in the site file"
        )
    events = " or ".join(f"'until: {one.active_until}'" for one in deleting)
    fix = (
        f"add {events} to it in the site file"
        if events
        else f"write under 'records: {record}: retention:' such as "
        f"'- {{id: old ones, active until: made, keep: 90 days, then: {wanted}}}'"
    )
    does = "de-identifies" if part.blanks or part.is_rewritten else "deletes"
    raise _no_rule(at, f"one rule of {policy.name} that {does} {record}", "several" if deleting else "none", fix)


def _no_rule(at: str, wanted: str, found: str, fix: str) -> CarrelError:
    return fault(faults.NOTHING_SAID, at=at, wanted=wanted, found=found, fix=fix)
