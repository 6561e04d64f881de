"""What a site keeps outside its databases as it is now: counts and ages of each part, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from carrel.amount import amount
from carrel.errors import CarrelError, fault, unforeseen
from carrel.inventory.held_part import HeldPart
from carrel.inventory.log_service import FoundIndex, LogService
from carrel.inventory.site import Site
from carrel.inventory.totals import TOTALS
from carrel.policy.resolve import Policy
from carrel.policy.schedule import RecordRule
from carrel.retention.approval import Kind
from carrel.retention.clearing import Standing, Tally, Yardstick, require_held, rule_for, tally
from carrel.retention.clearing_plan import NOUNS
from carrel.systems import faults
from carrel.systems.check import Check, State, finding, ok
from carrel.systems.folders.file_folder import LOCKED, WRITTEN
from carrel.systems.log_services.account import LogAccount
from carrel.systems.log_services.sharing import keys_of, shared
from carrel.systems.log_services.surroundings import NOTHING, Around, around
from carrel.systems.logs.log_check import log_checks
from carrel.systems.mailboxes.deidentified import DONE_ALREADY
from carrel.systems.outside import Content, Holder, called, holders, kind_of, opened, parts_of

PASSING = (WRITTEN, LOCKED, TOTALS, DONE_ALREADY)  # as it should be: the file of today, what tells of nobody


@dataclass(frozen=True)
class SeenPart:
    """One part as it was a moment ago.

    Attributes:
        name: of the part.
        part: of the site file.
        rule: of the policy; None where it says nothing, and ``wrong`` tells it.
        found: its counts.
        wrong: what kept it from being judged.
    """

    name: str
    part: HeldPart
    rule: RecordRule | None
    found: Tally
    wrong: CarrelError | None = None

    @property
    def shut(self) -> str:
        """Why nobody can look into it, in words; empty where somebody can. Its counts say nothing then."""
        return self.part.shut if isinstance(self.part, FoundIndex) else ""


@dataclass(frozen=True)
class Seen:
    """One mailbox, folder, table or log service, or what kept it from being opened and read."""

    holder: Holder
    parts: tuple[SeenPart, ...] = ()
    error: CarrelError | None = None
    around: Around = NOTHING

    @property
    def name(self) -> str:
        """What findings call it."""
        return called(self.holder)

    @property
    def errors(self) -> list[CarrelError]:
        """Everything that could not be looked at."""
        wrong = (self.error, *(part.wrong for part in self.parts), *self.around.unread)
        return [one for one in wrong if one is not None]

    def findings(self, *, late_only: bool = False) -> Iterator[str]:
        """What is wrong, in words with counts.

        Args:
            late_only: whether what was due less than a day ago is left out, as whoever clears does so once a day.
        """
        yield from (f"{self.name}, {line}" for line in self.around.wrong)
        for one in self.parts:
            at = called(self.holder, one.name)
            yield from (
                f"{at}: {told}" for told in self._findings(one, one.found.overdue if late_only else one.found.due)
            )

    def _findings(self, one: SeenPart, due: int) -> Iterator[str]:
        _, single, more = NOUNS[kind_of(self.holder)]
        if due and one.rule is not None:
            oldest = one.found.first
            since = "" if oldest is None else f", the oldest of {oldest:%Y-%m-%d}"
            told = amount(due, f"{single} is", f"{more} are")
            yield f"{told} older than the policy allows (rule '{one.rule.id}'){since}"
        if undated := one.found.stands[Standing.UNDATED]:
            words = (f"{single} has no usable date, and never goes", f"{more} have no usable date, and never go")
            yield amount(undated, *words)
        for why, count in one.found.kept.items():
            if why not in PASSING:
                yield f"{amount(count, f'{single} stays', f'{more} stay')}: {why}"


def look(site: Site, policy: Policy, at: datetime, kind: Kind | None = None) -> list[Seen]:
    """Everything of the site file that can be looked into, or that of one kind; only reads."""
    asked = [one for one in holders(site, kind) if not isinstance(one, LogService) or one.reached]
    return list(_with_shared([_look(one, site, policy, at) for one in asked]))


def _with_shared(seen: list[Seen]) -> Iterator[Seen]:
    """What was seen, with an error for each log service of which another one names an index too."""
    keys = {
        one.holder.name: (
            one.holder,
            keys_of(one.holder, [part.part for part in one.parts if isinstance(part.part, FoundIndex)]),
        )
        for one in seen
        if isinstance(one.holder, LogService)
    }
    for one in seen:
        wrong = None
        if isinstance(one.holder, LogService):
            _, mine = keys[one.holder.name]
            others = [(other, theirs) for name, (other, theirs) in keys.items() if name != one.holder.name]
            found = (shared(mine, one.holder, other, theirs) for other, theirs in others)
            wrong = next((error for error in found if error is not None), None)
        yield one if wrong is None or one.error is not None else replace(one, error=wrong)


def _look(holder: Holder, site: Site, policy: Policy, at: datetime) -> Seen:
    found: list[SeenPart] = []
    beside = Around()
    try:
        with opened(holder, at, site) as content:
            found.extend(_part(holder, part, content, policy, at) for part in parts_of(holder, content))
            if isinstance(content, LogAccount):
                beside = _around(content, found, policy, at)
    except CarrelError as closed:
        return Seen(holder, tuple(found), closed, beside)
    except Exception as wrong:  # noqa: BLE001  (its text can quote a row; the others are looked at)
        return Seen(holder, tuple(found), _unknown(holder, wrong), beside)
    return Seen(holder, tuple(found), None, beside)


def _unknown(holder: Holder, wrong: Exception) -> CarrelError:
    return fault(
        faults.NOT_LOOKED,
        at=called(holder),
        found=unforeseen(wrong),
        because="Carrel does not know such an error; its text is not shown, because it could quote a row",
        fix="report this line with the command that you gave",
    )


def _part(holder: Holder, part: Any, content: Callable[[Any], Content], policy: Policy, at: datetime) -> SeenPart:
    rule, wrong = None, None
    try:
        at_part = called(holder, str(part.index) if isinstance(part, FoundIndex) else part.name)
        if part.is_judged:
            rule = rule_for(policy, part, at_part)
        elif any(one.value == part.record for one in policy.datasets):  # totals need no rule: here, a known purpose
            require_held(policy, part, at_part)
    except CarrelError as unsaid:
        wrong = unsaid
    return SeenPart(part.name, part, rule, tally(content(part).pieces, rule, at), wrong)


def _around(account: LogAccount, parts: list[SeenPart], policy: Policy, at: datetime) -> Around:
    rules = {one.name: one.rule for one in parts}
    for stream in account.service.indices:  # a snapshot can hold indices that are gone
        with suppress(CarrelError):
            rules.setdefault(stream.name, rule_for(policy, stream, stream.name))
    edges = {name: None if rule is None else Yardstick(rule, at).enough for name, rule in rules.items()}
    return around(account, {name: None if edge is None else at - edge for name, edge in edges.items()}, at)


def outside_checks(site: Site, policy: Policy, at: datetime) -> Iterator[Check]:
    """How each of them stands, for ``carrel check`` and ``doctor``; it stands in the way of no run."""
    for one in look(site, policy, at):
        noun, single, more = NOUNS[kind_of(one.holder)]
        told = [line.removeprefix(one.name).lstrip(",: ") for line in one.findings(late_only=True)]
        if one.errors:
            first = one.errors[0].faults[0]
            parts = [first.condition.code, first.condition.title, first.found]
            state = State.FINDING if first.condition is faults.NO_TOTALS else State.UNKNOWN
            yield Check(one.name, state, "; ".join([": ".join(filter(None, parts)), *told]), first.fix)
        elif told:
            fixes = [f"carrel {noun} list shows the counts"]
            if any(part.found.overdue and part.rule is not None for part in one.parts):
                fixes.append(f"carrel {noun} plan clears what is past its time")
            if any(part.found.stands[Standing.UNDATED] for part in one.parts):
                fixes.append("what has no usable date is in no plan: give it one, or delete it by hand")
            yield finding(one.name, "; ".join(told), "; ".join(fixes))
        else:
            total = sum(part.found.total for part in one.parts)
            yield ok(one.name, f"{amount(total, single, more)}, none past its time")
    yield from log_checks(site, policy, at)
