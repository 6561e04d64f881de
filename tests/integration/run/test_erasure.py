"""``carrel plan --erase``, ``approve``, ``apply``: one person out of a whole library, and nobody else."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from importlib import resources

import pytest
import sqlalchemy as sa

from carrel.cli import premises
from carrel.cli.erasure_plan import erasure_of
from carrel.cli.main import main
from carrel.cli.premises import now
from carrel.cli.screen import WIDTH
from carrel.errors import CarrelError
from carrel.ledger.leaf import decode_leaf
from carrel.retention.finder import MARK
from carrel.retention.identifiers import Subject
from carrel.store.erasures import Erasures
from carrel.store.ledger_folder import LedgerFolder
from carrel.systems import map_files
from carrel.systems.sql import grants
from tests.integration.run import library
from tests.integration.run.person_seed import WHEN, Seeder
from tests.integration.run.test_kill_anywhere import ROUNDS, driven

CARD, USER, MAIL = "K7700123", "reader7700", "q.person77@elm.example"
FIRST, LAST = "Quirina", "Okonkwo-Vale"
LATELY = f"{datetime.now(UTC):%Y-%m-%d} 00:00:00"
TEXT = f"Called about card {CARD}, mail {MAIL}; ask at desk 3."


@pytest.fixture
def elm(small):
    """A library whose policy lets settled charges lose the card."""
    shipped = resources.files("carrel.policy") / "shipped" / "worcester.yaml"
    (small.folder / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"))
    return small


def subject(elm, **values):
    """A patron with identifiers of all kinds; nothing of them may stand in any output or file."""
    seed = Seeder(elm.koha)
    given = {
        "cardnumber": CARD,
        "userid": USER,
        "email": MAIL,
        "firstname": FIRST,
        "surname": LAST,
        "phone": "0611223344",
    }
    number = seed.patron(**{**given, **values})
    elm.needles |= {str(number), CARD, USER, MAIL, f"{FIRST} {LAST}"}
    return seed, number


def given(elm, text=CARD):
    place = elm.folder.parent / "card.txt"
    place.write_text(f"{text}\n")
    return place


def planned(elm, name="erase.json", text=CARD, *more):
    place = elm.folder / name
    told = elm.ok("plan", "--erase", given(elm, text), *more, "--as", "Cal Example", "--out", place)
    return place, told["plan"]


def erased(elm, code=0):
    place, plan = planned(elm)
    elm.approve(place)
    return elm.ok("apply", place, code=code)["erasure"], plan


def state(elm):
    """Every row of every table, as a multiset by table."""
    engine = elm.koha.engine()
    found = {}
    with engine.connect() as connection:
        for name in sa.inspect(connection).get_table_names():
            quoted = connection.dialect.identifier_preparer.quote(name)
            found[name] = sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {quoted}")))
    return found


def mentions(elm, *needles):
    return [
        (name, row[:300]) for name, rows in state(elm).items() for row in rows for needle in needles if needle in row
    ]


@pytest.mark.everywhere
@pytest.mark.each_database
def test_a_trace_in_every_table_and_nobody_elses_row_is_touched(elm):
    seed, number = subject(elm)
    seed.words(TEXT.replace(CARD, "Z1").replace(MAIL, "z@z.example"))  # the same rows, about nobody
    before = state(elm)
    said = seed.traces(number, CARD, USER)
    assert len(said) > 75
    seeded = state(elm)
    done, plan = erased(elm)
    assert (done["outcome"], done["still_there"], done["for_a_human"]) in [
        ("verified", {}, {}), ("applied, residue until", {}, {}),
    ]  # fmt: skip
    assert {one["table"] for one in plan["goes"]} >= set(said)
    assert {name: rows for name, rows in done["rows"].items() if name not in {"texts", "person"}} == by_step(plan)
    after = state(elm)
    for name in before:
        known = sorted(before[name]) if name != "borrowers" else [row for row in before[name] if CARD not in row]
        lost = [row for row in known if row not in after[name]]
        assert not lost, (name, lost[:2])
    assert not mentions(elm, str(number), CARD, USER, MAIL)
    assert len(after["deletedborrowers"]) == len(before["deletedborrowers"])
    assert sum(map(len, seeded.values())) > sum(map(len, after.values()))
    the_ledger_holds_the_case_and_counts(elm, done, plan)


def the_ledger_holds_the_case_and_counts(elm, done, plan):
    """And nothing of what went by its name; the key of the case is gone."""
    leaves = [decode_leaf(entry) for entry in LedgerFolder(elm.folder / "ledger").entries()]
    [leaf] = [one for one in leaves if one.kind == "erasure"]
    assert leaf.fields["case"] == plan["case"] == done["case"]
    assert leaf.fields["applied"] == sum(rows for name, rows in done["rows"].items() if name != "texts")
    assert "housebound" not in str(leaf.fields)
    assert not list((elm.folder / "cases").iterdir())


@pytest.mark.everywhere
def test_a_row_that_several_traces_lead_to_is_planned_and_taken_out_once(elm):
    """Checkout, return and renewal in one second lead to one pseudonymised row, by four ways that are told apart."""
    seed, number = subject(elm)
    elm.needles -= {str(number)}
    item = elm.koha.rows("SELECT itemnumber FROM items ORDER BY itemnumber LIMIT 1")[0][0]
    here, other = {"itemnumber": item, "borrowernumber": number}, "2025-04-05 06:07:08"
    seed.row("old_issues", **here, issuedate=WHEN, returndate=WHEN, lastreneweddate=other)
    seed.row("statistics", **here, datetime=WHEN, type="issue")
    for at in (WHEN, other):
        seed.row("pseudonymized_transactions", itemnumber=item, datetime=at, hashed_borrowernumber="abc")
    place = elm.folder / "erase.json"
    shown = elm.run("plan", "--erase", given(elm), "--as", "Cal Example", "--out", place)
    assert shown.code == 0, shown.text
    plan = json.loads(place.read_text())
    ways = {one["column"]: one["rows"] for one in plan["goes"] if one["table"] == "pseudonymized_transactions"}
    assert ways == {"by old_issues (datetime = issuedate)": 1, "by old_issues (datetime = lastreneweddate)": 1}
    lines = [line for line in shown.out.splitlines() if line.strip()]
    assert len(set(lines)) == len(lines)
    assert max(len(line) for line in lines if str(elm.folder) not in line) <= WIDTH
    told = {one["why"] for one in plan["goes"]}
    assert all(" ".join(shown.out.split()).count(why) == 1 for why in told)
    elm.approve(place)
    done = elm.ok("apply", place)["erasure"]
    assert {name: rows for name, rows in done["rows"].items() if name not in {"texts", "person"}} == by_step(plan)


@pytest.mark.one_database
@pytest.mark.parametrize("keeps", [False, True])
def test_a_librarys_own_fields_go_with_the_persons_requests_and_charges(small, keeps):
    """They can say anything of the person; on others' requests, and where the charge keeps its payer, they stay."""
    if not keeps:
        shipped = resources.files("carrel.policy") / "shipped" / "worcester.yaml"
        (small.folder / "policy.yaml").write_text(shipped.read_text(encoding="utf-8"))
    seed, number = subject(small)
    small.needles -= {str(number), f"{FIRST} {LAST}"}
    other = seed.patron()
    asked = {who: seed.row("illrequests", borrowernumber=who)["illrequest_id"] for who in (number, other)}
    paid = {"amount": 2, "amountoutstanding": 0, "date": LATELY, "timestamp": LATELY, "debit_type_code": "OVERDUE"}
    lines = {who: seed.row("accountlines", borrowernumber=who, **paid)["accountlines_id"] for who in (number, other)}
    field = {
        kind: seed.row("additional_fields", tablename=kind, name="need")["id"]
        for kind in ("illrequests", "accountlines:debit", "subscription")
    }
    for kind, records in (("illrequests", asked), ("accountlines:debit", lines), ("subscription", asked)):
        for who, record in records.items():
            value = f"{kind} of {'the person' if who == number else 'another'}"
            seed.row("additional_field_values", field_id=field[kind], record_id=str(record), value=value)
    done, plan = erased(small)
    assert done["still_there"] == {}
    told = [row[0] for row in small.koha.rows("SELECT value FROM additional_field_values WHERE value LIKE '% of %'")]
    stays = {"accountlines:debit of the person"} if keeps else set()
    # The number of a request is no number of a subscription, whatever the two are.
    assert set(told) == stays | {
        "illrequests of another", "accountlines:debit of another", "subscription of another", "subscription of the person",
    }  # fmt: skip
    kept = [one["column"] for one in plan["stays"] if one["table"] == "additional_field_values"]
    assert kept == (["by accountlines"] if keeps else [])


