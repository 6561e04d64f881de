"""Messages of self-service stations and other SIP2 clients: which message it was and its yes-or-no answers stay.

Everything that is not known to be harmless goes: names, addresses, passwords, what is borrowed, what is said on the
screen, and every field that is not known. A patron's number becomes a token of the day, or goes too.

Source: WPL-4.2; 3M Standard Interchange Protocol 2.00.
"""

from __future__ import annotations

from collections.abc import Callable

# Every message by its number, and how many signs of fixed length follow before the fields begin.
_FIXED = {
    b"01": 19, b"09": 37, b"10": 22, b"11": 38, b"12": 22, b"15": 19, b"16": 20, b"17": 18, b"18": 24, b"19": 18,
    b"20": 19, b"23": 21, b"24": 35, b"25": 18, b"26": 35, b"29": 38, b"30": 22, b"35": 18, b"36": 19, b"37": 25,
    b"38": 19, b"63": 31, b"64": 59, b"65": 18, b"66": 27, b"93": 2, b"94": 1, b"96": 0, b"97": 0, b"98": 34, b"99": 8,
}  # fmt: skip
_ANSWERED = frozenset((b"10", b"12", b"16", b"20", b"30", b"36", b"38", b"66", b"94"))  # begin with yes or no
_FLAGS = frozenset((b"BL", b"CQ", b"BI", b"BO"))
_PATRON = b"AA"
_YES_OR_NO = {b"Y": b"Y", b"N": b"N", b"0": b"0", b"1": b"1"}
_WITH_VERSION = frozenset((b"98", b"99"))  # of the protocol, such as 2.00
# A message as a pattern: its number, signs of fixed length, and then a field, or nothing but what closes a line.
_HEADS = "|".join(
    f"{one.decode()}[0-9A-Z {'.' if one in _WITH_VERSION else ''}]{{{size}}}" for one, size in sorted(_FIXED.items())
)
_FIELDS, _SEQUENCE, _REST = r"(?=[A-Z][A-Z0-9][^\n|]*\|)[^\n]*", r"AY\dAZ[0-9A-F]{4}", r"[^\w\n]*"
FORM = f"(?:{_HEADS})(?:{_FIELDS}|(?:{_SEQUENCE})?{_REST})"


def scrubbed_message(message: bytes, token: Callable[[bytes], bytes] | None) -> bytes:
    """What stays of a message, such as ``64 BLY CQY AA~k3x9…``; ``-`` where it is none.

    Args:
        message: from its number on, with anything behind it.
        token: makes what stands for a patron's number; None to leave it out.
    """
    number = message[:2]
    if number not in _FIXED:
        return b"-"
    told = [number]
    if number in _ANSWERED and (answer := _YES_OR_NO.get(message[2:3])) is not None:
        told.append(b"ok=" + answer)
    for field in message[2 + _FIXED[number] :].split(b"|"):
        code, value = field[:2], field[2:]
        if code in _FLAGS and (answer := _YES_OR_NO.get(value)) is not None:
            told.append(code + answer)
        elif code == _PATRON and value and token is not None:
            told.append(code + token(value))
    return b" ".join(told)


def written_form(token: str | None) -> str:
    """The pattern of what stays of messages.

    Args:
        token: the pattern of what stands for a patron's number; None where it is left out.
    """
    patron = "" if token is None else f"| {_PATRON.decode()}(?:-|{token})"
    numbers, flags = ("|".join(one.decode() for one in sorted(codes)) for codes in (_FIXED, _FLAGS))
    return f"(?:{numbers})(?: ok=[YN01])?(?: (?:{flags})[YN01]{patron})*"
