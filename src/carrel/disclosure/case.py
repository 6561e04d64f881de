"""A case: somebody came for records of others, with a paper or without one."""

from __future__ import annotations

from dataclasses import dataclass

from carrel.disclosure.event import Act, Event
from carrel.disclosure.process import Instrument

STAYS = "hold stays"


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
        return tuple(hold for one in self.events if one.act in told for hold in one.term("hold").split())

    @property
    def keeps_on(self) -> bool:
        """Whether whoever ended it said that its holds stay."""
        return any(one.term(STAYS) for one in self.events if one.act.is_final)

    @property
    def let_go(self) -> frozenset[str]:
        """Whom it was about, after its holds were released: digests under the key of the case."""
        told = (one.term("subjects") for one in self.events if one.act is Act.LET_GO)
        return frozenset(one for each in told for one in each.split())
