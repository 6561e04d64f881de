"""Requests as the staff pages show them: where each stands by the clocks of its policies, the most pressing first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from carrel.rights.course import Standing, standing
from carrel.rights.request import Request, Right
from carrel.web.premises import Premises
from carrel.web.staff_desk import Rules

_FAR = datetime.max.replace(tzinfo=UTC)
_IN = '--as "{who}"'
_WAY = 'carrel approve {out} --as "SOMEBODY ELSE" --key THEIR.key\ncarrel apply {out}'
_ACCESS = 'carrel access card.txt --request {id} --identity "{how}" --age-passphrase-file words.txt ' + _IN
_COMMANDS = {
    Right.ACCESS: _ACCESS,
    Right.PORTABILITY: _ACCESS,
    Right.ERASURE: "carrel plan --erase card.txt --request {id} --out erase.json " + _IN + "\n" + _WAY,
    Right.RECTIFICATION: "carrel plan --rectify request.yaml --request {id} --out rectify.json " + _IN + "\n" + _WAY,
    Right.RESTRICTION: "carrel plan --restrict request.yaml --request {id} --out restrict.json " + _IN + "\n" + _WAY,
    Right.OBJECTION: 'carrel consent withdraw card.txt --request {id} --purpose "PURPOSE" --channel letter ' + _IN,
    Right.CHALLENGE: "carrel plan --rectify request.yaml --request {id} --out rectify.json " + _IN + "\n" + _WAY,
}
_FILES = {"erase": "erase.json", "rectify": "rectify.json", "restrict": "restrict.json"}


@dataclass(frozen=True, slots=True)
class Case:
    """A request, and where it stands.

    Attributes:
        request: as the store has it.
        now: where it stands.
        days_left: whole days up to the last one; below zero when it is over, None without a clock.
    """

    request: Request
    now: Standing
    days_left: int | None

    def commands(self, who: str) -> tuple[str, ...]:
        """What only the command line may do for it."""
        text = _COMMANDS.get(self.request.right, "")
        out = next((name for word, name in _FILES.items() if f"--{word} " in text), "")
        how = self.now.identified or "photo id"
        return tuple(text.format(id=self.request.id, who=who, out=out, how=how).splitlines())


def case_of(premises: Premises, request: Request, rules: Rules) -> Case:
    """One request, and where it stands now."""
    at = premises.now()
    now = standing(request.right, request.events, rules.clocks, rules.zone, at)
    left = None if now.due is None else (now.due.day - at.astimezone(rules.zone).date()).days
    return Case(request, now, left)


def queue(premises: Premises) -> tuple[Case, ...]:
    """Every request that is open: those first whose time is over, then by their last day, then by age.

    Raises:
        CarrelError: a policy cannot be read.
    """
    premises.staff.follow()
    rules = premises.staff.rules()
    found = [case_of(premises, one, rules) for one in premises.store.requests.all(open_only=True)]
    return tuple(sorted(found, key=_pressing))


def _pressing(case: Case) -> tuple[bool, datetime, datetime]:
    due = case.now.due
    return not case.now.overdue, _FAR if due is None else due.ends, case.now.received_at
