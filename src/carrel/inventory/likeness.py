"""Names that the eye takes for one another: whoever plans must not come back as somebody else to approve.

People of a site are told apart by their exact name; one that is nearly theirs is never taken for a stranger's.
"""
# ruff: noqa: RUF001  (letters that look alike are what the table below is about)

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Letters of other scripts, and of Latin itself, that look like a plain one. Unicode's own list (UTS 39) is far longer;
# here stand those of scripts that a keyboard in a library has, and what compatibility forms do not fold by themselves.
_LIKE = {
    "A": "ΑАᎪ", "B": "ΒВᏴ", "C": "СϹᏟ", "D": "Ꭰ", "E": "ΕЕᎬ", "F": "Ϝ", "G": "ԌᏀ", "H": "ΗНᎻ", "I": "ΙІӀᏆ|", "J": "ЈᎫ",
    "K": "ΚКᏦ", "L": "Ꮮ", "M": "ΜМᎷ", "N": "Ν", "O": "ΟОՕ0", "P": "ΡРᏢ", "Q": "Ԛ", "R": "Ꭱ", "S": "ЅՏᏚ", "T": "ΤТᎢ",
    "U": "Ս", "V": "ѴᏙ", "W": "ԜᎳ", "X": "ΧХ", "Y": "ΥҮУ", "Z": "ΖᏃ",
    "a": "αаɑ", "b": "ЬьƄв", "c": "сϲᴄ", "d": "ԁɗđð", "e": "еєε", "f": "ſƒ", "g": "ցɡ", "h": "һհħнʜ",
    "i": "іιıɩ", "j": "јϳ",
    "k": "кκĸ", "l": "ӏ1łƚ", "m": "мᴍ", "n": "ոηпŋ", "o": "οоօσøᴏ", "p": "рρþ", "q": "ԛզ", "r": "гᴦ", "s": "ѕꜱ",
    "t": "тτŧ", "u": "υսцᴜ", "v": "νѵᴠ", "w": "ԝѡωᴡ", "x": "хχ", "y": "уүγ", "z": "ᴢƶ",
    "'": "’‘ʼʹ`´ʻ", "-": "‐‑–—−",
}  # fmt: skip
_PLAIN = {ord(sign): plain for plain, signs in _LIKE.items() for sign in signs}
_UNSEEN = frozenset({"Cc", "Cf", "Mn", "Me", "Cs", "Co", "Cn"})


def alike(one: str, other: str) -> bool:
    """Whether two names differ by nothing, or only by what the eye does not tell apart.

    That is: case, accents, spaces, invisible signs, and letters that look like others.

    Guarantees:
        Reflexive and symmetric.
    """
    return bool(_forms(one) & _forms(other))


def taken_for(name: str, names: Iterable[str]) -> str | None:
    """The name for which this one could be taken although it is another; None where it is one of them, or like none."""
    known = tuple(names)
    return None if name in known else next((one for one in known if alike(one, name)), None)


def _forms(name: str) -> frozenset[str]:
    """A name as it looks, written large or small: `I` looks like `l`, and its small form does not."""
    seen = _seen(name)
    small = _seen(seen.casefold())
    return frozenset({_looks(small).casefold(), _looks(seen).replace("I", "l").casefold()})


def _looks(name: str) -> str:
    return name.translate(_PLAIN)


def _seen(name: str) -> str:
    """Without accents and invisible signs, each space one."""
    apart = unicodedata.normalize("NFKD", name)
    drawn = "".join(" " if sign.isspace() else sign for sign in apart)
    return " ".join("".join(sign for sign in drawn if unicodedata.category(sign) not in _UNSEEN).split())
