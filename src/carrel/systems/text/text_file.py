"""Files of texts, read record by record and written anew: CSV, JSON lines, plain text; packed or not, in any encoding.

Bytes that are no text of the encoding pass as they are. A record is a row, a line of JSON, or a part of a plain file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, Protocol, cast

from carrel.deidentification.text.reader import PIECE
from carrel.errors import CarrelError, Fault, fault
from carrel.systems.logs import faults as log_faults
from carrel.systems.logs.log_stream import opened
from carrel.systems.text import faults

FORMATS: Final = ("csv", "jsonl", "text")
_ENDINGS: Final = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_PACKED: Final = (".gz", ".bz2", ".xz")
_HEAD = 1 << 12  # bytes that are looked at for letters of two bytes
_FEW_ZEROS = 10  # of each hundred bytes in every second place
_BETWEEN_KEYS: Final = " | "  # parts words of which none belongs to the next
_LONGEST = 1 << 28  # signs of one field of a CSV file
_SHORT = 1 << 16  # bytes read at once of plain text
_LONGEST_LINE = 1 << 20


@dataclass(slots=True)
class Record:
    """A part of a file.

    Attributes:
        number: from 1 on.
        cells: its texts, as bytes.
        names: of the cells.
        conversation: that it belongs to; empty where each record is its own.
        put: writes the record with other texts in place of its own.
    """

    number: int
    cells: list[bytes]
    names: tuple[str, ...]
    conversation: str
    put: Callable[[IO[bytes], Sequence[bytes]], object]


class Form(Protocol):
    """How a kind of file is read."""

    def records(self, stream: IO[bytes], at: str) -> Iterator[Record]:
        """Its records in order."""


def form_of(
    path: Path, named: str | None, columns: Sequence[str], conversation: str | None, *, unit: str, delimiter: str
) -> Form:
    """The form of a file, by its ending unless it is named."""
    inner = Path(path.name)
    while inner.suffix.lower() in _PACKED:
        inner = inner.with_suffix("")
    bare = inner.name
    kind = named or _ENDINGS.get(Path(bare).suffix.lower(), "text")
    if kind == "csv":
        return CsvForm(
            tuple(columns), conversation, "\t" if bare.lower().endswith(".tsv") and delimiter == "," else delimiter
        )
    if kind == "jsonl":
        return JsonForm(tuple(columns), conversation)
    return PlainForm(by_line=unit == "line")


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """The plain bytes of a file.

    Raises:
        CarrelError: TXT-010, TXT-011.
    """
    try:
        with path.open("rb") as raw, opened(cast("BinaryIO", raw), path.name) as (stream, _):
            _require_bytes(stream, path.name)
            yield stream
    except OSError as wrong:
        raise fault(
            faults.UNREADABLE, at=path.name, found=wrong.strerror or "", fix="name a file that you may read"
        ) from None
    except CarrelError as wrong:
        raise CarrelError(tuple(_ours(one) for one in wrong.faults)) from None


def _require_bytes(stream: IO[bytes], at: str) -> None:
    """Refuse letters of two or four bytes that no mark tells of: nothing would be found in them."""
    head = cast("io.BufferedReader[Any]", stream).peek(_HEAD)[:_HEAD]
    for half in (head[::2], head[1::2]):
        if half.count(0) * 100 > len(half) * _FEW_ZEROS:
            raise fault(
                faults.UNREADABLE, at=at, wanted="text in UTF-8, or in UTF-16 with its mark at the beginning",
                found="a zero at many a second byte, as in UTF-16 without a mark", fix="write it as UTF-8 first",
            )  # fmt: skip


def _ours(one: Fault) -> Fault:
    ours = {
        log_faults.DAMAGED: faults.UNREADABLE, log_faults.UNREADABLE: faults.UNREADABLE,
        log_faults.NESTED: faults.PACKED,
    }.get(one.condition, one.condition)  # fmt: skip
    return Fault(ours, one.at, one.wanted, one.found, one.because, one.changed, one.fix)


@dataclass(frozen=True, slots=True)
class CsvForm:
    """Rows; the first names the columns."""

    columns: tuple[str, ...]
    conversation: str | None
    delimiter: str

    def records(self, stream: IO[bytes], at: str) -> Iterator[Record]:
        """The header as a record without texts, then row by row.

        Raises:
            CarrelError: TXT-010, TXT-012.
        """
        csv.field_size_limit(_LONGEST)
        text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
        reader = csv.reader(text, delimiter=self.delimiter, strict=True)
        number, rows = 0, _Rows(self.delimiter)
        try:
            header = next(reader, None)
            if header is None:
                return
            places = places_of(header, self.columns, at)
            names = tuple(header[one] for one in places)
            of = None if self.conversation is None else places_of(header, (self.conversation,), at)[0]
            yield Record(0, [], (), "", rows.put(header, []))
            for number, row in enumerate(reader, 1):
                if len(row) > len(header):
                    raise _broken(
                        at, f"row {number}", f"{len(header)} fields, as the first line names", "a field without a name"
                    )
                mine = [one for one in places if one < len(row)]
                cells = [row[one].encode("utf-8", "surrogateescape") for one in mine]
                yield Record(
                    number,
                    cells,
                    names,
                    row[of] if of is not None and of < len(row) else "",
                    rows.put(row, mine),
                )
        except csv.Error:
            raise _broken(at, f"row {number + 1}", "CSV, in which a field with quotes ends with one") from None
        except (EOFError, UnicodeError):
            raise _broken(at, f"row {number + 1}", "a whole file") from None
        finally:
            text.detach()


def places_of(header: Sequence[str], wanted: Sequence[str], at: str) -> list[int]:
    """Where columns stand; all where none is wanted.

    Raises:
        CarrelError: TXT-010, two have a name that is wanted; TXT-012.
    """
    if missing := [one for one in wanted if one not in header]:
        raise no_field(at, missing, header)
    if any(header.count(one) > 1 for one in wanted):
        raise _broken(at, "the first line", "each column that is named there once", "two of one name")
    return [header.index(one) for one in wanted] or list(range(len(header)))


def no_field(at: str, missing: Sequence[str], there: Sequence[str]) -> CarrelError:
    """The error of columns that are not there; names of columns are told, never values."""
    return fault(
        faults.NO_FIELD,
        at=at,
        wanted=", ".join(missing),
        found=f"{len(there)} other columns" if len(there) else "no column",
        fix="write the name as the first line, or the first record, has it",
    )


class _Rows:
    """Writes rows as CSV; one writer for all of them."""

    def __init__(self, delimiter: str) -> None:
        self._lines: list[str] = []
        self._writer = csv.writer(self, delimiter=delimiter, lineterminator="\n")

    def write(self, line: str) -> None:
        """A line of the writer's."""
        self._lines.append(line)

    def put(self, row: list[str], places: Sequence[int]) -> Callable[[IO[bytes], Sequence[bytes]], object]:
        """Writes a row with other texts in these places."""

        def put(out: IO[bytes], cells: Sequence[bytes]) -> None:
            for at, cell in zip(places, cells, strict=True):
                row[at] = cell.decode("utf-8", "surrogateescape")
            self._writer.writerow(row)
            out.write(self._lines.pop().encode("utf-8", "surrogateescape"))

        return put


