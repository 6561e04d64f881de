"""A person's requests as pages see them: those of whoever is signed in, and of nobody else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from carrel.errors import CarrelError
from carrel.retention.outcome import Outcome
from carrel.rights.admission import may
from carrel.rights.clocks import Clocks, clocks_of
from carrel.rights.course import standing
from carrel.rights.event import Act, Event
from carrel.rights.faults import MANY
from carrel.rights.request import PERSON, Request, Right, plain_words
from carrel.rights.standing import Standing
from carrel.rights.work import OBJECTION, done_at_once
from carrel.store.erasures import new_case
from carrel.store.requests import Once
from carrel.systems import branch_policies
from carrel.systems.site_systems import system_of
from carrel.web.patron import Patron
from carrel.web.premises import Premises

MOST_WORDS = 4_000  # signs of somebody's own words: two pages; what is longer is told to the person, and nothing is cut
MOST_OPEN = 20  # requests of one person that nobody has answered yet
IDENTITY = "signed in"
TOLD_ONCE = frozenset({Right.ERASURE, Right.RESTRICTION, Right.ACCESS})  # a second one beside it would change nothing


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """One request of the person, and where it stands now."""

    request: Request
    standing: Standing

    def may(self, act: Act) -> bool:
        """Whether the person can do this now."""
        try:
            may(self.standing, act)
        except CarrelError:
            return False
        return True


class OwnRequests:
    """The requests of whoever is signed in.

    Args:
        premises: of the pages.
        who: is signed in.
    """

    def __init__(self, premises: Premises, who: Patron) -> None:
        self._premises, self._who = premises, who
        system = system_of(premises.site, who.door.name)
        self._zone = ZoneInfo(system.time_zone)
        self.clocks: Clocks = clocks_of(branch_policies.load(premises.site, system).policies, premises.site.free_days)

    def all(self) -> tuple[OwnRequest, ...]:
        """Every one, the newest first.

        Raises:
            CarrelError: RGT-017.
        """
        now = self._premises.now()
        found = self._premises.store.requests.of_person(self._who.door.name, self._who.number)
        return tuple(
            OwnRequest(one, standing(one.right, one.events, self.clocks, self._zone, now)) for one in reversed(found)
        )

    def one(self, name: str) -> OwnRequest | None:
        """One of them; None of anybody else's, and of what there is not: nobody can tell the two apart."""
        return next((one for one in self.all() if one.request.id == name), None)

    def still_open(self, right: Right) -> OwnRequest | None:
        """One for the same right that is not over."""
        return next((one for one in self.all() if one.request.right is right and not one.standing.state.is_final), None)

    def are_too_many(self) -> bool:
        """Whether so many are open that more would only hide them."""
        return sum(not one.standing.state.is_final for one in self.all()) >= MOST_OPEN

    def open(self, right: Right, words: str, language: str) -> str | None:
        """Write one down, or go on with the same one that is open. She or he is signed in, so it is known who.

        Returns:
            Its id; None where as many are open as may be, however many forms were sent at once.

        Raises:
            CarrelError: RGT-016, RGT-017.
        """
        try:
            return self._premises.store.requests.open(
                right, self._who.door.name, self._who.number, words, "web", language, PERSON, self._premises.now(),
                how=IDENTITY, once=Once.RIGHT if right in TOLD_ONCE else Once.WORDS, most=MOST_OPEN,
            )  # fmt: skip
        except CarrelError as wrong:
            if wrong.code != MANY.code:
                raise
            return None

    def add(self, one: OwnRequest, act: Act, words: str = "") -> None:
        """Write down that the person withdrew it, or stated a disagreement.

        Raises:
            CarrelError: RGT-012, it is over meanwhile; RGT-018.
        """
        at = self._premises.now()
        self._premises.store.requests.add(
            one.request.id, Event(act, at, PERSON), words, clocks=self.clocks, zone=self._zone, now=at
        )

    def objected(self, name: str, purposes: Iterable[str], read_back: Collection[str]) -> None:
        """Write into a request that the objection is on record: nobody is written to for these purposes any more.

        What stands there already, of a form that was sent again, is not written twice.

        Args:
            name: of the request.
            purposes: that were objected to.
            read_back: those of them that stand on record as such.
        """
        system, at, requests = self._who.door.name, self._premises.now(), self._premises.store.requests
        request = requests.request(name)
        there = {
            one.what
            for one in standing(request.right, request.events, self.clocks, self._zone, at).cases
            if one.settled
        }
        for purpose in purposes:
            outcome = Outcome.VERIFIED if purpose in read_back else Outcome.UNVERIFIED
            done = done_at_once(new_case(), OBJECTION, system, purpose, at, PERSON, outcome)
            for event in () if purpose in there else done:
                requests.add(name, event, clocks=self.clocks, zone=self._zone, now=at)

    def told(self, one: OwnRequest) -> Iterator[tuple[Event, str]]:
        """Every event, with what was sealed beside it for the person to read: reasons, and the person's own words."""
        beside = self._premises.store.requests.words_beside(one.request.id)
        for event, words in zip(one.request.events, beside, strict=True):
            if event.act in {Act.EXTENDED, Act.REFUSED, Act.STATED, Act.ANSWERED}:
                yield event, words
            elif event.act is not Act.NOTED:  # what the staff note for themselves is not told here
                yield event, ""


def are_too_long(words: str) -> bool:
    """Whether words are, as they would be kept: some letters become two or three."""
    return len(plain_words(words)) > MOST_WORDS


def words_of(form: FormData) -> tuple[str, bool]:
    """Somebody's own words in a form, and whether they are too long in the form in which they are kept."""
    sent = form.get("words", "")
    words = sent.replace("\r\n", "\n").strip() if isinstance(sent, str) else ""
    return words, are_too_long(words)