def by_step(plan):
    """What a plan announces, as the result counts it; the own record is counted by itself."""
    found = Counter()
    for one in plan["goes"]:
        if (one["table"], one["act"]) != ("borrowers", "delete"):
            found[f"{one['table']}.{one['act']}"] += one["rows"]
    return found


@pytest.mark.everywhere
def test_identifiers_in_other_peoples_texts_go_and_the_rest_of_the_text_stays(elm):
    """In JSON the number behind a key that says so is a patron's, and any other is none."""
    seed, number = subject(elm)
    said = seed.words(TEXT)
    text = json.dumps({"borrowernumber": number, "itemnumber": number, "note": f"shelf {number}"})
    seed.row("background_jobs", data=text, context="{}", type="x", status="finished")
    elm.needles -= {str(number)}
    done, plan = erased(elm)
    assert done["still_there"] == {}
    [(left,)] = elm.koha.rows("SELECT data FROM background_jobs WHERE type = 'x'")
    assert json.loads(str(left)) == {"borrowernumber": 0, "itemnumber": number, "note": f"shelf {number}"}
    assert sum(one["redacted"] for one in plan["words"]) >= sum(said.values()) - 4
    assert not mentions(elm, CARD, MAIL)
    rows = elm.koha.rows("SELECT message FROM messages WHERE message LIKE 'Called about%'")
    assert rows == [(f"Called about card {MARK}, mail {MARK}; ask at desk 3.",)]
    assert elm.koha.rows("SELECT count(*) FROM sessions WHERE a_session LIKE '%Called about%'") == [(0,)]


