"""One person of Evergreen's sample is erased, and what that means for those beside: family, staff, merged records."""

from __future__ import annotations

from carrel.retention.finder import MARK
from carrel.systems import map_files
from carrel.systems.sample.evergreen import habits
from tests.integration.evergreen import person_site
from tests.integration.evergreen.person_seed import CARD, MAIL, NEEDLES, PHONE, TEXT, Seeder

DONE = {"verified", "applied, residue until"}


def erased(site, card, *more, code=0):
    """What the erasure of one person told, and its plan."""
    place = site.folder / "erase.json"
    told = site.ok("plan", "--erase", site.card(card), *more, "--as", "Cal Example", "--out", place)["plan"]
    site.approve(place)
    return site.ok("apply", place, code=code)["erasure"], told


def changes(before, after):
    """Per table, rows that are not there any more, and rows that came."""
    found = {}
    for name in before:
        gone, come = set(before[name]) - set(after[name]), set(after[name]) - set(before[name])
        if gone or come:
            found[name] = (gone, come)
    return found


def test_of_a_family_at_one_address_only_the_person_goes(site):
    own = site.koha
    others = dict(own.rows("SELECT id, usr FROM actor.usr_address"))
    number, child, mail = next(
        (number, child, mail)
        for number, child, mail in own.rows("""
            SELECT g.id, min(c.id), g.email FROM actor.usr g JOIN actor.usr c ON c.guardian_email = g.email
            WHERE NOT g.deleted AND NOT c.deleted AND c.mailing_address = g.mailing_address
            AND NOT EXISTS (SELECT 1 FROM action.circulation x WHERE x.usr = g.id AND x.xact_finish IS NULL)
            GROUP BY g.id, g.email ORDER BY g.id
        """)
    )  # fmt: skip
    # The number of the person is that of somebody else's address, and that one has a history.
    neighbour = next(usr for one, usr in others.items() if usr not in {1, number, child} and one != number)
    own.do("UPDATE actor.usr_address SET id = id + 100000 WHERE id = :n AND usr <> :n", n=number)
    own.do("INSERT INTO auditor.actor_usr_address_history (audit_id, audit_time, audit_action, id, usr, street1, city, country, post_code, address_type, valid, within_city_limits, pending) VALUES (990001, now(), 'U', :n, :usr, 'Elsewhere 1', 'X', 'US', '02139', 'MAILING', true, true, false)", n=number, usr=neighbour)  # fmt: skip
    (first,) = own.rows("SELECT min(id), min(template_output) FROM action_trigger.event WHERE context_user = :n AND template_output IS NOT NULL", n=number)  # fmt: skip
    own.do("UPDATE action_trigger.event SET template_output = :out WHERE id = (SELECT min(id) FROM action_trigger.event WHERE context_user = :usr)", out=first[1], usr=neighbour)  # fmt: skip
    before = site.rows()
    card = own.one("SELECT min(barcode) FROM actor.card WHERE usr = :n", n=number)
    done, _ = erased(site, card)
    assert done["outcome"] in DONE
    after = changes(before, site.rows())
    gone, come = after["actor.usr"]
    assert len(gone) == len(come)
    theirs = own.rows("SELECT guardian_email, mailing_address, billing_address, first_given_name <> '' FROM actor.usr WHERE id = :c", c=child)  # fmt: skip
    assert theirs == [(MARK, None, None, True)]
    assert own.one("SELECT count(*) FROM auditor.actor_usr_address_history WHERE audit_id = 990001") == 1
    assert own.one("SELECT count(*) FROM auditor.actor_usr_history WHERE id = :n", n=number) == 0
    assert own.one("SELECT count(*) FROM auditor.actor_usr_address_history WHERE usr = :n", n=number) == 0
    assert own.one("SELECT data FROM action_trigger.event_output WHERE id = :o", o=first[1]) == ""
    assert own.one("SELECT count(*) FROM action_trigger.event WHERE template_output = :o", o=first[1]) >= 1
    assert not [row for rows in site.rows().values() for row in rows if card in row or mail in row]
    # Loans and holds are there still, under numbers that nobody knew, and describe nobody.
    for table, aged in (
        ("action.circulation", "action.aged_circulation"),
        ("action.hold_request", "action.aged_hold_request"),
    ):
        if table in after:
            assert len(after[aged][1]) == len(after[table][0])
            assert own.one(f"SELECT count(*) FROM {aged} a JOIN {table} x USING (id)") == 0
    known = own.one("SELECT max(id) FROM money.billable_xact")
    new = own.rows("SELECT id, parent_circ, usr_post_code, usr_birth_year FROM action.aged_circulation WHERE id > :k", k=known)  # fmt: skip
    assert new
    assert {one[2:] for one in new} == {(None, None)}
    assert {one[1] for one in new if one[1] is not None} <= {one[0] for one in new}


