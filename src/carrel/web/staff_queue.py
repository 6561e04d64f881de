"""Requests as the staff pages show them: where each stands by the clocks of its policies, the most pressing first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from carrel.policy.resolve import Policy
from carrel.rights.clocks import Clocks, clocks_of
from carrel.rights.course import Standing, standing
from carrel.rights.request import Request, Right
from carrel.systems import branch_policies
from carrel.web.premises import Premises

_FAR = datetime.max.replace(tzinfo=UTC)
_IN = '--as "{who}"'
_WAY = 'carrel approve {out} --as "SOMEBODY ELSE" --key THEIR.key\ncarrel apply {out}'
_COMMANDS = {
    Right.ACCESS: "carrel access card.txt --request {id} --age-passphrase-file words.txt " + _IN,
    Right.PORTABILITY: "carrel access card.txt --request {id} --age-passphrase-file words.txt " + _IN,
    Right.ERASURE: "carrel plan --erase card.txt --request {id} --out erase.json " + _IN + "\n" + _WAY,
    Right.RECTIFICATION: "carrel plan --rectify request.yaml --request {id} --out rectify.json " + _IN + "\n" + _WAY,
    Right.RESTRICTION: "carrel plan --restrict request.yaml --request {id} --out restrict.json " + _IN + "\n" + _WAY,
    Right.OBJECTION: 'carrel consent withdraw card.txt --purpose "PURPOSE" --channel letter ' + _IN,
    Right.CHALLENGE: "carrel plan --rectify request.yaml --request {id} --out rectify.json " + _IN + "\n" + _WAY,
}
_FILES = {"erase": "erase.json", "rectify": "rectify.json", "restrict": "restrict.json"}


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a request is judged.

    Attributes:
        clocks: of the policies in force.
        zone: of the library.
    """

    clocks: Clocks
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Case:
    """A request, and where it stands.

    Attributes:
        request: as the store has it.
        now: where it stands.
        rules: by which.
        days_left: whole days up to the last one; below zero when it is over, None without a clock.
    """

    request: Request
    now: Standing
    rules: Rules
    days_left: int | None

    def commands(self, who: str) -> tuple[str, ...]:
        """What only the command line may do for it."""
        text = _COMMANDS.get(self.request.right, "")
        out = next((name for word, name in _FILES.items() if f"--{word} " in text), "")
        return tuple(text.format(id=self.request.id, who=who, out=out).splitlines())


def rules_of(premises: Premises, system: str) -> Rules:
    """The clocks and the zone of a system; of the site where a request names none.

    Raises:
        CarrelError: a policy cannot be read.
    """
    declared = premises.site.system(system)
    if declared is None:
        first = next(iter(premises.site.originals), None)
        return Rules(clocks_of((premises.policy,)), ZoneInfo("UTC" if first is None else first.time_zone))
    policies: Iterable[Policy] = branch_policies.load(premises.site, declared).policies
    return Rules(clocks_of(policies), ZoneInfo(declared.time_zone))


def case_of(premises: Premises, request: Request, rules: Rules | None = None) -> Case:
    """One request, and where it stands now."""
    known = rules or rules_of(premises, request.system)
    at = premises.now()
    now = standing(request.right, request.events, known.clocks, known.zone, at)
    left = None if now.due is None else (now.due.day - at.astimezone(known.zone).date()).days
    return Case(request, now, known, left)


def queue(premises: Premises) -> tuple[Case, ...]:
    """Every request that is open: those first whose time is over, then by their last day, then by age."""
    rules: dict[str, Rules] = {}
    found = []
    for request in premises.store.requests.all(open_only=True):
        if request.system not in rules:
            rules[request.system] = rules_of(premises, request.system)
        found.append(case_of(premises, request, rules[request.system]))
    return tuple(sorted(found, key=_pressing))


def _pressing(case: Case) -> tuple[bool, datetime, datetime]:
    due = case.now.due
    return not case.now.overdue, _FAR if due is None else due.ends, case.now.received_at
