"""What the triggers on money, accounts and audited tables do, on a real server."""

from __future__ import annotations

from decimal import Decimal

import pytest

SUMMARY = (
    "SELECT total_owed, total_paid, balance_owed, last_billing_note, last_payment_note, last_payment_type, xact_type "
    "FROM money.materialized_billable_xact_summary WHERE id = :id"
)


@pytest.fixture
def charged(evergreen) -> int:
    """A charge for no loan, with one line and a note that names somebody."""
    number = evergreen.one("INSERT INTO money.grocery (usr, billing_location) VALUES (2, 4) RETURNING id")
    evergreen.do(
        "INSERT INTO money.billing (xact, amount, billing_type, btype, note) VALUES (:id, 3, 'Misc', 101, 'Ada''s bag')",
        id=number,
    )
    return number


def test_a_summary_follows_charges_and_payments_and_keeps_their_notes(evergreen, charged):
    assert evergreen.rows(SUMMARY, id=charged) == [(3, 0, 3, "Ada's bag", None, None, "grocery")]
    evergreen.do(
        "INSERT INTO money.cash_payment (xact, amount, amount_collected, accepting_usr, note) VALUES (:id, 1, 1, 1, 'from Bill')",
        id=charged,
    )
    assert evergreen.rows(SUMMARY, id=charged) == [(3, 1, 2, "Ada's bag", "from Bill", "cash_payment", "grocery")]
    evergreen.do("UPDATE money.billing SET voided = true WHERE xact = :id", id=charged)
    assert evergreen.rows(SUMMARY, id=charged) == [(0, 1, -1, None, "from Bill", "cash_payment", "grocery")]
    evergreen.do("DELETE FROM money.payment WHERE xact = :id", id=charged)
    assert evergreen.rows(SUMMARY, id=charged) == [(0, 0, 0, None, None, None, "grocery")]
    evergreen.do("UPDATE money.grocery SET xact_finish = now(), usr = 3 WHERE id = :id", id=charged)
    assert evergreen.rows(
        "SELECT usr, xact_finish IS NULL FROM money.materialized_billable_xact_summary WHERE id = :id", id=charged
    ) == [(3, False)]
    evergreen.do("DELETE FROM money.grocery WHERE id = :id", id=charged)
    assert evergreen.rows(SUMMARY, id=charged) == []


@pytest.mark.parametrize("kind", [
    "bnm_payment", "bnm_desk_payment", "cash_payment", "check_payment", "credit_card_payment", "credit_payment",
    "debit_card_payment", "forgive_payment", "goods_payment", "work_payment", "account_adjustment",
])  # fmt: skip
def test_every_kind_of_payment_counts(evergreen, charged, kind):
    more = (", check_number", ", '7'") if kind == "check_payment" else ("", "")
    evergreen.do(
        f"INSERT INTO money.{kind} (xact, amount, amount_collected, accepting_usr{more[0]}) VALUES (:id, 1.25, 1.25, 1{more[1]})",
        id=charged,
    )
    assert evergreen.rows(SUMMARY, id=charged)[0][2] == Decimal("1.75")
    assert evergreen.rows(SUMMARY, id=charged)[0][5] == kind
    evergreen.do(f"UPDATE money.{kind} SET voided = true WHERE xact = :id", id=charged)
    assert evergreen.rows(SUMMARY, id=charged)[0][2] == 3
    evergreen.do(f"DELETE FROM money.{kind} WHERE xact = :id", id=charged)
    assert evergreen.one("SELECT count(*) FROM money.payment WHERE xact = :id", id=charged) == 0


def test_a_charge_for_a_period_counts_from_its_end(evergreen, charged):
    evergreen.do(
        "UPDATE money.billing SET period_start = '2026-01-01', period_end = '2026-01-02' WHERE xact = :id", id=charged
    )
    assert evergreen.one("SELECT billing_ts = period_end FROM money.billing WHERE xact = :id", id=charged)


