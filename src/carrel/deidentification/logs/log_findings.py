"""What a log holds on persons, field by field, in the lines that were looked at: told as kinds, never as values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from carrel.deidentification.identifiers import Identifier, identifiers
from carrel.deidentification.logs.day_key import is_token
from carrel.deidentification.logs.line_pattern import Placed, line_pattern
from carrel.deidentification.logs.log_field import Kind
from carrel.deidentification.logs.log_format import LogFormat

_NUMBERS = frozenset((Kind.TIME, Kind.SIZE, Kind.DURATION, Kind.STATUS, Kind.PORT))
_ADDRESS_LIKE = frozenset((Kind.ADDRESS, Kind.AGENT))  # it is one; versions of programs look like one
_BUILD = re.compile(rb"\bGecko/20\d{6}\b")  # the day that every Firefox names: nobody's number
_NOBODY = re.compile(rb"[\s\"]*-?[\s\"]*")
_NAMING = frozenset((Kind.PERSON, Kind.SESSION))  # where a token that was made before can stand
Finding = tuple[Kind, Identifier]


def findings(log_format: LogFormat, lines: Iterable[bytes]) -> Counter[Finding]:
    """In how many lines each kind of field held each kind of identifier.

    Args:
        log_format: of the lines.
        lines: without their ends; those that do not fit are looked at as a whole, as free text.
    """
    pattern = line_pattern(log_format, frozenset(Kind))
    placed = [one for one in pattern.parts if isinstance(one, Placed)]
    found: Counter[Finding] = Counter()
    for line in lines:
        match = pattern.expression.fullmatch(line)
        if match is None or match[match.re.groups]:
            found.update((Kind.FREE, one) for one in identifiers(line))
            continue
        groups = match.groups()
        for one in placed:
            if one.field.kind in _NUMBERS:
                continue
            text = b"".join(groups[n] or b"" for n in one.groups)
            if one.field.kind in _NAMING and is_token(text):
                continue
            held = identifiers(_BUILD.sub(b"", text) if one.field.kind is Kind.AGENT else text)
            if one.field.kind in _ADDRESS_LIKE:
                held -= {Identifier.ADDRESS}
            if one.field.kind is Kind.PERSON and not held and _NOBODY.fullmatch(text) is None:
                held = frozenset({Identifier.USER})
            found.update((one.field.kind, name) for name in held)
    return found
