"""What leads to a person on the network: e-mail addresses, links that bear a name or a token, addresses, names of users.

Source: RFC 3986, RFC 5321, RFC 4291.
"""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.account_rules import account_rules
from carrel.deidentification.text.kernels.digit_rules import digits_in
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.spans import SURELY, cover, cover_bytes, found
from carrel.deidentification.text.kernels.tokens import (
    AROUND,
    AT,
    BITS,
    COLON,
    COVER,
    DOT,
    END,
    GAP,
    HASH,
    HYPHEN,
    KEPT,
    LENGTH,
    LINE,
    MIXED,
    NONE,
    NUMBER,
    OTHER,
    ROW,
    SHAPE,
    SLASH,
    SPACE,
    START,
    UNDERSCORE,
)  # fmt: skip
from carrel.deidentification.text.lexicon import word_number

_HTTP: Final = word_number("http")
_HTTPS: Final = word_number("https")
_FTP: Final = word_number("ftp")
_WWW: Final = word_number("www")
_AT: Final = word_number("at")
_ARROBA: Final = word_number("arroba")
_DOT: Final = word_number("dot")
_PUNTO: Final = word_number("punto")


@kernel
def is_of_link(sign: Any) -> Any:
    """Whether a byte can stand in a link."""
    return sign > 32 and sign not in (34, 39, 60, 62, 92, 94, 96, 123, 125) or sign >= 0x80


@kernel
def is_of_mailbox(sign: Any) -> Any:
    """Whether a byte can stand before the @ of an address."""
    return (
        48 <= sign < 58
        or 65 <= sign < 91
        or 97 <= sign < 123
        or sign in (46, 95, 37, 43, 45, 33, 35, 38)
        or sign >= 0x80
    )


@kernel
def is_of_host(sign: Any) -> Any:
    """Whether a byte can stand in the name of a host."""
    return 48 <= sign < 58 or 65 <= sign < 91 or 97 <= sign < 123 or sign in (45, 46) or sign >= 0x80


@kernel
def network_rules(buf: Any, start: Any, end: Any, tok: Any, many: Any, out: Any, count: Any, most: Any) -> Any:
    """Look for links first, then for addresses of mail, of networks, and names of users.

    Returns:
        How many rows of `out` are written now.
    """
    at = 0
    while at < many:
        row = (AROUND + at) * ROW
        gap = tok[row + ROW + GAP]
        word = tok[row + HASH]
        if tok[row + COVER] == 0 and at + 1 < many:
            begin = -1
            if word in (_HTTP, _HTTPS, _FTP) and buf[tok[row + END]] == 58 or word == _WWW and gap == DOT:
                begin = tok[row + START]
            elif gap == SLASH and tok[row + BITS] & bits.TOPLEVEL and tok[row + GAP] == DOT:
                begin = tok[row + START]
                while begin > start and is_of_host(buf[begin - 1]):
                    begin -= 1
            if begin >= 0:
                stop = tok[row + END]
                while stop < end and is_of_link(buf[stop]):
                    stop += 1
                while stop > begin and buf[stop - 1] in (44, 46, 58, 59, 33, 63, 41, 93):
                    stop -= 1
                last = cover_bytes(tok, many, at, begin, stop, KEPT)
                first = at
                while first > 0 and tok[(AROUND + first - 1) * ROW + END] > begin:
                    first -= 1
                if is_telling(buf, tok, first, last, begin, stop):
                    count = found(out, count, most, begin, stop, spans.URL, SURELY, 10)
                    cover(tok, first, last, spans.URL)
                at = last + 1
                continue
        at += 1
    at = 0
    while at < many:
        row = (AROUND + at) * ROW
        if tok[row + COVER] == 0:
            gap = tok[row + GAP]
            if gap == AT and at > 0 and tok[row - ROW + COVER] == 0:
                begin = tok[row - ROW + START]
                while begin > start and is_of_mailbox(buf[begin - 1]):
                    begin -= 1
                stop = tok[row + END]
                while stop < end and is_of_host(buf[stop]):
                    stop += 1
                while stop > begin and buf[stop - 1] in (45, 46):
                    stop -= 1
                count = found(out, count, most, begin, stop, spans.EMAIL, SURELY, 11)
                at = cover_bytes(tok, many, at, begin, stop, spans.EMAIL)
            elif tok[row + HASH] in (_AT, _ARROBA) and at > 0 and at + 2 < many:
                last = spelt_host(tok, many, at)
                if last >= 0 and tok[row - ROW + COVER] == 0:
                    first = at - 1
                    while first > 0 and tok[(AROUND + first) * ROW + GAP] in (DOT, UNDERSCORE, HYPHEN, NONE):
                        first -= 1
                    count = found(
                        out,
                        count,
                        most,
                        tok[(AROUND + first) * ROW + START],
                        tok[(AROUND + last) * ROW + END],
                        spans.EMAIL,
                        SURELY,
                        12,
                    )
                    cover(tok, first, last, spans.EMAIL)
                    at = last
            elif tok[row + ROW + GAP] in (COLON, OTHER) and at + 1 < many and buf[tok[row + END]] == 58:
                count = colon_rules(buf, end, tok, many, at, out, count, most)
            if tok[row + COVER] == 0 and tok[row + BITS] & (bits.USER | bits.SECRET):
                count = account_rules(tok, many, at, out, count, most)
        at += 1
    return count


