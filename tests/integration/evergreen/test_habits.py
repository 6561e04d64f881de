"""What the product's own purges do: whole chains or none, by number and age, holds by every switch, money, notices."""

from __future__ import annotations

from datetime import timedelta

import pytest

from carrel.systems.sample.evergreen import habits
from tests.integration.evergreen.conftest import AS_OF

CHAINS = """
    WITH RECURSIVE chain (first, id, copy, begun) AS (
      SELECT id, id, target_copy, xact_start FROM action.circulation WHERE parent_circ IS NULL
      UNION ALL SELECT chain.first, c.id, chain.copy, chain.begun FROM chain JOIN action.circulation c ON c.parent_circ = chain.id
    )
    SELECT first, copy, min(begun), array_agg(c.id ORDER BY c.id), bool_and(c.xact_finish IS NOT NULL),
      (array_agg(c.xact_finish ORDER BY c.xact_start DESC))[1]
    FROM chain JOIN action.circulation c USING (id) GROUP BY first, copy
"""


def expected(chains, before, kept):
    """What should go, worked out here: by copy, newest first, beyond the number kept, finished and old."""
    gone = set()
    by_copy = {}
    for _, copy, _, ids, finished, last in sorted(chains, key=lambda c: (c[2], c[0]), reverse=True):
        place = by_copy[copy] = by_copy.get(copy, 0) + 1
        if place > kept and finished and last < before:
            gone |= set(ids)
    return gone


@pytest.mark.parametrize(("years", "kept"), [(1, 0), (2, 0), (1, 2)])
def test_circulations_go_by_whole_chains(evergreen, years, kept):
    before = AS_OF - timedelta(days=365 * years)
    chains = evergreen.rows(CHAINS)
    aged = {number for (number,) in evergreen.rows("SELECT id FROM action.aged_circulation")}
    gone = expected(chains, before, kept)
    assert any(len(ids) > 1 and set(ids) <= gone for _, _, _, ids, *_ in chains)
    count = habits.ages_circulations(evergreen.connection, before, kept_per_copy=kept)
    assert count == sum(set(ids) <= gone for _, _, _, ids, *_ in chains)
    now_aged = {number for (number,) in evergreen.rows("SELECT id FROM action.aged_circulation")}
    assert now_aged - aged == gone
    assert {number for (number,) in evergreen.rows("SELECT id FROM action.circulation")}.isdisjoint(now_aged)
    assert habits.ages_circulations(evergreen.connection, before, kept_per_copy=kept) == 0


def test_without_a_number_nothing_is_purged(evergreen):
    habits.switches(evergreen.connection, "history.circ.retention_age", "1 day")
    assert evergreen.one("SELECT action.purge_circulations()") == 0
    with pytest.raises(KeyError):
        habits.switches(evergreen.connection, "history.nothing", None)


def test_an_open_chain_keeps_its_finished_parents(evergreen):
    opens = [one for one in evergreen.sample.canaries if one.kind == "open"]
    habits.ages_circulations(evergreen.connection, AS_OF)
    for one in opens:
        assert (
            evergreen.one("SELECT count(*) FROM action.circulation WHERE id = ANY(:ids)", ids=list(one.circulations))
            == 3
        )


def test_a_chain_can_count_from_its_newest_end(evergreen):
    one = next(one for one in evergreen.sample.canaries if one.kind == "old")
    first, *_ = one.circulations
    evergreen.do("UPDATE action.circulation SET xact_finish = now() WHERE id = :id", id=first)
    habits.switches(evergreen.connection, "history.circ.retention_uses_last_finished", None)
    habits.ages_circulations(evergreen.connection, AS_OF - timedelta(days=30))
    live = "SELECT count(*) FROM action.circulation WHERE id = ANY(:ids)"
    assert evergreen.one(live, ids=list(one.circulations)) == 3
    habits.switches(evergreen.connection, "history.circ.retention_uses_last_finished", None, on=False)
    habits.ages_circulations(evergreen.connection, AS_OF - timedelta(days=30))
    assert evergreen.one(live, ids=list(one.circulations)) == 0


def test_as_shipped_every_finished_hold_goes_but_those_of_patrons_who_keep_some(evergreen):
    finished = "SELECT count(*) FROM action.hold_request WHERE fulfillment_time IS NOT NULL OR cancel_time IS NOT NULL"
    unfinished = "SELECT count(*) FROM action.hold_request WHERE fulfillment_time IS NULL AND cancel_time IS NULL"
    fresh = evergreen.one(
        "SELECT min(id) FROM action.hold_request WHERE fulfillment_time IS NULL AND cancel_time IS NULL"
    )
    evergreen.do("UPDATE action.hold_request SET fulfillment_time = now() - interval '1 day' WHERE id = :id", id=fresh)
    evergreen.do(
        "DELETE FROM actor.usr_setting WHERE name LIKE 'history.hold.%' AND usr = (SELECT usr FROM action.hold_request WHERE id = :id)",
        id=fresh,
    )
    before, waiting = evergreen.one(finished), evergreen.one(unfinished)
    count = habits.purges_holds(evergreen.connection)
    left = evergreen.rows(
        "SELECT usr, count(*) FROM action.hold_request WHERE fulfillment_time IS NOT NULL OR cancel_time IS NOT NULL GROUP BY usr"
    )
    assert count == before - sum(number for _, number in left) > 0
    keepers = {
        usr
        for (usr,) in evergreen.rows("SELECT usr FROM actor.usr_setting WHERE name = 'history.hold.retention_count'")
    }
    assert {usr for usr, _ in left} <= keepers
    assert left
    assert all(number <= 3 for _, number in left)
    assert evergreen.one(unfinished) == waiting
    assert evergreen.one("SELECT count(*) FROM action.aged_hold_request WHERE id = :id", id=fresh) == 1


