"""Whether the first record of a CSV file names its columns, or is a row whose values must not be shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from carrel.deidentification.column_shape import ColumnShape
from carrel.deidentification.column_words import counts, person_words, tells_birth, tells_row, tells_thing, tells_time
from carrel.inventory.clock_guess import ClockGuess

_DIGITS = 6  # no column is called by so many
_LOGIN = re.compile(r"[^\W_]*[a-z][^\W_]*\d{2,}")
_NAME = re.compile(r"[^\W\d_][\w'\u2019.\-]*,? [^\W\d_][\w'\u2019.\-]*(?: [^\W\d_][\w'\u2019.\-]*)?")
_SURNAME_FIRST = re.compile(r"[^\W\d_][\w'\u2019.\-]*, ?[^\W\d_].*")


def is_value(cell: str) -> bool:
    """Whether a cell of a first record is surely a value: a number, a time, an address, a telephone, a card.

    Args:
        cell: its text.
    """
    text = cell.strip()
    clock, shape = ClockGuess(), ColumnShape("")
    clock.add(text)
    shape.add(text)
    if sum(map(str.isdigit, text)) >= _DIGITS:
        return True
    return bool(clock.fitting or shape.numbers or shape.codes or shape.kinds)


def may_be_value(cell: str) -> bool:
    """Whether it can be one as well: the name of a person or an account, and no word that columns are called by."""
    text = cell.strip()
    if is_value(text):
        return True
    if _SURNAME_FIRST.fullmatch(text):
        return True
    is_known: object = person_words(text) or counts(text) or tells_birth(text) or tells_row(text)
    is_known = is_known or tells_time(text) or tells_thing(text)
    return not is_known and bool(_NAME.fullmatch(text) or _LOGIN.fullmatch(text))


def shown(cells: Sequence[str], named: Collection[str] | None) -> list[str]:
    """The names of columns as they may be shown: a number in the place of one that can be a value.

    Args:
        cells: of the first record.
        named: names that stand in the site file already; None where somebody has looked at the file and says that its
            first record names the columns, so that only what is surely a value has a number.
    """
    hidden = is_value if named is None else may_be_value
    return [f"column {n}" if hidden(one) and one not in (named or ()) else one for n, one in enumerate(cells, start=1)]
