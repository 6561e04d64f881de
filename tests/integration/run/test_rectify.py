"""``carrel plan --rectify``, ``approve``, ``apply``: one record put right, its copies with it, and nobody else's."""

from __future__ import annotations

import json

import pytest

from carrel.ledger.leaf import decode_leaf
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.person_cases import PersonCases
from tests.integration.run import library
from tests.integration.run.person_seed import Seeder
from tests.integration.run.test_erasure import _copied, state
from tests.integration.run.test_kill_anywhere import ROUNDS, driven

CARD, MAIL, NEW_MAIL = "K7700123", "q.person77@elm.example", "quirina.new@oak.example"
OLD_STREET, NEW_STREET = "Wrongly Spelt Lane 7", "Rightly Spelt Lane 9"
ASK = f"""\
card number: {CARD}
correct:
  email address: {NEW_MAIL}
  postal address: {{street: {NEW_STREET}, postcode: 02139}}
"""


def subject(elm, **values):
    seed = Seeder(elm.koha)
    given = {"cardnumber": CARD, "userid": "reader7700", "email": MAIL, "address": OLD_STREET, "zipcode": "02138"}
    number = seed.patron(**{**given, **values})
    elm.needles |= {str(number), CARD, MAIL, NEW_MAIL, OLD_STREET, NEW_STREET}
    return seed, number


def asked(elm, text=ASK):
    place = elm.folder.parent / "request.yaml"
    place.write_text(text)
    return place


def words(elm, text=ASK):
    return ("plan", "--rectify", asked(elm, text), "--as", "Cal Example", "--out", elm.folder / "rectify.json")


def planned(elm, text=ASK):
    return elm.folder / "rectify.json", elm.ok(*words(elm, text))["plan"]


def changed(before, after):
    """Rows of each table that are not as they were: those that went, and those that came."""
    found = {}
    for name in before:
        gone = [row for row in before[name] if row not in after[name]]
        came = [row for row in after[name] if row not in before[name]]
        if gone or came:
            found[name] = (len(gone), len(came))
    return found


def own(elm, number, *columns):
    return elm.koha.rows(f"SELECT {', '.join(columns)} FROM borrowers WHERE borrowernumber = {number}")[0]


@pytest.mark.everywhere
def test_the_record_and_its_copies_are_put_right_and_nothing_else(small):
    seed, number = subject(small)
    seed.row("borrower_modifications", borrowernumber=number, verification_token="t", email=MAIL, address="third")
    seed.row("message_queue", borrowernumber=number, status="pending", to_address=MAIL, content=f"to {MAIL}")
    seed.row("message_queue", borrowernumber=number, status="sent", to_address=MAIL, content="bye")
    seed.row("message_queue", borrowernumber=seed.patron(), status="pending", to_address=MAIL)
    seed.row("action_logs", object=number, module="MEMBERS", action="MODIFY", info=f'{{"email": "{MAIL.upper()}"}}')
    before = state(small)
    place, plan = planned(small)
    assert state(small) == before
    told = {(one["table"], one["column"]): one["rows"] for one in plan["changes"]}
    assert told == {
        ("borrowers", "email"): 1, ("borrowers", "address"): 1, ("borrowers", "zipcode"): 1,
        ("borrower_modifications", "email"): 1, ("message_queue", "to_address"): 1,
    }  # fmt: skip
    assert {(one["table"], one["rows"]) for one in plan["remains"]} == {("action_logs", 1), ("message_queue", 2)}
    small.refused("apply", place, code=6, error="APR-008")
    small.approve(place)
    done = small.ok("apply", place)["rectification"]
    assert done["outcome"] in {"verified", "applied, residue until"}
    assert done["rows"] == {"borrowers": 1, "borrower_modifications": 1, "message_queue": 1}
    after = state(small)
    assert changed(before, after) == dict.fromkeys(("borrowers", "borrower_modifications", "message_queue"), (1, 1))
    assert own(small, number, "email", "address", "zipcode") == (NEW_MAIL, NEW_STREET, "02139")
    rows = small.koha.rows("SELECT email, address FROM borrower_modifications WHERE verification_token = 't'")
    assert rows == [(NEW_MAIL, "third")]
    assert small.koha.rows(f"SELECT to_address, status FROM message_queue WHERE to_address = '{NEW_MAIL}'") == [
        (NEW_MAIL, "pending")
    ]
    again = small.ok("apply", place)["rectification"]
    assert (again["outcome"], again["rows"]) == (done["outcome"], done["rows"])
    assert state(small) == after


