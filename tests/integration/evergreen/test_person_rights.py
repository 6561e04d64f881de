"""A patron's record on Evergreen is corrected with its copies, and its use restricted and set free again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from carrel.systems import map_files
from tests.integration.evergreen.person_seed import CARD, Seeder

NEW_MAIL, NEW_PHONE = "quirina.new@oak.example", "617-555-8888"
LIFT = f"lift: {{person told on: {date.today() - timedelta(days=1)}}}"  # noqa: DTZ011  (past in every zone)


@pytest.fixture
def patron(site):
    """A patron with an open hold, and settings of all kinds."""
    seed = Seeder(site.koha, map_files.load("evergreen"))
    number = seed.patron(prefix="Ms")
    seed.add(
        "action.hold_request", usr=number, requestor=number, target=1, hold_type="T", request_lib=4, pickup_lib=4,
        selection_ou=4, phone_notify="617-555-7777",
    )  # fmt: skip
    for name, value in (
        ("circ.default_overdue_notices_enabled", "true"), ("circ.send_email_checkout_receipts", "true"),
        ("history.circ.retention_start", '"2020-01-01"'), ("history.hold.retention_count", "5"),
    ):  # fmt: skip
        seed.add("actor.usr_setting", usr=number, name=name, value=value)
    seed.add("actor.usr_org_unit_opt_in", usr=number, org_unit=4, opt_in_ws=4)
    seed.add("actor.usr_privacy_waiver", usr=number, name="A Friend")
    seed.add("container.biblio_record_entry_bucket", owner=number, name="good ones", pub=True)
    return site, number


def request(site, text):
    place = site.folder.parent / "request.yaml"
    place.write_text(f"card number: {CARD}\n{text}\n")
    return place


def planned(site, option, text, name="case.json"):
    target = site.folder / name
    return target, site.ok("plan", option, request(site, text), "--as", "Cal Example", "--out", target)["plan"]


def test_a_record_is_corrected_with_its_copies(patron):
    site, number = patron
    before = site.rows()
    ask = f"correct:\n  email address: {NEW_MAIL}\n  telephone number: {{day: {NEW_PHONE}}}\n  name: {{given: Quirine}}"
    place, plan = planned(site, "--rectify", ask)
    assert ("action.hold_request", "phone_notify", 1) in {
        (one["table"], one["column"], one["rows"]) for one in plan["changes"]
    }
    site.approve(place, "--request", request(site, ask))
    site.ok("apply", place)
    after = site.rows()
    told = site.koha.rows("SELECT email, day_phone, first_given_name FROM actor.usr WHERE id = :n", n=number)
    assert told == [(NEW_MAIL, NEW_PHONE, "Quirine")]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"actor.usr", "action.hold_request", "auditor.actor_usr_history"}
    assert len(set(before["actor.usr"]) - set(after["actor.usr"])) == 1


def test_a_field_of_another_table_is_refused(patron):
    site, _ = patron
    words = (
        "plan",
        "--rectify",
        request(site, "correct:\n  postal address: {street: Right Lane 9}"),
        "--as",
        "Cal Example",
    )
    site.refused(*words, code=2, error="REQ-002")


def test_a_restriction_is_put_back_exactly(patron):
    site, number = patron
    before = site.rows()
    place, plan = planned(site, "--restrict", "restrict: {ground: needed for a claim, keep: yes}")
    assert {one["what"]: one["rows"] for one in plan["changes"]} == {
        "notices before and after a loan is due": 1, "receipts by mail": 1, "history of loans": 1, "history of holds": 1,
        "record shown to other branches": 1, "others who may use the account": 1, "public lists": 1,
    }  # fmt: skip
    site.approve(place)
    site.ok("apply", place)
    kept = site.koha.rows("SELECT name, value FROM actor.usr_setting WHERE usr = :n ORDER BY 1", n=number)
    assert ("circ.default_overdue_notices_enabled", "false") in kept
    assert not [name for name, _ in kept if name.startswith("history.")]
    assert site.koha.one("SELECT count(*) FROM actor.usr_privacy_waiver WHERE usr = :n", n=number) == 0
    place, _ = planned(site, "--lift", LIFT, name="lift.json")
    site.approve(place)
    site.ok("apply", place)
    assert site.rows() == before
