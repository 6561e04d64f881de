"""A return from Evergreen: moved loans count, renewals are rows of their own, and a year ends on the library's clock."""

from __future__ import annotations

from datetime import date

import pytest

from carrel.systems import map_files
from carrel.systems.sql.return_figures import figures_of
from tests.integration.evergreen.conftest import Evergreen

pytestmark = pytest.mark.postgresql
BOTH = """
    SELECT count(*) FROM (SELECT xact_start, parent_circ FROM ONLY action.circulation
      UNION ALL SELECT xact_start, parent_circ FROM ONLY action.aged_circulation) c
    WHERE extract(year FROM xact_start) = :year AND (parent_circ IS NULL) = :first
"""


def test_loans_renewals_and_people_are_counted(evergreen_unchanged: Evergreen) -> None:
    figures = map_files.load("evergreen").figures
    years = [int(year) for (year,) in evergreen_unchanged.rows(
        "SELECT DISTINCT extract(year FROM xact_start) FROM action.circulation ORDER BY 1")]  # fmt: skip
    total = {"first_loans": 0, "renewals": 0}
    for year in years:
        found = figures_of(evergreen_unchanged.connection, figures, date(year, 1, 1), date(year + 1, 1, 1))
        for kind, first in (("first_loans", True), ("renewals", False)):
            assert found[kind] == evergreen_unchanged.one(BOTH, year=year, first=first)
            total[kind] += found[kind]
    assert min(total.values()) > 0
    assert "borrowed_elsewhere" not in found
    assert found["registered"] == evergreen_unchanged.one(
        "SELECT count(*) FROM actor.usr WHERE NOT deleted AND id > 1 AND create_date < make_date(:after, 1, 1) "
        "AND (expire_date IS NULL OR expire_date >= make_date(:after, 1, 1))", after=years[-1] + 1)  # fmt: skip


def test_one_loan_on_each_side_of_midnight(evergreen: Evergreen) -> None:
    figures = map_files.load("evergreen").figures
    evergreen.do("UPDATE action.circulation SET xact_start = '2019-06-30 12:00'")
    [(one,), (two,)] = evergreen.rows("SELECT id FROM action.circulation WHERE parent_circ IS NULL ORDER BY id LIMIT 2")
    evergreen.do("UPDATE action.circulation SET xact_start = '2025-12-31 23:59:59' WHERE id = :one", one=one)
    evergreen.do("UPDATE action.circulation SET xact_start = '2026-01-01 00:00:00' WHERE id = :two", two=two)
    aged = "SELECT count(*) FROM action.aged_circulation WHERE parent_circ IS NULL AND extract(year FROM xact_start) = :year"
    for year in (2025, 2026):
        found = figures_of(evergreen.connection, figures, date(year, 1, 1), date(year + 1, 1, 1))
        assert found["first_loans"] == 1 + evergreen.one(aged, year=year)
