"""The grain of a policy's grammar: a block of keys written with spaces, and the figures that a library chose in it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


def _spoken(attribute: str) -> str:
    return attribute.rstrip("_").replace("_", " ")


class Block(BaseModel):
    """A mapping of the policy; a key that it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=_spoken)


class Figures(Block):
    """A block with figures, some of which the source policy may not give."""

    chosen: tuple[str, ...] = Field(
        default=(), description="Keys of this block whose figure the source policy does not give and the library chose."
    )
