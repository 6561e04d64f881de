"""What stands behind a word for a login, a password or a PIN: with a colon or *is* between them, or right behind it."""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.digit_rules import bits_before
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.spans import HARDLY, PROBABLY, SURELY, cover, found
from carrel.deidentification.text.kernels.tokens import (
    AROUND,
    BITS,
    CAPITAL,
    COLON,
    COMMA,
    COVER,
    END,
    GAP,
    HASH,
    HYPHEN,
    LENGTH,
    LINE,
    MIXED,
    NUMBER,
    OPENED,
    OTHER,
    ROW,
    SHAPE,
    SPACE,
    START,
    STOP,
    UNDERSCORE,
    WORD,
)  # fmt: skip
from carrel.deidentification.text.lexicon import word_number

_IS: Final = word_number("is")
_ES: Final = word_number("es")
_WAS: Final = word_number("was")
_ERA: Final = word_number("era")
_CODE: Final = word_number("code")
_NUMBER: Final = word_number("number")
_NUMERO: Final = word_number("número")
_NAME: Final = word_number("name")
_USER: Final = word_number("user")
_LOGIN: Final = word_number("login")
_LOGON: Final = word_number("logon")
_USUARIO: Final = word_number("usuario")
_PIN: Final = word_number("pin")
_PASSWORD: Final = word_number("password")
_PASSWD: Final = word_number("passwd")
_PWD: Final = word_number("pwd")
_PASSCODE: Final = word_number("passcode")
_CONTRASENA: Final = word_number("contraseña")
_CLAVE: Final = word_number("clave")
_SHORTEST: Final = 3
_LONGEST_PIN: Final = 8


@kernel
def account_rules(tok: Any, many: Any, at: Any, out: Any, count: Any, most: Any) -> Any:
    """What stands behind a word for a login or a PIN."""
    row = (AROUND + at) * ROW
    place = at + 1
    if place >= many or tok[row + ROW + GAP] == LINE:
        return count
    said = tok[row + ROW + GAP] == COLON
    if tok[(AROUND + place) * ROW + HASH] in (_IS, _ES):
        place, said = place + 1, True
    if place >= many or not said:
        return straight_behind(tok, many, at, out, count, most)
    base = (AROUND + place) * ROW
    told, shape = tok[base + BITS], tok[base + SHAPE]
    if tok[base + COVER] != 0 or tok[base + GAP] == LINE or told & bits.PLAIN:
        return count
    kind = 0
    if shape & MIXED or (shape & NUMBER and 3 < tok[base + LENGTH] < 9):
        kind = spans.USER if tok[row + BITS] & bits.USER and shape & MIXED else spans.SECRET
    elif tok[row + BITS] & bits.USER and shape & WORD and not told & (bits.R_NAME | bits.L_GIVEN):
        kind = spans.USER
    if kind and not bits_before(tok, at, 1) & bits.NUMBERED:
        count = found(out, count, most, tok[base + START], tok[base + END], kind, SURELY, 14)
        cover(tok, place, place, kind)
    return count


@kernel
def straight_behind(tok: Any, many: Any, at: Any, out: Any, count: Any, most: Any) -> Any:
    """A number or a word with digits right behind a word for a PIN, a password or a login: *PIN 4711 please*."""
    place = place_behind(tok, many, at)
    if place < 0:
        return count
    base = (AROUND + place) * ROW
    shape = tok[base + SHAPE]
    if shape & NUMBER:
        if not 3 < tok[base + LENGTH] <= _LONGEST_PIN or begins_longer(tok, many, place):
            return count
    elif not shape & MIXED or tok[base + LENGTH] < _SHORTEST:
        return count
    kind = spans.USER if is_login(tok, at) and shape & MIXED else spans.SECRET
    count = found(out, count, most, tok[base + START], tok[base + END], kind, PROBABLY, 15)
    cover(tok, place, place, kind)
    return count


@kernel
def login_rules(tok: Any, many: Any, out: Any, count: Any, most: Any) -> Any:
    """What still stands right behind such a word when all else was looked for: a person looks at it.

    A word in small letters that is no ordinary one goes behind *user name*, and behind *login* only where it was decided.

    Returns:
        How many rows of `out` are written now.
    """
    for at in range(many):
        row = (AROUND + at) * ROW
        if tok[row + COVER] != 0 or not tok[row + BITS] & (bits.USER | bits.SECRET):
            continue
        place = place_behind(tok, many, at)
        if place < 0:
            continue
        base = (AROUND + place) * ROW
        shape, told = tok[base + SHAPE], tok[base + BITS]
        if shape & NUMBER and 3 < tok[base + LENGTH] <= _LONGEST_PIN or shape & MIXED:
            count = found(out, count, most, tok[base + START], tok[base + END], spans.SECRET, HARDLY, 16)
            cover(tok, place, place, spans.SECRET)
        elif is_login(tok, at) and shape & WORD and tok[base + LENGTH] > _SHORTEST and told == 0:
            if not shape & CAPITAL:
                sure = HARDLY if place == at + 1 and tok[row + HASH] in (_LOGIN, _LOGON, _USUARIO) else PROBABLY
                count = found(out, count, most, tok[base + START], tok[base + END], spans.USER, sure, 17)
                cover(tok, place, place, spans.USER)
    return count


@kernel
def is_login(tok: Any, at: Any) -> Any:
    """Whether a word is one for a login: *login*, *user name*."""
    row = (AROUND + at) * ROW
    return tok[row + BITS] & bits.USER != 0 or (tok[row + HASH] == _USER and tok[row + ROW + HASH] == _NAME)


@kernel
def place_behind(tok: Any, many: Any, at: Any) -> Any:
    """The token that a word for a login or a secret has right behind it, but for *number*, *code*, *name*, *was*.

    Returns:
        Its place; -1 where there is none, or the word is not only used for such.
    """
    row = (AROUND + at) * ROW
    if not is_login(tok, at) and tok[row + HASH] not in (
        _PIN,
        _PASSWORD,
        _PASSWD,
        _PWD,
        _PASSCODE,
        _CONTRASENA,
        _CLAVE,
    ):
        return -1
    place = at + 1
    while place < many and place < at + 4:
        base = (AROUND + place) * ROW
        if tok[base + GAP] not in (SPACE, HYPHEN, UNDERSCORE, COLON, OPENED, OTHER) or tok[base + COVER] != 0:
            return -1
        if tok[base + HASH] not in (_IS, _ES, _WAS, _ERA, _CODE, _NUMBER, _NUMERO, _NAME):
            return place
        place += 1
    return -1


@kernel
def begins_longer(tok: Any, many: Any, at: Any) -> Any:
    """Whether a number is the first group of one that is too long for a PIN, such as a card."""
    total, place = tok[(AROUND + at) * ROW + LENGTH], at + 1
    while place < many:
        base = (AROUND + place) * ROW
        if not tok[base + SHAPE] & NUMBER or tok[base + LENGTH] > 6 or tok[base + GAP] in (LINE, STOP, COMMA, COLON):
            break
        total += tok[base + LENGTH]
        place += 1
    return total > _LONGEST_PIN
