"""Numbers of persons by their own checks: IBAN, the Spanish DNI and NIE; and numbers of passports, by the word before.

Source: ISO 13616 (IBAN, lengths by country; ISO/IEC 7064 mod 97-10); Real Decreto 1553/2005 and Orden INT/2058/2008 (the
letter of DNI and NIE is that of the number mod 23).
"""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.digit_rules import digits_in, label_before
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.spans import HARDLY, PROBABLY, SURELY, cover, found
from carrel.deidentification.text.kernels.tokens import (
    AROUND,
    COVER,
    DOT,
    END,
    ENDED,
    GAP,
    HASH,
    HYPHEN,
    LENGTH,
    LINE,
    MIXED,
    NONE,
    NUMBER,
    ROW,
    SHAPE,
    SPACE,
    START,
    STOP,
    UPPERCASE,
    WORD,
)  # fmt: skip
from carrel.deidentification.text.lexicon import word_number

_IBAN: Final = word_number("iban")
_IDENTITY: Final = tuple(map(word_number, ("dni", "nif", "nie", "identidad", "documento")))
_PASSPORT: Final = tuple(map(word_number, ("passport", "passports", "pasaporte", "pasaportes")))
_LABELS: Final = tuple(
    map(word_number, ("no", "number", "num", "nr", "n", "número", "is", "es", "my", "mi", "the", "el", "de", "del"))
)
_LETTERS: Final = tuple(ord(one) for one in "trwagmyfpdxbnjzsqvhlcke")
_LENGTHS: Final = {
    "ad": 24, "ae": 23, "al": 28, "at": 20, "az": 28, "ba": 20, "be": 16, "bg": 22, "bh": 22, "bi": 27, "br": 29, "by": 28,
    "ch": 21, "cr": 22, "cy": 28, "cz": 24, "de": 22, "dj": 27, "dk": 18, "do": 28, "ee": 20, "eg": 29, "es": 24, "fi": 18,
    "fk": 18, "fo": 18, "fr": 27, "gb": 22, "ge": 22, "gi": 23, "gl": 18, "gr": 27, "gt": 28, "hr": 21, "hu": 28, "ie": 22,
    "il": 23, "iq": 23, "is": 26, "it": 27, "jo": 30, "kw": 30, "kz": 20, "lb": 28, "lc": 32, "li": 21, "lt": 20, "lu": 20,
    "lv": 21, "ly": 25, "mc": 27, "md": 24, "me": 22, "mk": 19, "mn": 20, "mr": 27, "mt": 31, "mu": 30, "ni": 28, "nl": 18,
    "no": 15, "om": 23, "pk": 24, "pl": 28, "ps": 29, "pt": 25, "qa": 29, "ro": 24, "rs": 22, "ru": 33, "sa": 24, "sc": 31,
    "sd": 18, "se": 24, "si": 19, "sk": 24, "sm": 27, "so": 23, "st": 25, "sv": 28, "tl": 23, "tn": 24, "tr": 26, "ua": 29,
    "va": 22, "vg": 24, "xk": 20,
}  # fmt: skip
_COUNTRIES: Final = tuple(ord(one[0]) << 8 | ord(one[1]) for one in _LENGTHS)
_SIZES: Final = tuple(_LENGTHS.values())
_REACH: Final = 6  # words behind *passport* that are looked at


@kernel
def identity_rules(buf: Any, tok: Any, many: Any, out: Any, count: Any, most: Any) -> Any:
    """Look at each number, and each word with digits, that nothing else has taken.

    Returns:
        How many rows of `out` are written now.
    """
    at = 0
    while at < many:
        row = (AROUND + at) * ROW
        shape, size = tok[row + SHAPE], tok[row + LENGTH]
        if tok[row + COVER] != 0:
            at += 1
            continue
        if shape & WORD and tok[row + HASH] in _PASSPORT:
            count = passport_rule(buf, tok, many, at, out, count, most)
        elif shape & (NUMBER | MIXED) or (size <= 2 and at + 1 < many and tok[row + ROW + SHAPE] & (NUMBER | MIXED)):
            told, kind = iban_at(buf, tok, many, at), spans.IBAN
            if told < 0:
                told, kind = identity_at(buf, tok, many, at), spans.IDENTITY
            if told >= 0:
                last = told >> 2
                end = tok[(AROUND + last) * ROW + END]
                count = found(out, count, most, tok[row + START], end, kind, told & 3, 8)
                if (told & 3) != HARDLY:
                    cover(tok, at, last, kind)
                at = last
        at += 1
    return count


@kernel
def letter_at(buf: Any, at: Any) -> Any:
    """A byte, of a letter of ASCII its small one."""
    sign = buf[at] + 0
    return sign | 0x20 if 65 <= sign < 91 else sign


@kernel
def is_named(tok: Any, at: Any, iban: Any) -> Any:
    """Whether a word up to four before a token says that it is an IBAN, or a number of an identity."""
    for back in range(1, 5):
        if at - back < 0:
            return False
        word = tok[(AROUND + at - back) * ROW + HASH]
        if (word == _IBAN and iban) or (word in _IDENTITY and not iban):
            return True
    return False