@pytest.mark.one_database
def test_a_family_shares_an_address_and_a_telephone(elm):
    """The child's record keeps what is the child's too, and loses its guarantor."""
    seed, number = subject(elm, phone="0622334455")
    child = seed.patron(email=MAIL, phone="0622334455", contactname=LAST)
    elm.needles -= {MAIL}
    seed.row("borrower_relationships", guarantor_id=number, guarantee_id=child, relationship="aunt")
    seed.row("messages", borrowernumber=child, message=f"write to {MAIL}", message_type="L")
    before = elm.koha.rows(f"SELECT * FROM borrowers WHERE borrowernumber = {child}")
    place, plan = planned(elm)
    elm.approve(place)
    shown = elm.run("apply", place)
    assert shown.code == 0, shown.text
    assert str(child) not in shown.out
    done = elm.ok("apply", place)["erasure"]
    assert done["still_there"] == {}
    assert elm.koha.rows(f"SELECT * FROM borrowers WHERE borrowernumber = {child}") == before
    assert elm.koha.rows(f"SELECT message FROM messages WHERE borrowernumber = {child}") == [(f"write to {MAIL}",)]
    assert elm.koha.rows("SELECT count(*) FROM borrower_relationships WHERE relationship = 'aunt'") == [(0,)]
    assert any("guarantor" in one for one in plan["notices"])
    assert all(f"For a human to judge: {one}: 1" in shown.out for one in ("borrowers.email", "messages.message"))
    assert "A name alone can be somebody else's" in shown.out


@pytest.mark.one_database
def test_a_member_of_staff_who_is_a_patron_and_whose_name_is_a_common_word(elm):
    """What they did on others' rows stays, without them; and no text is destroyed for the words of their name."""
    seed, number = subject(elm, flags=1, firstname="May", surname="Book", userid="library")
    other, reader = seed.patron(), seed.patron()
    seed.row("messages", borrowernumber=other, message="paid", message_type="L", manager_id=number)
    text = "You may book the library room; May Book asked, and so did the library's friends."
    seed.row("messages", borrowernumber=reader, message=text, message_type="L")
    seed.row("action_logs", user=number, module="CIRCULATION", action="ISSUE", object=other, info="77")
    seed.row("cash_register_actions", manager_id=number, code="CASHUP")
    seed.row("user_permissions", borrowernumber=number)
    done, plan = erased(elm)
    assert done["still_there"] == {}
    assert elm.koha.rows(f"SELECT message FROM messages WHERE borrowernumber = {reader}") == [(text,)]
    assert done["for_a_human"]["messages.message"] == 1
    assert [one for one in plan["words"] if one["table"] == "messages"] == [
        {"table": "messages", "column": "message", "redacted": 0, "human": 1}
    ]
    assert elm.koha.rows(f"SELECT message, manager_id FROM messages WHERE borrowernumber = {other}") == [("paid", None)]
    assert elm.koha.rows(f"SELECT user, object, info FROM action_logs WHERE object = {other}") == [(0, other, "77")]
    stand_in = elm.koha.sample.anonymous_patron
    assert elm.koha.rows("SELECT manager_id FROM cash_register_actions WHERE code = 'CASHUP'") == [(stand_in,)]
    assert ("cash_register_actions", "manager_id", "CASCADE") in {
        (one["table"], one["column"], one["rule"]) for one in plan["cascades"]
    }


