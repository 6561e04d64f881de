"""Signs that stand in a text as other signs: percent-encoded, as an entity of HTML, or quoted-printable.

They are read for looking alone. What is found is told by its place in the text as it stands, which is not changed but
there.

Source: RFC 3986 (percent-encoding), RFC 2045 (quoted-printable), HTML 5 (character references).
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_MOST_OFTEN: Final = 3  # an address in a link in a link
_CODED: Final = re.compile(
    rb"%([0-9A-Fa-f]{2})"
    rb"|(&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});|&#[0-9]{2,7}(?![0-9]))"
    rb"|=([ \t]*\r?\n)"
    # Where a sign of equality stands before a number, it is none of these, but for an address of mail.
    rb"|=((?:[89A-F][0-9A-F]|09|20|22|27|2B|2D|2E|3D|5F)|40(?=[A-Za-z0-9-]{1,63}\.[A-Za-z]))"
)
_BLANK: Final = b"_"  # parts words as a blank does, and ends no link
_LAST_BLANK: Final = 32


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text without coded signs, and where its bytes come from.

    Attributes:
        text: it.
        begins, ends: where each sign that was coded stands in it.
        first, last: where these stood before.
        inner: the same of the text that it was made of, where that was coded too.
    """

    text: bytes
    begins: Sequence[int]
    ends: Sequence[int]
    first: Sequence[int]
    last: Sequence[int]
    inner: Decoded | None = None

    def source_of(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch stands in the text as it was; a coded sign goes as a whole."""
        at = bisect_right(self.begins, start) - 1
        if at >= 0:
            start = self.first[at] if start < self.ends[at] else self.last[at] + start - self.ends[at]
        at = bisect_left(self.begins, end) - 1
        if at >= 0:
            end = self.last[at] if end <= self.ends[at] else self.last[at] + end - self.ends[at]
        return (start, end) if self.inner is None else self.inner.source_of(start, end)


def decoded(text: bytes) -> Decoded | None:
    """A text without coded signs; None where it has none.

    Args:
        text: any bytes. What is decoded is never longer.
    """
    found: Decoded | None = None
    if b"%" not in text and b"&" not in text and b"=" not in text:
        return None
    for _ in range(_MOST_OFTEN):
        once = _once(text if found is None else found.text, found)
        if once is None:
            break
        found = once
    return found


def _once(text: bytes, inner: Decoded | None) -> Decoded | None:
    parts: list[bytes] = []
    begins: list[int] = []
    ends: list[int] = []
    first: list[int] = []
    last: list[int] = []
    at = size = 0
    for match in _CODED.finditer(text):
        sign = _sign(match)
        if sign is None:
            continue
        start, end = match.span()
        parts += (text[at:start], sign)
        size += start - at
        begins.append(size)
        size += len(sign)
        ends.append(size)
        first.append(start)
        last.append(end)
        at = end
    if not begins:
        return None
    parts.append(text[at:])
    return Decoded(b"".join(parts), begins, ends, first, last, inner)


def _sign(match: re.Match[bytes]) -> bytes | None:
    """What a coded sign stands for; None where it is none."""
    percent, entity, broken, quoted = match.groups()
    if broken is not None:
        return b""
    if entity is None:
        number = int(percent or quoted, 16)
        if number <= _LAST_BLANK:
            return _BLANK if percent else b" "
        return bytes((number,))
    said = entity.decode("ascii")
    sign = html.unescape(said).encode("utf-8", "surrogatepass")
    return sign if sign != entity and len(sign) <= len(entity) else None
