"""Whose addresses go, a page of people at a time: what is known of each is gathered column by column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING

from carrel.cli.consent_word import texts_of
from carrel.cli.refused_addresses import refused_addresses
from carrel.consent.gate import Gate, Known, LeftOut
from carrel.consent.state import State, Texts, state_of
from carrel.consent.subject import SubjectTags, spelled_in
from carrel.systems.sql.in_lists import parts

if TYPE_CHECKING:
    from datetime import date, datetime

    from carrel.cli.premises import Premises
    from carrel.consent.sieve import TagSieve
    from carrel.store.consents import Consents
    from carrel.systems.consent.contact_rows import ContactPage

_TAGS = 5_000  # in one question to the store


class _Reasons(dict[tuple[State, bool, bool, bool, bool, bool, bool], "LeftOut | None"]):
    """What the gate says of each kind of person: there are few, and it is asked once of each."""

    def __init__(self, let: Gate) -> None:
        super().__init__()
        self._let = let

    def __missing__(self, known: tuple[State, bool, bool, bool, bool, bool, bool]) -> LeftOut | None:
        said = self[known] = self._let.left_out(Known(*known))
        return said


@dataclass(frozen=True, slots=True)
class Judge:
    """What pages of people are judged by.

    Attributes:
        consents: of the store.
        let: the gate.
        restricted: whose use is restricted.
        texts: of consents.
        today: where the library is.
        tags: the hashes of the people; None where nothing was ever written down.
        said, silent: hold back who may have said something on the purpose, and who may be on the list of silence.
        theirs: email addresses of people who said no, or whose use is restricted, in one spelling.

    Guarantees:
        Whoever a sieve holds back is looked for in the store, and nobody who is there falls through. What is written
        down meanwhile is found by whoever records the export, and it begins anew.
    """

    consents: Consents
    let: Gate
    restricted: frozenset[int]
    texts: Texts
    today: date
    tags: SubjectTags | None
    said: TagSieve | None = None
    silent: TagSieve | None = None
    theirs: frozenset[str] = field(default=frozenset(), repr=False)
    _reasons: _Reasons = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_reasons", _Reasons(self.let))

    @classmethod
    def made(cls, here: Premises, let: Gate, restricted: frozenset[int], at: datetime) -> Judge:
        """What an export is judged by that begins now.

        Raises:
            CarrelError: CNS-007, the key of the hashes is gone.
        """
        consents, today = here.store.consents, at.astimezone(here.zone).date()
        tags = consents.tags(here.system.name)
        theirs = refused_addresses(here, let.purpose, restricted)
        if tags is None:
            return cls(consents, let, restricted, texts_of(here), today, None, theirs=theirs)
        said, silent = consents.sieve(let.purpose), consents.suppressions.sieve()
        return cls(consents, let, restricted, texts_of(here), today, tags, said, silent, theirs)

    def judged(self, page: ContactPage) -> list[LeftOut | None]:
        """Why each one's address does not go; None where it goes."""
        found = spelled_in(page.emails) if self.theirs or self._looks_for_silence else ((), ())
        states, silent = self._known(page, *found)
        reasons = self._reasons
        restricted = self.restricted
        known = zip(
            states,
            page.deleted,
            [one in restricted for one in page.numbers] if restricted else repeat(False, len(page.numbers)),
            silent,
            page.expired(self.today),
            page.reachable,
            self._shared(page, *found),
            strict=True,
        )
        return [reasons[one] for one in known]

    @property
    def _looks_for_silence(self) -> bool:
        return self.tags is not None and self.silent is not None and not self.silent.is_empty

    def _shared(self, page: ContactPage, places: Sequence[int], addresses: Sequence[str]) -> Iterable[bool]:
        """Who has an address of somebody who said no."""
        if self.theirs.isdisjoint(addresses):
            return repeat(False, len(page.numbers))
        theirs = {place for place, one in zip(places, addresses, strict=True) if one in self.theirs}
        return [place in theirs for place in range(len(page.numbers))]

    def _known(
        self, page: ContactPage, places: Sequence[int], addresses: Sequence[str]
    ) -> tuple[Sequence[State], Sequence[bool]]:
        """Where each stands on the purpose, and who asked for silence; whoever is in neither said nothing."""
        states, silent = [State.NEVER_ASKED] * len(page.numbers), [False] * len(page.numbers)
        if self.tags is None or self.said is None or self.silent is None:
            return states, silent
        if self.said.is_empty and self.silent.is_empty:
            return states, silent
        digests = self.tags.numbers(page.numbers)
        for held in parts(self.said.held(digests), _TAGS):
            tags = {one: digests[one].hex() for one in held}
            found = self.consents.among(tags.values(), self.let.purpose)
            for one, tag in tags.items():
                if (events := found.get(tag)) is not None:
                    states[one] = state_of(events, self.let.purpose, self.texts).state
        if not self.silent.is_empty:
            whose, digests = [*range(len(digests)), *places], [*digests, *self.tags.addresses(addresses)]
            for one in self._silenced(whose, digests, self.silent):
                silent[one] = True
        return states, silent

    def _silenced(self, whose: Sequence[int], digests: Sequence[bytes], silent: TagSieve) -> Iterator[int]:
        """The places of those of whose numbers and addresses one is on the list."""
        for held in parts(silent.held(digests), _TAGS):
            tags = {one: digests[one].hex() for one in held}
            found = self.consents.suppressions.among(tags.values())
            yield from (whose[one] for one, tag in tags.items() if tag in found)