def test_a_cause_has_an_age_of_its_own(evergreen):
    evergreen.do("DELETE FROM actor.usr_setting WHERE name LIKE 'history.hold.%'")
    old, young = (
        number
        for (number,) in evergreen.rows(
            "SELECT id FROM action.hold_request WHERE fulfillment_time IS NOT NULL ORDER BY id LIMIT 2"
        )
    )
    for number, cause in ((old, 3), (young, 4)):
        evergreen.do(
            "UPDATE action.hold_request SET fulfillment_time = NULL, cancel_time = now() - interval '40 days', cancel_cause = :cause WHERE id = :id",
            cause=cause,
            id=number,
        )
    for flag, age in (("", "10 years"), ("_canceled_3", "30 days"), ("_canceled_4", "50 days")):
        habits.switches(evergreen.connection, f"history.hold.retention_age{flag}", age)
    habits.purges_holds(evergreen.connection)
    assert evergreen.rows("SELECT id FROM action.hold_request WHERE id IN (:old, :young)", old=old, young=young) == [
        (young,)
    ]
    assert evergreen.one("SELECT count(*) FROM action.hold_request WHERE fulfillment_time IS NOT NULL") > 0


def test_money_is_aged_by_itself_with_its_notes(evergreen):
    before = AS_OF - timedelta(days=400)
    due = "SELECT count(DISTINCT x.id) FROM money.billable_xact x JOIN money.billing b ON b.xact = x.id WHERE x.xact_finish < :before"
    notes = "SELECT count(*) FROM money.all_billings WHERE note LIKE '%call 617%'"
    wanted, noted = evergreen.one(due, before=before), evergreen.one(notes)
    assert habits.ages_money(evergreen.connection, before) == wanted > 0
    assert evergreen.one(due, before=before) == 0
    assert evergreen.one(notes) == noted > 0
    assert evergreen.one(
        "SELECT count(*) FROM money.payment p JOIN money.billable_xact x ON x.id = p.xact "
        "WHERE x.xact_finish < :before AND NOT EXISTS (SELECT 1 FROM money.billing WHERE xact = x.id)", before=before
    ) == 0  # fmt: skip


def test_notices_go_only_where_a_definition_has_an_age(evergreen):
    kinds = "SELECT event_def, count(*) FROM action_trigger.event GROUP BY 1 ORDER BY 1"
    before = dict(evergreen.rows(kinds))
    evergreen.do("UPDATE action_trigger.event_definition SET retention_interval = '1 year' WHERE id = 2")
    evergreen.do("INSERT INTO action_trigger.event_output (data) VALUES ('Dear nobody')")
    habits.purges_notices(evergreen.connection)
    after = dict(evergreen.rows(kinds))
    assert after[1] == before[1]
    assert 0 < after[2] < before[2]
    assert evergreen.one("SELECT count(*) FROM action_trigger.event_output WHERE data = 'Dear nobody'") == 0
    assert (
        evergreen.one(
            "SELECT count(*) FROM action_trigger.event e WHERE template_output IS NOT NULL AND NOT EXISTS (SELECT 1 FROM action_trigger.event_output WHERE id = e.template_output)"
        )
        == 0
    )


def test_registrations_wait_as_long_as_their_branch_says(evergreen):
    old = "SELECT count(*) FROM staging.user_stage WHERE row_date < now() - interval '60 days'"
    young = "SELECT count(*) FROM staging.user_stage WHERE row_date >= now() - interval '60 days'"
    evergreen.do("UPDATE staging.user_stage SET row_date = now() WHERE row_id = 1")
    assert evergreen.one(old) > 0
    kept = evergreen.one(young)
    habits.purges_registrations(evergreen.connection)
    assert (evergreen.one(old), evergreen.one(young)) == (0, kept)
    assert evergreen.one("SELECT count(*) FROM staging.mailing_address_stage") > kept


def test_visible_holds(evergreen):
    usr = evergreen.one("""
        SELECT s.usr FROM actor.usr_setting s WHERE name = 'history.hold.retention_count' AND EXISTS
          (SELECT 1 FROM action.hold_request h WHERE h.usr = s.usr AND h.fulfillment_time IS NOT NULL) LIMIT 1
    """)
    assert evergreen.one(
        "SELECT count(*) FROM action.usr_visible_holds(:usr) WHERE fulfillment_time IS NOT NULL", usr=usr
    ) in {1, 2, 3}
    evergreen.do("DELETE FROM actor.usr_setting WHERE usr = :usr", usr=usr)
    assert (
        evergreen.one("SELECT count(*) FROM action.usr_visible_holds(:usr) WHERE fulfillment_time IS NOT NULL", usr=usr)
        == 0
    )
