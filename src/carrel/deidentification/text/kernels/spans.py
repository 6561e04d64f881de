"""What was found in a text: rows of numbers that kernels write, and their kinds."""

from __future__ import annotations

import enum
from typing import Any, Final

from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.tokens import AROUND, COVER, END, ROW, START

# A row of what was found.
FROM: Final = 0
TO: Final = 1
KIND: Final = 2
SURE: Final = 3  # SURELY, or what a person should look at
RULE: Final = 4
GIVEN_NAME: Final = 5  # numbers of the words of a name; 0 where it has none
FAMILY_NAME: Final = 6
DOCUMENT: Final = 7
FOUND_ROW: Final = 8

SURELY: Final = 0
PROBABLY: Final = 1  # goes, and a person looks at it
HARDLY: Final = 2  # stays, and a person looks at it

NAME: Final = 1
CARD: Final = 2
PHONE: Final = 3
EMAIL: Final = 4
ADDRESS: Final = 5
STUDENT: Final = 6
BIRTH: Final = 7
URL: Final = 8
NETWORK: Final = 9
PAYMENT: Final = 10
SOCIAL: Final = 11
USER: Final = 12
SECRET: Final = 13
NUMBER: Final = 14
OTHER: Final = 15
IBAN: Final = 16
IDENTITY: Final = 17
PASSPORT: Final = 18


class Kind(enum.IntEnum):
    """A kind of what names a person in a text; its label is what stands for it afterwards."""

    PATRON = NAME
    CARD = CARD
    PHONE = PHONE
    EMAIL = EMAIL
    ADDRESS = ADDRESS
    STUDENT_ID = STUDENT
    BIRTH_DATE = BIRTH
    LINK = URL
    NETWORK_ADDRESS = NETWORK
    PAYMENT_CARD = PAYMENT
    SOCIAL_NUMBER = SOCIAL
    USER_NAME = USER
    SECRET = SECRET
    NUMBER = NUMBER
    OTHER = OTHER
    IBAN = IBAN
    IDENTITY_NUMBER = IDENTITY
    PASSPORT = PASSPORT

    @property
    def label(self) -> str:
        """As it stands in a text, such as ``STUDENT ID``."""
        return self.name.replace("_", " ")


@kernel
def found(out: Any, many: Any, most: Any, start: Any, end: Any, kind: Any, sure: Any, rule: Any) -> Any:
    """Write one row.

    Returns:
        How many there are now.
    """
    if many < most:
        row = many * FOUND_ROW
        out[row + FROM] = start
        out[row + TO] = end
        out[row + KIND] = kind
        out[row + SURE] = sure
        out[row + RULE] = rule
        out[row + GIVEN_NAME] = 0
        out[row + FAMILY_NAME] = 0
        out[row + DOCUMENT] = 0
        return many + 1
    return many


@kernel
def cover(tok: Any, first: Any, last: Any, kind: Any) -> Any:
    """Mark words and numbers as part of something, both ends with it."""
    for at in range(first, last + 1):
        tok[(AROUND + at) * ROW + COVER] = kind
    return 0


@kernel
def cover_bytes(tok: Any, many: Any, at: Any, start: Any, end: Any, kind: Any) -> Any:
    """Mark all words and numbers that touch a stretch of bytes.

    Args:
        tok, many: the tokens.
        at: one of them that lies in it.
        start, end: the stretch.
        kind: what it is.
    """
    first, last = at, at
    while first > 0 and tok[(AROUND + first - 1) * ROW + END] > start:
        first -= 1
    while last + 1 < many and tok[(AROUND + last + 1) * ROW + START] < end:
        last += 1
    cover(tok, first, last, kind)
    return last
