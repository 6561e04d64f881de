"""A library that lets the postal code stay, as people do it: plan, approve, apply, verify; and a finer level."""

from __future__ import annotations

import json

import pytest

from carrel.deidentification.reader_description import Describing, Trait
from tests.integration.evergreen import person_site
from tests.integration.evergreen.test_described_readers import LEFT, too_rare

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]
FIELD = "      branch: {category: location, purpose: provide}\n"
POSTCODE = "      postcode: {category: postal address, purpose: provide}\n"
LEVEL = "desk note: remove, postcode: {generalise: 3 signs}}\n        shared by at least: 3"
TOLD = "generalise to its first 3 signs, where at least 3 patrons share it; else clear"
FEW = Describing(((Trait.POSTAL_CODE, "3 signs"),), 3)


def test_from_the_policy_to_a_verified_night(small, tmp_path):
    here = person_site.make(tmp_path / "site", small, policy="worcester")
    policy, earlier = here.folder / "policy.yaml", tmp_path / "earlier.yaml"
    text = policy.read_text().replace(FIELD, FIELD + POSTCODE, 1).replace("desk note: remove}", LEVEL)
    policy.write_text(text)
    earlier.write_text(text)
    shown = " ".join(here.run("policy", "show", policy, site=False).out.split())
    assert "may stay the postal code (its first 3 signs), where at least 3 patrons share it" in shown
    plan = json.loads(here.plan().read_text())
    methods = {one["path"]: one["methods"] for one in plan["paths"]}
    assert methods["action.circulation"]["usr_post_code"] == TOLD
    assert methods["post code of an aged loan"] == {"usr_post_code": TOLD, "usr_birth_year": "clear"}
    last = here.dispose()
    left = small.rows(LEFT)
    assert left
    assert all(year is None for *_, year in left)
    assert too_rare(small, FEW) == []
    assert here.ok("verify")["verified"] is True
    again = {one["path"]: one for one in json.loads(here.plan("again.json").read_text())["paths"]}
    for path in ("action.circulation", "post code of an aged loan", "birth year of an aged loan"):
        assert (again[path]["rows"], again[path]["strays"]) == (0, 0)
    # A finer level is another policy: what was approved before does not cover it.
    policy.write_text(text.replace("{generalise: 3 signs}", "{generalise: 4 signs}"))
    stale = here.run("apply", last)
    assert (stale.code, "APR-007" in stale.text, small.rows(LEFT)) == (4, True, left), stale.text
    changed = " ".join(here.run("policy", "diff", earlier, policy, site=False).out.split())
    assert "of a reader stays: postal code (its first 4 signs)" in changed
