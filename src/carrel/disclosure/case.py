"""A case: somebody came for records of others, with a paper or without one."""

from __future__ import annotations

from dataclasses import dataclass

from carrel.disclosure.event import Act, Event
from carrel.disclosure.process import Instrument


@dataclass(frozen=True, slots=True)
class Case:
    """One case as the store tells it to somebody who may see it.

    Attributes:
        id: ``dsc-`` and twelve letters.
        events: in the order in which they were written down; the first is `Act.RECEIVED`.
    """

    id: str
    events: tuple[Event, ...]

    @property
    def received(self) -> Event:
        """How it began."""
        return self.events[0]

    @property
    def instrument(self) -> Instrument:
        """With what they came."""
        return Instrument(self.received.term("instrument"))

    @property
    def holds(self) -> tuple[str, ...]:
        """Legal holds that keep what is asked for."""
        told = (Act.RECEIVED, Act.TAKEN)
        return tuple(one.term("hold") for one in self.events if one.act in told and one.term("hold"))
