"""Times as a site file writes them: opening hours, days on which nothing runs, periods."""

from __future__ import annotations

import enum
import re
from datetime import date, time, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

_PERIOD = re.compile(r"([1-9][0-9]{0,4}) (second|minute|hour|day)s?")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_DAYS = re.compile(r"(\d{4}-\d{2}-\d{2})(?: to (\d{4}-\d{2}-\d{2}))?")


WISH = "wish"


def wish(wanted: str, found: str, fix: str) -> PydanticCustomError:
    """What a rule of the grammar raises: the three texts stand in the fault that is told. None quotes a secret."""
    return PydanticCustomError(WISH, "{fix}", {"wanted": wanted, "found": found, "fix": fix})


def _period(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not (match := _PERIOD.fullmatch(value)):
        raise ValueError("write a number and a unit, such as '10 seconds', '24 hours', '90 days'")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def no_period(value: Any) -> Any:
    """A period, or None for the word ``none``."""
    return None if value == "none" else _period(value)


Period = Annotated[timedelta, BeforeValidator(_period)]


class Part(BaseModel):
    """A block of a site file: unknown keys are faults, and what was written never stands in a message."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, hide_input_in_errors=True)


class Weekday(enum.StrEnum):
    """Days of the week, Monday first as in `datetime.date.weekday`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Hours(Part):
    """From one time of a day up to, and without, another; ``until`` None is midnight at the end of the day."""

    since: time
    until: time | None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = _HOURS.fullmatch(value)
        if not match or match[3] + match[4] <= match[1] + match[2] or match[3] + match[4] > "2400":
            raise ValueError("write hours of one day as '09:00-17:30'")
        until = None if match[3] == "24" else time(int(match[3]), int(match[4]))
        return {"since": time(int(match[1]), int(match[2])), "until": until}

    def cover(self, at: time) -> bool:
        """Whether a time of day lies within."""
        return self.since <= at and (self.until is None or at < self.until)


class Days(Part):
    """From one date to another, both within."""

    first: date
    last: date

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if not (match := _DAYS.fullmatch(value)) or (match[2] or match[1]) < match[1]:
            raise ValueError("write a date as '2026-12-24', or dates as '2026-12-24 to 2027-01-02'")
        return {"first": match[1], "last": match[2] or match[1]}
