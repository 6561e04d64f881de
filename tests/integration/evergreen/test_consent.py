"""Consents and the gate on Evergreen: addresses in a table of their own, records that were deleted and stay."""

from __future__ import annotations

from importlib import resources

import pytest

from carrel.systems import map_files
from tests.integration.evergreen.person_seed import CARD, MAIL, STREET, Seeder
from tests.integration.run.consent_desk import CAMPAIGN, opened, rows


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
