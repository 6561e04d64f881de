"""A replica of a system: where it is, how far behind it may be, and for what it may be read."""

from __future__ import annotations

import enum
from datetime import timedelta

from carrel.inventory.address import Address
from carrel.inventory.timetable import Period


class Use(enum.StrEnum):
    """What is read where a replica would do. Whatever is verified or carried out is none of these."""

    COUNT = "count"
    SWEEP = "sweep"
    PERSON = "person"

    def takes_tables(self, *, by_unit: bool) -> str:
        """What of it takes temporary tables, which no standby of PostgreSQL allows; empty where nothing does.

        Args:
            by_unit: several policies are in force, so that the units of a loan are looked up.
        """
        if self is Use.COUNT:
            return "counting"
        return "to look up the units of loans" if self is Use.SWEEP and by_unit else ""


class Replica(Address):
    """A server that takes over every change of a system.

    Attributes:
        max_lag: how far it may be behind to be read.
    """

    max_lag: Period = timedelta(minutes=5)