@dataclass(frozen=True, slots=True)
class JsonForm:
    """Lines of JSON: objects, whose texts, numbers and keys are looked through, however deep they lie.

    The keys of an object are its last cell. They tie programs to it and are not written anew: one that names a person
    is refused.
    """

    columns: tuple[str, ...]
    conversation: str | None

    def records(self, stream: IO[bytes], at: str) -> Iterator[Record]:
        """Line by line.

        Raises:
            CarrelError: TXT-010, TXT-012; of a record that is written, TXT-021.
        """
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                body = json.loads(line.decode("utf-8", "surrogateescape"))
            except (ValueError, RecursionError):
                raise _broken(at, f"line {number}", "one object of JSON in each line") from None
            if not isinstance(body, dict):
                raise _broken(at, f"line {number}", "one object of JSON in each line")
            if self.columns and number == 1 and (missing := [one for one in self.columns if one not in body]):
                raise no_field(at, missing, tuple(body))
            places = [one for name in (self.columns or body) if name in body for one in _texts(body, name, name)]
            cells = [_text_of(holder[key]) for holder, key, _ in places]
            names = tuple(name for _, _, name in places)
            wanted = {one: body[one] for one in self.columns if one in body} if self.columns else body
            keys = _BETWEEN_KEYS.join(_keys(wanted, () if self.columns else tuple(wanted)))
            if keys:
                cells.append(keys.encode("utf-8", "surrogatepass"))
                names = (*names, "")
            of = body.get(self.conversation, "") if self.conversation else ""
            yield Record(number, cells, names, str(of), _json_put(body, places, cells, f"{at}, line {number}"))