@pytest.mark.one_database
def test_what_is_still_there_is_told_with_its_place_until_somebody_mends_it(elm):
    """A human must mend a saved report, a card in a branch's notes and what a merge leaves; then the same plan ends verified.

    The text of a report is a statement. The map says that nothing of a person stands in branches; it vouches for a
    telephone there, and for no card. A merge leaves a copy under the old number, with the same card.
    """
    seed, number = subject(elm, phone="0611223344")
    key = seed.row("saved_sql", savedsql=f"SELECT 1 WHERE cardnumber = '{CARD}'", report_name="one card")["id"]
    notes = f"branchnotes = 'ask for {CARD}, 0611223344'"
    elm.sql(f"UPDATE branches SET branchphone = '0611223344', {notes} WHERE branchcode = 'CPL'")
    seed.row("deletedborrowers", borrowernumber=number + 9, cardnumber=CARD, surname=LAST, firstname=FIRST)
    done, _ = erased(elm, code=5)
    assert (done["outcome"], done["still_there"]) == (
        "applied, unverified",
        {"branches.branchnotes": 1, "deletedborrowers.cardnumber": 1, "saved_sql.savedsql": 1},
    )
    assert done["for_a_human"]["branches.branchphone"] == 1
    elm.sql(
        f"DELETE FROM deletedborrowers WHERE borrowernumber = {number + 9}",
        "UPDATE branches SET branchnotes = NULL WHERE branchcode = 'CPL'",
    )
    answer = elm.run("apply", elm.folder / "erase.json")
    assert answer.code == 5
    assert f"saved_sql.savedsql: 1 (key {key})" in answer.out
    elm.sql(f"DELETE FROM saved_sql WHERE id = {key}")
    again = elm.ok("apply", elm.folder / "erase.json")["erasure"]
    assert (again["still_there"], again["for_a_human"]) == ({}, {"branches.branchphone": 1})


@pytest.mark.one_database
def test_what_must_stay_refuses_and_changes_nothing(elm):
    seed, number = subject(elm)
    words = ("plan", "--erase", given(elm), "--as", "Cal Example", "--out", elm.folder / "erase.json")
    item = elm.koha.rows("SELECT itemnumber FROM items WHERE itemnumber NOT IN (SELECT itemnumber FROM issues) LIMIT 1")
    for table, values, undo in (
        ("issues", {"borrowernumber": number, "itemnumber": item[0][0]}, "DELETE FROM issues"),
        ("accountlines", {"borrowernumber": number, "amountoutstanding": 3}, "DELETE FROM accountlines"),
        ("accountlines", {"borrowernumber": number, "amountoutstanding": -3}, "DELETE FROM accountlines"),
        ("return_claims", {"borrowernumber": number, "resolution": None}, "DELETE FROM return_claims"),
        ("pending_offline_operations", {"cardnumber": CARD}, f"DELETE FROM {'pending_offline_operations'}"),
    ):
        seed.row(table, **values)
        elm.refused(*words, code=4, error="ERA-002")
        where = "cardnumber" if "cardnumber" in values else "borrowernumber"
        elm.sql(f"{undo} WHERE {where} = '{values[where]}'")
    elm.sql(f"UPDATE borrowers SET protected = 1 WHERE borrowernumber = {number}")
    elm.refused(*words, code=4, error="ERA-002")
    elm.sql(f"UPDATE borrowers SET protected = 0 WHERE borrowernumber = {number}")
    hold = ("hold", "place", "--reason", "letter", "--authority", "court", "--as", "Ada Example", "--sealed")
    patrons = elm.folder.parent / "held.txt"
    patrons.write_text(f"{number}\n")
    placed = elm.ok(*hold, "--patron-file", patrons)
    answer = elm.refused(*words, code=4, error="ERA-002")
    assert "letter" not in answer.text
    assert "hold" not in answer.err.split("fix:")[0].replace("place holds", "")
    elm.ok("hold", "release", placed["id"], "--as", "Ada Example")
    assert not (elm.folder / "erase.json").exists()
    planned(elm)


@pytest.mark.one_database
def test_the_anonymous_patron_and_nobody_are_no_subjects(elm):
    words = ("plan", "--as", "Cal Example", "--out", elm.folder / "erase.json")
    elm.refused(*words, "--erase", given(elm, elm.koha.sample.anonymous_patron), "--by-number", code=2, error="ERA-001")
    elm.refused(*words, "--erase", given(elm, "nobody has this"), code=2, error="ERA-001")
    elm.refused(*words, "--erase", given(elm, "1\n2"), code=2, error="ERA-001")
    elm.refused(*words, "--erase", given(elm, "x"), "--by-number", code=2, error="ERA-001")


