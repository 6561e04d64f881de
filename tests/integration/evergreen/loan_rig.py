"""What the tests of loans share: one invented library on Evergreen, cut by the engine and swept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from carrel.systems.secret import Secret
from carrel.systems.sql.database import Access, connect
from tests.integration.sweep_rig import Rig

if TYPE_CHECKING:
    from tests.integration.evergreen.conftest import Evergreen

STAND_IN = 1


@dataclass
class LoanRig(Rig):
    """One database of Evergreen under one policy.

    Args:
        url: of the account that carries out; everything may be done unless given.
    """

    koha: Evergreen  # type: ignore[assignment]  # the database, whatever its product
    system: str = "evergreen"
    url: str = ""

    def open(self) -> None:
        """As that account, on the library's own clock."""
        self.zone = ZoneInfo(self.koha.sample.zone)
        access = Access("library", Secret(self.url or self.koha.url, "a test"), session_zone=self.zone.key)
        self.engine = self.koha.lasts(connect(access, read_only=False))
        self.stand_in = STAND_IN
