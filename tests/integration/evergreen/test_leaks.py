"""What stays of a patron whom the product has deleted: the leaks that were measured on the product itself, and no more."""

from __future__ import annotations

import pytest

from carrel.systems.sample.evergreen import facts, habits
from carrel.systems.sample.evergreen.facts import evergreen as known

HEIR = 1
# Named there; every other table must be clean of the patron's name, e-mail, telephone, street, birth date and card.
NAMED = {
    "auditor.actor_usr_history",
    "auditor.actor_usr_address_history",
    "action_trigger.event_output",
    "action.aged_hold_request",
    "money.billing",
}
# What the product has no purge for at all.
UNCOVERED = {
    "action.curbside", "offline.script", "reporter.schedule", "reporter.report", "openapi.authen_attempt_log",
    "actor.usr_activity", "staging.user_stage",
}  # fmt: skip


@pytest.fixture
def patron(evergreen) -> dict:
    """A canary without children, whose number is that of somebody else's address, with a trace of every kind."""
    heads = {row[0] for row in evergreen.rows("SELECT guardian_email FROM actor.usr")}
    others = dict(evergreen.rows("SELECT id, usr FROM actor.usr_address"))
    one = next(
        one
        for one in evergreen.sample.canaries
        if one.kind == "old"
        and others.get(one.usr, one.usr) != one.usr
        and f"reader{one.needles[1]}@mail.example" not in heads
    )
    number = one.usr
    (row,) = evergreen.rows("""
        SELECT u.family_name, u.first_given_name, u.email, u.day_phone, a.street1, u.dob::text, u.usrname, u.home_ou
        FROM actor.usr u JOIN actor.usr_address a ON a.id = u.mailing_address WHERE u.id = :id
    """, id=number)  # fmt: skip
    name = "Quillfeather"
    values = [name, row[2], "617-555-0999", "77 Nowhere Lane", "1971-03-09", row[6]]
    evergreen.do(
        "UPDATE actor.usr SET family_name = :name, day_phone = '617-555-0999', dob = '1971-03-09' WHERE id = :id",
        name=name,
        id=number,
    )
    evergreen.do("UPDATE actor.usr_address SET street1 = '77 Nowhere Lane' WHERE usr = :id", id=number)
    evergreen.do(
        "UPDATE money.billing SET note = 'Quillfeather says it was raining' WHERE xact = :id", id=one.circulations[-1]
    )
    evergreen.do(
        "UPDATE action_trigger.event_output SET data = 'Dear Quillfeather, ' || data WHERE data LIKE :card",
        card=f"%{row[6]}%",
    )
    evergreen.do(
        "UPDATE action.hold_request SET cancel_note = 'Quillfeather rang', cancel_time = now() WHERE id = :id",
        id=one.hold,
    )
    evergreen.do(
        "INSERT INTO actor.usr_message (usr, message, sending_lib) VALUES (:id, 'Quillfeather owes us a smile', 4)",
        id=number,
    )
    evergreen.do("INSERT INTO actor.usr_password_reset (uuid, usr) VALUES ('u', :id)", id=number)
    evergreen.do("INSERT INTO actor.usr_activity (usr, etype) VALUES (:id, 4)", id=number)
    evergreen.do("DELETE FROM auditor.actor_usr_history WHERE id = :id", id=number)
    return {"number": number, "values": values, "canary": one}


def found_in(evergreen, values) -> dict[str, int]:
    """Rows of each table in which one of the values stands in any column, as a sweep of everything finds them."""
    hits = {}
    for table in known().tables:
        if evergreen.sample.counts.get(table, 0) or table.startswith(("auditor.", "action.aged")):
            count = evergreen.one(
                f"SELECT count(*) FROM ONLY {table} t WHERE EXISTS (SELECT 1 FROM unnest(cast(:values AS text[])) v WHERE t::text LIKE '%' || v || '%')",
                values=values,
            )  # fmt: skip
            if count:
                hits[table] = count
    return hits