def test_the_case_is_forgotten_and_the_ledger_tells_sums_only(small):
    subject(small)
    place, plan = planned(small)
    key = ("--as", "Ada Example", "--key", small.folder / "ada.key", "--yes")
    other = small.folder.parent / "other.yaml"
    for text in (ASK.replace(NEW_MAIL, "thief@oak.example"), ASK.replace(CARD, "K1"), ASK.replace("02139", "2139")):
        other.write_text(text)
        answer = small.refused("approve", place, *key, "--request", other, code=4, error="REQ-009")
        assert "thief" not in answer.text
    small.ok("approve", place, *key, "--request", asked(small))
    shown = small.run("approve", place, "--as", "Ada Example", "--key", small.folder / "ada.key", "--yes")
    assert "approve this rectification" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 200
    small.ok("apply", place)
    leaves = [decode_leaf(entry) for entry in LedgerFolder(small.folder / "ledger").entries()]
    [leaf] = [one for one in leaves if one.kind == "rectification"]
    assert (leaf.fields["case"], leaf.fields["fields"], leaf.fields["applied"]) == (plan["case"], "1-9", "1-9")
    assert "email" not in json.dumps(dict(leaf.fields))
    assert not list((small.folder / "cases").iterdir())
    assert CARD not in place.read_text()


@pytest.mark.everywhere
def test_what_a_column_cannot_hold_is_refused_before_anything_is_planned(small):
    """Every wrong field at once, and no word of the request in any answer."""
    seed, _ = subject(small)
    seed.patron(cardnumber="TAKEN", userid="taken")
    small.needles |= {"womanly", "31.12.1990", "NOWHERE", "hunter2hunter2"}
    wrong = (
        "library card number: TAKEN", "user name: taken", "birth date: 31.12.1990", "patron category: NOWHERE",
        'home library: ""', "gender: womanly", f"sms: {'9' * 51}".replace("sms", "smsalertnumber"),
    )  # fmt: skip
    answer = small.refused(
        *words(small, "\n  ".join((f"card number: {CARD}\ncorrect:", *wrong))), code=2, error="REQ-003"
    )
    assert answer.codes == ["REQ-003"] * len(wrong)
    ask = f"card number: {CARD}\ncorrect:\n  shoe size: womanly\n  password: hunter2hunter2\n  name: womanly\n"
    assert small.refused(*words(small, ask), code=2, error="REQ-002").codes == ["REQ-002"] * 3
    same = f"card number: {CARD}\ncorrect: {{email address: {MAIL}}}"
    small.refused(*words(small, same), code=2, error="REQ-008")
    small.refused(
        *words(small, f"card number: {CARD}\ncorrect: {{email address: *hunter2hunter2}}"), code=2, error="REQ-001"
    )
    small.refused(*words(small, ASK.replace(CARD, "nobody has this")), code=2, error="ERA-001")
    anonymous = ASK.replace(f"card number: {CARD}", f"record number: {small.koha.sample.anonymous_patron}")
    small.refused(*words(small, anonymous), code=2, error="ERA-001")
    assert not (small.folder / "rectify.json").exists()
    assert not (small.folder / "cases").exists()


def test_fields_by_other_names_emptied_and_swapped(small):
    """The product's own column, the policy's own word, JSON, the number of the record, and a value for none."""
    _, number = subject(small, surname="Quirina", firstname="Okonkwo", phone="0611223344")
    ask = {"record number": str(number), "correct": {
        "name": {"family": "Okonkwo", "given": "Quirina"}, "telephone": "", "emailpro": "desk@oak.example", "birth date": "1990-12-31",
    }}  # fmt: skip
    place, plan = planned(small, json.dumps(ask))
    assert {(one["what"], one["act"]) for one in plan["changes"]} >= {
        ("telephone number: main", "emptied"), ("email address: work", "filled"), ("name: family", "changed"),
    }  # fmt: skip
    small.approve(place)
    small.ok("apply", place)
    columns = ("surname", "firstname", "phone", "emailpro", "dateofbirth")
    told = tuple(None if one is None else str(one) for one in own(small, number, *columns))
    assert told == ("Okonkwo", "Quirina", None, "desk@oak.example", "1990-12-31")


def test_what_the_desk_wrote_meanwhile_is_not_overwritten(small):
    _, number = subject(small)
    place, _ = planned(small)
    small.approve(place)
    small.sql(f"UPDATE borrowers SET email = 'desk@elm.example' WHERE borrowernumber = {number}")
    small.refused("apply", place, code=4, error="REQ-005")
    small.sql(f"UPDATE borrowers SET email = '{NEW_MAIL}' WHERE borrowernumber = {number}")  # half of it, by hand
    small.ok("apply", place)
    assert own(small, number, "email", "address") == (NEW_MAIL, NEW_STREET)


def test_a_record_that_must_be_kept_keeps_its_old_value(small):
    _, number = subject(small)
    place, _ = planned(small)
    small.approve(place)
    patrons = small.folder.parent / "held.txt"
    patrons.write_text(f"{number}\n")
    hold = ("hold", "place", "--reason", "letter", "--authority", "court", "--as", "Ada Example", "--sealed")
    placed = small.ok(*hold, "--patron-file", patrons)
    for refused in (("apply", place), words(small)):
        answer = small.refused(*refused, code=4, error="REQ-004")
        assert "legal" not in answer.err
        assert "letter" not in answer.text
    small.ok("hold", "release", placed["id"], "--as", "Ada Example")
    small.ok("apply", place)