def test_a_booking_has_a_summary_too(evergreen):
    number = evergreen.one(
        "INSERT INTO booking.reservation (usr, target_resource_type, request_lib) VALUES (2, 1, 4) RETURNING id"
    )
    assert evergreen.rows(SUMMARY, id=number)[0][-1] == "reservation"
    assert (
        evergreen.one("SELECT tableoid::regclass::text FROM money.billable_xact WHERE id = :id", id=number)
        == "booking.reservation"
    )
    assert evergreen.one("SELECT count(*) FROM ONLY money.billable_xact") == 0


def test_an_account_that_changes_is_dated_searchable_hashed_and_audited_whole(evergreen):
    evergreen.do("SELECT auditor.set_audit_info(4, 5)")
    old = evergreen.rows("SELECT * FROM actor.usr WHERE id = 9")
    audited = evergreen.one("SELECT max(audit_id) FROM auditor.actor_usr_history")
    evergreen.do("UPDATE actor.usr SET family_name = 'Quillfeather', passwd = 'open sesame' WHERE id = 9")
    assert evergreen.one(
        "SELECT passwd = md5('open sesame') AND last_update_time > now() - interval '1 minute' FROM actor.usr WHERE id = 9"
    )
    assert (
        evergreen.one("SELECT count(*) FROM actor.usr WHERE name_kw_tsvector @@ to_tsquery('simple', 'quillfeather')")
        == 1
    )
    (row,) = evergreen.rows("SELECT * FROM auditor.actor_usr_history WHERE audit_id > :id", id=audited)
    assert row[2:5] == ("U", 4, 5)
    assert row[5:] == old[0]
    evergreen.do("SELECT auditor.clear_audit_info()")
    evergreen.do("UPDATE actor.usr SET alias = 'q' WHERE id = 9")
    assert evergreen.rows(
        "SELECT audit_user, audit_ws FROM auditor.actor_usr_history ORDER BY audit_id DESC LIMIT 1"
    ) == [(None, None)]
    assert evergreen.one("SELECT count(*) FROM auditor.actor_usr_lifecycle WHERE id = 9") == 1 + evergreen.one(
        "SELECT count(*) FROM auditor.actor_usr_history WHERE id = 9"
    )


def test_a_new_account_is_hashed_and_searchable(evergreen):
    number = evergreen.one(
        "INSERT INTO actor.usr (profile, usrname, passwd, ident_type, first_given_name, family_name, pref_family_name, home_ou) "
        "VALUES (4, 'new', 'secret', 3, 'Ines', 'Birch', 'Linde', 4) RETURNING id"
    )
    assert evergreen.one(
        "SELECT passwd = md5('secret') AND last_update_time IS NOT NULL FROM actor.usr WHERE id = :id", id=number
    )
    assert evergreen.one(
        "SELECT name_kw_tsvector @@ to_tsquery('simple', 'linde & birch') FROM actor.usr WHERE id = :id", id=number
    )


@pytest.mark.parametrize(("table", "change", "actions"), [
    ("actor.usr_address", "street1 = '1 New Way'", ["U", "D"]),
    ("asset.copy", "status = 7", ["U", "U"]),
    ("asset.call_number", "label = 'X 1'", ["U", "U"]),
    ("biblio.record_entry", "quality = 1", ["U", "U"]),
    ("actor.org_unit", "email = 'x@y.example'", ["U"]),
])  # fmt: skip
def test_old_rows_are_audited_whole_and_a_delete_is_a_mark_where_a_rule_says_so(evergreen, table, change, actions):
    history = "auditor." + table.replace(".", "_") + "_history"
    number = evergreen.one(f"SELECT max(id) FROM {table}" + (" WHERE pending" if table == "actor.usr_address" else ""))
    old = evergreen.rows(f"SELECT * FROM {table} WHERE id = :id", id=number)
    before = evergreen.one(f"SELECT coalesce(max(audit_id), 0) FROM {history}")
    evergreen.do(f"UPDATE {table} SET {change} WHERE id = :id", id=number)
    if len(actions) > 1:
        evergreen.do(f"DELETE FROM {table} WHERE id = :id", id=number)
    found = evergreen.rows(f"SELECT * FROM {history} WHERE audit_id > :before ORDER BY audit_id", before=before)
    assert [row[2] for row in found] == actions
    assert found[0][5:] == old[0]
    left = evergreen.rows(f"SELECT to_jsonb(t) ->> 'deleted' FROM {table} t WHERE id = :id", id=number)
    assert left == {"UD": [], "UU": [("true",)], "U": [(None,)]}["".join(actions)]


