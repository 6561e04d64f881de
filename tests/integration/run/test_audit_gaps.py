"""What nobody can tell is never told as kept, and what a product demands counts: the audit on a real library."""

from __future__ import annotations

import pytest

from tests.integration.run import library
from tests.integration.run.person_seed import Seeder

PREFERENCE = "INSERT INTO systempreferences (variable, value) VALUES ('BorrowerMandatoryField', 'surname|{}')"


def evidence(elm):
    told = elm.run("audit", "--json").told
    return {one["clause"]: (one["standing"], one.get("evidence") or {}) for one in told["clauses"]}


@pytest.fixture
def elm(small_sqlite, tmp_path):
    made = library.make(tmp_path / "site", small_sqlite, policy="worcester")
    made.sql("DELETE FROM saved_sql")
    return made


def said(elm):
    standing, told = evidence(elm)["WPL-3.1"]
    return standing, told["says"].casefold()


def test_cards_numbers_and_mandatory_fields(elm):
    """Undated cards, numbers without a recorded choice though the policy lists the field, fields that are demanded."""
    before = said(elm)
    assert "identity number" not in before[1]
    assert "mandatory" not in before[1]
    seed = Seeder(elm.koha)
    reader = seed.patron(dateexpiry="2099-01-01", sort1="212-45-6789")
    elm.needles.add("212-45-6789")
    assert said(elm)[0] == "finding"
    assert "0-9 rows hold a national identity number without a recorded choice" in said(elm)[1]
    seed.row("patron_consent", borrowernumber=reader, type="GDPR_PROCESSING", given_on="2026-01-02 03:04:05")
    assert "identity number" in said(elm)[1], "a consent to the privacy policy is no such choice"
    seed.row("patron_consent", borrowernumber=reader, type="IDENTITY_NUMBER", given_on="2026-01-02 03:04:05")
    assert "identity number" not in said(elm)[1]
    elm.sql(f"UPDATE patron_consent SET refused_on = '2026-02-02 00:00:00' WHERE borrowernumber = {reader}")
    assert "identity number" in said(elm)[1]
    elm.sql(f"UPDATE borrowers SET sort1 = NULL WHERE borrowernumber = {reader}")
    elm.sql("DELETE FROM systempreferences WHERE variable = 'BorrowerMandatoryField'", PREFERENCE.format("email"))
    assert "makes email address mandatory" in said(elm)[1]
    elm.sql("UPDATE systempreferences SET value = 'surname' WHERE variable = 'BorrowerMandatoryField'")
    seed.row("borrower_attribute_types", code="SSN", description="Social security number", mandatory=1)
    assert "makes social security number mandatory" in said(elm)[1]
    elm.sql("DELETE FROM borrower_attribute_types WHERE code = 'SSN'")
    assert said(elm) == before
    elm.sql("UPDATE borrowers SET dateexpiry = NULL")
    standing, told = evidence(elm)["WPL-3.1"]
    assert standing != "holds"
    assert told["measured"]["cards without a usable day of expiry"] not in {0, "0-9"}
