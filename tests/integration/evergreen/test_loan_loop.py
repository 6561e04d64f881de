"""The loop on Evergreen as people do it: doctor, plan, approve, apply in stages, verify, sweep, and an ordinary night."""

from __future__ import annotations

import json

import pytest

from tests.integration.evergreen import person_site

pytestmark = pytest.mark.postgresql


@pytest.fixture
def here(evergreen, tmp_path):
    return person_site.make(tmp_path / "site", evergreen, policy="worcester")


@pytest.mark.slow
def test_the_whole_loop(here):
    triggers = [
        one for one in here.ok("doctor", code=3)["checks"] if one["name"] == "triggers" and "bypassed" in str(one)
    ]
    assert len(triggers) == 1
    plan = json.loads(here.plan().read_text())
    (loans,) = [one for one in plan["paths"] if one["path"] == "action.circulation"]
    assert (loans["act"], "session_replication_role" in loans["why"]) == ("move", True)
    last = here.dispose()
    done = here.ok("apply", last)["run"]
    assert (done["complete"], done["remaining"], done["triggers"]) == (True, {}, "bypassed")
    assert here.ok("verify")["verified"] is True
    again = here.ok("plan", "--as", "Cal Example", "--out", here.folder / "again.json")["plan"]
    assert again["states"]["due"] == 0
    assert [one["path"] for one in again["paths"] if one["rows"] or one["strays"]] == []
    swept = here.run("sweep", "--json").told
    assert (swept["led_back"], [one for one in swept["attacks"] if one["hits"]]) == (0, [])


def test_an_undo_capsule_is_refused(here):
    shares = ("--out-a", here.folder.parent / "a", "--out-b", here.folder.parent / "b")
    key = here.run("undo", "key", *shares, site=False).out.strip()
    here.edit("    mode: window\n", f"    mode: window\n    undo: 48 hours\n    undo_key: {key}\n")
    here.refused("plan", "--as", "Cal Example", "--out", here.folder / "plan.json", code=4, error="UND-008")
