"""The words of the grammar: periods, dates, names and clause ids, each with the advice that a mistake gets."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, StrictBool, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from carrel.errors import CarrelError
from carrel.policy.duration import Duration

PERIOD_FAULT = "carrel_period"
WORD_FAULT = "carrel_word"
_PERIOD_PATTERN = r"^(session|(0|[1-9][0-9]{0,4}) (hour|day|week|month|year)s?)$"
_NUMBER = re.compile(r"[0-9]{1,6}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _period(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        try:
            return Duration.parse(value)
        except CarrelError:
            pass
    advice = "write a number and a unit, such as '30 days', '48 hours', '5 years'"
    raise PydanticCustomError(PERIOD_FAULT, advice)  # type: ignore[arg-type,unused-ignore]  # wants a literal


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError(WORD_FAULT, "write a day of the calendar as year-month-day, such as '2026-11-01'")


def _number(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    raise PydanticCustomError(WORD_FAULT, "write a whole number, such as '10'")


Period = Annotated[
    Duration,
    BeforeValidator(_period),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": _PERIOD_PATTERN, "examples": ["7 days", "48 hours", "5 years"]}),
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Number = Annotated[int, BeforeValidator(_number), WithJsonSchema({"type": "integer", "minimum": 2, "examples": [10]})]
YesNo = StrictBool
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
MaybeText = Annotated[str, StringConstraints(strip_whitespace=True)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9' -]*$", max_length=60)]
PolicyName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=60)]
ClauseId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*$", max_length=40)]
Clauses = Annotated[
    tuple[ClauseId, ...], Field(description="Ids of the clauses that this carries; each stands under 'clauses:'.")
]
