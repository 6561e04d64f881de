"""What the product's own deletion of a patron leaves on Evergreen is found by `carrel sweep --person`, and taken out."""

from __future__ import annotations

import pytest

from carrel.systems import map_files
from carrel.systems.sample.evergreen import habits
from tests.integration.evergreen.person_seed import CARD, FIRST, LAST, MAIL, PHONE, STREET, Seeder

# The five places in which the product's own deletion leaves a name, as it was measured.
NAMED = {
    "auditor.actor_usr_history.id",
    "auditor.actor_usr_address_history.usr",
    "action_trigger.event_output.data",
    "money.billing.note",
    "action.aged_hold_request.cancel_note",
}
# And where it leaves the number alone.
NUMBERED = {"actor.usr_activity.usr", "actor.usr_password_reset.usr", "action.curbside.patron"}


@pytest.fixture
def left(site):
    """A patron whom the product has deleted."""
    own, seed = site.koha, Seeder(site.koha, map_files.load("evergreen"))
    number = seed.patron()
    loan = own.one("SELECT min(xact) FROM money.billing b JOIN action.circulation c ON c.id = b.xact WHERE c.xact_finish IS NOT NULL")  # fmt: skip
    own.do("UPDATE money.billing SET note = :t WHERE xact = :l", t=f"{FIRST} {LAST} ({CARD}, {MAIL}) says it was raining", l=loan)  # fmt: skip
    output = seed.add("action_trigger.event_output", data=f"To: {MAIL}\n\nDear {FIRST} {LAST},")["id"]
    kind = own.one("SELECT min(id) FROM action_trigger.event_definition")
    seed.add("action_trigger.event", target=loan, event_def=kind, template_output=output, context_user=number, state="complete")  # fmt: skip
    seed.add(
        "action.hold_request", usr=number, requestor=number, target=1, hold_type="T", request_lib=4, pickup_lib=4, selection_ou=4,
        cancel_time="2026-01-02 03:04:05+00", cancel_note=f"{FIRST} rang from {PHONE}, {MAIL}",
    )  # fmt: skip
    for table, column in (one.rsplit(".", 1) for one in NUMBERED):
        seed.add(table, **{column: number, **({"etype": 4} if table == "actor.usr_activity" else {})})
    habits.deletes_patron(own.connection, number, 1)
    return site, number


def test_the_sweep_names_what_the_product_left(left):
    site, number = left
    assert site.koha.one("SELECT count(*) FROM actor.card WHERE usr = :n", n=number) == 0
    before = site.checksum()
    told = site.ok("sweep", "--person", site.card(str(number)), "--by-number", code=3)
    found = {*told["named_by_number"], *told["named_in_texts"]}
    assert found >= NAMED | NUMBERED, NAMED | NUMBERED - found
    assert told["identifiers_searched"] >= 2
    assert site.checksum() == before
    # Nobody can be found by a card that is gone.
    assert site.run("sweep", "--person", site.card(CARD)).codes == ["ERA-001"]


def test_what_the_product_left_goes_by_an_erasure(left):
    site, number = left
    place = site.folder / "erase.json"
    site.ok("plan", "--erase", site.card(str(number)), "--by-number", "--as", "Cal Example", "--out", place)
    site.approve(place)
    done = site.ok("apply", place)["erasure"]
    assert done["still_there"] == {}
    assert not [row for rows in site.rows().values() for row in rows for one in (MAIL, PHONE, STREET) if one in row]
    # A card number went with the product's own deletion, so nobody knows it any more; the name beside it is told.
    assert "money.billing.note" in done["for_a_human"]