@pytest.mark.one_database
def test_without_an_anonymous_patron(elm):
    """A till would go with whoever closed it, so the erasure is refused; a concern goes with the answers to it."""
    elm.sql("UPDATE systempreferences SET value = '' WHERE variable = 'AnonymousPatron'")
    seed, number = subject(elm)
    seed.row("cash_register_actions", manager_id=number, code="CASHUP")
    words = ("plan", "--erase", given(elm), "--as", "Cal Example", "--out", elm.folder / "erase.json")
    answer = elm.refused(*words, code=4, error="ERA-002")
    assert "no anonymous patron" in answer.err
    elm.sql(f"DELETE FROM cash_register_actions WHERE manager_id = {number}")
    ticket = seed.row("tickets", reporter_id=number, title="wrong year", body="it is 1999")["id"]
    seed.row("ticket_updates", ticket_id=ticket, user_id=seed.patron(), message="mended")
    seed.row("old_issues", borrowernumber=number, note="torn")
    done, _ = erased(elm)
    assert done["still_there"] == {}
    assert elm.koha.rows(f"SELECT count(*) FROM tickets WHERE id = {ticket}") == [(0,)]
    assert elm.koha.rows(f"SELECT count(*) FROM ticket_updates WHERE ticket_id = {ticket}") == [(0,)]
    assert elm.koha.rows("SELECT count(*) FROM old_issues WHERE note = 'torn'") == [(0,)]


def test_the_number_that_stands_for_nobody(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite, policy="worcester")
    subject(elm, borrowernumber=0)
    elm.needles -= {"0"}
    words = ("plan", "--erase", given(elm), "--as", "Cal Example", "--out", elm.folder / "erase.json")
    elm.refused(*words, code=2, error="ERA-001")


FINANCE = "    finance schedule: {cited: Schedule F-7, requires: [name, library card number], keep: 1 year}\n"


@pytest.mark.one_database
@pytest.mark.parametrize(("schedule", "stays"), [("", (None, "Okonkwo-Vale")), (FINANCE, (CARD, "Okonkwo-Vale"))])
def test_a_financial_record_stays_with_its_payer_and_all_else_goes(small, schedule, stays):
    """Without a schedule the record stays whole for good; with one, for as long and with as much as it requires."""
    small.edit("    event detail: second\n", f"    event detail: second\n{schedule}", "policy.yaml")
    seed, number = subject(small)
    small.needles -= {str(number), f"{FIRST} {LAST}"}
    seed.traces(number, CARD, USER)
    small.sql(f"DELETE FROM accountlines WHERE borrowernumber = {number}")
    paid = {"amountoutstanding": 0, "amount": 2, "description": f"card {CARD}", "date": LATELY}
    line = seed.row("accountlines", borrowernumber=number, **paid)["accountlines_id"]
    before = small.koha.rows(f"SELECT * FROM accountlines WHERE accountlines_id = {line}")
    done, plan = erased(small)
    assert done["still_there"] == {}
    assert (done["kept"]["accountlines.borrowernumber"], done["kept"]["borrowers"]) == (1, 1)
    # Whoever looks for the person later is told the same; and an erasure that is over does not say that it looked.
    later = small.run("sweep", "--person", given(small, str(number)), "--by-number", "--json").told
    assert (later["rows"], later["kept_on_a_ground"]) == (0, done["kept"])
    once_more = small.run("apply", small.folder / "erase.json")
    assert "was looked for in every table when it ended" in once_more.out
    assert "0 rows" not in once_more.out
    ground = {one["ground"] for one in plan["stays"] if one["table"] == "borrowers"}
    assert ground == {plan_ground for plan_ground in ground if ("Schedule F-7" in plan_ground) is bool(schedule)}
    assert small.koha.rows(f"SELECT * FROM accountlines WHERE accountlines_id = {line}") == before
    record = (
        f"SELECT cardnumber, surname, userid, email, phone, dateexpiry FROM borrowers WHERE borrowernumber = {number}"
    )
    assert small.koha.rows(record) == [(*stays, None, None, None, None)]
    assert not mentions(small, USER, MAIL, "0611223344")
    small.sql(f"UPDATE accountlines SET date = '2019-01-01' WHERE accountlines_id = {line}")
    place, _ = planned(small, "again.json", str(number), "--by-number")
    small.approve(place)
    small.ok("apply", place)
    assert bool(small.koha.rows(record)) is not bool(schedule)  # its period is over


