"""The `rules` of a map's passwords: where a product keeps what it asks of a new one."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field, model_validator

from carrel.inventory.map_part import NOWHERE, Condition, Lookup, Part


class RulesOfGroup(Part):
    """What a product asks of the people of one group, in place of what it asks of everybody.

    Attributes:
        table, key: of the groups.
        equals: column of the password's table that names the group.
        shortest, mixed: columns; an empty one says that what is asked of everybody holds. Versions that lack one do
            not know it.
    """

    table: str
    key: str
    equals: str
    shortest: str
    mixed: str


class PatternOfUnit(Part):
    """A regular expression that a unit of the library sets, or one above it: the nearest one holds.

    Attributes:
        table, column: where it stands, as JSON.
        unit: column with the unit that set it.
        where: which rows are such a setting.
        otherwise: the expression where no unit has set any.
    """

    table: str
    column: str
    unit: str
    where: tuple[Condition, ...]
    otherwise: str

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            re.compile(self.otherwise)
        except re.error as wrong:
            raise ValueError(f"{self.otherwise!r} is no regular expression") from wrong
        return self


class PasswordRules(Part):
    """What a product asks of a new password.

    Attributes:
        shortest: where the least number of signs stands.
        mixed: where a 1 says that a digit, a small letter and a capital letter have to be in it.
        trimmed: the product takes none that begins or ends with a space.
        of_group: what holds for the people of one group instead.
        pattern: of a product whose libraries write an expression.
    """

    shortest: Lookup = NOWHERE
    mixed: Lookup = NOWHERE
    trimmed: bool = False
    of_group: RulesOfGroup | None = Field(default=None, alias="of group")
    pattern: PatternOfUnit | None = None
