"""What the grammar would have accepted at a path of a policy: the keys, or the words of a closed list."""

from __future__ import annotations

import enum
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from carrel.policy.grammar import PolicyBody
from carrel.policy.yaml_source import Path


def keys_at(path: Path) -> list[str]:
    """The keys that the grammar knows under a path, in its order; none where it takes names of the author's choice."""
    here = _at(path)
    if isinstance(here, type) and issubclass(here, BaseModel):
        return [field.alias or name for name, field in here.model_fields.items()]
    return []


def words_at(path: Path) -> list[str]:
    """The words of the closed list that stands at a path."""
    here = _at(path)
    if get_origin(here) is Literal:
        return [str(word) for word in get_args(here)]
    if isinstance(here, type) and issubclass(here, enum.Enum):
        return [str(word.value) for word in here]
    return []


def _at(path: Path) -> Any:
    here: Any = PolicyBody
    for step in path:
        here = _plainly(_below(here, step))
    return here


def _below(here: Any, step: str | int) -> Any:
    if isinstance(here, type) and issubclass(here, BaseModel):
        return next(
            (field.annotation for name, field in here.model_fields.items() if step in {field.alias, name}), None
        )
    parts = get_args(here)
    if not parts:
        return None
    return parts[1] if get_origin(here) is dict else parts[0]


def _plainly(annotation: Any) -> Any:
    """An annotation without `Annotated` and without the ``None`` of an optional key."""
    if get_origin(annotation) is Annotated:
        return _plainly(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return _plainly(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation
