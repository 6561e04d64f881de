"""Consents and the gate on Evergreen: addresses in a table of their own, records that were deleted and stay."""

from __future__ import annotations

from importlib import resources

import pytest

from carrel.systems import map_files
from carrel.systems.sample.evergreen import habits
from tests.integration.evergreen.person_seed import CARD, MAIL, STREET, Seeder
from tests.integration.run.consent_desk import CAMPAIGN, DEE, opened, rows
from tests.integration.run.test_consent import policy
from tests.integration.run.test_merged_people import named


@pytest.fixture
def desk(site):
    """Under OWWL's policy, with one patron whose card is in use; nobody else has an address."""
    seed = Seeder(site.koha, map_files.load("evergreen"))
    site.koha.do("UPDATE actor.usr SET email = NULL, expire_date = '2999-01-01'")
    number = seed.patron(expire_date="2999-01-01 00:00:00+00")
    shipped = resources.files("carrel.policy") / "shipped" / "owwl.yaml"
    (site.folder / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"))
    found = opened(site)
    found.cards["quirina"] = CARD
    return found, number


def test_consent_withdrawal_and_deletion(desk):
    desk, number = desk
    before = desk.elm.checksum()
    assert desk.export(CAMPAIGN)[0]["written"] == 0
    assert desk.say("give", "quirina", purpose=CAMPAIGN)["states"] == {CAMPAIGN: "given"}
    every = [word for field in ("name", "email address", "postal address") for word in ("--field", field)]
    told, place = desk.export(CAMPAIGN, *every)
    [row] = rows(place)
    assert (told["written"], row["email address"], row["street"]) == (1, MAIL, STREET)
    assert desk.elm.checksum() == before
    desk.elm.koha.do("UPDATE actor.usr SET deleted = TRUE WHERE id = :n", n=number)
    told, place = desk.export(CAMPAIGN)
    assert (rows(place), "record deleted" in told["left_out"]) == ([], True)
    desk.elm.koha.do("UPDATE actor.usr SET deleted = FALSE, expire_date = '2020-01-01' WHERE id = :n", n=number)
    told, place = desk.export(CAMPAIGN)
    assert (rows(place), told["left_out"]["card expired"]) == ([], "1-9")
    desk.elm.koha.do("UPDATE actor.usr SET expire_date = '2999-01-01' WHERE id = :n", n=number)
    assert desk.mails(CAMPAIGN) == [MAIL]
    assert desk.say("withdraw", "quirina", purpose=CAMPAIGN)["states"] == {CAMPAIGN: "withdrawn"}
    assert desk.mails(CAMPAIGN) == []


def test_a_no_of_an_account_that_was_merged_holds_for_its_address(desk):
    """The product blanks the first record, and keeps its former states; the second had said nothing."""
    desk, number = desk
    policy(desk.elm, "worcester")
    koha = desk.elm.koha
    into = koha.one("SELECT min(id) FROM actor.usr WHERE id > 1 AND active AND NOT deleted AND card IS NOT NULL")
    koha.do("UPDATE actor.usr SET email = :m WHERE id = :n", m=MAIL.upper(), n=into)
    assert sorted(desk.mails(CAMPAIGN)) == sorted([MAIL, MAIL.upper()])
    desk.say("withdraw", "quirina", purpose=CAMPAIGN)
    assert desk.mails(CAMPAIGN) == []
    desk.elm.edit("may: [consent, export]", "may: [consent, export, requests]")
    opening = ("request", "open", "restriction", "--card", desk.card("quirina"), "--channel", "desk", *DEE)
    name = desk.elm.ok(*opening, "--identity", "photo id")["request"]["id"]
    assert not named(desk.elm)
    habits.merges_patrons(koha.connection, number, into)
    assert name in named(desk.elm)
    assert koha.rows("SELECT email, deleted FROM actor.usr WHERE id = :n", n=number) == [(None, True)]
    assert desk.mails(CAMPAIGN) == []
    told, _ = desk.export(CAMPAIGN)
    assert told["left_out"]["same address as somebody who said no"] == "1-9"