@kernel
def iban_size(country: Any) -> Any:
    """How many signs an IBAN of a country has; 0 where it has none."""
    for at in range(len(_COUNTRIES)):
        if _COUNTRIES[at] == country:
            return _SIZES[at]
    return 0


@kernel
def iban_at(buf: Any, tok: Any, many: Any, at: Any) -> Any:
    """The IBAN that begins with a token.

    Returns:
        Its last token times four, with how sure it is; -1 where none begins.
    """
    place, wanted, country, check, left, token = 0, 34, 0, 0, 0, at
    while place < wanted and token < many:
        row = (AROUND + token) * ROW
        if tok[row + COVER] != 0 or (token > at and tok[row + GAP] not in (SPACE, HYPHEN, DOT, NONE)):
            return -1
        for byte in range(tok[row + START], tok[row + END]):
            sign = letter_at(buf, byte)
            is_letter, is_digit = 97 <= sign < 123, 48 <= sign < 58
            if place >= wanted or not (is_letter or is_digit) or (place < 2) != is_letter and place < 4:
                return -1
            if place < 2:
                country = country << 8 | sign
            elif place < 4:
                check = check * 10 + sign - 48
            elif is_digit:
                left = (left * 10 + sign - 48) % 97
            else:
                left = (left * 100 + sign - 87) % 97
            place += 1
            if place == 2:
                wanted = iban_size(country)
                if wanted == 0:
                    return -1
        token += 1
    if place != wanted:
        return -1
    left = (left * 1_000_000 + ((country >> 8) - 87) * 10_000 + ((country & 255) - 87) * 100 + check) % 97
    if left == 1:
        return (token - 1) << 2 | SURELY
    return (token - 1) << 2 | PROBABLY if is_named(tok, at, 1) else -1


@kernel
def identity_at(buf: Any, tok: Any, many: Any, at: Any) -> Any:
    """The DNI or NIE that begins with a token: eight digits, or X, Y or Z and seven, and the letter of their number.

    Returns:
        Its last token times four, with how sure it is; -1 where none begins.
    """
    first = (AROUND + at) * ROW
    if at > 0 and tok[first + GAP] in (DOT, HYPHEN) and tok[first - ROW + SHAPE] & (NUMBER | MIXED):
        return -1
    digits, value, letter, token, spaced = 0, 0, 0, at, False
    while letter == 0 and token < many and token - at < 5:
        row = (AROUND + token) * ROW
        if tok[row + COVER] != 0 or (token > at and tok[row + GAP] not in (SPACE, HYPHEN, DOT, NONE)):
            return -1
        spaced = spaced or (token > at and tok[row + GAP] == SPACE)
        for byte in range(tok[row + START], tok[row + END]):
            sign = letter_at(buf, byte)
            if letter:
                return -1
            if 48 <= sign < 58:
                value, digits = value * 10 + sign - 48, digits + 1
                if digits > 8:
                    return -1
            elif digits == 0 and 120 <= sign < 123 and byte == tok[first + START]:
                value, digits = sign - 120, 1
            elif digits == 8 and 97 <= sign < 123:
                letter = sign
            else:
                return -1
        token += 1
    if letter == 0:
        return -1
    after = (AROUND + token) * ROW
    if token < many and tok[after + GAP] in (NONE, HYPHEN) and tok[after + SHAPE] & (NUMBER | MIXED):
        return -1
    fits, last = _LETTERS[value % 23] == letter, token - 1
    if is_named(tok, at, 0):
        return last << 2 | (SURELY if fits else PROBABLY)
    if not fits or label_before(tok, at) & bits.NUMBERED:
        return -1
    if not spaced:
        return last << 2 | PROBABLY
    capital = buf[tok[(AROUND + last) * ROW + START]] < 97
    return last << 2 | HARDLY if capital else -1


@kernel
def passport_rule(buf: Any, tok: Any, many: Any, at: Any, out: Any, count: Any, most: Any) -> Any:
    """What stands behind a word for a passport: up to three letters, and in all six to nine signs.

    Returns:
        How many rows of `out` are written now.
    """
    sure = SURELY
    for step in range(1, _REACH + 1):
        token = at + step
        row = (AROUND + token) * ROW
        if token >= many or tok[row + COVER] != 0 or tok[row + GAP] in (STOP, ENDED) and step > 2:
            return count
        if tok[row + GAP] == LINE and step > 2:
            return count
        last, size, digits = token, tok[row + LENGTH], digits_in(buf, tok, token)
        if tok[row + SHAPE] & UPPERCASE and size <= 3 or size == 1 and tok[row + SHAPE] & WORD:
            if tok[row + ROW + SHAPE] & NUMBER and tok[row + ROW + GAP] in (SPACE, HYPHEN, NONE):
                last, size, digits = token + 1, size + tok[row + ROW + LENGTH], tok[row + ROW + LENGTH]
        if digits >= 5 and size - digits <= 3 and 6 <= size <= 9 and last < many:
            if label_before(tok, token) & bits.NUMBERED:
                return count
            count = found(out, count, most, tok[row + START], tok[(AROUND + last) * ROW + END], spans.PASSPORT, sure, 9)
            cover(tok, token, last, spans.PASSPORT)
            return count
        if tok[row + HASH] not in _LABELS and tok[row + HASH] not in _PASSPORT:
            sure = PROBABLY
    return count
