"""The smallest parts of a system map: one test of a column, one value that a product keeps."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class MapPart(BaseModel):
    """A mapping in a system map; a key that it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


Value = int | str


class Condition(MapPart):
    """One test of a column; of the tests named, all must hold."""

    column: str
    equals: Value | None = None
    differs: Value | None = None
    one_of: tuple[Value, ...] | None = None
    above: Value | None = None
    empty: bool | None = None
    contains: str | None = None


class Lookup(MapPart):
    """One value that the product keeps in a table of its own, such as a preference."""

    table: str
    column: str
    where: tuple[Condition, ...] = ()