def test_the_named_leaks_are_those_of_the_product(evergreen, patron):
    before = found_in(evergreen, patron["values"])
    assert {"actor.usr", "actor.usr_address", "actor.card", "actor.usr_message", "action.hold_request"} <= set(before)
    habits.deletes_patron(evergreen.connection, patron["number"], HEIR)
    after = found_in(evergreen, patron["values"])
    assert set(after) - UNCOVERED == NAMED


def test_the_purge_itself_writes_the_identity_back(evergreen, patron):
    number = patron["number"]
    assert evergreen.one("SELECT count(*) FROM auditor.actor_usr_history WHERE id = :id", id=number) == 0
    habits.deletes_patron(evergreen.connection, number, HEIR)
    rows = evergreen.rows(
        "SELECT audit_action, family_name, email, day_phone, dob::text, usrname FROM auditor.actor_usr_history WHERE id = :id",
        id=number,
    )
    name, mail, phone, _, born, card = patron["values"]
    assert rows == [("U", name, mail, phone, born, card)] * 2


def test_her_street_stays_and_somebody_elses_history_goes(evergreen, patron):
    number = patron["number"]
    other = evergreen.one("SELECT usr FROM actor.usr_address WHERE id = :id", id=number)
    assert other != number
    evergreen.do("UPDATE actor.usr_address SET street2 = 'x' WHERE id = :id", id=number)
    theirs = "SELECT count(*) FROM auditor.actor_usr_address_history WHERE usr = :usr AND id = :id"
    assert evergreen.one(theirs, usr=other, id=number) > 0
    habits.deletes_patron(evergreen.connection, number, HEIR)
    assert evergreen.one(theirs, usr=other, id=number) == 0
    hers = evergreen.rows(
        "SELECT audit_action, street1 FROM auditor.actor_usr_address_history WHERE usr = :id AND street1 LIKE '77%' ORDER BY audit_id",
        id=number,
    )
    assert hers == [("U", "77 Nowhere Lane"), ("D", "77 Nowhere Lane")]


def test_what_stays_without_a_name(evergreen, patron):
    number, one = patron["number"], patron["canary"]
    ids = list(one.circulations)
    habits.deletes_patron(evergreen.connection, number, HEIR)
    for query in (
        "SELECT count(*) FROM actor.usr_activity WHERE usr = :id",
        "SELECT count(*) FROM actor.usr_password_reset WHERE usr = :id",
        "SELECT count(*) FROM actor.usr_message WHERE usr = :id AND deleted AND message = 'purged'",
        "SELECT count(*) FROM action.curbside WHERE patron = :id",
    ):
        assert evergreen.one(query, id=number) > 0, query
    for query in (
        "SELECT count(*) FROM action.aged_circulation WHERE id = ANY(:ids)",
        "SELECT count(*) FROM action.archive_actor_stat_cat WHERE xact = ANY(:ids)",
        "SELECT count(*) FROM action_trigger.event WHERE target = ANY(:ids) AND context_user IS NULL AND event_def < 4",
        "SELECT count(*) FROM money.billing WHERE xact = ANY(:ids)",
    ):
        assert evergreen.one(query, ids=ids) > 0, query
    assert {evergreen.sample.readers.of(circulation) for circulation in ids} == {number}


def test_a_childs_record_still_names_its_guardian(evergreen):
    number, mail = evergreen.rows("""
        SELECT g.id, g.email FROM actor.usr g JOIN actor.usr c ON c.guardian_email = g.email WHERE NOT g.deleted LIMIT 1
    """)[0]
    address = evergreen.one("SELECT mailing_address FROM actor.usr WHERE id = :id", id=number)
    children = evergreen.rows(
        "SELECT id FROM actor.usr WHERE guardian_email = :mail AND mailing_address = :address ORDER BY id",
        mail=mail,
        address=address,
    )
    habits.deletes_patron(evergreen.connection, number, HEIR)
    assert children
    assert (
        evergreen.rows(
            "SELECT id FROM actor.usr WHERE guardian_email = :mail AND mailing_address IS NULL ORDER BY id", mail=mail
        )
        == children
    )


