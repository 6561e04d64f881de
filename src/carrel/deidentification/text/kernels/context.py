"""What stands around a name: words that speak of a person, and words that speak of a book."""

from __future__ import annotations

from typing import Any, Final

from carrel.deidentification.text.kernels import bits, spans
from carrel.deidentification.text.kernels.kernel import kernel
from carrel.deidentification.text.kernels.tokens import (
    APOSTROPHE,
    AROUND,
    BITS,
    CAPITAL,
    COLON,
    COMMA,
    COVER,
    ENDED,
    GAP,
    HASH,
    KEPT,
    LENGTH,
    LINE,
    OPENED,
    OTHER,
    ROW,
    SHAPE,
    SPACE,
    START,
    STOP,
    TITLED,
    WORD,
)  # fmt: skip
from carrel.deidentification.text.lexicon import word_number

_MY: Final = word_number("my")
_NAME: Final = word_number("name")
_IS: Final = word_number("is")
_S: Final = word_number("s")
_M: Final = word_number("m")
_AM: Final = word_number("am")
_IM: Final = word_number("im")
_ITS: Final = word_number("its")
_I: Final = word_number("i")
_THIS: Final = word_number("this")
_IT: Final = word_number("it")
_SOY: Final = word_number("soy")
_LLAMO: Final = word_number("llamo")
_LLAMA: Final = word_number("llama")
_ES: Final = word_number("es")
_NOMBRE: Final = word_number("nombre")
_HERE: Final = word_number("here")
_BY: Final = word_number("by")
_ESCRIBE: Final = word_number("escribe")
_NAMED: Final = word_number("named")
_CALLED: Final = word_number("called")
_YOU: Final = word_number("you")
_HABLA: Final = word_number("habla")
_FOR: Final = word_number("for")
_TO: Final = word_number("to")
_OWNED: Final = tuple(
    map(
        word_number,
        (
            "copy",
            "card",
            "account",
            "hold",
            "holds",
            "fines",
            "fine",
            "request",
            "phone",
            "email",
            "record",
            "pin",
            "address",
        ),
    )
)

NOTHING: Final = 0
INTRODUCED: Final = 1  # "I am": what follows can be one, in whatever case
ADDRESSED: Final = 2  # Ms., Dear, Thanks
NAMED: Final = 4  # "my name is": what follows is one, whatever else its words mean
CALLED: Final = 3  # patron, daughter, contact


@kernel
def introduced(tok: Any, at: Any) -> Any:
    """How a token is introduced as a person by what stands before it; NOTHING where it is not."""
    row = (AROUND + at) * ROW
    gap, before = tok[row + GAP], tok[row - ROW + BITS]
    one, two = tok[row - ROW + HASH], tok[row - 2 * ROW + HASH]
    if at == 0 or gap in (LINE, ENDED) and not (before & (bits.CLOSING | bits.HONORIFIC) or one == _YOU):
        return NOTHING
    if gap in (SPACE, COLON, COMMA):
        if one in (_IS, _ES, _S) and two == _NAME or one == _ES and two == _NOMBRE or one == _LLAMO:
            return NAMED
        if one in (_SOY, _LLAMA) or one == _IM:
            return INTRODUCED
        if one in (_IS, _AM, _M) and two in (_I, _THIS) or one == _ITS or one == _S and two == _IT:
            return INTRODUCED
        if one in (_ESCRIBE, _HABLA) or one in (_NAMED, _CALLED) and gap == SPACE:
            return CALLED
        if gap == COLON and (one in (_NAME, _NOMBRE) or before & bits.PERSON):
            return CALLED
    if before & bits.HONORIFIC and gap in (SPACE, STOP, 4):
        return ADDRESSED
    if one == _YOU and tok[row - 2 * ROW + BITS] & bits.CLOSING and gap in (COMMA, LINE):
        return ADDRESSED
    if before & bits.GREETING and gap in (SPACE, COMMA):
        return ADDRESSED
    if before & bits.CLOSING and gap in (COMMA, LINE, SPACE, STOP, ENDED, OTHER):
        return ADDRESSED
    if before & bits.PERSON and gap in (SPACE, COMMA, COLON, OPENED):
        return CALLED
    return NOTHING


