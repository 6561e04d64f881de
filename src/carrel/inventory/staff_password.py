"""Which passwords staff may choose: long ones that nobody guesses first.

No rule says which signs must be in it, and none makes anybody change it by date.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

LEAST, MOST = 12, 128  # signs
_OWN = 8  # signs that have to be left when the names of the library and the person are taken out
_UNIT = 5  # signs of a piece that is only repeated

# Of lists of the commonest passwords, those that are long enough to be chosen here.
_COMMONEST = frozenset(
    """
    000000000000 0123456789ab 111111111111 112233445566 123123123123 1234567890-= 123456789012 1234567890123
    12345678901234 123456789abc 1234567890ab 123456789asd 1234567890qwe 123456abcdef 123456password 123456qwerty
    123qweasdzxc 147258369147 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i 1qaz2wsx3edc 1qaz2wsx3edc4rfv
    1qazxsw23edc 123456781234 abc123abc123 abcd1234abcd abcdefghijkl abcdefghijklm adminadmin12 administrator
    administrator1 asdfghjkl123 asdfghjkl;'a asdfghjklzxc assistance12 basketball12 butterfly123 changeme1234
    changemeplease charlie12345 chocolate123 computer1234 contrasena12 correcthorse correcthorsebatterystaple
    dragon123456 football1234 goodmorning1 hello1234567 helloworld12 iloveyou1234 iloveyouforever iloveyousomuch
    ihateyou1234 incorrect123 letmein12345 letmeinplease letmeinletmein librarian123 library12345 librarylibrary
    liverpool123 manchester12 masterkey123 michael12345 monkey123456 motherfucker mustang12345 myspace12345
    ninja1234567 nothing12345 passpasspass passw0rd1234 password0000 password1111 password1234 password12345
    password123456 password1234567 password12345678 password123456789 passwordpassword password2024 password2025
    password2026 princess1234 qazwsxedcrfv qazwsxedcrfvtgb qwerasdfzxcv qwerty123456 qwerty12345678 qwertyqwerty
    qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopas qwertyuiopasdfghjkl qwertyuiopasdfghjklzxcvbnm rockyou12345
    secret123456 shadow123456 spiderman123 starwars1234 summer202020 sunshine1234 superman1234 teacher12345
    thisisapassword thisismypassword trustno11234 trustnooneever unbelievable university12 welcome12345 welcomewelcome
    whatever1234 winter202020 zaq12wsxcde3 zaq1xsw2cde3 zxcvbnm12345 zxcvbnmasdfg zxcvbnmasdfghjkl
    """.split()  # noqa: SIM905  (a list of words is read better so)
)


class Weakness(enum.StrEnum):
    """Why a password may not be chosen."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    NAMES = "names"


def weakness(password: str, names: Iterable[str] = ()) -> Weakness | None:
    """Why a password may not be chosen; None where it may.

    Args:
        password: as it was typed.
        names: of the library, its product and the person, which anybody would try.

    Source:
        ASVS 5.0 V6.2.1, V6.2.4, V6.2.5, V6.2.9, V6.2.10.
    """
    plain = plain_form(password)
    if len(plain) < LEAST:
        return Weakness.SHORT
    if len(plain) > MOST:
        return Weakness.LONG
    folded = plain.casefold()
    if folded in _COMMONEST or _is_repeated(folded) or _is_a_row(folded):
        return Weakness.COMMON
    left = _bare(folded)
    for word in sorted((_bare(name.casefold()) for name in names), key=len, reverse=True):
        left = left.replace(word, "") if word else left
    return Weakness.NAMES if len(left) < _OWN and left != _bare(folded) else None


def plain_form(password: str) -> str:
    """The form that is hashed: alike however a keyboard writes an accent."""
    return unicodedata.normalize("NFKC", password)


def _bare(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())


def _is_repeated(text: str) -> bool:
    """Whether it is one short piece, again and again."""
    return any(text == (text[:unit] * len(text))[: len(text)] for unit in range(1, _UNIT + 1))


def _is_a_row(text: str) -> bool:
    """Whether each sign follows the one before it, as in ``abcdefghijkl``."""
    ways = {ord(later) - ord(sign) for sign, later in pairwise(text)}
    return ways <= {1, -9} or ways <= {-1, 9}
