"""A document in YAML that says what to measure or to release: read whole, each fault with its line and column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from carrel.errors import CarrelError, Fault, fault
from carrel.policy.yaml_source import YamlSource, read_yaml
from carrel.systems.analytics import faults
from carrel.systems.site_wishes import Wish, unknown_key, wish_of

M = TypeVar("M", bound=BaseModel)


def load(place: Path, kind: type[M]) -> M:
    """Read a document.

    Args:
        place: the file.
        kind: what it says, as a model; its paths stay as written.

    Raises:
        CarrelError: SRC-007, every fault in it at once.

    Guarantees:
        No value that stands in the file is in a message, but names of keys.
    """
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise fault(
            faults.DOCUMENT, at=str(place), found="no text file that can be read", fix="name a file in UTF-8"
        ) from None
    return parse(text, place.name, kind)


def parse(text: str, name: str, kind: type[M]) -> M:
    """The same from a text that `name` stands for."""
    try:
        source = read_yaml(text, name)
    except CarrelError as broken:
        raise CarrelError(tuple(_ours(one) for one in broken.faults)) from None
    found = [_ours(one) for one in source.faults]
    made: M | None = None
    try:
        made = kind.model_validate(source.data if isinstance(source.data, dict) else {})
    except ValidationError as invalid:
        found.extend(_told(source, error, kind) for error in invalid.errors(include_url=False))
    if found or made is None:
        raise CarrelError(tuple(found))
    return made


def _told(source: YamlSource, error: ErrorDetails, kind: type[BaseModel]) -> Fault:
    path = _written(source, error["loc"])
    if error["type"] == "missing":
        name = str(error["loc"][-1])
        return _fault(source, path, Wish(f"'{name}:'", "none", f"add '{name}:' here"))
    if error["type"] == "extra_forbidden":
        return _fault(source, path, unknown_key(path, kind), key=True)
    return _fault(source, path, wish_of(error))


def _written(source: YamlSource, where: Sequence[str | int]) -> tuple[str | int, ...]:
    """The part of a place that stands in the file: names of models and of alternatives are left out."""
    path: tuple[str | int, ...] = ()
    for step in where:
        if (*path, step) in source.places:
            path = (*path, step)
    return path


def _fault(source: YamlSource, path: tuple[str | int, ...], wish: Wish, *, key: bool = False) -> Fault:
    at = source.at(path, key=key)
    wanted = "" if wish.fix.removeprefix("write ") == wish.wanted else wish.wanted  # said once, as what to do
    return Fault(faults.DOCUMENT, at=at, wanted=wanted, found=wish.found, fix=wish.fix)


def _ours(said: Fault) -> Fault:
    return Fault(faults.DOCUMENT, said.at, said.wanted, said.found, said.because, said.changed, said.fix)
