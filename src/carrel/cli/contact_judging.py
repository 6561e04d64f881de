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
from carrel.consent.subject import SubjectTags, addresses_in, spelled
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
        states, silent = self._known(page)
        reasons = self._reasons
        restricted = self.restricted
        known = zip(
            states,
            page.deleted,
            [one in restricted for one in page.numbers] if restricted else repeat(False, len(page.numbers)),
            silent,
            page.expired(self.today),
            page.reachable,
            self._shared(page),
            strict=True,
        )
        return [reasons[one] for one in known]

    def _shared(self, page: ContactPage) -> Iterable[bool]:
        """Who has an address of somebody who said no."""
        if not self.theirs:
            return repeat(False, len(page.numbers))
        theirs = self.theirs
        return [bool(email) and any(spelled(one) in theirs for one in addresses_in(email)) for email in page.emails]

    def _known(self, page: ContactPage) -> tuple[Sequence[State], Sequence[bool]]:
        """Where each stands on the purpose, and who asked for silence; whoever is in neither said nothing."""
        states, silent = [State.NEVER_ASKED] * len(page.numbers), [False] * len(page.numbers)
        if self.tags is None or self.said is None or self.silent is None:
            return states, silent
        if self.said.is_empty and self.silent.is_empty:
            return states, silent
        tags = self.tags.numbers(page.numbers)
        for places in parts(self.said.held(tags), _TAGS):
            found = self.consents.among([tags[one] for one in places], self.let.purpose)
            for one in places:
                if (events := found.get(tags[one])) is not None:
                    states[one] = state_of(events, self.let.purpose, self.texts).state
        if not self.silent.is_empty:
            for one in self._silenced(page, tags, self.silent):
                silent[one] = True
        return states, silent

    def _silenced(self, page: ContactPage, tags: Sequence[str], silent: TagSieve) -> Iterator[int]:
        """The places of those whose number, or one of whose addresses, is on the list."""
        hashes, whose = list(tags), list(range(len(tags)))
        if self.tags is not None:
            said = [(place, one) for place, email in enumerate(page.emails) if email for one in addresses_in(email)]
            hashes += self.tags.addresses([one for _, one in said])
            whose += [place for place, _ in said]
        for places in parts(silent.held(hashes), _TAGS):
            found = self.consents.suppressions.among([hashes[one] for one in places])
            yield from (whose[one] for one in places if hashes[one] in found)