def test_the_tombstone(evergreen, patron):
    number = patron["number"]
    home, profile = evergreen.rows("SELECT home_ou, profile FROM actor.usr WHERE id = :id", id=number)[0]
    habits.deletes_patron(evergreen.connection, number, HEIR)
    (row,) = evergreen.rows(
        "SELECT usrname, first_given_name, family_name, email, day_phone, dob::text, card, mailing_address, deleted, active, home_ou, profile FROM actor.usr WHERE id = :id",
        id=number,
    )
    assert row[0].startswith(f"{number}-PURGED-")
    assert row[0] == row[1] == row[2]
    assert row[3:] == (None, None, "1971-01-01", None, None, True, False, home, profile)
    for table, column in (
        ("action.circulation", "usr"), ("action.hold_request", "usr"), ("action.usr_circ_history", "usr"), ("actor.card", "usr"),
        ("actor.usr_address", "usr"), ("actor.usr_setting", "usr"), ("actor.passwd", "usr"), ("actor.usr_standing_penalty", "usr"),
        ("money.materialized_billable_xact_summary", "usr"), ("action_trigger.event", "context_user"),
    ):  # fmt: skip
        assert evergreen.one(f"SELECT count(*) FROM {table} WHERE {column} = :id", id=number) == 0, table


def test_what_staff_did_goes_to_the_heir(evergreen):
    staff = evergreen.one(
        "SELECT circ_staff FROM action.circulation WHERE circ_staff > 1 GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    done = evergreen.one(
        "SELECT count(*) FROM action.circulation WHERE circ_staff = :staff AND usr <> :staff", staff=staff
    )
    heir = evergreen.one("SELECT max(usr) FROM permission.usr_work_ou_map WHERE usr <> :staff", staff=staff)
    before = evergreen.one("SELECT count(*) FROM action.circulation WHERE circ_staff = :heir", heir=heir)
    habits.deletes_patron(evergreen.connection, staff, heir)
    assert evergreen.one("SELECT count(*) FROM action.circulation WHERE circ_staff = :heir", heir=heir) == before + done
    left = [
        (table.name, key.columns[0])
        for table in facts.evergreen().tables.values()
        for key in table.foreign_keys
        if key.table == "actor.usr"
        and evergreen.one(f"SELECT count(*) FROM ONLY {table.name} WHERE {key.columns[0]} = :id", id=staff)
    ]
    # What the product leaves pointing at the stone.
    assert set(left) <= {
        ("actor.usr_activity", "usr"), ("actor.usr_password_reset", "usr"), ("actor.usr_message", "usr"), ("action.curbside", "patron"),
        ("action.curbside", "stage_staff"), ("action.curbside", "delivery_staff"), ("sip.account", "usr"),
        ("openapi.endpoint_access_attempt_log", "accessor"), ("staging.user_stage", "requesting_usr"),
    }  # fmt: skip


def test_every_patron_can_be_deleted(evergreen):
    numbers = [
        number for (number,) in evergreen.rows("SELECT id FROM actor.usr WHERE NOT deleted AND id > 1 ORDER BY id")
    ]
    for number in numbers[::3]:
        habits.deletes_patron(evergreen.connection, number, HEIR)
    assert evergreen.one("SELECT count(*) FROM actor.usr WHERE id = ANY(:ids) AND NOT deleted", ids=numbers[::3]) == 0


def test_a_merged_account_brings_everything_along(evergreen, patron):
    number, ids = patron["number"], list(patron["canary"].circulations)
    into = evergreen.one("SELECT max(id) FROM actor.usr WHERE NOT deleted AND id <> :id", id=number)
    habits.merges_patrons(evergreen.connection, number, into)
    assert evergreen.rows("SELECT DISTINCT usr FROM action.circulation WHERE id = ANY(:ids)", ids=ids) == [(into,)]
    assert evergreen.rows("SELECT usr, active FROM actor.card WHERE id = :id", id=number) == [(into, False)]
    assert evergreen.one("SELECT deleted FROM actor.usr WHERE id = :id", id=number)
    assert evergreen.rows(
        "SELECT DISTINCT usr FROM money.materialized_billable_xact_summary WHERE id = ANY(:ids)", ids=ids
    ) == [(into,)]
