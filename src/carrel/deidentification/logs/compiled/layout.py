"""Where in memory machine code finds what: numbers that both sides of it go by, without any of its dependencies."""

from __future__ import annotations

from typing import Final

WIDE: Final = 32  # bytes that are looked at in one step
ROOM: Final = WIDE  # bytes behind every text, so that its last step may be read whole
LONGEST: Final = 4096  # of a text that is looked up

# A table of texts, and an entry of it: key and value are addresses.
SLOTS, ENTRIES, MASK, SEED, LONGEST_TEXT = range(5)
HASH, TAG, KEY, LENGTH, VALUE, MADE, MORE, DAY = range(8)
ENTRY: Final = 8 * 8  # bytes
TAKEN: Final = 7  # numbers in a row of a text that is taken in
WORDS, ENDINGS = 1, 2  # tags in the table of listed words
NO_HOST: Final = 1  # `MORE` of the beginning of a folder: nothing of the rest stays
IN_TIME, PAST, DROPPED, DOUBTFUL = 0, 4, 5, 6  # `MORE` of a time; the last of any text: the plain way decides

# A step, and what a line's row of it holds. Of a request: its pieces end where the next one begins.
STEP: Final = 4 * 8
START, END, FOUND, SHAPED, PAGE, NAME, NAME_END, PROTOCOL, METHOD_FOUND, FOLDER_FOUND, PROTOCOL_FOUND = range(11)
NUMBERS: Final = 11
ROW: Final = NUMBERS * 8
PLAIN: Final = -2  # found nowhere and not looked for: an address that can be cut as text

# What a block goes by: addresses, but for the numbers count, minutes, seconds, timed, today and widest.
(
    STEPS, COUNT, TEXTS, MINUTES, SECONDS, TIMED, TODAY, TABLE, LISTED, ROWS, SMALL, MISSED_TEXTS, ODD_LINES, WIDEST,
) = range(14)  # fmt: skip
TOLD: Final = 6
MOST_MISSED, MOST_ODD = 1 << 12, 1 << 12  # kept of one call; what is more comes with the next
METHOD, FOLDER, VERSION = 1, 2, 3  # which text of a request
PIECES: Final = 4
DAYS: Final = 1 << 20  # a tag is a text of a step, and a day times this
