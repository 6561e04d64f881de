"""Where one person stands on one purpose: from the events alone, and from what later texts ask."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from carrel.consent.event import Act, ConsentEvent, in_order
from carrel.consent.text import ConsentText


class State(enum.StrEnum):
    """Whether somebody agreed. Only `GIVEN` lets anything through."""

    NEVER_ASKED = "never asked"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    ASK_AGAIN = "to be asked again"


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's state for a purpose.

    Attributes:
        state: as it is now.
        last: the event that decided; None where there is none.
    """

    state: State
    last: ConsentEvent | None = None


@dataclass(frozen=True)
class Texts:
    """What the texts of a purpose ask.

    Attributes:
        own: of the library's folder.
        used: by which somebody agreed, in the words of their first use.
    """

    own: tuple[ConsentText, ...]
    used: tuple[ConsentText, ...] = ()

    @cached_property
    def all(self) -> tuple[ConsentText, ...]:
        """Every text that is known; of one that was used, the words of its first use."""
        there = {one.key for one in self.used}
        return (*self.used, *(one for one in self.own if one.key not in there))

    def current(self, purpose: str) -> tuple[ConsentText, ...]:
        """The newest version of the text for a purpose, in each language."""
        mine = self._asked(purpose)
        newest = max((one.version for one in mine), default=0)
        return tuple(one for one in mine if one.version == newest)

    def _asked(self, purpose: str) -> tuple[ConsentText, ...]:
        """The texts by which the library asks for a purpose; those that were used where its folder has none."""
        names = {one.text for one in self.own if one.purpose == purpose}
        return tuple(one for one in self.all if one.purpose == purpose and (not names or one.text in names))

    def covers(self, event: ConsentEvent) -> bool:
        """Whether what was agreed to still is what is asked.

        It is not where a later version asks again, where the purpose has another text by now, or where nobody knows
        the words.
        """
        which = (event.purpose, event.text, event.version, event.digest)
        if (known := self._covered.get(which)) is None:
            known = self._covered[which] = self._covers(*which)
        return known

    @cached_property
    def _covered(self) -> dict[tuple[str, str, int, str], bool]:
        """What was found of texts before: many agreed to few."""
        return {}

    def _covers(self, purpose: str, text: str, version: int, digest: str) -> bool:
        mine = [one for one in self.all if one.purpose == purpose and one.text == text]
        return bool(
            any((one.version, one.digest) == (version, digest) for one in mine)
            and not any(one.asks_again for one in mine if one.version > version)
            and all(one.text == text for one in self._asked(purpose))
        )


def state_of(events: Iterable[ConsentEvent], purpose: str, texts: Texts) -> Standing:
    """Where a person stands on a purpose.

    Args:
        events: of the person, in any order, of any purpose.
        purpose: which.
        texts: of the library.

    Guarantees:
        Without an event nobody has agreed. The last event decides, in the order in which the person spoke; of two at
        one moment the withdrawal. What was withdrawn is given again by a later event only.
    """
    mine = in_order(one for one in events if one.purpose == purpose)
    if not mine:
        return Standing(State.NEVER_ASKED)
    last = mine[-1]
    if last.act is Act.WITHDRAWN:
        return Standing(State.WITHDRAWN, last)
    return Standing(State.GIVEN if texts.covers(last) else State.ASK_AGAIN, last)