@pytest.mark.everywhere
def test_a_kept_line_of_account_leads_to_no_loan_and_verify_agrees(small):
    """A young loan that drew a charge is parted by the erasure: the payer stays, and nothing leads from it to the loan."""
    seed, number = subject(small)
    small.needles -= {str(number), f"{FIRST} {LAST}"}
    loan = seed.row("old_issues", borrowernumber=number, issuedate=LATELY, returndate=LATELY)["issue_id"]
    second = f"{LATELY[:10]} 11:22:33"
    line = seed.row(
        "accountlines", borrowernumber=number, old_issue_id=loan, itemnumber=1, debit_type_code="OVERDUE", amount=2,
        amountoutstanding=0, description="The Long Winter", note="late", date=second, timestamp=second,
    )["accountlines_id"]  # fmt: skip
    owed = small.run("verify", "--json").told["remaining"]["charge"]
    done, plan = erased(small)
    assert done["outcome"].startswith(("verified", "applied, residue"))
    parted = [one for one in plan["goes"] if one["table"] == "accountlines" and "old_issue_id" in one["sets"]]
    assert [one["rows"] for one in parted] == [1]
    told = (
        "SELECT borrowernumber, old_issue_id, itemnumber, description, note, amount, date, timestamp FROM accountlines "
        f"WHERE accountlines_id = {line}"
    )
    [(payer, *gone, amount, at, touched)] = small.koha.rows(told)
    assert (payer, gone, float(amount)) == (number, [None] * 4, 2.0)
    assert {str(one)[:19] for one in (at, touched)} == {LATELY}
    assert small.koha.rows(f"SELECT borrowernumber FROM old_issues WHERE issue_id = {loan}") != [(number,)]
    assert small.run("verify", "--json").told["remaining"]["charge"] == owed
    again, plan = erased_again(small, number)
    assert [one for one in plan["goes"] if one["table"] == "accountlines"] == []
    assert again["kept"]["accountlines.borrowernumber"] == 1


def erased_again(elm, number):
    place, plan = planned(elm, "again.json", str(number), "--by-number")
    elm.approve(place)
    return elm.ok("apply", place)["erasure"], plan


@pytest.mark.one_database
def test_no_schedule_for_charges_that_lose_the_card(elm):
    elm.edit("    event detail: second\n", f"    event detail: second\n{FINANCE}", "policy.yaml")
    elm.refused("plan", "--as", "Cal Example", "--erase", given(elm), code=2, error="POL-023")


@pytest.mark.everywhere
def test_a_plugins_table_is_told_and_stops_the_plan_until_it_is_classified(elm):
    seed, number = subject(elm)
    engine = " ENGINE=InnoDB" if elm.koha.dialect == "mariadb" else ""
    kind = "int(11)" if elm.koha.dialect == "mariadb" else "INTEGER"
    elm.sql(
        f"CREATE TABLE plugin_chat (id {kind} PRIMARY KEY, who {kind}, said varchar(200), CONSTRAINT chat_who "
        f"FOREIGN KEY (who) REFERENCES borrowers (borrowernumber) ON DELETE CASCADE){engine}",
        f"INSERT INTO plugin_chat VALUES (1, {number}, 'hello')",
    )
    words = ("plan", "--as", "Cal Example", "--out", elm.folder / "erase.json", "--erase", given(elm))
    answer = elm.refused(*words, code=4, error="ERA-003")
    assert "plugin_chat.who" in answer.err
    (elm.folder / "local.yaml").write_text(
        "person_columns:\n  plugin_chat: [who]\nnot_yet_covered:\n  plugin_chat: chat\nperson:\n  plugin_chat:\n"
        "    why: chat\n    traces:\n      - {column: who, act: delete, why: it is the person's}\n"
    )
    elm.edit("    map: koha\n", f"    map: koha\n    local_map: {elm.folder / 'local.yaml'}\n")
    done, plan = erased(elm)
    assert done["still_there"] == {}
    assert {"table": "plugin_chat", "column": "who", "rule": "CASCADE", "of": "borrowers", "rows": 1} in plan[
        "cascades"
    ]
    assert elm.koha.rows("SELECT count(*) FROM plugin_chat") == [(0,)]
    del seed


