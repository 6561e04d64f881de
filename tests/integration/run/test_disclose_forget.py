"""``carrel disclose forget``: what is due is shown, approved by one, and forgotten by another or by the night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from carrel.cli.aftermath import follow_up
from carrel.cli.at_site import open_site
from carrel.cli.disclose_rules import process_rules, viewer_of
from carrel.disclosure.event import Act
from tests.integration.run import library
from tests.integration.run.test_consent import policy
from tests.integration.run.test_disclose import ADA, BEA, DEE, LOU, PEOPLE, opened

YEARS_AGO = datetime.now(UTC) - timedelta(days=6 * 366)


@pytest.fixture
def elm(small_stored):
    """On each database, with the store in a file or on a server."""
    policy(small_stored, "worcester")
    small_stored.edit("people:\n", PEOPLE)
    return small_stored


def old_case(elm) -> str:
    """One that was refused six years ago."""
    site = open_site(elm.folder)
    rules = process_rules(site)
    with elm.store as store:
        viewer = viewer_of(site, store, rules, "Dee Example", YEARS_AGO)
        terms = {"instrument": "informal ask", "served on": "an employee", "from": "an officer"}
        name = store.disclosures.open(terms, "who sat there", viewer)
        store.disclosures.add(name, Act.REFUSED, {"ground": "no legal process"}, viewer, "no paper")
    return name


def due(elm, who=ADA):
    told = elm.ok("disclose", "forget", *who)["forget"]
    return told["plan"], [one["id"] for one in told["due"]], [one["approved_by"] for one in told["due"]]


def test_one_approves_another_applies_and_the_rest_goes_by_night(elm) -> None:
    first = old_case(elm)
    opened(elm, "informal ask")
    plan, names, approved = due(elm)
    assert (names, approved) == ([first], [None])
    assert due(elm, BEA) == (None, [], [])  # who may not know of it
    approve = ("disclose", "forget", "--approve")
    elm.refused(*approve, "0" * 16, *ADA, code=4, error="DSC-023")
    elm.refused(*approve, plan, *DEE, code=4, error="DSC-003")
    elm.refused(*approve, plan, *BEA, code=4, error="DSC-023")
    elm.ok(*approve, plan, *ADA)
    elm.refused("disclose", "forget", "--apply", *ADA, code=4, error="DSC-009")
    assert due(elm)[2] == ["Ann Example"]
    elm.ok("disclose", "note", first, "--because", "they rang again", *LOU)
    assert due(elm) == (None, [], [])  # something was done in it: it is kept on
    before = elm.ok("disclose", "report", "--year", YEARS_AGO.year)
    # Two more, of which one goes by hand and the other by night.
    with elm.store as store, store._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM clock")
    second = old_case(elm)
    elm.ok(*approve, due(elm)[0], *ADA)
    assert elm.ok("disclose", "forget", "--apply", *LOU)["forget"]["forgotten"] == 1
    elm.refused("disclose", "show", second, *ADA, code=2, error="DSC-001")
    with elm.store as store, store._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM clock")
    third = old_case(elm)
    elm.ok(*approve, due(elm)[0], *LOU)
    elm.run("run-due")
    elm.refused("disclose", "show", third, *ADA, code=2, error="DSC-001")
    assert elm.ok("disclose", "report", "--year", YEARS_AGO.year)["report"]["lines"] == before["report"]["lines"]
    keys = {one.stem for one in (elm.folder / "disclosures").glob("dsc-*.key")}
    assert first in keys
    assert {second, third}.isdisjoint(keys)
    elm.ok("audit", code=3)


def test_a_night_of_more_than_five_minutes_forgets_too(small_sqlite, tmp_path) -> None:
    """Its leases were renewed after it began; what is judged by its beginning would be refused by the store."""
    elm = library.make(tmp_path / "site", small_sqlite)
    policy(elm, "worcester")
    elm.edit("people:\n", PEOPLE)
    name = old_case(elm)
    elm.ok("disclose", "forget", "--approve", due(elm)[0], *ADA)
    with elm.store as store:
        follow_up(open_site(elm.folder), store, (), datetime.now(UTC) - timedelta(minutes=6))
    elm.refused("disclose", "show", name, *ADA, code=2, error="DSC-001")


def test_where_no_policy_says_how_long_none_is_forgotten(elm) -> None:
    old_case(elm)
    elm.edit("  keep cases: 5 years", "  #", "policy.yaml")
    elm.edit(", keep cases]", "]", "policy.yaml") if ", keep cases]" in (
        elm.folder / "policy.yaml"
    ).read_text() else elm.edit("  chosen: [keep cases]\n", "", "policy.yaml")
    assert due(elm) == (None, [], [])
