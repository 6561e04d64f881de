"""What each rebuilt trigger does, on a real server."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.integration.evergreen.desk import canary, free_copy, lend

AGED = "SELECT count(*) FROM action.aged_circulation WHERE id = :id"
LIVE = "SELECT count(*) FROM action.circulation WHERE id = :id"


def test_a_renewed_row_is_not_deleted_and_nobody_is_told(evergreen):
    first, *_ = canary(evergreen, "old").circulations
    assert evergreen.do("DELETE FROM action.circulation WHERE id = :id", id=first) == 0
    assert (evergreen.one(LIVE, id=first), evergreen.one(AGED, id=first)) == (1, 0)


def test_deleting_the_last_ages_the_whole_chain(evergreen):
    one = canary(evergreen, "old")
    before = evergreen.rows(
        "SELECT * FROM action.all_circulation WHERE id = ANY(:ids) ORDER BY id", ids=list(one.circulations)
    )
    assert evergreen.do("DELETE FROM action.circulation WHERE id = :id", id=one.circulations[-1]) == 1
    after = evergreen.rows(
        "SELECT * FROM action.all_circulation WHERE id = ANY(:ids) ORDER BY id", ids=list(one.circulations)
    )
    assert [row[-1] for row in before] == [one.usr] * 3
    assert [row[-1] for row in after] == [None] * 3
    spared = evergreen.one(
        "SELECT count(*) FROM actor.org_unit_setting WHERE name LIKE 'circ.do_not%' AND org_unit = 3"
    )
    assert spared == 2
    columns = evergreen.rows(
        "SELECT circ_lib FROM action.aged_circulation WHERE id = ANY(:ids)", ids=list(one.circulations)
    )
    for was, now, (branch,) in zip(before, after, columns, strict=True):
        assert now[2:4] == was[2:4]  # home library and profile
        assert (now[1], now[4]) == ((was[1], was[4]) if branch < 9 else (None, None))  # post code, year of birth
        assert now[5:-1] == was[5:-1]
    assert (
        evergreen.one(
            "SELECT count(*) FROM money.materialized_billable_xact_summary WHERE id = ANY(:ids)",
            ids=list(one.circulations),
        )
        == 0
    )


def test_an_aged_chain_leaves_events_texts_charges_and_categories_under_its_number(evergreen):
    one = canary(evergreen, "old")
    ids = list(one.circulations)
    evergreen.do("DELETE FROM action.circulation WHERE id = :id", id=ids[-1])
    owners = evergreen.rows(
        "SELECT DISTINCT context_user FROM action_trigger.event WHERE target = ANY(:ids) AND event_def < 4", ids=ids
    )
    assert owners == [(None,)]
    assert evergreen.one("SELECT count(*) FROM money.billing WHERE xact = ANY(:ids)", ids=ids) > 0
    assert evergreen.one("SELECT count(*) FROM action.archive_actor_stat_cat WHERE xact = ANY(:ids)", ids=ids) == 3
    history = evergreen.rows("SELECT source_circ FROM action.usr_circ_history WHERE usr = :usr", usr=one.usr)
    assert history == [(None,)]


def test_charges_go_along_where_the_site_says_so(evergreen):
    one = canary(evergreen, "old")
    evergreen.do("UPDATE config.global_flag SET enabled = true WHERE name = 'history.money.age_with_circs'")
    last = one.circulations[-1]
    before = evergreen.rows("SELECT id, note FROM money.billing WHERE xact = :id ORDER BY id", id=last)
    paid = evergreen.rows("SELECT id FROM money.payment WHERE xact = :id", id=last)
    evergreen.do("DELETE FROM action.circulation WHERE id = :id", id=last)
    assert evergreen.rows("SELECT id, note FROM money.aged_billing WHERE xact = :id ORDER BY id", id=last) == before
    assert evergreen.rows("SELECT id FROM money.aged_payment WHERE xact = :id", id=last) == paid
    assert len(before) * len(paid) > 0
    assert evergreen.one("SELECT count(*) FROM money.all_billings WHERE xact = :id", id=last) == len(before)


def test_the_highest_number_among_the_ancestors_decides_not_the_nearest(evergreen):
    usr, copy = canary(evergreen, "old").usr, free_copy(evergreen)
    number = lend(evergreen, usr, copy)
    evergreen.do("DELETE FROM actor.org_unit_setting WHERE name LIKE '%do_not_retain%'")
    evergreen.do(
        "INSERT INTO actor.org_unit (id, parent_ou, ou_type, shortname, name) VALUES (50, 1, 2, 'SYS9', 'Late system')"
    )
    evergreen.do("UPDATE actor.org_unit SET parent_ou = 50 WHERE id = 4")
    for unit, value in ((50, "true"), (4, "false")):
        evergreen.do(
            "INSERT INTO actor.org_unit_setting (org_unit, name, value) VALUES (:unit, 'circ.do_not_retain_post_code_on_aged', :value)",
            unit=unit, value=value,
        )  # fmt: skip
    nearest = evergreen.one(
        "SELECT value FROM actor.org_unit_ancestor_setting('circ.do_not_retain_post_code_on_aged', 4)"
    )
    assert nearest == "false"
    evergreen.do("DELETE FROM action.circulation WHERE id = :id", id=number)
    assert evergreen.one("SELECT usr_post_code FROM action.aged_circulation WHERE id = :id", id=number) is None


def test_reading_history_of_those_who_chose_it(evergreen):
    usr, copy = canary(evergreen, "old").usr, free_copy(evergreen)
    other = evergreen.one(
        "SELECT max(id) FROM actor.usr u WHERE NOT deleted AND NOT EXISTS (SELECT 1 FROM actor.usr_setting WHERE usr = u.id AND name LIKE 'history.circ%')"
    )
    first = lend(evergreen, usr, copy)
    evergreen.do(
        "UPDATE action.circulation SET checkin_time = now(), xact_finish = now(), stop_fines = 'RENEW' WHERE id = :id",
        id=first,
    )
    second = lend(evergreen, usr, copy, first)
    entries = "SELECT source_circ, checkin_time IS NULL FROM action.usr_circ_history WHERE target_copy = :copy AND usr = :usr AND source_circ IS NOT NULL AND xact_start > now() - interval '1 hour'"
    assert evergreen.rows(entries, copy=copy, usr=usr) == [(second, True)]
    evergreen.do(
        "UPDATE action.circulation SET checkin_time = now(), xact_finish = now(), stop_fines = 'CHECKIN' WHERE id = :id",
        id=second,
    )
    assert evergreen.rows(entries, copy=copy, usr=usr) == [(second, False)]
    third = lend(evergreen, other, copy)
    assert evergreen.one("SELECT count(*) FROM action.usr_circ_history WHERE source_circ = :id", id=third) == 0


def test_a_checkout_copies_categories_and_place_and_is_due_at_the_end_of_the_day_there(evergreen):
    usr, copy = canary(evergreen, "old").usr, free_copy(evergreen)
    whole = lend(evergreen, usr, copy)
    assert evergreen.rows("SELECT stat_cat, value FROM action.archive_actor_stat_cat WHERE xact = :id", id=whole) == [
        (1, "North Primary")
    ]
    due = (
        "SELECT to_char(due_date AT TIME ZONE 'America/New_York', 'HH24:MI:SS') FROM action.circulation WHERE id = :id"
    )
    assert evergreen.one(due, id=whole) == "23:59:59"
    assert evergreen.one(
        "SELECT c.copy_location = i.location FROM action.circulation c JOIN asset.copy i ON i.id = c.target_copy WHERE c.id = :id",
        id=whole,
    )
    evergreen.do("UPDATE action.circulation SET checkin_time = now() WHERE id = :id", id=whole)
    hours = lend(evergreen, usr, copy, days="3 hours")
    assert evergreen.one(
        "SELECT due_date - xact_start = interval '3 hours' FROM action.circulation WHERE id = :id", id=hours
    )


@pytest.mark.parametrize("statement", [
    "INSERT INTO action.usr_circ_history (usr, target_copy, due_date) VALUES (2, 999999, now())",
    "INSERT INTO action_trigger.event (target, event_def, run_time, context_item) VALUES (1, 1, now(), 999999)",
    "INSERT INTO action.hold_request_reset_reason_entry (previous_copy) VALUES (999999)",
    "INSERT INTO asset.copy_note (owning_copy, creator, title, value) VALUES (999999, 1, 'x', 'x')",
    "INSERT INTO asset.copy_alert (alert_type, copy, create_staff) VALUES (1, 999999, 1)",
    "INSERT INTO asset.copy_inventory (inventory_workstation, copy) VALUES (4, 999999)",
    "UPDATE action.circulation SET target_copy = 999999 WHERE id = (SELECT max(id) FROM action.circulation)",
])  # fmt: skip
def test_a_copy_that_does_not_exist_is_refused(evergreen, statement):
    with pytest.raises(sa.exc.IntegrityError, match="does not exist"):
        evergreen.do(statement)


def test_claims_are_counted_and_write_an_audit_row_of_the_reader(evergreen):
    one = canary(evergreen, "open")
    before = evergreen.one("SELECT claims_returned_count FROM actor.usr WHERE id = :usr", usr=one.usr)
    audits = "SELECT count(*) FROM auditor.actor_usr_history WHERE id = :usr"
    rows = evergreen.one(audits, usr=one.usr)
    evergreen.do("UPDATE action.circulation SET stop_fines = 'CLAIMSRETURNED' WHERE id = :id", id=one.circulations[-1])
    assert evergreen.one("SELECT claims_returned_count FROM actor.usr WHERE id = :usr", usr=one.usr) == before + 1
    assert evergreen.one(audits, usr=one.usr) == rows + 1
    evergreen.do(
        "UPDATE action.circulation SET stop_fines = 'CLAIMSNEVERCHECKEDOUT' WHERE id = :id", id=one.circulations[-1]
    )
    assert evergreen.one("SELECT claims_never_checked_out_count FROM actor.usr WHERE id = :usr", usr=one.usr) == 1
    evergreen.do("UPDATE action.circulation SET stop_fines = 'LOST' WHERE id = :id", id=one.circulations[-1])
    assert evergreen.one("SELECT status FROM asset.copy WHERE id = :id", id=one.copy) == 3


def test_a_copy_is_on_one_way_at_a_time(evergreen):
    copy = free_copy(evergreen)
    way = "INSERT INTO action.transit_copy (target_copy, source, dest, copy_status) VALUES (:copy, 4, 5, 7)"
    evergreen.do(way, copy=copy)
    with pytest.raises(sa.exc.IntegrityError, match="on its way"):
        evergreen.do(way.replace("transit_copy", "hold_transit_copy"), copy=copy)


def test_a_survey_answer_is_dated(evergreen):
    evergreen.do(
        "INSERT INTO action.survey_response (usr, survey, question, answer, answer_date) VALUES (2, 1, 1, 1, '2001-01-01')"
    )
    assert evergreen.one("SELECT now() - max(answer_date) < interval '1 minute' FROM action.survey_response")
