"""The grammar of rights: by when each kind of request is answered, who sees to it, and who answers elsewhere."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from carrel.policy.block import Block, Figures
from carrel.policy.words import WORD_FAULT, Clauses, Name, Period, Text

_WITHIN = re.compile(r"gdpr|ferpa|[1-9][0-9]{0,3} (day|week|month|year)s?")


def _within(value: Any) -> str:
    if isinstance(value, str) and _WITHIN.fullmatch(value):
        return value
    raise PydanticCustomError(WORD_FAULT, "write gdpr, ferpa, or a period such as '30 days'")


Within = Annotated[
    str,
    BeforeValidator(_within),
    WithJsonSchema({"type": "string", "pattern": f"^({_WITHIN.pattern})$", "examples": ["gdpr", "ferpa", "30 days"]}),
]
ShownBy = Literal["photo id", "card at the desk", "known to the staff"]
ToldOf = Literal["rectification", "erasure", "restriction"]


class RightRule(Figures):
    """What is promised of one kind of request."""

    within: Within | None = Field(
        default=None,
        description="By when it is answered: 'gdpr' (a month, two more for a reason), 'ferpa' (45 days), or a period.",
    )
    owner: Text | None = Field(default=None, description="Who sees to it where nobody else was named.")
    says: Text | None = None
    clauses: Clauses = ()


class Controller(Block):
    """Who answers for data that the library does not control; requests about them are directed there."""

    name: Name
    says: Text
    for_: tuple[Text, ...] = Field(min_length=1, description="What it answers for, in a few words each.")
    contact: Text = Field(description="Where a person turns to.")
    clauses: Clauses = ()


class Rights(Figures):
    """Patrons' requests. A right that does not stand here is handled all the same, without a clock."""

    access: RightRule | None = None
    rectification: RightRule | None = None
    erasure: RightRule | None = None
    restriction: RightRule | None = None
    objection: RightRule | None = None
    portability: RightRule | None = None
    challenge: RightRule | None = None
    question: RightRule | None = None
    kept: Period | None = Field(
        default=None,
        description="How long whose request it was, and their words, stay sealed after its end; 90 days if left out.",
    )
    letters: Literal["on paper", "by mail"] | None = Field(
        default=None,
        description="'by mail': who wrote by email or on the pages gets notices without what is held; else on paper.",
    )
    identity: tuple[ShownBy, ...] = Field(
        default=(),
        description="By what the staff make sure that it is the person; by anything if left out. Signing in counts.",
    )
    controllers: tuple[Controller, ...] = ()