@kernel
def is_telling(buf: Any, tok: Any, first: Any, last: Any, begin: Any, stop: Any) -> Any:
    """Whether a link bears what leads to a person: a user, a token, a long number."""
    for byte in range(begin, stop):
        if buf[byte] in (64, 126):
            return True
    for at in range(first, last + 1):
        row = (AROUND + at) * ROW
        if at > first and tok[row + BITS] & (bits.SECRET | bits.USER | bits.PERSON):
            return True
        shape, size = tok[row + SHAPE], tok[row + LENGTH]
        if shape & NUMBER and size >= 9:
            return True
        if shape & MIXED and size >= 10 and digits_in(buf, tok, at) >= 3:
            return True
        if at < last and tok[row + BITS] & bits.R_NAME and tok[row + ROW + BITS] & bits.R_NAME:
            if not (tok[row + BITS] | tok[row + ROW + BITS]) & bits.PLAIN:
                return True
    return False


@kernel
def spelt_host(tok: Any, many: Any, at: Any) -> Any:
    """The last token of a host behind a word for @, its dots as words or signs; -1 where there is none."""
    place, dots, spelt = at + 1, 0, 0
    boxed = tok[(AROUND + at) * ROW + GAP] != SPACE and tok[(AROUND + at + 1) * ROW + GAP] != SPACE
    while place < many and place - at < 9:
        row = (AROUND + place) * ROW
        if tok[row + GAP] == LINE:
            return -1
        after = tok[row + ROW + HASH]
        if place + 2 < many + 1 and after in (_DOT, _PUNTO):
            dots, spelt, place = dots + 1, spelt + 1, place + 2
        elif place + 1 < many and tok[row + ROW + GAP] == DOT:
            dots, place = dots + 1, place + 1
        elif place + 1 < many and tok[row + ROW + GAP] == HYPHEN:
            place += 1
        else:
            ends = tok[row + BITS] & bits.TOPLEVEL
            user = tok[(AROUND + at - 1) * ROW + BITS]
            if ends and dots and (spelt or boxed or not user & bits.COMMON):
                return place
            return -1
    return -1


@kernel
def colon_rules(buf: Any, end: Any, tok: Any, many: Any, at: Any, out: Any, count: Any, most: Any) -> Any:
    """Addresses of networks of the newer kind, and of machines."""
    begin = stop = tok[(AROUND + at) * ROW + START]
    colons, doubled, groups, size, widest, pairs = 0, 0, 0, 0, 0, 0
    while stop < end:
        sign = buf[stop] + 0
        if sign == 58:
            colons += 1
            if stop + 1 < end and buf[stop + 1] == 58:
                doubled += 1
            if size:
                groups += 1
                pairs += 1 if size == 2 else 0
            size = 0
        elif 48 <= sign < 58 or 65 <= sign < 71 or 97 <= sign < 103:
            size += 1
            widest = max(widest, size)
        else:
            break
        stop += 1
    if size:
        groups += 1
        pairs += 1 if size == 2 else 0
    if widest > 4 or (stop < end and (is_of_host(buf[stop]) and buf[stop] != 46)):
        return count
    if (colons == 7 and groups == 8) or (doubled == 1 and groups >= 2 and widest >= 2) or (colons == 5 and pairs == 6):
        count = found(out, count, most, begin, stop, spans.NETWORK, SURELY, 13)
        cover_bytes(tok, many, at, begin, stop, spans.NETWORK)
    return count
