"""What a site file should say where it says something else: in the words of the file, never in those of a library."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from carrel.inventory.address import SCHEMA
from carrel.inventory.site import NAME, Site
from carrel.inventory.timetable import WISH

_OURS = "Value error, "
_NAME = "a name of small letters, digits, '.', '_' and '-', 40 at most, that begins with a letter or a digit"
_PATTERNS = {
    NAME: _NAME,
    SCHEMA: "the name of a schema: small letters, digits and '_', 40 at most, that begins with a letter",
}


class Wish(NamedTuple):
    """What was wanted at a place, what stands there, and what to do.

    Attributes:
        found: the kind of thing, or how it is too long or too large; never what was written, which could be a secret.
    """

    wanted: str
    found: str
    fix: str


def wish_of(error: ErrorDetails) -> Wish:
    """One fault of the grammar as a person is told it.

    Args:
        error: as pydantic found it, with what was written.

    Guarantees:
        Nothing of pydantic's text, and nothing of what was written, is in the answer.
    """
    context: Mapping[str, Any] = error.get("ctx") or {}
    kind, found = error["type"], kind_of(error["input"])
    if kind == WISH:
        return Wish(context["wanted"], context["found"], context["fix"])
    if kind == "value_error":
        said = error["msg"].removeprefix(_OURS)
        return Wish(said.removeprefix("write ") if said.startswith("write ") else "", found, said)
    if kind in {"enum", "literal_error"}:
        words = str(context.get("expected", "")).replace("'", "")
        return Wish(f"one of these words: {words}", found, f"write one of these words: {words}")
    if kind == "string_pattern_mismatch":
        wanted = _PATTERNS.get(str(context.get("pattern")), _NAME)
        return Wish(wanted, "another text", f"write {wanted}")
    wanted = _WANTED.get(kind, _something)(context)
    return Wish(wanted, _measure(kind, error["input"], found), f"write {wanted}")


def unknown_key(path: tuple[str | int, ...], document: type[BaseModel] = Site) -> Wish:
    """A key that a block does not have.

    Args:
        path: of the key in the file.
        document: what the whole file is.
    """
    known, written = keys_of(path[:-1], document), str(path[-1])
    close = difflib.get_close_matches(written, known, n=1)
    fix = f"did you mean '{close[0]}'?" if close else "take this key out"
    return Wish(f"one of these keys: {', '.join(known)}" if known else "", repr(written[:40]), fix)


def keys_of(path: tuple[str | int, ...], document: type[BaseModel] = Site) -> list[str]:
    """The keys that the block at a path of a file may have, as the file writes them; none where it has none."""
    blocks: list[type[BaseModel]] = [document]
    for step in path:
        kinds = [one.model_fields[str(step)].annotation for one in blocks if str(step) in one.model_fields]
        blocks = [found for kind in kinds for found in _blocks(kind)] or (blocks if isinstance(step, int) else [])
    return list(dict.fromkeys(field.alias or name for one in blocks for name, field in one.model_fields.items()))


def _blocks(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in typing.get_args(kind):
        yield from _blocks(inner)


def kind_of(written: object) -> str:
    """What kind of thing stands at a place of a file."""
    if written is None or written == "":
        return "nothing"
    if isinstance(written, Mapping):
        return "a block with keys of its own" if written else "an empty block"
    if isinstance(written, list | tuple):
        return "a list" if written else "an empty list"
    if isinstance(written, bool):
        return "'true' or 'false'"
    return "another number" if isinstance(written, int | float) else "another text"


def _measure(kind: str, written: object, found: str) -> str:
    if kind in {"string_too_long", "string_too_short"} and isinstance(written, str) and written:
        return f"one of {len(written)} signs"
    return found


def _something(_: Mapping[str, Any]) -> str:
    return "what docs/site.md says of this key"


def _text(_: Mapping[str, Any]) -> str:
    return "a text"


def _number(_: Mapping[str, Any]) -> str:
    return "a whole number"


def _several(context: Mapping[str, Any]) -> str:
    return f"a list with at least {context.get('min_length', 1)} entry"


_WANTED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "string_type": _text,
    "string_too_short": lambda c: f"a text of at least {c.get('min_length', 1)} sign",
    "string_too_long": lambda c: f"a text of at most {c.get('max_length')} signs",
    "int_type": _number,
    "int_parsing": _number,
    "int_from_float": _number,
    "greater_than_equal": lambda c: f"a number from {c.get('ge')} on",
    "less_than_equal": lambda c: f"a number up to {c.get('le')}",
    "bool_type": lambda _: "'true' or 'false'",
    "bool_parsing": lambda _: "'true' or 'false'",
    "list_type": lambda _: "a list: '[...]', or lines that begin with '- '",
    "tuple_type": lambda _: "a list: '[...]', or lines that begin with '- '",
    "too_short": _several,
    "dict_type": lambda _: "a block with keys of its own",
    "model_type": lambda _: "a block with keys of its own",
    "model_attributes_type": lambda _: "a block with keys of its own",
    "union_tag_invalid": lambda c: "'by:' with one of these words: " + str(c.get("expected_tags")).replace("'", ""),
    "path_type": lambda _: "the path of a file or a folder",
    "date_type": lambda _: "a day such as 2026-11-25",
    "date_parsing": lambda _: "a day such as 2026-11-25",
    "date_from_datetime_parsing": lambda _: "a day such as 2026-11-25",
    "date_from_datetime_inexact": lambda _: "a day such as 2026-11-25",
    "time_delta_parsing": lambda _: "a number and a unit, such as '10 seconds', '24 hours', '90 days'",
    "time_delta_type": lambda _: "a number and a unit, such as '10 seconds', '24 hours', '90 days'",
}
