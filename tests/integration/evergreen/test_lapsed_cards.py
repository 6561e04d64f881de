"""A first run on Evergreen under a policy that erases lapsed cards: loans, other records, and people at the end."""

from __future__ import annotations

import pytest

from tests.integration.evergreen import person_site

EMPTY = "deleted AND family_name = '' AND usrname = CAST(id AS text)"


@pytest.fixture
def here(small, tmp_path):
    """A site on a library of sixty patrons."""
    return person_site.make(tmp_path / "site", small)


@pytest.mark.slow
def test_lapsed_cards_go_with_the_night(here):
    own = here.koha
    staff = own.one("SELECT min(id) FROM actor.usr WHERE id > 1 AND NOT deleted")
    own.do("UPDATE actor.usr SET expire_date = '2015-01-01', super_user = true WHERE id = :n", n=staff)
    place = here.plan()
    here.approve(place, *here.waiver)
    run = here.ok("apply", place)["run"]
    assert (run["outcome"], run["complete"], run["remaining"]) == ("verified", True, {})
    cards = run["cards"]
    assert (cards["people"] > 0, cards["still_there"]) == (True, {})
    # Also of people whose loans the run itself cuts: a loan is a row of money.billable_xact as long as it is there.
    assert (cards["planned"], cards["unplanned"]) == (cards["people"], 0)
    gone = own.rows(f"SELECT id FROM actor.usr WHERE {EMPTY} ORDER BY id")
    assert len(gone) == cards["people"]
    numbers = [one for (one,) in gone]
    assert staff not in numbers
    for table, column in (
        ("actor.card", "usr"), ("actor.usr_address", "usr"), ("actor.usr_setting", "usr"), ("action.circulation", "usr"),
        ("auditor.actor_usr_history", "id"), ("auditor.actor_usr_address_history", "usr"),
    ):  # fmt: skip
        assert own.one(f"SELECT count(*) FROM {table} WHERE {column} = ANY(:n)", n=numbers) == 0, table
    # Whoever is an empty row by now is no card any more: nothing is left to do, and nobody is counted again.
    here.ok("verify")
    again = here.ok("plan", "--as", "Cal Example", "--out", here.folder / "again.json")["plan"]
    assert again["cards"]["due"] == 0