@kernel
def is_person(tok: Any, many: Any, first: Any, last: Any) -> Any:
    """Whether what stands right around some tokens speaks of a person."""
    if introduced(tok, first):
        return True
    base, after = (AROUND + first) * ROW, (AROUND + last + 1) * ROW
    before, gap = tok[base - ROW + BITS], tok[after + GAP]
    if gap == COLON and before & bits.CONTACT:
        return True
    spaced = gap == SPACE or gap == STOP and tok[after - ROW + LENGTH] == 1
    if spaced and tok[after + BITS] & bits.DEED and not tok[after + BITS] & bits.WORK:
        return True
    if gap == SPACE and tok[after + HASH] == _HERE:
        return True
    if gap == APOSTROPHE and tok[after + HASH] == _S and tok[after + ROW + HASH] in _OWNED:
        return True
    if before & bits.CONTACT and tok[base + GAP] in (SPACE, COLON):
        if (
            not before & bits.FUNCTION
            or tok[base - 2 * ROW + BITS] & bits.CONTACT
            and tok[base - 2 * ROW + HASH] != _CALLED
        ):
            return True
    own = (spans.CARD, spans.EMAIL, spans.PHONE, spans.ADDRESS, spans.STUDENT, spans.BIRTH, spans.IDENTITY)
    for step in range(3):
        if tok[after + step * ROW + COVER] in own and tok[after + step * ROW + GAP] != STOP:
            return True
        if tok[after + step * ROW + GAP] in (STOP, ENDED):
            break
    if tok[base - ROW + COVER] in own and tok[base + GAP] != STOP:
        return True
    if first > 0 and tok[base + GAP] == LINE and (last + 1 >= many or gap in (LINE, COLON)):
        return True  # a line of its own, or who speaks in a chat
    return first == 0 and gap == COLON


@kernel
def is_work(buf: Any, tok: Any, many: Any, first: Any, last: Any) -> Any:
    """How closely some tokens are spoken of as a book or its author: 3 at once, 2 closely, 1 in its sentence, 0 not at all."""
    base, after = (AROUND + first) * ROW, (AROUND + last + 1) * ROW
    start = tok[base + START]
    if (
        start > 0
        and buf[start - 1] in (34, 42, 95)
        or (start > 2 and buf[start - 1] in (0x9C, 0x98, 0xAB) and buf[start - 2] == 0x80)
    ):
        return 3
    for step in range(1, 4):
        row = base - step * ROW
        if first - step < 0:
            break
        if tok[row + COVER] == KEPT or tok[row + TITLED] != 0 and step > 1:
            return 3
        if tok[row + BITS] & bits.WORK:
            return 3
        if tok[row + HASH] == _BY and step == 1 and not tok[row - ROW + BITS] & (bits.CONTACT | bits.DEED):
            return 3
        if tok[row + ROW + GAP] in (STOP, ENDED, LINE):
            break
    for step in range(5):
        row = after + step * ROW
        if tok[row + GAP] in (STOP, ENDED, LINE):
            break
        if tok[row + BITS] & bits.WORK or tok[row + COVER] == KEPT or (tok[row + HASH] == _BY and step < 2):
            return 3 if step < 1 else 2
    for step in range(1, 13):
        if first - step < 0 or tok[base - (step - 1) * ROW + GAP] in (STOP, ENDED, LINE) and step > 6:
            break
        if tok[base - step * ROW + BITS] & (bits.WORK | bits.NUMBERED) or tok[base - step * ROW + COVER] == KEPT:
            return 1
    for step in range(12):
        if last + 1 + step >= many:
            break
        if tok[after + step * ROW + BITS] & (bits.WORK | bits.NUMBERED) or tok[after + step * ROW + COVER] == KEPT:
            return 1
    return 0


@kernel
def is_capital(tok: Any, at: Any) -> Any:
    """Whether a token is a word with a capital, or of a script that has none."""
    shape = tok[(AROUND + at) * ROW + SHAPE]
    return shape & WORD != 0 and shape & CAPITAL != 0
