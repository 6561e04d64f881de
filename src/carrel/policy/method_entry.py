"""The method of a field in a policy: one word, or the level to which it is made coarser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainSerializer, ValidatorFunctionWrapHandler, WithJsonSchema, WrapValidator
from pydantic_core import PydanticCustomError

from carrel.deidentification.reader_description import Trait, levels
from carrel.policy.block import Block
from carrel.policy.schedule import Method
from carrel.policy.words import WORD_FAULT

_LEVELS = sorted({level for trait in Trait for level in levels(trait)})


class Coarser(Block):
    """A field that describes a reader, and stays on a level on which enough patrons share it."""

    generalise: str

    def __str__(self) -> str:
        return f"{{generalise: {self.generalise}}}"


def word_of(entry: MethodEntry) -> Method:
    """The method in one word, whatever the level."""
    return Method.GENERALISE if isinstance(entry, Coarser) else entry


def _entry(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    if isinstance(value, Coarser):
        return value
    if isinstance(value, dict):
        if list(value) == ["generalise"] and isinstance(value["generalise"], str):
            return Coarser(generalise=value["generalise"])
        raise PydanticCustomError(WORD_FAULT, "write a word such as 'remove', or a level: '{generalise: 3 signs}'")
    return handler(value)


def _written(value: Any) -> Any:
    return value.model_dump() if isinstance(value, Coarser) else value.value


if TYPE_CHECKING:
    MethodEntry = Method | Coarser
else:
    MethodEntry = Annotated[
        Method,
        WrapValidator(_entry),
        PlainSerializer(_written),
        WithJsonSchema(
            {
                "anyOf": [
                    {"enum": [one.value for one in Method]},
                    {
                        "type": "object",
                        "properties": {"generalise": {"enum": _LEVELS}},
                        "required": ["generalise"],
                        "additionalProperties": False,
                    },
                ]
            }
        ),
    ]
