"""Nights one after another on Evergreen: what becomes due by itself, under a standing approval; killed, and gone on with."""

from __future__ import annotations

import pytest

from carrel.ledger.leaf import banded, decode_leaf
from carrel.store.key_file import read_verifier
from carrel.store.ledger_folder import LedgerFolder
from tests.integration.evergreen import person_site
from tests.integration.evergreen.test_person_killed import killed
from tests.integration.run.test_kill_anywhere import ROUNDS

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]
PENDING = "pending-plan-evergreen.json"
# Loans of the last half year whose return the desk entered late: they are due as soon as they are there.
BACK = """
    INSERT INTO action.circulation (usr, target_copy, circ_lib, circ_staff, renewal_remaining, grace_period, due_date, duration,
      duration_rule, recurring_fine_rule, max_fine_rule, xact_start, checkin_time, xact_finish, stop_fines, checkin_lib)
    SELECT (SELECT min(id) FROM actor.usr u WHERE NOT deleted AND id > 1 AND NOT EXISTS (
        SELECT 1 FROM actor.usr_setting WHERE usr = u.id AND name LIKE 'history.circ%')),
      c.id, 4, 1, 2, '0', now() - interval '160 days', '21 days', 'd', 'd', 'd', now() - interval '180 days',
      now() - interval '170 days', now() - interval '170 days', 'CHECKIN', 4
    FROM asset.copy c WHERE NOT EXISTS (SELECT 1 FROM action.circulation WHERE target_copy = c.id AND checkin_time IS NULL)
    ORDER BY c.id LIMIT :many
"""


@pytest.fixture
def here(small, tmp_path):
    """A site whose first run is over, with a standing approval for what comes after it."""
    made = person_site.make(tmp_path / "site", small, policy="mit-libraries")
    made.edit("    mode: window\n", "    mode: window\n    sweep_sample: 20\n")
    made.ok("run-due", code=6)
    made.approve(made.folder / PENDING, *made.waiver)
    (night,) = made.ok("run-due")["systems"]
    assert [one["outcome"] for one in night["runs"]] == ["verified"]
    made.approve(made.plan(), "--standing")
    return made


@pytest.mark.deep
def test_each_night_takes_what_has_become_due_and_one_that_is_killed_is_gone_on_with(here, tmp_path):
    own, taken = here.koha, []
    for many in (3, 0, 2):
        returned = own.do(BACK, many=many) if many else 0
        (night,) = here.ok("run-due")["systems"]
        runs = night["runs"]
        taken.append(sum(one["loans"] for one in runs))
        assert taken[-1] == returned == many
        assert {one["outcome"] for one in runs} <= {"verified"}
        assert not any(any(one["remaining"].values()) for one in runs)
    assert taken == [3, 0, 2]
    ledger = LedgerFolder(here.folder / "ledger")
    ledger.verify(read_verifier(str(here.folder / "keys" / "ledger.vkey")), read_leaves=True)
    leaves = [decode_leaf(one) for one in ledger.entries()]
    told = [leaf.fields["applied"] for leaf in leaves if leaf.kind == "run" and "stage" in leaf.fields]
    assert told[1:] == [banded(one) for one in taken if one or len(told) == 4]
    assert here.ok("verify")["verified"] is True

    # The next night is killed; the call after it goes on.
    assert here.koha.do(BACK, many=12) == 12
    found = killed(here, tmp_path, ("run-due",), max(3, ROUNDS // 6), night=True)
    assert found["steps"] > 100
    assert found["wrong"] == [], found["wrong"]
    assert found["killed"] >= max(3, ROUNDS // 6)
    assert found["later"] == 0
