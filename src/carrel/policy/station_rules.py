"""What may stay on a public computer, and for how long (MITL-2.9, MITL-7.2, WPL-5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from carrel.policy.block import Figures
from carrel.policy.duration import Duration, Unit
from carrel.policy.words import Clauses, Period


class StationsRule(Figures):
    """The promise for public computers, machine by machine.

    Attributes:
        user_data: how old anything may be that a user left on a machine; ``session`` where it goes with the session.
        browser_data: the same for what the browser keeps, on machines without a sign-in; as the rest unless given.
        event_logs: ``reboot`` where no entry may be older than the last boot; nothing is promised where it is left out.
        clauses: ids of the clauses that this carries.
    """

    user_data: Period = Field(description="How old anything may be that a user left on a machine.")
    browser_data: Period | None = Field(
        default=None, description="The same for what the browser keeps, on machines without a sign-in."
    )
    event_logs: Literal["reboot"] | None = Field(
        default=None, description="'reboot' where no entry may be older than the last boot."
    )
    clauses: Clauses = ()

    @property
    def of_browser(self) -> Duration:
        """For the browser's data on machines without a sign-in."""
        return self.browser_data or self.user_data

    def lines(self) -> Iterator[str]:
        """The promise in plain words, line by line."""
        yield f"on public computers what a user leaves goes {_when(self.user_data)}"
        if self.browser_data is not None:
            yield f"where nobody signs in, the browser's data goes {_when(self.browser_data)}"
        if self.event_logs is not None:
            yield "event logs of these machines go at each reboot"


def _when(period: Duration) -> str:
    return "at the end of the session" if period.unit is Unit.SESSION else f"within {period}"
