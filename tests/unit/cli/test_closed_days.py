"""Days on which the library is closed reach every clock of working days: of requests, and of legal process."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from carrel.cli.disclose_rules import everybody, process_rules
from carrel.cli.request_rules import rules_of
from carrel.disclosure.working_day import working_days_later
from carrel.errors import CarrelError
from carrel.systems.site_file import load_site

SITE = """\
format_version: 1
library: Example Library
policy: manhattan
closed_days: {days}
systems:
  - {{name: koha, map: koha, dsn_env: KOHA_DSN, time_zone: America/Chicago}}
"""


def site(folder: Path, days: str):
    (folder / "carrel.yaml").write_text(SITE.format(days=days), encoding="utf-8")
    return load_site(folder)


def test_both_kinds_of_clock_know_them(tmp_path: Path) -> None:
    here = site(tmp_path, "[2026-12-24, 2026-12-29 to 2026-12-30]")
    free = {date(2026, 12, 24), date(2026, 12, 29), date(2026, 12, 30)}
    assert rules_of(here).clocks.free_days == free
    viewer = everybody(process_rules(here), datetime(2026, 12, 23, tzinfo=UTC))
    assert viewer.free_days == free
    received = datetime(2026, 12, 23, 18, tzinfo=UTC)
    zone = ZoneInfo("America/Chicago")
    assert working_days_later(received, 3, zone) == date(2026, 12, 28)
    assert working_days_later(received, 3, zone, viewer.free_days) == date(2026, 12, 31)


@pytest.mark.parametrize("days", ["[2026-02-30]", "[2026-12-30 to 2026-12-29]", "[soon]", "2026-12-24", "[1]"])
def test_what_is_no_day_is_refused(tmp_path: Path, days: str) -> None:
    with pytest.raises(CarrelError):
        site(tmp_path, days)


def test_a_range_without_an_end_in_sight_stops_no_clock_for_ever(tmp_path: Path) -> None:
    assert len(site(tmp_path, "[2026-01-01 to 9999-12-31]").free_days) == 366