def test_staff_who_are_patrons_leave_their_work(site):
    own = site.koha
    seed = Seeder(own, map_files.load("evergreen"))
    number = seed.patron()
    copy = own.one("SELECT min(id) FROM asset.copy")
    own.do("UPDATE asset.copy SET creator = :n, editor = :n WHERE id = :c", n=number, c=copy)
    loan = own.one("SELECT min(id) FROM action.circulation WHERE xact_finish IS NOT NULL")
    own.do("UPDATE action.circulation SET circ_staff = :n, checkin_staff = :n WHERE id = :l", n=number, l=loan)
    own.do("UPDATE asset.copy SET price = 3 WHERE id = :c", c=copy)
    done, plan = erased(site, CARD)
    assert done["outcome"] in DONE
    assert {"acted at the desk", "acted as staff in cataloguing"} <= {one["ground"] for one in plan["stays"]}
    assert own.rows("SELECT creator, editor FROM asset.copy WHERE id = :c", c=copy) == [(number, 1)]
    assert own.rows("SELECT circ_staff, checkin_staff FROM action.circulation WHERE id = :l", l=loan) == [
        (number, None)
    ]
    # Whatever copied the item's former state as the editor was taken out does not name the person either.
    assert (
        own.one("SELECT count(*) FROM auditor.asset_copy_history WHERE editor = :n OR audit_user = :n", n=number) == 0
    )
    assert not [row for rows in site.rows().values() for row in rows for one in NEEDLES if one in row]


def test_a_name_that_is_a_common_word_destroys_no_text(site):
    own = site.koha
    seed = Seeder(own, map_files.load("evergreen"))
    seed.patron(first_given_name="May", family_name="Book", usrname="library", email="desk@elm.example")
    other = seed.somebody
    own.do("INSERT INTO actor.usr_message (usr, title, message, sending_lib) VALUES (:u, 'library', :m, 4)", u=other, m=f"May Book of the library; {TEXT}")  # fmt: skip
    own.do("UPDATE money.billing SET note = 'May Book, library' WHERE id = (SELECT min(id) FROM money.billing)")
    done, _ = erased(site, CARD)
    assert done["outcome"] in DONE
    message = own.one("SELECT message FROM actor.usr_message WHERE usr = :u ORDER BY id DESC LIMIT 1", u=other)
    assert message == f"May Book of the library; {TEXT.replace(CARD, MARK)}"
    assert own.one("SELECT count(*) FROM money.billing WHERE note = 'May Book, library'") == 1
    assert {"money.billing.note", "actor.usr_message.message"} <= set(done["for_a_human"])


