"""What in a piece of a log can name a person: looked for in the text as it stands, and under every way to write it.

A log is not scrubbed by taking these out: what is not known to be harmless does not pass at all. They are looked for to
tell which fields of a log hold what, and to keep such a text out of the lists of words that may pass.

Source: MITL-2.5, MITL-7.1; WPL-8.3.
"""

from __future__ import annotations

import binascii
import enum
import re
from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

_LAYERS = 4  # of encodings one over the other that are taken off
_LONGEST = 8_192  # bytes that are looked at; a text of a log that is longer is told by its kind alone


class Identifier(enum.StrEnum):
    """A kind of text that can name a person, as it is told."""

    EMAIL = "e-mail address"
    DIRECTORY_NAME = "name in a directory"
    CARD = "card number"
    PHONE = "phone number"
    NUMBER = "long number"
    ADDRESS = "network address"
    UUID = "unique number"
    SESSION = "session"
    CREDENTIAL = "password or token"
    USER = "name of a user"  # by its field alone: it has no form of its own


_EMAIL = rb"[\w.+\-']{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63})+"
_DIRECTORY_NAME = rb"(?i)\b(?:uid|cn|sn|givenname|ou|dc|mail|samaccountname)=[^,=]{1,64},"
_UUID = rb"(?i)\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b"
_CARD = rb"(?<!\d)[2-9]\d{13}(?!\d)|(?<!\d)\d{4}([ -])\d{4}\1\d{4}\1\d{2,4}(?!\d)"
_SHORT_ADDRESS = rb"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
_LONG_ADDRESS = rb"\b(?:[0-9A-Fa-f]{1,4}:){4,7}[0-9A-Fa-f]{1,4}"
_PHONE = rb"(?<![\d.])(?:\+\d{1,3}[ .\-/]?)?\(?\d{2,4}\)?[ .\-/]\d{3,4}[ .\-/]\d{3,4}(?![\d.])|\+\d{8,15}\b"
_CREDENTIAL = rb"(?i)\b(?:pass(?:word|wd)?|pin|pwd|token|api_?key|secret|auth(?:orization)?|bearer)[=: ][^&;, ]+"
_SESSION_NAMED = rb"\b\w*(?:[Ss][Ee][Ss][Ss](?:[Ii][Oo][Nn])?_?(?:[Ii][Dd])?|[Ss][Ii][Dd]|[Cc]ookie)[=:][^&;, ]+"
_SESSION_LIKE = rb"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9_]{10,}"
_FORMS: tuple[tuple[Identifier, re.Pattern[bytes]], ...] = (
    (Identifier.EMAIL, re.compile(_EMAIL)),
    (Identifier.DIRECTORY_NAME, re.compile(_DIRECTORY_NAME)),
    (Identifier.UUID, re.compile(_UUID)),
    (Identifier.CARD, re.compile(_CARD)),
    (Identifier.ADDRESS, re.compile(_SHORT_ADDRESS + rb"|" + _LONG_ADDRESS)),
    (Identifier.PHONE, re.compile(_PHONE)),
    (Identifier.NUMBER, re.compile(rb"\d{6,}")),
    (Identifier.CREDENTIAL, re.compile(_CREDENTIAL)),
    (Identifier.SESSION, re.compile(_SESSION_NAMED + rb"|" + _SESSION_LIKE)),
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-]{12,}={0,2}")
_MIXED = re.compile(
    rb"(?<![A-Za-z])(?=[A-Za-z]*[a-z][A-Z][a-z]*[A-Z])[A-Za-z]{12,}(?![A-Za-z])"
)  # letters as sessions have them


def identifiers(text: bytes) -> frozenset[Identifier]:
    """Every kind that stands in a text, whichever way it is written.

    Args:
        text: a piece of a log, in any encoding.
    """
    found: set[Identifier] = set()
    for layer in _layers(text[:_LONGEST]):
        for kind, form in _FORMS:
            if kind not in found and form.search(layer):
                found.add(kind)
        if Identifier.SESSION not in found and _MIXED.search(layer):
            found.add(Identifier.SESSION)
    return frozenset(found)


def _layers(text: bytes) -> Iterator[bytes]:
    """The text, and what it becomes when its encodings are taken off one by one."""
    seen: set[bytes] = set()
    todo = [(text, 0)]
    while todo:
        one, depth = todo.pop()
        if one in seen or not one:
            continue
        seen.add(one)
        yield one
        if depth < _LAYERS:
            todo.extend((below, depth + 1) for below in _below(one))


def _below(text: bytes) -> Iterator[bytes]:
    if b"%" in text:
        yield unquote_to_bytes(text)
    if b"+" in text:
        yield text.replace(b"+", b" ")
    if b"\\x" in text or b"\\u" in text:
        yield re.sub(rb"\\(?:x|u00)([0-9A-Fa-f]{2})", lambda one: bytes((int(one[1], 16),)), text)
    if b"&#" in text:
        yield re.sub(rb"&#(\d{1,3});", lambda one: bytes((int(one[1]) & 0xFF,)), text)
    if b"\0" in text:
        yield text.replace(b"\0", b"")  # two bytes for each letter
    if text and not text.isascii():
        yield from _narrowed(text)
    for run in _BASE64.findall(text):
        yield from _unpacked(run)


def _narrowed(text: bytes) -> Iterator[bytes]:
    """Letters and digits of other widths and scripts as plain ones."""
    import unicodedata

    plain = unicodedata.normalize("NFKC", text.decode("utf-8", errors="replace"))
    digits = "".join(str(unicodedata.decimal(one, one)) for one in plain)
    yield digits.encode("ascii", errors="ignore")


def _unpacked(run: bytes) -> Iterator[bytes]:
    body = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        inside = b64decode(body + b"=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        inside = b""
    if inside and sum(one in _PLAIN for one in inside) > 0.9 * len(inside):
        yield inside
    if len(run) % 2 == 0:
        try:
            inside = bytes.fromhex(run.decode("ascii"))
        except ValueError:
            return
        if all(one in _PLAIN for one in inside):
            yield inside


_PLAIN = frozenset(range(0x20, 0x7F)) | {0}
