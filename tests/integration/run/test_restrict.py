"""``carrel plan --restrict`` and ``--lift``: one person's switches off, honoured by every run, and put back exactly."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, timedelta

import pytest

from carrel.cli.main import main
from carrel.ledger.leaf import decode_leaf
from carrel.store.ledger_folder import LedgerFolder
from carrel.store.person_cases import PersonCases
from tests.integration.run import library
from tests.integration.run.person_seed import Seeder
from tests.integration.run.test_erasure import _copied, state
from tests.integration.run.test_kill_anywhere import ROUNDS, driven
from tests.integration.run.test_rectify import CARD, MAIL, NEW_MAIL, changed, own

SWITCHES = ("autorenew_checkouts", "checkprevcheckout", "privacy_guarantor_fines", "privacy_guarantor_checkouts")
ASK = "restrict: {ground: needed for a claim, keep: yes}"
LIFT = f"lift: {{person told on: {date.today() - timedelta(days=1)}}}"  # noqa: DTZ011  (past in every zone)


def subject(elm):
    """A patron with every switch on."""
    seed = Seeder(elm.koha)
    number = seed.patron(
        cardnumber=CARD, email=MAIL, autorenew_checkouts=1, checkprevcheckout="yes", privacy_guarantor_fines=1,
        privacy_guarantor_checkouts=0,
    )  # fmt: skip
    told = seed.row("borrower_message_preferences", borrowernumber=number)["borrower_message_preference_id"]
    for kind in ("email", "sms"):
        if not elm.koha.rows(f"SELECT 1 FROM message_transport_types WHERE message_transport_type = '{kind}'"):
            seed.row("message_transport_types", message_transport_type=kind)
        seed.row(
            "borrower_message_transport_preferences", borrower_message_preference_id=told, message_transport_type=kind
        )
    seed.row("virtualshelves", owner=number, public=1, shelfname="good ones")
    seed.row("virtualshelfshares", borrowernumber=number, sharedate="2025-03-04 10:11:12", invitekey=None)
    elm.needles |= {str(number), CARD, MAIL}
    return seed, number


def planned(elm, ask, option="--restrict", name="restrict.json", head=f"card number: {CARD}"):
    place = elm.folder.parent / "request.yaml"
    place.write_text(f"{head}\n{ask}\n")
    target = elm.folder / name
    return target, elm.ok("plan", option, place, "--as", "Cal Example", "--out", target)["plan"]


def applied(elm, place):
    elm.approve(place)
    return elm.ok("apply", place)["restriction"]


@pytest.mark.everywhere
def test_every_switch_is_written_read_back_and_put_back_exactly(small):
    _, number = subject(small)
    before = state(small)
    place, plan = planned(small, ASK)
    assert state(small) == before
    assert {one["what"]: one["rows"] for one in plan["changes"]} == {
        "notices about loans and holds": 2, "renewal without being asked": 1, "comparison with earlier loans": 1,
        "charges shown to the guarantor": 1, "public lists": 1, "lists shared by others": 1,
    }  # fmt: skip
    assert any("statistics" in one["what"] for one in plan["remains"])
    assert plan["terms"] == {"ground": "needed for a claim", "keep": "yes"}
    done = applied(small, place)
    assert (done["state"], done["outcome"]) == ("in force", "verified")
    assert sum(done["rows"].values()) == 7
    assert any("statistics" in one for one in done["tasks"])
    assert own(small, number, *SWITCHES) == (0, "no", 0, 0)
    off = state(small)
    assert set(changed(before, off)) == {
        "borrowers", "borrower_message_transport_preferences", "virtualshelves", "virtualshelfshares",
    }  # fmt: skip
    assert small.ok("apply", place)["restriction"]["rows"] == done["rows"]  # it is in force; nothing is left to do
    assert state(small) == off
    [listed] = small.ok("restriction", "list")["restrictions"]
    assert (listed["case"], listed["ground"], listed["keep"]) == (plan["case"], "needed for a claim", True)
    place, plan = planned(small, LIFT, "--lift", "lift.json", f"case: {listed['case']}")
    assert plan["terms"]["restriction"] == listed["case"]
    assert applied(small, place)["left"] == {}
    assert state(small) == before
    assert small.ok("restriction", "list")["restrictions"] == []
    assert not list((small.folder / "cases").iterdir())
    kinds = [decode_leaf(one) for one in LedgerFolder(small.folder / "ledger").entries()]
    told = [one.fields for one in kinds if one.kind == "restriction"]
    assert [(one["action"], one["case"]) for one in told] == [
        ("restricted", listed["case"]), ("lifted", listed["case"]),
    ]  # fmt: skip


@pytest.mark.everywhere
def test_the_rows_of_a_restricted_person_are_spared_until_it_is_lifted(small):
    [(number, card)] = small.koha.rows(
        "SELECT borrowernumber, cardnumber FROM borrowers WHERE borrowernumber = (SELECT max(borrowernumber) FROM "
        f"old_issues WHERE borrowernumber <> {small.koha.sample.anonymous_patron} AND returndate < '2025-01-01')"
    )
    mine = f"SELECT count(*) FROM old_issues WHERE borrowernumber = {number}"
    [(loans,)] = small.koha.rows(mine)
    assert loans
    place, _ = planned(small, ASK, head=f"record number: {number}")
    applied(small, place)
    small.dispose()
    assert small.koha.rows(mine) == [(loans,)]
    assert small.linked() >= loans
    card_file = small.folder.parent / "card.txt"
    card_file.write_text(str(card))
    small.refused(
        "plan", "--erase", card_file, "--as", "Cal Example", "--out", small.folder / "e.json", code=4, error="ERA-002"
    )
    # What is wrong in the record can be put right all the same.
    request = small.folder.parent / "correct.yaml"
    request.write_text(f"record number: {number}\ncorrect: {{birth date: '1990-12-31'}}\n")
    fixed = small.folder / "rectify.json"
    small.ok("plan", "--rectify", request, "--as", "Cal Example", "--out", fixed)
    small.approve(fixed)
    small.ok("apply", fixed)
    place, _ = planned(small, LIFT, "--lift", "lift.json", f"record number: {number}")
    applied(small, place)
    small.dispose()
    assert small.koha.rows(mine) < [(loans,)]


def test_a_restriction_ends_with_the_erasure(small_sqlite, tmp_path):
    """Who is restricted without keeping, and then erased, is known to nobody: no case, no key, no setting is left."""
    elm = library.make(tmp_path / "site", small_sqlite)
    seed, number = subject(elm)
    place, plan = planned(elm, "restrict: {ground: accuracy contested, keep: no}")
    applied(elm, place)
    other = seed.patron(dateexpiry="2099-01-01")
    place, _ = planned(
        elm, "restrict: {ground: accuracy contested, keep: no}", name="other.json", head=f"record number: {other}"
    )
    applied(elm, place)
    assert len(elm.ok("restriction", "list")["restrictions"]) == 2
    card_file = elm.folder.parent / "card.txt"
    card_file.write_text(CARD)
    target = elm.folder / "e.json"
    elm.ok("plan", "--erase", card_file, "--as", "Cal Example", "--out", target)
    elm.approve(target)
    elm.run("apply", target)
    assert elm.koha.rows(f"SELECT count(*) FROM borrowers WHERE borrowernumber = {number}") == [(0,)]
    [left] = elm.ok("restriction", "list")["restrictions"]
    assert left["case"] != plan["case"]
    assert not (elm.folder / "cases" / f"{plan['case']}.key").exists()
    with sqlite3.connect(elm.folder / "carrel.sqlite3") as store:
        rows = store.execute('SELECT state, sealed FROM person_case WHERE "case" = ?', (plan["case"],)).fetchall()
    assert rows == [("done", None)]


@pytest.mark.one_database
def test_a_restricted_person_is_left_out_of_the_counts(small):
    """Where the request does not keep the records, they fall due as everybody's, and count nowhere."""
    due = (
        "SELECT borrowernumber, count(*) FROM old_issues WHERE borrowernumber IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    stand_in = small.koha.sample.anonymous_patron
    number = next(who for who, _ in small.koha.rows(due) if who != stand_in)
    place, _ = planned(small, "restrict: {ground: objection pending, keep: no}", head=f"record number: {number}")
    applied(small, place)
    mine = f"SELECT count(*) FROM old_issues WHERE borrowernumber = {number}"
    [(before,)], linked = small.koha.rows(mine), small.linked()
    small.dispose()
    [(after,)] = small.koha.rows(mine)
    assert after < before
    cut = linked - small.linked()
    with small.store as store, store._database.reading() as connection:
        total = "SELECT sum(loans) FROM circulation WHERE grain = (SELECT min(grain) FROM circulation)"
        assert connection.exec_driver_sql(total).scalar_one() == cut - (before - after)


def test_what_somebody_changed_meanwhile_is_left_and_told(small):
    seed, number = subject(small)
    place, plan = planned(small, ASK)
    applied(small, place)
    small.sql(f"UPDATE borrowers SET checkprevcheckout = 'inherit' WHERE borrowernumber = {number}")
    small.sql(f"DELETE FROM borrower_message_preferences WHERE borrowernumber = {number}")
    place, plan = planned(small, LIFT, "--lift", "lift.json")
    assert {one["what"]: one["rows"] for one in plan["remains"]} == {
        "comparison with earlier loans": 1, "notices about loans and holds": 2,
    }  # fmt: skip
    done = applied(small, place)
    assert done["left"] == {"comparison with earlier loans": 1, "notices about loans and holds": 2}
    assert own(small, number, *SWITCHES) == (1, "inherit", 1, 0)
    del seed


@pytest.mark.one_database
def test_what_is_refused(small):
    subject(small)
    request = small.folder.parent / "request.yaml"
    out = ("--as", "Cal Example", "--out", small.folder / "x.json")
    for option, body, error in (
        ("--restrict", "restrict: {ground: because}", "REQ-001"),
        ("--restrict", "restrict: {ground: needed for a claim, keep: no}", "REQ-001"),
        ("--lift", "lift: {person told on: '2999-01-01'}", "REQ-001"),
        ("--lift", LIFT, "REQ-008"),
    ):
        request.write_text(f"card number: {CARD}\n{body}\n")
        small.refused("plan", option, request, *out, code=2, error=error)
    place, _ = planned(small, ASK)
    other, _ = planned(small, ASK, name="other.json")
    small.refused("apply", place, code=6, error="APR-008")
    small.approve(other)
    applied(small, place)
    small.refused("apply", other, code=2, error="REQ-008")
    request.write_text(f"card number: {CARD}\n{ASK}\n")
    small.refused("plan", "--restrict", request, *out, code=2, error="REQ-008")
    [key] = [one for one in (small.folder / "cases").iterdir() if one.stem == json.loads(place.read_text())["case"]]
    key.unlink()  # a promise that nobody can read stops every run, rather than being broken
    small.refused("plan", "--as", "Cal Example", "--out", small.folder / "night.json", code=4, error="ERA-004")


def lost(elm):
    """A restriction in force whose key is gone: its case."""
    _, number = subject(elm)
    place, plan = planned(elm, ASK)
    applied(elm, place)
    (elm.folder / "cases" / f"{plan['case']}.key").unlink()
    night = ("plan", "--as", "Cal Example", "--out", elm.folder / "night.json")
    assert plan["case"] in elm.refused(*night, code=4, error="ERA-004").err
    [listed] = elm.ok("restriction", "list")["restrictions"]
    assert (listed["case"], listed["key_lost"], listed["ground"]) == (plan["case"], True, "needed for a claim")
    assert "restrictions" in {one["name"] for one in elm.run("doctor", "--json").told["checks"] if one["state"] != "ok"}
    return plan["case"], number, night


@pytest.mark.one_database
def test_a_lost_key_is_replaced_by_a_restriction_of_the_same_person(small):
    case, number, night = lost(small)
    anew = ASK.replace("yes", f"yes, instead of: {case}")
    place, plan = planned(small, anew, name="anew.json")
    small.refused("apply", place, code=6, error="APR-008")
    applied(small, place)
    [listed] = small.ok("restriction", "list")["restrictions"]
    assert (listed["case"], listed["key_lost"]) == (plan["case"], False)
    small.ok(*night)
    assert set(small.store.restrictions.people("koha").values()) == {number}
    request = small.folder.parent / "again.yaml"  # with its key there, no other takes its place
    request.write_text(f"card number: {CARD}\n{ASK.replace('yes', 'yes, instead of: ' + plan['case'])}\n")
    words = ("plan", "--restrict", request, "--as", "Cal Example", "--out", small.folder / "x.json")
    small.refused(*words, code=2, error="REQ-008")


def test_only_what_must_know_the_person_waits_for_a_lost_key(small_sqlite, tmp_path):
    """Of a restriction that keeps nothing nights go on, and an erasure does; corrections and other requests always do."""
    elm = library.make(tmp_path / "site", small_sqlite)
    case, _, night = lost(elm)
    seed, third = Seeder(elm.koha), 8_800_012
    for number, card in ((8_800_011, "K880011"), (third, "K880012")):
        seed.patron(borrowernumber=number, cardnumber=card, userid=card, autorenew_checkouts=1)
    head = "card number: K880011"
    place, plan = planned(elm, ASK, name="other.json", head=head)
    assert any(f"instead of: {case}" in one for one in plan["notices"])
    applied(elm, place)
    place, _ = planned(elm, LIFT, "--lift", "lift.json", head=head)
    elm.approve(place)
    assert elm.ok("apply", place)["restriction"]["state"] == "done"
    request = tmp_path / "correct.yaml"
    request.write_text(f"card number: {CARD}\ncorrect:\n  email address: {NEW_MAIL}\n")
    elm.ok("plan", "--rectify", request, "--as", "Cal Example", "--out", elm.folder / "correct.json")
    # Nobody says that somebody is not restricted while it could be the one whose key is lost.
    request.write_text(f"card number: {CARD}\n{LIFT}\n")
    lift = ("plan", "--lift", request, "--as", "Cal Example", "--out", elm.folder / "x.json")
    answer = elm.refused(*lift, code=4, error="ERA-004")
    assert "carrel plan --lift" in answer.err
    elm.refused(*night, code=4, error="ERA-004")
    give_up(elm, case)

    place, plan = planned(elm, "restrict: {ground: accuracy contested, keep: no}", name="keepless.json")
    applied(elm, place)
    (elm.folder / "cases" / f"{plan['case']}.key").unlink()
    elm.ok(*night)
    assert "nothing is counted" in " ".join(elm.run("restriction", "list").out.split())
    card = tmp_path / "card.txt"
    card.write_text("K880012\n")
    place = elm.folder / "erase.json"
    elm.ok("plan", "--erase", card, "--as", "Cal Example", "--out", place)
    elm.approve(place)
    assert elm.ok("apply", place)["erasure"]["still_there"] == {}
    assert elm.koha.rows(f"SELECT count(*) FROM borrowers WHERE borrowernumber = {third}") == [(0,)]
    [listed] = elm.ok("restriction", "list")["restrictions"]
    assert (listed["case"], listed["key_lost"], listed["keep"]) == (plan["case"], True, False)


def give_up(elm, case):
    """The case ended by two people, because nobody can tell whom it is about."""
    request, place = elm.folder.parent / "give_up.yaml", elm.folder / "give_up.json"
    request.write_text(f"case: {case}\nlift: {{key found lost on: 2026-11-20}}\n")
    elm.ok("plan", "--lift", request, "--as", "Cal Example", "--out", place)
    elm.approve(place)
    elm.ok("apply", place)


def test_a_lost_key_is_given_up_by_two_people(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)
    case, _, night = lost(elm)
    request = tmp_path / "lift.yaml"
    request.write_text(f"case: {case}\nlift: {{key found lost on: 2026-11-20}}\n")
    place = elm.folder / "lift.json"
    before = state(elm)
    told = elm.ok("plan", "--lift", request, "--as", "Cal Example", "--out", place)["plan"]
    assert "nobody can tell whom" in told["notices"][0]
    elm.refused("apply", place, code=6, error="APR-008")
    elm.approve(place)
    elm.ok("apply", place)
    assert elm.ok("restriction", "list")["restrictions"] == []
    assert state(elm) == before
    elm.ok(*night)


@pytest.mark.parametrize("method", ["begin", "finish"])
def test_a_process_that_dies_on_either_side_of_the_commit(small_sqlite, tmp_path, monkeypatch, method):
    elm = library.make(tmp_path / "site", small_sqlite)
    _, number = subject(elm)
    before = state(elm)
    place, plan = planned(elm, ASK)
    elm.approve(place)
    begin = PersonCases.begin

    def die(self, *given, **more):
        if method == "begin":
            begin(self, *given, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PersonCases, method, die)
        with pytest.raises(BaseException):  # noqa: B017  (whatever the process dies of)
            main(["apply", str(place), "--site", str(elm.folder)])
    [listed] = elm.ok("restriction", "list")["restrictions"]
    assert listed["interrupted"]  # and honoured already
    assert own(elm, number, "autorenew_checkouts") == ((1,) if method == "begin" else (0,))
    elm.ok("apply", place)
    assert own(elm, number, *SWITCHES) == (0, "no", 0, 0)
    place, _ = planned(elm, LIFT, "--lift", "lift.json", f"case: {plan['case']}")
    applied(elm, place)
    assert state(elm) == before


@pytest.mark.slow
@pytest.mark.parametrize("base", ["small_sqlite", pytest.param("small_mariadb", marks=pytest.mark.mariadb)])
def test_killed_between_any_two_steps(base, request, tmp_path):
    elm = library.make(tmp_path / "site", request.getfixturevalue(base))
    subject(elm)
    more = {}
    if elm.koha.server is not None:
        more = {"template": "restrict_kept"}
        _copied(elm.koha.server, elm.koha.database, "restrict_kept")

    def prepare():
        place, _ = planned(elm, ASK, name="plan.json")
        elm.approve(place)

    try:
        found = driven(elm, tmp_path, prepare, rounds=max(4, ROUNDS // 3), **more)
    finally:
        if elm.koha.server is not None:
            elm.koha.server.sql("DROP DATABASE restrict_kept")
    assert len(found["steps"]) > 40
    assert found["wrong"] == [], found["wrong"]
    assert (found["further"], found["unchanged"]) == (0, True)