@pytest.mark.mariadb
def test_what_a_trigger_changes_is_rolled_back(small_mariadb, tmp_path):
    elm = library.make(tmp_path / "site", small_mariadb)
    _, number = subject(elm, city="Oulu")
    copying = "CREATE TRIGGER copies AFTER UPDATE ON {} FOR EACH ROW INSERT INTO linktracker (url) VALUES ('x')"
    elm.sql(copying.format("tmp_holdsqueue"))  # rules cut its rows too: the map itself refuses
    elm.refused(*words(elm), code=4, error="MAP-003")
    elm.sql("DROP TRIGGER copies", copying.format("pending_offline_operations"))
    answer = elm.refused(*words(elm), code=4, error="REQ-006")
    assert "pending_offline_operations: copies" in answer.err
    elm.sql(
        "DROP TRIGGER copies",
        "CREATE TRIGGER shout BEFORE UPDATE ON borrowers FOR EACH ROW SET NEW.email = UPPER(NEW.email)",
    )
    (elm.folder / "local.yaml").write_text("triggers:\n  borrowers:\n    shout: copies nothing\n")
    elm.edit("    map: koha\n", f"    map: koha\n    local_map: {elm.folder / 'local.yaml'}\n")
    place, _ = planned(elm)
    elm.approve(place)
    elm.refused("apply", place, code=5, error="REQ-007")
    assert own(elm, number, "email", "address") == (MAIL, OLD_STREET)
    other = "CREATE TRIGGER shout BEFORE UPDATE ON borrowers FOR EACH ROW SET NEW.city = 'Elsewhere'"
    elm.sql("DROP TRIGGER shout", other)
    place, _ = planned(elm)
    elm.approve(place)
    answer = elm.refused("apply", place, code=5, error="REQ-007")
    assert "borrowers.city" in answer.err
    assert own(elm, number, "email", "city") == (MAIL, "Oulu")
    elm.sql("DROP TRIGGER shout")


@pytest.mark.mariadb
def test_an_account_of_the_night_is_told_what_it_lacks(small_mariadb, tmp_path):
    elm = library.make(tmp_path / "site", small_mariadb)
    subject(elm)
    place, _ = planned(elm)
    elm.approve(place)
    elm.secret(
        "night.dsn",
        elm.koha.limited_user(["SELECT ON *", "REFERENCES ON *", "TRIGGER ON *"]).replace("?charset=utf8mb4", ""),
    )
    elm.edit("    dsn_file: koha.dsn\n", "    dsn_file: koha.dsn\n    apply_dsn_file: night.dsn\n")
    answer = elm.refused("apply", place, code=4, error="SQL-005")
    assert "GRANT UPDATE ON" in answer.err


def test_a_process_that_dies_after_the_commit_has_done_it_once(small_sqlite, tmp_path, monkeypatch):
    elm = library.make(tmp_path / "site", small_sqlite)
    _, number = subject(elm)
    place, _ = planned(elm)
    elm.approve(place)
    from carrel.cli.main import main

    def die(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PersonCases, "finish", die)
        with pytest.raises(BaseException):  # noqa: B017  (whatever the process dies of)
            main(["apply", str(place), "--site", str(elm.folder)])
    assert own(elm, number, "email") == (NEW_MAIL,)
    before = state(elm)
    done = elm.ok("apply", place)["rectification"]
    assert (done["rows"], done["rows_may_be_more"]) == ({}, True)
    assert done["outcome"] in {"verified", "applied, residue until"}
    assert state(elm) == before


@pytest.mark.slow
@pytest.mark.parametrize("base", ["small_sqlite", pytest.param("small_mariadb", marks=pytest.mark.mariadb)])
def test_killed_between_any_two_steps(base, request, tmp_path):
    elm = library.make(tmp_path / "site", request.getfixturevalue(base))
    seed, number = subject(elm)
    seed.row("borrower_modifications", borrowernumber=number, verification_token="t", email=MAIL)
    seed.row("message_queue", borrowernumber=number, status="pending", to_address=MAIL)
    more = {}
    if elm.koha.server is not None:
        names = [one for one in seed.schema.tables["borrowers"].column_names if one != "updated_on"]
        every = ", ".join(f"COALESCE(`{one}`, 'none')" for one in names)
        total = f"SELECT SUM(CONV(LEFT(MD5(CONCAT_WS('|', {every})), 8), 16, 10)) FROM borrowers"
        more = {"template": "rectify_kept", "sums_by": {"borrowers": total}}
        _copied(elm.koha.server, elm.koha.database, "rectify_kept")

    def prepare():
        place, _ = planned(elm)
        place.rename(elm.folder / "plan.json")
        elm.approve(elm.folder / "plan.json")

    try:
        found = driven(elm, tmp_path, prepare, rounds=max(4, ROUNDS // 3), **more)
    finally:
        if elm.koha.server is not None:
            elm.koha.server.sql("DROP DATABASE rectify_kept")
    assert len(found["steps"]) > 40
    assert found["wrong"] == [], found["wrong"]
    assert (found["further"], found["unchanged"]) == (0, True)
