"""A patron's request: one right, how it came, and the closed words by which it is refused or decided."""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass

from carrel.errors import fault
from carrel.rights import faults
from carrel.rights.event import Event

GOES_ON_AS = "goes on as"  # the term that names the other request
PERSON = "the person"  # who acts, where nobody of the library does
_LINE_ENDS = re.compile("\r\n|[\x85\u2028\u2029]")
_UNSEEN = re.compile("[\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
LONGEST_WORDS = 5000  # signs of a person's or the staff's own words; two pages


class Right(enum.StrEnum):
    """What somebody may ask for. An agreement is none of them: see `carrel.consent`."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    PORTABILITY = "portability"
    CHALLENGE = "challenge"  # of accuracy, completeness or use (MITP-11.2.3)
    QUESTION = "question"  # MITL-10.8

    @property
    def needs_identity(self) -> bool:
        """Whether the library has to know that it is the person; a question may be anybody's."""
        return self is not Right.QUESTION

    @property
    def needs_work(self) -> bool:
        """Whether it is answered by something that was carried out and read back."""
        return self in {Right.ACCESS, Right.RECTIFICATION, Right.ERASURE, Right.RESTRICTION, Right.OBJECTION,
                        Right.PORTABILITY}  # fmt: skip

    @property
    def is_copy(self) -> bool:
        """Whether it is answered by handing out what is held."""
        return self in {Right.ACCESS, Right.PORTABILITY}


class Channel(enum.StrEnum):
    """How a request reached the library."""

    WEB = "web"
    DESK = "desk"
    PHONE = "phone"
    LETTER = "letter"
    EMAIL = "email"


class Ground(enum.StrEnum):
    """Why a request is refused, whole (GDPR Art. 11(2), 12(5), 15(4), 17(3), 21(1); MITP-11.2.3)."""

    IDENTITY = "identity not verified"
    UNFOUNDED = "manifestly unfounded"
    EXCESSIVE = "repeated without end"
    OTHERS = "rights of other people"
    LAW = "a law requires the data"
    CLAIM = "a legal claim"
    ARCHIVE = "archive, research or statistics"
    ACCURATE = "the data are right"
    NEEDED = "needed for the service that the person uses"
    PEER_REVIEW = "confidential review"
    ELSEWHERE = "another office answers"
    ANEW = "goes on as another request"  # two records became one, and a request never changes hands


class Decision(enum.StrEnum):
    """What was decided of a challenge, or that there is nothing to do."""

    UPHELD = "upheld"
    PARTLY = "upheld in part"
    REFUSED = "refused"
    NOTHING_HELD = "nothing is held"


class Route(enum.StrEnum):
    """Whom a task of a request waits for."""

    RECIPIENT = "recipient"  # was given the data, and is told of a correction or erasure (MITL-9.7)
    CONTROLLER = "controller"  # answers for what the library does not control (MITL-9.11)
    VENDOR = "vendor"  # holds data for the library, and sends a signed receipt
    SWITCH = "switch"  # a system without a switch for a restriction (MITL-9.4)
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the store tells it; nothing that names anybody.

    Attributes:
        id: ``req-`` and twelve letters.
        right: that is exercised.
        system: of the person's record; empty where none is known.
        channel: how it came.
        language: a language tag, in which the person is answered.
        events: in the order in which they were written down.
        about_somebody: whose it is stands sealed beside it, still.
        has_words: the person's own words do.
    """

    id: str
    right: Right
    system: str
    channel: Channel
    language: str
    events: tuple[Event, ...]
    about_somebody: bool = False
    has_words: bool = False


def plain_words(text: str) -> str:
    """Somebody's own words in one form of letters, without signs that steer a terminal, turn the order in which words
    are read or are not seen at all, and without blanks around. Joiners stay: some scripts are not written without.
    """
    lines = _LINE_ENDS.sub("\n", text)
    shown = "".join(one for one in lines if one in "\n\t" or unicodedata.category(one) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", _UNSEEN.sub("", shown)).strip()


def free_words(text: str) -> str:
    """Somebody's own words as they are kept, by `plain_words`.

    Raises:
        CarrelError: RGT-016, longer than five thousand signs. Nothing of them is repeated.
    """
    said = plain_words(text)
    if len(said) > LONGEST_WORDS:
        raise fault(
            faults.WORDS,
            wanted=f"at most {LONGEST_WORDS} signs",
            found=f"{len(said)}",
            because="a request is read by people",
            fix="say it shorter; what is longer can be handed in on paper",
        )
    return said
