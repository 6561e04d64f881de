"""A format as steps for machine code: where each field ends, what is made of it, and what stands between.

The steps find the same fields as the regular expression of the format does, or none. That holds because each field
ends at the first sign that its own class leaves out, so there is one way to read a line. A format of which this cannot
be said has no program, and its lines go the plain way.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from carrel.deidentification.logs.line_pattern import LinePattern, Placed
from carrel.deidentification.logs.log_field import Kind
from carrel.deidentification.logs.scrub_rules import AddressRule, NameRule, QueryRule, ScrubRules


class Ends(enum.IntEnum):
    """Where a field ends."""

    TEXT = 0  # no field: this very text
    SIGN = 1  # at a sign that it does not hold
    BRACKET = 2  # one before the next opening bracket
    QUOTE = 3  # at the next quotation mark that no backslash stands before
    LINE = 4  # at the end of the line


class Made(enum.IntEnum):
    """What is made of a field."""

    NOTHING = 0  # it is not looked at
    LOOKUP = 1  # what the plain way makes of it, remembered
    BY_DAY = 2  # the same, on its own day
    TIME = 3
    SIZE = 4
    ADDRESS = 5  # cut where it is plain to see, else as a look-up
    REQUEST = 6
    REFERRER = 7  # a look-up of its beginning


@dataclass(frozen=True, slots=True)
class Step:
    """A field, or a text between two.

    Attributes:
        ends: where it ends.
        made: what is made of it.
        sign: at which it ends; of a text, where it stands in `LineProgram.texts`.
        length: of a text.
        part: which part of the pattern it is.
    """

    ends: Ends
    made: Made = Made.NOTHING
    sign: int = 0
    length: int = 0
    part: int = 0


@dataclass(frozen=True, slots=True)
class LineProgram:
    """How lines of a format are read and written.

    Attributes:
        steps: in the order of the line.
        texts: all texts between fields, one behind the other.
        masked: places in a time whose two digits do not matter, because the rules do not keep them; the first of
            minutes, then of seconds; -1 for none.
        timed: which step is the time; -1 for none.
    """

    steps: tuple[Step, ...]
    texts: bytes
    masked: tuple[int, int]
    timed: int


_DIGITS = frozenset(b"0123456789-.")
_NUMBERS = frozenset((Kind.STATUS, Kind.SIZE, Kind.DURATION, Kind.PORT))
_BY_DAY = frozenset((AddressRule.DETERMINISTIC, AddressRule.PFX, AddressRule.CRYPTO_PAN))
_OF_KIND = {Kind.TIME: Made.TIME, Kind.SIZE: Made.SIZE, Kind.REQUEST: Made.REQUEST, Kind.REFERRER: Made.REFERRER}
_CUT = 24  # bits: a whole number of an address, so that it can be cut as text


def line_program(pattern: LinePattern, rules: ScrubRules) -> LineProgram | None:
    """The program of a format under these rules; None where lines have to go the plain way."""
    parts = pattern.parts
    times = [one for one in parts if isinstance(one, Placed) and one.field.kind is Kind.TIME]
    if rules.query is QueryRule.SHAPE or len(times) > 1 or len(parts) < 2:  # noqa: PLR2004  (a field and a text)
        return None
    steps, texts = list[Step](), b""
    for n, part in enumerate(parts):
        if isinstance(part, bytes):
            if not part.isascii():
                return None
            steps.append(Step(Ends.TEXT, sign=len(texts), length=len(part), part=n))
            texts += part
        elif (step := _step(parts, n, part, rules)) is None:
            return None
        else:
            steps.append(step)
    timed = next((n for n, one in enumerate(steps) if one.made is Made.TIME), -1)
    form = times[0].field.form if times else None
    masked = (-1, -1) if form is None else form.unkept(rules.precision)
    return LineProgram(tuple(steps), texts, masked, timed)


def _step(parts: Sequence[bytes | Placed], n: int, placed: Placed, rules: ScrubRules) -> Step | None:
    kind, made = placed.field.kind, _made(placed, rules)
    before, after = (parts[n - 1] if n else b""), (parts[n + 1] if n + 1 < len(parts) else b"")
    if made is None or not isinstance(before, bytes) or not isinstance(after, bytes):
        return None
    quoted = before.endswith(b'"') and after.startswith(b'"')
    ends = _ends(kind, after, quoted=quoted)
    if made is Made.TIME and not _ends_a_time(placed, after):
        return None
    if ends is None or (made in {Made.REQUEST, Made.REFERRER} and ends is not Ends.QUOTE):
        return None
    return Step(ends, made, sign=after[0] if after else 0, part=n)


def _ends(kind: Kind, after: bytes, *, quoted: bool) -> Ends | None:
    if kind in _NUMBERS or kind is Kind.TIME:  # their own class decides, and what follows must not be of it
        if kind in _NUMBERS and after[:1] and after[0] in _DIGITS:
            return None
        return Ends.SIGN if after else Ends.LINE
    if quoted:
        return Ends.QUOTE
    if not after:
        return Ends.LINE
    return Ends.BRACKET if after.startswith(b" [") else Ends.SIGN


def _ends_a_time(placed: Placed, after: bytes) -> bool:
    """Whether the sign behind a time is one that no such time holds."""
    form = placed.field.form
    if form is None or "\n" in form.text or "\r" in form.text:
        return False
    return not after or (not after[:1].isalnum() and after[0] not in b"+-:." + form.text.encode() and after[0] < 128)  # noqa: PLR2004


def _made(placed: Placed, rules: ScrubRules) -> Made | None:
    """What is made of a field; None of one that only the plain way knows."""
    kind = placed.field.kind
    if kind in {Kind.URL, Kind.MESSAGE}:
        return None
    if not placed.groups:
        return Made.NOTHING
    if kind is Kind.ADDRESS:
        return _address(rules)
    if kind in {Kind.PERSON, Kind.SESSION}:
        named = rules.people if kind is Kind.PERSON else rules.sessions
        return Made.BY_DAY if named is NameRule.TOKEN else Made.NOTHING
    return _OF_KIND.get(kind, Made.LOOKUP)


def _address(rules: ScrubRules) -> Made | None:
    if rules.address is AddressRule.TRUNCATE:
        return Made.ADDRESS if rules.short_bits == _CUT else Made.LOOKUP
    return Made.BY_DAY if rules.address in _BY_DAY else None  # the others come out anew each time