def _texts(holder: Any, key: Any, name: str) -> Iterator[tuple[Any, Any, str]]:
    value = holder[key]
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        yield holder, key, name
    elif isinstance(value, dict | list):
        for inner in value if isinstance(value, dict) else range(len(value)):
            yield from _texts(value, inner, name)


def _keys(value: Any, own: tuple[str, ...] | None = None) -> Iterator[str]:
    """The keys of a value, however deep they lie; at its top those that are told."""
    if isinstance(value, dict):
        yield from value if own is None else own
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _keys(inner)


def _text_of(value: str | float) -> bytes:
    return (value if isinstance(value, str) else repr(value)).encode("utf-8", "surrogatepass")


def _json_put(
    body: Any, places: Sequence[tuple[Any, Any, str]], before: Sequence[bytes], at: str
) -> Callable[[IO[bytes], Sequence[bytes]], object]:
    before = tuple(before)

    def put(out: IO[bytes], cells: Sequence[bytes]) -> None:
        if cells[len(places) :] != list(before[len(places) :]):
            raise fault(
                faults.KEY, at=at, wanted="keys that name nobody", found="one that does, or could",
                because="keys are not written anew", fix="name the fields that hold text with --column, or other keys",
            )  # fmt: skip
        for (holder, key, _), cell, old in zip(places, cells, before, strict=False):
            if cell != old:  # a number stays one unless it goes
                holder[key] = cell.decode("utf-8", "surrogatepass")
        out.write(json.dumps(body, ensure_ascii=not _plain(body)).encode("utf-8") + b"\n")

    return put


def _plain(body: Any) -> bool:
    """Whether all of its texts can be written as UTF-8."""
    try:
        json.dumps(body, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class PlainForm:
    """Plain text: one conversation, or one in each line."""

    by_line: bool

    def records(self, stream: IO[bytes], at: str) -> Iterator[Record]:
        """Lines, or parts that end with a line where they can; of a longer line as much as is looked at together."""
        del at
        number, rest, ended = 0, b"", False
        while not ended:
            chunk = stream.read(_SHORT)
            ended = not chunk
            rest += chunk
            parts, rest = self._lines(rest, ended=ended) if self.by_line else self._pieces(rest, ended=ended)
            for part in parts:
                number += 1
                yield self._record(number, part)

    @staticmethod
    def _lines(text: bytes, *, ended: bool) -> tuple[list[bytes], bytes]:
        end = len(text) if ended else text.rfind(b"\n") + 1
        if not end and len(text) > _LONGEST_LINE:
            end = text.rfind(b" ") + 1 or len(text)
        whole, rest = text[:end], text[end:]
        lines = whole.split(b"\n")
        return [one + b"\n" for one in lines[:-1]] + ([lines[-1]] if lines[-1] else []), rest

    @staticmethod
    def _pieces(text: bytes, *, ended: bool) -> tuple[list[bytes], bytes]:
        parts = []
        while len(text) > PIECE or (ended and text):
            end = len(text)
            if end > PIECE:
                end = text.rfind(b"\n", 0, PIECE) + 1 or text.rfind(b" ", PIECE // 2, PIECE) + 1 or PIECE
            parts.append(text[:end])
            text = text[end:]
        return parts, text

    def _record(self, number: int, text: bytes) -> Record:
        return Record(number, [text], ("text",), "" if self.by_line else "file", _put)


def _put(out: IO[bytes], cells: Sequence[bytes]) -> object:
    return out.write(cells[0])


def _broken(at: str, where: str, wanted: str, found: str = "something else") -> CarrelError:
    return fault(faults.UNREADABLE, at=f"{at}, {where}", wanted=wanted, found=found, fix="mend it, or name --format")
