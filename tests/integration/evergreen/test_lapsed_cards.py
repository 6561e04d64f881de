"""A first run on Evergreen under a policy that erases lapsed cards: loans, other records, and people at the end."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from carrel.systems.sample import SampleSize
from carrel.systems.sample.evergreen import build
from carrel.systems.sample.evergreen.schema import SEARCH_PATH
from tests.integration.evergreen import person_site
from tests.integration.evergreen.conftest import AS_OF, Evergreen

EMPTY = "deleted AND family_name = '' AND usrname = CAST(id AS text)"


@pytest.fixture
def small(evergreen_server, tmp_path):
    """A site on a library of sixty patrons."""
    name = "evergreen_small"
    evergreen_server.sql(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    engine = sa.create_engine(evergreen_server.url(name))
    sample = build(engine, SampleSize("small", 60, 300), 6, AS_OF)
    engine.dispose()
    evergreen_server.sql(f"ALTER DATABASE {name} SET search_path = {SEARCH_PATH}")
    own = Evergreen(evergreen_server, name, sample)
    try:
        yield person_site.make(tmp_path / "site", own)
    finally:
        own.dispose()


@pytest.mark.slow
def test_lapsed_cards_go_with_the_night(small):
    own = small.koha
    staff = own.one("SELECT min(id) FROM actor.usr WHERE id > 1 AND NOT deleted")
    own.do("UPDATE actor.usr SET expire_date = '2015-01-01', super_user = true WHERE id = :n", n=staff)
    place = small.plan()
    small.approve(place, *small.waiver)
    run = small.ok("apply", place)["run"]
    assert (run["outcome"], run["complete"], run["remaining"]) == ("verified", True, {})
    cards = run["cards"]
    assert (cards["people"] > 0, cards["still_there"]) == (True, {})
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
    small.ok("verify")
    again = small.ok("plan", "--as", "Cal Example", "--out", small.folder / "again.json")["plan"]
    assert again["cards"]["due"] == 0
