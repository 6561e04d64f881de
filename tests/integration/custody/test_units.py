"""A library that is one unit of a consortium's database: its policy governs its unit, the custodian's own the rest."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from carrel.accountability.bundle_archive import unpack
from carrel.accountability.plan_request import open_request
from tests.integration.custody.two_sites import changed
from tests.integration.run import consortium

ADA = ("--as", "Ada Example", "--yes")
MINE, ALSO = "CPL", "MPL"


@pytest.fixture
def shared(sites):
    """The custodian's own policy for every unit but one, for which it names the file of the request."""
    host = sites.host
    (host.folder / "network.yaml").write_text(consortium.policy("network", "14 days"))
    (host.folder / "other.yaml").write_text(consortium.policy("other", "9 days"))
    lines = f"  - {{unit: {MINE}, policy: custodian/policy.yaml}}\n  - {{unit: {ALSO}, policy: ./other.yaml}}\n"
    host.edit("policy: custodian/policy.yaml\n", f"policy: ./network.yaml\nbranches:\n{lines}")
    return sites


def due_of(plan: dict, policy: str) -> dict:
    return next(one for one in plan["policies"] if one["policy"] == policy)


def test_its_own_policy_is_carried_out_in_its_unit_and_it_sees_no_other_units_figures(shared):
    host, library = shared.host, shared.library
    told = shared.accept(shared.request("--branch", MINE))["request"]
    place = host.plan()
    plan = json.loads(place.read_text())
    assert plan["asked"] == {MINE: told["policy_digest"]}
    assert plan["basis"]["policy_digest"] != told["policy_digest"]
    assert set(plan["branches"]) <= {MINE, "other branches"}
    assert plan["branches"]["other branches"] > 0
    assert [one["policy"] for one in plan["policies"]] == ["network", "worcester"]
    assert (plan["policies"][0]["due"], due_of(plan, "worcester")["due"]) == ("not told", plan["branches"][MINE])
    host.approve(place, *host.waiver)
    assert host.ok("apply", place)["run"]["remaining"] == {}
    due = {one["policy"]: one["due"] for one in host.ok("verify")["policies"]}
    assert due == {"network": 0, "worcester": 0, "other": 0}
    bundle = shared.bundle()
    [run] = shared.check(bundle)["runs"]
    assert run["state"] == "verified there"
    assert (run["units"]["units"], run["units"]["due"]) == ([MINE], plan["branches"][MINE])
    assert run["units"]["left_at_most"] == run["still_due"] == 0
    # Whatever travels tells of no other unit, neither by a count of its own nor by name.
    counts = b"".join(raw for name, raw in unpack(bundle.read_bytes()).items() if not name.endswith(".yaml"))
    for code in ("FPL", "FRL", "IPT", "LPL", "SPL", "TPL", "UPL", ALSO):
        assert f'"{code}"'.encode() not in counts
    clauses = {one["clause"]: one for one in library.run("audit", "--json").told["clauses"]}
    assert clauses["WPL-2.5"]["standing"] == clauses["WPL-3.3"]["standing"] == "carried out by the custodian"
    assert clauses["WPL-2.5"]["evidence"]["measured"]["units asked for"] == MINE
    assert library.ok("verify")["state"] == "carried out by the custodian"
    shown = library.run("custodian", "check", bundle)
    assert f"{MINE}: {plan['branches'][MINE]:,} loans" in " ".join(shown.out.split())
    assert max(map(len, shown.out.splitlines())) <= 100
    assert ALSO not in shown.out
    # A night of the custodian's goes on under a standing approval.
    host.approve(host.plan("again.json"), "--standing")
    assert host.ok("run-due")["systems"][0]["went"] in {"done", "nothing due, and verified already"}


def test_a_unit_that_is_missing_or_stands_under_another_policy_is_refused(shared):
    host = shared.host
    plan = ("plan", "--as", "Cal Example", "--out", shared.mail / "x.json")
    first = shared.request("--branch", MINE)
    issued = open_request(first.read_text(), shared.parties).issued_at

    def asks(name, second, *branches):
        more = {"issued_at": issued + timedelta(seconds=second), "nonce": f"{second:032x}", "branches": branches}
        return changed(shared, first, name, **more)

    # What the site file says is told before the request is taken in.
    everything = asks("all.note", 1)
    assert MINE in host.refused("custodian", "accept", everything, *ADA, code=4, error="CUS-008").err
    small = host.refused("custodian", "accept", asks("small.note", 5, MINE.lower()), *ADA, code=4, error="CUS-008").err
    assert f"writes the unit as the system has it: {MINE}" in " ".join(small.split())
    two = asks("two.note", 2, MINE, ALSO)
    assert ALSO in host.refused("custodian", "accept", two, *ADA, code=4, error="CUS-007").err
    host.edit(f"unit: {MINE}", "unit: XPL")
    away = asks("away.note", 3, "XPL")
    shared.accept(away)
    host.refused(*plan, code=2, error="UNT-002")  # the site file's own line
    host.edit("unit: XPL", f"unit: {MINE}")
    host.refused(*plan, code=4, error="CUS-007")
    again = asks("again.note", 4, MINE)
    shared.accept(again)
    place = host.plan()
    host.approve(place, *host.waiver)
    # After the approval another policy comes to govern the unit: nothing is carried out.
    host.edit(f"unit: {MINE}, policy: custodian/policy.yaml", f"unit: {MINE}, policy: ./network.yaml")
    host.refused(*plan, code=4, error="CUS-007")
    assert host.run("apply", place).code == 4
    host.edit(f"unit: {MINE}, policy: ./network.yaml", f"unit: {MINE}, policy: custodian/policy.yaml")
    # The policy of the request for a unit that it does not name, and for the rest.
    host.edit(f"unit: {ALSO}, policy: ./other.yaml", f"unit: {ALSO}, policy: custodian/policy.yaml")
    host.refused(*plan, code=4, error="CUS-008")
    host.edit(f"unit: {ALSO}, policy: custodian/policy.yaml", f"unit: {ALSO}, policy: ./other.yaml")
    host.edit("policy: ./network.yaml\nbranches", "policy: custodian/policy.yaml\nbranches")
    host.refused(*plan, code=4, error="CUS-008")


def test_policies_that_cannot_share_a_database_are_refused_before_the_request_is_in_force(shared):
    text = (shared.library.folder / "policy.yaml").read_text()
    old = "      - id: closed holds\n        clauses: [WPL-3.2]\n        active until: ended\n        keep: 0 days\n"
    assert old + "        then: de-identify" in text
    (shared.library.folder / "policy.yaml").write_text(
        text.replace(old + "        then: de-identify", old + "        then: transfer to archives")
    )
    other = shared.host.folder / "other.yaml"
    other.write_text(text.replace("policy: worcester", "policy: other"))
    asked = shared.request("--branch", MINE)
    shared.host.refused("custodian", "accept", asked, *ADA, code=2, error="UNT-005")
    assert not (shared.host.folder / "custodian" / "policy.yaml").exists()
