"""One check of ``carrel doctor``: what was looked at, how it stands, and what to do about it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from carrel.amount import amount
from carrel.retention.open_join import MEND, OpenJoin


class State(enum.StrEnum):
    """How one thing stands."""

    OK = "ok"
    NOTE = "note"
    FINDING = "finding"
    REFUSED = "refused"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; counts, names and codes only."""

    name: str
    state: State
    detail: str
    fix: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody has something to do."""
        return self.state not in {State.OK, State.NOTE}

    def as_dict(self) -> dict[str, str]:
        """For ``--json``."""
        return {name: str(value) for name, value in asdict(self).items()}


def ok(name: str, detail: str) -> Check:
    """It stands as it should."""
    return Check(name, State.OK, detail)


def note(name: str, detail: str) -> Check:
    """It stands in nobody's way, and a person should know it."""
    return Check(name, State.NOTE, detail)


def finding(name: str, detail: str, fix: str) -> Check:
    """It works, and should be changed."""
    return Check(name, State.FINDING, detail, fix)


def refused(name: str, detail: str, fix: str) -> Check:
    """Nothing will be applied while it stands so."""
    return Check(name, State.REFUSED, detail, fix)


def unknown(name: str, detail: str, fix: str = "") -> Check:
    """It could not be looked at."""
    return Check(name, State.UNKNOWN, detail, fix)


def open_joins(standing: Sequence[OpenJoin]) -> Check:
    """Whether a join that led a sweep back was never shown closed."""
    if not standing:
        return ok("sweep", "no join that led a sweep back is open")
    since = min(one.first_seen for one in standing)
    led = amount(len(standing), "join led a sweep back and is", "joins led a sweep back and are")
    detail = f"{led} open since {since:%Y-%m-%d}, first: {standing[0].says}"
    return finding("sweep", detail, f"carrel verify names them all; {MEND}")