@pytest.mark.one_database
def test_nothing_without_a_second_person_and_the_file_is_only_a_copy(elm):
    """Nor is one carried out that was outgrown, or whose case has lost its key; else it is, and only once."""
    seed, number = subject(elm)
    seed.row("linktracker", borrowernumber=number)
    place, plan = planned(elm)
    elm.refused("apply", place, code=6, error="APR-008")
    told = place.read_text()
    assert str(number) not in told
    place.write_text(told.replace('"rows": 1', '"rows": 2', 1))
    elm.refused("apply", place, code=4, error="APR-001")
    place.write_text(told)
    key = ("--key", elm.folder / "ben.key", "--as", "Ben Example", "--yes")
    elm.edit(", may: [plan, run]", ", may: [plan, run, approve]")
    elm.refused(
        "approve", place, "--as", "Cal Example", "--key", elm.folder / "cal.key", "--yes", code=4, error="APR-002"
    )
    assert elm.run("approve", place, *key, "--standing").code == 2
    elm.approve(place)
    seed.row("issues", borrowernumber=number, itemnumber=_free_item(elm))
    elm.refused("apply", place, code=4, error="ERA-002")  # borrowed meanwhile
    elm.sql(f"DELETE FROM issues WHERE borrowernumber = {number}")
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 102) SELECT"
    elm.sql(f"INSERT INTO linktracker (borrowernumber) {many} {number} FROM n")
    elm.refused("apply", place, code=4, error="APR-007")  # outgrown
    elm.sql(f"DELETE FROM linktracker WHERE borrowernumber = {number}")
    key = elm.folder / "cases" / f"{plan['case']}.key"
    key.rename(elm.folder.parent / "case.key")
    elm.refused("apply", place, code=4, error="ERA-004")
    (elm.folder.parent / "case.key").rename(key)
    elm.ok("apply", place)
    before = state(elm)
    assert elm.ok("apply", place)["erasure"]["outcome"] in {"verified", "applied, residue until"}  # it is over
    assert state(elm) == before
    assert plan["case"].startswith("case-")


def _free_item(elm):
    return elm.koha.rows("SELECT itemnumber FROM items WHERE itemnumber NOT IN (SELECT itemnumber FROM issues)")[0][0]


@pytest.mark.one_database
def test_an_older_number_that_the_library_confirms_goes_in_the_same_case(elm):
    seed, number = subject(elm)
    older, living = number + 9, seed.patron()
    seed.row("deletedborrowers", borrowernumber=older, cardnumber=CARD, surname=LAST, firstname=FIRST, email=MAIL)
    seed.row("action_logs", user=older, module="CATALOGUING", action="ADD", object=1, info="77")
    elm.needles.add(str(older))
    numbers = elm.folder.parent / "older.txt"
    words = ("plan", "--erase", given(elm), "--also-number", numbers, "--as", "Cal Example")
    for wrong in (living, "one", 0):
        numbers.write_text(f"{older}\n{wrong}\n")
        elm.refused(*words, code=2, error="ERA-001")
    numbers.write_text(f"{older}\n")
    place, plan = planned(elm, "erase.json", CARD, "--also-number", numbers)
    assert any("older numbers" in one for one in plan["notices"])
    elm.approve(place)
    assert elm.ok("apply", place)["erasure"]["still_there"] == {}
    assert not mentions(elm, str(older), str(number), CARD, MAIL)


def test_a_key_on_rows_that_came_since_stops_the_last_deletion(elm):
    """A row that no step deals with: nothing is deleted with it."""
    seed, number = subject(elm)
    seed.row("messages", borrowernumber=number, message="hello", message_type="L")
    before = library.checksum(elm.koha)
    with premises.enter(elm.folder, None, read_only=False) as here:
        erasure = erasure_of(here, (Subject(number, CARD, USER),), now())
        with pytest.raises(CarrelError) as told, here.engine.begin() as connection:
            erasure.delete_person(connection, tuple)
    assert told.value.code == "ERA-005"
    assert library.checksum(elm.koha) == before


@pytest.mark.everywhere
def test_thousands_of_rows_go_in_pieces(elm):
    _, number = subject(elm)
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT"
    tail = f"{number}, 's', 'q', 'c', 'biblio', 1 FROM n"
    for _ in range(5):
        elm.sql(
            f"INSERT INTO search_history (userid, sessionid, query_desc, query_cgi, type, total) {many} {tail}",
            f"INSERT INTO statistics (datetime, type, borrowernumber) {many} '2025-01-01 10:00:00', 'issue', {number} FROM n",
        )
    done, plan = erased(elm)
    assert {one["table"]: one["rows"] for one in plan["goes"]} == {
        "search_history": 4500,
        "statistics": 4500,
        "borrowers": 1,
    }
    assert done["rows"] == {"search_history.delete": 4500, "statistics.change": 4500, "person": 1}
    assert elm.koha.rows(
        "SELECT count(*) FROM statistics WHERE type = 'issue' AND datetime = '2025-01-01 10:00:00'"
    ) == [(4500,)]


