"""The rights that the page of grants names suffice for consents and exports of addresses, and fewer are told as such."""

from __future__ import annotations

import pytest

from carrel.systems import map_files
from carrel.systems.sql import grants
from tests.integration.run import library
from tests.integration.run.consent_desk import CAMPAIGN
from tests.integration.run.test_consent import people, policy

NAMED = "borrowernumber, cardnumber, surname, firstname, email, dateexpiry"  # as docs/grants.md says
STREET = "streetnumber, streettype, address, address2, city, state, zipcode, country"


def reading(more=()):
    """What `carrel init` prints for the account that reads, without the look into every table, and some columns more."""
    needed = [one for one in grants.needed(map_files.load("koha"), grants.Purpose.READ) if one.table != "*"]
    rights = [
        f"{one.privilege}{' (' + ', '.join(one.columns) + ')' if one.columns else ''} ON {one.table}" for one in needed
    ]
    return ["REFERENCES ON *", "TRIGGER ON *", "CREATE TEMPORARY TABLES ON *", *rights, *more]


@pytest.mark.mariadb
def test_on_mariadb_by_the_columns_of_the_page(small_mariadb, tmp_path):
    elm = library.make(tmp_path / "site", small_mariadb)
    policy(elm, "owwl")
    desk = people(elm, "ann", "bob")
    elm.secret("koha.dsn", small_mariadb.limited_user(reading()).replace("?charset=utf8mb4", ""))
    out = elm.folder.parent / "none.csv"
    call = ("export", "contacts", "--purpose", CAMPAIGN, "--recipient", "the library", "--out", out)
    desk.refused("SQL-005", 4, *call)
    assert not out.exists()
    extended = reading([f"SELECT ({NAMED}) ON borrowers"])
    elm.secret("koha.dsn", small_mariadb.limited_user(extended).replace("?charset=utf8mb4", ""))
    desk.say("give", "ann", purpose=CAMPAIGN)
    assert desk.mails(CAMPAIGN) == ["ann@oak.example"]
    desk.say("withdraw", "ann", purpose=CAMPAIGN)
    assert desk.mails(CAMPAIGN) == []
    desk.refused("SQL-005", 4, *call, "--field", "postal address")
    with_street = [*extended, f"SELECT ({STREET}) ON borrowers"]
    elm.secret("koha.dsn", small_mariadb.limited_user(with_street).replace("?charset=utf8mb4", ""))
    desk.say("give", "bob", purpose=CAMPAIGN)
    assert desk.export(CAMPAIGN, "--field", "postal address")[0]["written"] == 1


@pytest.mark.postgresql
def test_on_postgresql_an_account_that_reads_everything_and_writes_nothing(small_postgresql, tmp_path):
    elm = library.make(tmp_path / "site", small_postgresql)
    policy(elm, "owwl")
    desk = people(elm, "ann")
    elm.secret("koha.dsn", small_postgresql.limited_user(["pg_read_all_data"]))
    desk.say("give", "ann", purpose=CAMPAIGN)
    assert desk.mails(CAMPAIGN) == ["ann@oak.example"]
    elm.secret("koha.dsn", small_postgresql.limited_user(["SELECT (borrowernumber, cardnumber) ON borrowers"]))
    out = elm.folder.parent / "none.csv"
    call = ("export", "contacts", "--purpose", CAMPAIGN, "--recipient", "the library", "--out", out)
    desk.refused("SQL-005", 4, *call)
    assert not out.exists()