def test_an_account_or_message_that_is_deleted_is_only_marked(evergreen):
    for table in ("actor.usr", "actor.usr_message"):
        number = evergreen.one(f"SELECT max(id) FROM {table} WHERE NOT deleted")
        evergreen.do(f"DELETE FROM {table} WHERE id = :id", id=number)
        assert evergreen.one(f"SELECT deleted FROM {table} WHERE id = :id", id=number)


def test_differences_are_kept_only_where_somebody_switched_that_on(evergreen):
    evergreen.do("UPDATE actor.usr SET alias = 'q' WHERE id = 9")
    assert evergreen.one("SELECT count(*) FROM actor.usr_delta_history") == 0
    evergreen.do("ALTER TABLE actor.usr ENABLE TRIGGER record_usr_delta")
    old = evergreen.one("SELECT day_phone FROM actor.usr WHERE id = 9")
    evergreen.do("UPDATE actor.usr SET day_phone = '1' WHERE id = 9")
    assert evergreen.one("SELECT delta -> 'day_phone' FROM actor.usr_delta_history") == [old, "1"]


def test_of_a_passing_kind_only_the_newest_login_stays(evergreen):
    for _ in range(2):
        evergreen.rows("SELECT actor.insert_usr_activity(9, 'opac', 'login', NULL)")
        evergreen.rows("SELECT actor.insert_usr_activity(9, NULL, 'circ', 'sip2', 'self check')")
    kinds = "SELECT etype, count(*) FROM actor.usr_activity WHERE usr = 9 AND event_time > now() - interval '1 minute' GROUP BY 1 ORDER BY 1"
    assert evergreen.rows(kinds) == [(2, 1), (4, 2)]
    evergreen.do("SELECT actor.purge_usr_activity_by_type(4)")
    assert evergreen.one("SELECT count(*) FROM actor.usr_activity WHERE usr = 9 AND etype = 4") == 1


def test_a_category_that_changes_runs_through_its_patrons(evergreen):
    count = "SELECT count(*) FROM actor.stat_cat_entry_usr_map WHERE stat_cat_entry = :school"
    before = evergreen.one(count, school="North Primary")
    evergreen.do("UPDATE actor.stat_cat_entry SET value = 'Northern Primary' WHERE value = 'North Primary'")
    assert (evergreen.one(count, school="North Primary"), evergreen.one(count, school="Northern Primary")) == (
        0,
        before,
    )
    evergreen.do("DELETE FROM actor.stat_cat_entry WHERE value = 'Northern Primary'")
    assert before > 0
    assert evergreen.one(count, school="Northern Primary") == 0


def test_a_copy_says_when_its_state_changed(evergreen):
    evergreen.do("UPDATE asset.copy SET price = 3 WHERE id = 9")
    assert evergreen.one("SELECT status_changed_time < now() - interval '1 hour' FROM asset.copy WHERE id = 9")
    evergreen.do("UPDATE asset.copy SET status = 7 WHERE id = 9")
    assert evergreen.one("SELECT status_changed_time > now() - interval '1 hour' FROM asset.copy WHERE id = 9")
