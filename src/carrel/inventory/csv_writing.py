"""How a CSV file is written: its records and fields found in its text, each with the place where it stands."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

QUOTE, BOM = '"', "\ufeff"
_WIDE_SIGNS = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", *_WIDE_SIGNS)
_UNSEEN = {"Cc", "Cf"}
LONGEST = 1 << 18  # letters in one record; a longer one comes of a quote that nobody closed
_WIDE = {"utf-8", "utf-16-le", "utf-16-be", "utf-16"}


class BrokenCsvError(ValueError):
    """Nobody can tell where records end: a quote is open at the end, or not the last sign of its field."""


def harmless(text: str) -> str:
    """A text that a spreadsheet would take for a formula, told as text; any other as it is."""
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula: its first sign that is seen decides."""
    return text.startswith(_FORMULA) or (hides(text[:1]) and _seen(text).startswith(_FORMULA))


def hides(sign: str) -> bool:
    """Whether a sign in front is passed over by the eye, and by some programs: a blank, or one that is not seen."""
    return bool(sign) and (sign.isspace() or unicodedata.category(sign) in _UNSEEN)


def _seen(text: str) -> str:
    return text[next((n for n, sign in enumerate(text) if not hides(sign)), len(text)) :]


def encoding_of(name: str) -> str | None:
    """The codec of an encoding whose every byte comes back as it was; None for any other."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    if found.name in _WIDE:
        return found.name
    try:
        letters = bytes(range(256)).decode(found.name, "surrogateescape")
        same = letters.encode(found.name, "surrogateescape")
        plain = "a;1\n".encode(found.name)
    except (UnicodeError, TypeError, LookupError):
        return None
    single = len(letters) == len(same)  # of several bytes for a letter some come back as others
    return found.name if single and same == bytes(range(256)) and plain == b"a;1\n" else None


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file.

    Attributes:
        text: all of it, with the end of its line.
        spans: where each field stands in it, quotes and all.
    """

    text: str
    spans: tuple[tuple[int, int], ...]

    def value(self, index: int) -> str:
        """The content of a field, without the quotes around it."""
        start, end = self.spans[index]
        raw = self.text[start:end].removeprefix(BOM)
        if raw.startswith(QUOTE) and raw.endswith(QUOTE) and len(raw) > 1:
            return raw[1:-1].replace('""', QUOTE)
        return raw

    def without(self, indexes: Iterable[int]) -> str:
        """Its text with these fields empty, and every other sign as it was."""
        text = self.text
        for index in sorted(indexes, reverse=True):
            start, end = self.spans[index]
            start += text.startswith(BOM, start)
            text = text[:start] + text[end:]
        return text


@dataclass(frozen=True)
class CsvWriting:
    """How the files of one entry are written.

    Attributes:
        delimiter: between fields.
        encoding: of the text.
        header: whether the first record names the columns.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    header: bool = True
    _field: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        cut = re.escape(self.delimiter)
        object.__setattr__(self, "_field", re.compile(rf'{BOM}?"(?:[^"]|"")*+"|[^"{cut}\r\n][^{cut}\r\n]*|'))

    def records(self, lines: Iterable[str]) -> Iterator[Record]:
        """The records of a text.

        Args:
            lines: of the text with their ends, as they stand.

        Raises:
            BrokenCsvError: a quote is open at its end, or for longer than any record is; text follows a closing quote;
                in a record of several lines a quote is marked by a backslash, or stands in a field that does not
                begin with one, or each line would be a record of as many fields. That comes of programs that mark
                quotes in another way: what looks like one record can be several rows.

        Guarantees:
            The texts of all records together are the text. A quoted field may hold ends of lines; in a record of one
            line a quote inside a field that does not begin with one is a sign like any other. Memory does not grow with
            the file.
        """
        waiting: list[str] = []
        length = 0
        for line in lines:
            waiting.append(line)
            length += len(line)
            if length > LONGEST:
                raise BrokenCsvError
            if QUOTE not in line:
                if len(waiting) > 1:
                    continue  # nothing in it closes what is open
                yield Record(line, self._plain(line))
            elif (spans := self._quoted(whole := "".join(waiting))) is None:
                continue
            elif len(waiting) > 1 and all(one.count(self.delimiter) == len(spans) - 1 for one in waiting):
                raise BrokenCsvError
            else:
                yield Record(whole, spans)
            waiting, length = [], 0
        if waiting:
            raise BrokenCsvError

    def _plain(self, text: str) -> tuple[tuple[int, int], ...]:
        found, at = [], 0
        for one in text.rstrip("\r\n").split(self.delimiter):
            found.append((at, at + len(one)))
            at += len(one) + 1
        return tuple(found)

    def _quoted(self, text: str) -> tuple[tuple[int, int], ...] | None:
        found, at = [], 0
        while True:
            match = self._field.match(text, at)
            end = at if match is None else match.end()
            if end == at and text[at : at + 2].lstrip(BOM)[:1] == QUOTE:
                return None  # it is not closed yet
            found.append((at, end))
            if text[end : end + 1] != self.delimiter:
                break
            at = end + 1
        if text[end:].strip("\r\n") or (_several(text) and _is_marked_otherwise(text, found)):
            raise BrokenCsvError
        return tuple(found)

    def columns(self, first: Record) -> list[str]:
        """The names of the columns, by the first record; without a header their numbers, from 1 on."""
        if not self.header:
            return [str(n) for n in range(1, len(first.spans) + 1)]
        return [first.value(n).strip() for n in range(len(first.spans))]


def _several(text: str) -> bool:
    """Whether a record stands on several lines."""
    return any(end in text.rstrip("\r\n") for end in "\r\n")


def _is_marked_otherwise(text: str, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether quotes are marked in a way that is not ours, so that what looks like one record can be several."""
    fields = (text[start:end].removeprefix(BOM) for start, end in spans)
    return '\\"' in text or any(QUOTE in one and not one.startswith(QUOTE) for one in fields)


def lacking(columns: Sequence[str], wanted: Iterable[str]) -> list[str]:
    """The wanted columns that a file does not have, or has twice."""
    return [one for one in wanted if columns.count(one) != 1]
