"""A request for erasure on Evergreen, from the desk to the answer."""

from __future__ import annotations

import pytest

from carrel.systems import map_files
from tests.integration.evergreen.person_seed import CARD, Seeder
from tests.integration.run.test_erasure import given
from tests.integration.run.test_requests import DEE, no, ruled, shown


@pytest.mark.deep
def test_an_erasure_is_answered_when_it_was_read_back_and_told(site):
    Seeder(site.koha, map_files.load("evergreen")).patron()
    ruled(site)
    card, place = given(site, CARD), site.folder / "erase.json"
    opening = ("request", "open", "erasure", "--card", card, "--channel", "phone", "--identity", "known to the staff")
    name = site.ok(*opening, *DEE)["request"]["id"]
    site.ok("plan", "--erase", card, "--request", name, *DEE, "--out", place)
    site.approve(place)
    site.ok("apply", place)
    [plan], [task] = shown(site, name)["plans"], shown(site, name)["tasks"]
    assert plan["outcome"] in {"verified", "applied, residue until"}
    no(site, "request", "answer", name, *DEE, code=4, error="RGT-013")
    site.ok("request", "tell", name, task["id"], *DEE)
    site.ok("request", "reply", name, task["id"], *DEE)
    if not plan["settled"]:
        site.ok("request", "waive", name, plan["case"], "--because", "the log of the server goes in time", *DEE)
    assert site.ok("request", "answer", name, *DEE)["request"]["state"] == "answered"
