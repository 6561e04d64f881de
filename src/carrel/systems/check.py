"""One check of ``carrel doctor``: what was looked at, how it stands, and what to do about it."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass


class State(enum.StrEnum):
    """How one thing stands."""

    OK = "ok"
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

    def as_dict(self) -> dict[str, str]:
        """For ``--json``."""
        return {name: str(value) for name, value in asdict(self).items()}


def ok(name: str, detail: str) -> Check:
    """It stands as it should."""
    return Check(name, State.OK, detail)


def finding(name: str, detail: str, fix: str) -> Check:
    """It works, and should be changed."""
    return Check(name, State.FINDING, detail, fix)


def refused(name: str, detail: str, fix: str) -> Check:
    """Nothing will be applied while it stands so."""
    return Check(name, State.REFUSED, detail, fix)


def unknown(name: str, detail: str, fix: str = "") -> Check:
    """It could not be looked at."""
    return Check(name, State.UNKNOWN, detail, fix)
