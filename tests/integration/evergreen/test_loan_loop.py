"""The loop on Evergreen as people do it: doctor, plan, approve, apply in stages, verify, sweep, and an ordinary night."""

from __future__ import annotations

import json

import pytest

from tests.integration.evergreen import person_site

pytestmark = pytest.mark.postgresql
# A message that names a copy, and a loan of that copy; the reader's own one where the loan names a reader.
NAMED = """
    SELECT m.id, c.id FROM actor.usr_message m JOIN asset.copy a ON m.message LIKE '%%' || a.barcode || '%%'
    JOIN {loans} c ON c.target_copy = a.id WHERE {own}
"""
OWN, AGED = (
    NAMED.format(loans="action.circulation", own="c.usr = m.usr"),
    NAMED.format(loans="action.aged_circulation", own="true"),
)


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
    of_loans, parted_before = set(here.koha.rows(OWN)), here.koha.rows(AGED)
    last = here.dispose()
    done = here.ok("apply", last)["run"]
    assert (done["complete"], done["remaining"], done["triggers"]) == (True, {}, "bypassed")
    assert done["record_triggers"] == "fired"
    assert here.ok("verify")["verified"] is True
    again = here.ok("plan", "--as", "Cal Example", "--out", here.folder / "again.json")["plan"]
    assert again["states"]["due"] == 0
    assert [one["path"] for one in again["paths"] if one["rows"] or one["strays"]] == []
    living = {loan for (loan,) in here.koha.rows("SELECT id FROM action.circulation")}
    cut = {message for message, loan in of_loans if loan not in living}
    assert cut
    assert cut.isdisjoint(message for message, _ in here.koha.rows(AGED))
    swept = here.run("sweep", "--pairs", "10000", "--json").told
    found = [one for one in swept["attacks"] if one["hits"]]
    assert swept["led_back"] == 0
    # Of a loan that the product had parted before, nothing tells which words to take out: told, and not more than that.
    assert {(one["table"], one["severity"]) for one in found} == {("actor.usr_message", "not yet covered")}
    assert max(one["hits"] for one in found) <= len(parted_before)


def test_an_undo_capsule_is_refused(here):
    shares = ("--out-a", here.folder.parent / "a", "--out-b", here.folder.parent / "b")
    key = here.run("undo", "key", *shares, site=False).out.strip()
    here.edit("    mode: window\n", f"    mode: window\n    undo: 48 hours\n    undo_key: {key}\n")
    here.refused("plan", "--as", "Cal Example", "--out", here.folder / "plan.json", code=4, error="UND-008")