def test_a_branchs_own_telephone_is_told_and_keeps_no_erasure_open(site):
    own = site.koha
    Seeder(own, map_files.load("evergreen")).patron()
    for column, text in (("phone", PHONE), ("email", MAIL)):
        own.do(f"UPDATE actor.org_unit SET {column} = :t WHERE id = 4", t=text)
    done, _ = erased(site, CARD)
    assert (done["outcome"] in DONE, done["still_there"]) == (True, {})
    assert {"actor.org_unit.phone", "actor.org_unit.email"} <= set(done["for_a_human"])
    assert {place.rsplit(".", 1)[0] for place in done["for_a_human"]} <= {
        "actor.org_unit", "auditor.actor_org_unit_history",
    }  # fmt: skip
    assert own.rows("SELECT phone, email FROM actor.org_unit WHERE id = 4") == [(PHONE, MAIL)]


def test_the_first_of_two_merged_records_is_erased_by_its_number(site):
    own = site.koha
    seed = Seeder(own, map_files.load("evergreen"))
    number = seed.patron()
    habits.merges_patrons(own.connection, number, seed.somebody)
    assert own.one("SELECT deleted FROM actor.usr WHERE id = :n", n=number)
    told = site.ok("sweep", "--person", site.card(str(number)), "--by-number", code=3)
    assert told["rows"] > 0
    done, _ = erased(site, str(number), "--by-number")
    assert done["outcome"] in DONE
    again = site.run("plan", "--erase", site.card(str(number)), "--by-number", "--as", "Cal Example")
    assert again.codes == ["ERA-001"], again.text
    # Cards and addresses are those of the other record since the merge, and stay with it.
    left = {name for name, rows in site.rows().items() for row in rows for one in NEEDLES if one in row}
    assert left == {"actor.card", "actor.usr_address"}
    assert own.one("SELECT count(*) FROM actor.card WHERE usr = :n", n=seed.somebody) > 1


def test_a_payer_keeps_what_the_financial_record_needs(evergreen, site, tmp_path):
    site = person_site.make(tmp_path / "mit", evergreen, policy="mit-libraries")
    own = site.koha
    number, loan = own.rows("""
        SELECT c.usr, min(c.id) FROM action.circulation c JOIN money.billing b ON b.xact = c.id AND NOT b.voided
        WHERE NOT EXISTS (SELECT 1 FROM money.billable_xact x WHERE x.usr = c.usr AND x.xact_finish IS NULL)
        AND NOT EXISTS (SELECT 1 FROM money.materialized_billable_xact_summary m WHERE m.usr = c.usr AND m.balance_owed <> 0)
        AND c.usr > 1 AND NOT EXISTS (SELECT 1 FROM actor.usr u JOIN actor.org_unit o ON o.phone IN (u.day_phone, u.evening_phone, u.other_phone) WHERE u.id = c.usr) GROUP BY c.usr ORDER BY c.usr LIMIT 1
    """)[0]  # fmt: skip
    money = """
        SELECT s.id, s.total_owed, s.total_paid, s.balance_owed FROM money.materialized_billable_xact_summary s
        JOIN money.billing b ON b.xact = s.id WHERE s.usr = :n ORDER BY 1
    """
    was, bills = (
        own.rows(money, n=number),
        own.rows("SELECT CAST(b AS text) FROM money.billing b WHERE xact = :l", l=loan),
    )
    done, plan = erased(site, str(number), "--by-number")
    assert done["outcome"] in DONE
    assert any(one["ground"].startswith("financial record") for one in plan["stays"])
    assert own.rows(money, n=number) == was
    assert own.rows("SELECT CAST(b AS text) FROM money.billing b WHERE xact = :l", l=loan) == bills
    (line,) = own.rows(
        "SELECT usr, xact_start = date_trunc('day', xact_start) FROM money.grocery WHERE id = :l", l=loan
    )
    assert line == (number, True)
    assert own.one("SELECT count(*) FROM action.circulation WHERE usr = :n", n=number) == 0
    assert own.one("SELECT count(*) FROM action.aged_circulation WHERE id = :l", l=loan) == 0
    (left,) = own.rows(
        "SELECT family_name <> '', email, day_phone, dob, deleted FROM actor.usr WHERE id = :n", n=number
    )
    assert left == (True, None, None, None, False)