@pytest.mark.mariadb
def test_a_loan_in_the_middle_stops_the_erasure_and_it_goes_on(small_mariadb, tmp_path, monkeypatch):
    """The desk lends between two pieces; when the item is back the same plan is carried out to its end."""
    elm = library.make(tmp_path / "site", small_mariadb, policy="worcester")
    seed, number = subject(elm)
    seed.traces(number, CARD, USER)
    place, _ = planned(elm)
    elm.approve(place)
    item, lent = _free_item(elm), []
    begin = Erasures.intend

    def lend(self, name, step):
        begin(self, name, step)
        if step == "messages.delete" and not lent:
            lent.append(seed.row("issues", borrowernumber=number, itemnumber=item))

    monkeypatch.setattr(Erasures, "intend", lend)
    with pytest.raises(SystemExit) as left:
        main(["apply", str(place), "--site", str(elm.folder)])
    assert (left.value.code, len(lent)) == (4, 1)
    assert elm.koha.rows(f"SELECT count(*) FROM borrowers WHERE borrowernumber = {number}") == [(1,)]
    assert elm.koha.rows(f"SELECT count(*) FROM messages WHERE borrowernumber = {number}") != [(0,)]
    said = ("--reason", "letter", "--authority", "court", "--as", "Ada Example", "--item", 999_999)
    assert elm.ok("hold", "place", *said)["disposed_before"]["rows"] > 0  # by the erasure in flight
    elm.sql(f"DELETE FROM issues WHERE borrowernumber = {number}")
    assert elm.ok("apply", place)["erasure"]["still_there"] == {}


@pytest.mark.mariadb
def test_an_account_of_the_night_is_told_what_it_lacks_before_anything_goes(small_mariadb, tmp_path):
    elm = library.make(tmp_path / "site", small_mariadb, policy="worcester")
    seed, number = subject(elm)
    seed.row("messages", borrowernumber=number, message="hello", message_type="L")
    place, _ = planned(elm)
    elm.approve(place)
    rights = [
        f"{one.privilege}{' (' + ','.join(one.columns) + ')' if one.columns else ''} ON {one.table}"
        for one in (*grants.needed(map_files.load("koha"), grants.Purpose.APPLY), grants.SWEEP)
    ]
    elm.secret("night.dsn", elm.koha.limited_user(rights).replace("?charset=utf8mb4", ""))
    elm.edit("    dsn_file: koha.dsn\n", "    dsn_file: koha.dsn\n    apply_dsn_file: night.dsn\n")
    answer = elm.refused("apply", place, code=4, error="SQL-005")
    assert "GRANT DELETE ON" in answer.err


@pytest.mark.slow
@pytest.mark.parametrize("base", ["small_sqlite", pytest.param("small_mariadb", marks=pytest.mark.mariadb)])
def test_killed_between_any_two_steps(base, request, tmp_path):
    """Every resumed erasure ends in the state of one that nobody disturbed, and the ledger is owed nothing."""
    elm = library.make(tmp_path / "site", request.getfixturevalue(base), policy="worcester")
    seed, number = subject(elm)
    seed.traces(number, CARD, USER)
    seed.words(TEXT)
    more = {}
    if elm.koha.server is not None:
        more = {"template": "erasure_kept"}
        _copied(elm.koha.server, elm.koha.database, "erasure_kept")

    def prepare():
        place, _ = planned(elm, "plan.json")
        elm.approve(place)

    try:
        found = driven(elm, tmp_path, prepare, rounds=max(4, ROUNDS // 3), **more)
    finally:
        if elm.koha.server is not None:
            elm.koha.server.sql("DROP DATABASE erasure_kept")
    assert len(found["steps"]) > 300
    assert found["wrong"] == [], found["wrong"]
    assert (found["further"], found["unchanged"]) == (0, True)


def _copied(server, database, copy):
    names = server.sql(
        f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{database}' AND table_type = 'BASE TABLE'"
    )
    server.sql(f"CREATE DATABASE {copy}")
    for (name,) in names:
        server.sql(f"CREATE TABLE {copy}.`{name}` LIKE {database}.`{name}`")
        server.sql(f"INSERT INTO {copy}.`{name}` SELECT * FROM {database}.`{name}`")
