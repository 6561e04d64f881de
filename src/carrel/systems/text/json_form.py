"""Lines of JSON, object by object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

from carrel.errors import fault
from carrel.systems.text import faults
from carrel.systems.text.text_record import Record, broken, no_field

_BETWEEN_KEYS: Final = " | "  # parts words of which none belongs to the next


@dataclass(frozen=True, slots=True)
class JsonForm:
    """Lines of JSON: objects, whose texts, numbers and keys are looked through, however deep they lie.

    The keys of an object are its last cell, which is looked through by itself: they say nothing of another value.
    They tie programs to it and are not written anew: one that names a person is refused.
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
                raise broken(at, f"line {number}", "one object of JSON in each line") from None
            if not isinstance(body, dict):
                raise broken(at, f"line {number}", "one object of JSON in each line")
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
            put = _json_put(body, places, cells, f"{at}, line {number}")
            yield Record(number, cells, names, str(of), put, apart=bool(keys))


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
