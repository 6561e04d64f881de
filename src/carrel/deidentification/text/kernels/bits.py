"""What is known of a word, of a pair of words, of a row of words and of a number: bits of one table."""

from __future__ import annotations

from typing import Final

# Of a word.
COMMON: Final = 1  # an ordinary word
FUNCTION: Final = 1 << 1  # one of the words that sentences are built with
R_GIVEN: Final = 1 << 2  # stands in a given name of the roster
R_FAMILY: Final = 1 << 3
C_NAME: Final = 1 << 4  # stands in the name of an author
L_GIVEN: Final = 1 << 5  # a given name that is widely known
HONORIFIC: Final = 1 << 6
GREETING: Final = 1 << 7
CLOSING: Final = 1 << 8
PERSON: Final = 1 << 9  # patron, daughter, señor
DEED: Final = 1 << 10  # what people do: called, asked
WORK: Final = 1 << 11  # book, author, read
PARTICLE: Final = 1 << 12  # van, de, del
STREET: Final = 1 << 13  # at its end
STREET_ES: Final = 1 << 14  # at its beginning
PHONE: Final = 1 << 15
CARD: Final = 1 << 16
BIRTH: Final = 1 << 17
NUMBERED: Final = 1 << 18  # ISBN, page, volume: what follows is no person's
MONTH: Final = 1 << 19
USER: Final = 1 << 20
SECRET: Final = 1 << 21
PLACE: Final = 1 << 22  # in, at, near
INSTITUTION: Final = 1 << 23  # library, park, school
TOPLEVEL: Final = 1 << 24  # com, org
CONTACT: Final = 1 << 25  # what is done to people: contact, ask
UNIT: Final = 1 << 26  # apt, suite
SOCIAL: Final = 1 << 27
DWELLING: Final = 1 << 28  # address, lives
STUDENT: Final = 1 << 29
TITLE: Final = 1 << 30  # is the whole of a title

PLAIN: Final = COMMON | FUNCTION
R_NAME: Final = R_GIVEN | R_FAMILY
GIVEN: Final = R_GIVEN | L_GIVEN

# Of a pair, or of an initial and a word.
P_ROSTER: Final = 1
P_AUTHOR: Final = 2

# Of a row of words, by the whole row.
W_TITLE: Final = 1
W_ADDRESS: Final = 2
W_NAME: Final = 4

# Of digits.
N_CARD: Final = 1
N_PHONE: Final = 2

# Which of the above a number in the table belongs to.
S_PAIR: Final = 11
S_INITIAL: Final = 23
S_BEGIN: Final = 37  # the first words of a row; the bits say how many words it may have
S_ROW: Final = 41
S_NUMBER: Final = 53
S_SAID: Final = 67  # a word of a name with the conversation that it was found in

# Of a word that was found in a conversation.
SAID_GIVEN: Final = 1
SAID_FAMILY: Final = 2
