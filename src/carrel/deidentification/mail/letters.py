"""Bytes of mail as letters: of declared encodings, of none, of several in one text, and of words in headers."""

from __future__ import annotations

import binascii
import codecs
import re
from base64 import b64decode
from quopri import decodestring
from typing import Final

_NO_TEXT: Final = frozenset({"unicode_escape", "raw_unicode_escape", "undefined", "idna", "punycode", "mbcs", "oem"})
_WESTERN: Final = frozenset({"ascii", "iso8859-1", "iso8859-15", "cp1252"})
_PLAIN: Final = re.compile(rb"[\t\r\n\x20-\x7e]*")
_MANY_ZEROS: Final = 100  # one in so many bytes is letters of two bytes, in which nothing would be found
_WORD: Final = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN: Final = re.compile(r"(\?=)\s+(?==\?)")
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ODD: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # lone surrogates that stand for no byte
_LOST: Final = "[unreadable]"
_LETTERS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TWO_SIGNS: Final = re.compile(rb"[\t\r\n\x20-\x7e]{2}")


class UnreadableError(ValueError):
    """A message, or a part of it, whose letters nobody can tell; it bears no text."""


def letters(text: bytes, charset: str | None) -> str:
    """A text in the letters that its bytes stand for.

    Args:
        text: as it was sent.
        charset: that it declares; None where it declares none.

    Raises:
        UnreadableError: an encoding that is not known, letters of two bytes that nothing tells of, or ASCII or
            UTF-8 that says it is in letters of which none is as in ASCII: other signs would stand for it one by one.

    Guarantees:
        What declares a western encoding and is UTF-8 is read as UTF-8; of a text in several encodings each line is read
        in its own. No lone surrogate is in the outcome.
    """
    codec = _codec(charset or "us-ascii")
    if codec is None:
        if not _PLAIN.fullmatch(text):
            raise UnreadableError
        codec = "ascii"
    if not codec.startswith(("utf-16", "utf-32")) and text.count(0) * _MANY_ZEROS > max(len(text), 2 * _MANY_ZEROS):
        raise UnreadableError
    if _is_mislabelled(text, codec):
        raise UnreadableError
    for one in ("utf-8", codec) if codec in _WESTERN else (codec,):
        try:
            return whole(text.decode(one))
        except (UnicodeError, ValueError):
            continue
    if codec not in _WESTERN | {"utf-8"}:
        return whole(text.decode(codec, "replace"))
    return whole("".join(_line(one) for one in text.splitlines(keepends=True)))


def header_text(raw: str) -> str:
    """What a header says: encoded words decoded, bytes that are no ASCII read as in `letters`, on one line.

    Args:
        raw: of the parser, which keeps such bytes as lone surrogates.
    """
    raw = _BETWEEN.sub(r"\1", raw)
    out: list[str] = []
    waiting, charset, last = b"", "", 0
    for word in _WORD.finditer(raw):
        between = raw[last : word.start()]
        # One letter of many bytes can stand in two words, so words of one encoding are read as one.
        if (between or word[1].lower() != charset) and waiting:
            out.append(_decoded(waiting, charset))
            waiting = b""
        out.append(_bare(between))
        charset, last = word[1].lower(), word.end()
        waiting += _bytes_of(word[2].lower(), word[3])
    out += [_decoded(waiting, charset) if waiting else "", _bare(raw[last:])]
    return " ".join(whole("".join(out)).split())


def whole(text: str) -> str:
    """A text without lone surrogates and without signs that steer something, and with plain ends of lines."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode("utf-8")
    return _UNSEEN.sub("", plain)


def _codec(name: str) -> str | None:
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    return found.name if found._is_text_encoding and found.name not in _NO_TEXT else None  # noqa: SLF001  (as str.decode does)


def _is_mislabelled(text: bytes, codec: str) -> bool:
    """Whether a text says that it is UTF-16, or another code in which no letter is as in ASCII, and is UTF-8."""
    try:
        if _LETTERS.decode(codec) == _LETTERS.decode():
            return False
    except (UnicodeError, ValueError):
        pass
    pairs = len(text) // 2
    if pairs and codec.startswith("utf-16") and 2 * len(_TWO_SIGNS.findall(text)) > pairs:
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return text.count(0) * 4 < len(text)


def _line(text: bytes) -> str:
    for one in ("utf-8", "cp1252"):
        try:
            return text.decode(one)
        except UnicodeDecodeError:
            continue
    return text.decode("latin-1")


def _bare(text: str) -> str:
    return _line(_ODD.sub("\ufffd", text).encode("utf-8", "surrogateescape")) if text else ""


def _bytes_of(way: str, text: str) -> bytes:
    plain = text.encode("ascii", "ignore")
    if way == "q":
        return decodestring(plain, header=True)
    try:
        return b64decode(plain + b"=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return _LOST.encode()


def _decoded(text: bytes, charset: str) -> str:
    try:
        return letters(text, charset)
    except UnreadableError:
        return _LOST
