"""Two records of one person that the product puts together while something of the first is under way."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from tests.integration.run import library
from tests.integration.run.consent_desk import CAMPAIGN, rows
from tests.integration.run.test_consent import people, policy
from tests.integration.run.test_requests import DEE, TODAY, clauses, no, ruled
from tests.integration.run.test_restrict import ASK, LIFT

OPENING = ("request", "open", "erasure", "--channel", "desk", "--identity", "photo id", *DEE)
MOVED = ("issues", "old_issues", "accountlines", "reserves", "old_reserves", "statistics", "messages")


def number_of(elm, name):
    return elm.koha.rows(f"SELECT borrowernumber FROM borrowers WHERE cardnumber = 'K99{name}'")[0][0]


def merged(elm, number, into):
    """As Koha does it: what the first record has goes to the second; a copy goes to the deleted ones, the record goes."""
    engine = elm.koha.engine()
    inspector, quote = sa.inspect(engine), engine.dialect.identifier_preparer.quote
    both = [{one["name"] for one in inspector.get_columns(table)} for table in ("borrowers", "deletedborrowers")]
    names = ", ".join(map(quote, sorted(both[0] & both[1])))
    elm.sql(
        *(f"UPDATE {table} SET borrowernumber = {into} WHERE borrowernumber = {number}" for table in MOVED),
        f"INSERT INTO deletedborrowers ({names}) SELECT {names} FROM borrowers WHERE borrowernumber = {number}",
        f"DELETE FROM borrowers WHERE borrowernumber = {number}",
    )


def test_a_no_of_the_record_that_went_holds_for_the_address_on_the_one_that_is_left(small):
    """Objected under one card; the staff put both records together, and the other one had said nothing."""
    desk = people(small, "ann", "ben", "cyd")
    policy(small, "worcester")
    small.sql("UPDATE borrowers SET email = 'Ann@Oak.Example' WHERE cardnumber = 'K99ben'")
    desk.say("withdraw", "ann", purpose=CAMPAIGN)
    assert desk.mails(CAMPAIGN) == ["cyd@oak.example"]
    merged(small, number_of(small, "ann"), number_of(small, "ben"))
    told, place = desk.export(CAMPAIGN)
    assert [row["email address"] for row in rows(place)] == ["cyd@oak.example"]
    assert told["left_out"]["same address as somebody who said no"] == "1-9"
    policy(small, "owwl")
    desk.say("give", "ben", purpose=CAMPAIGN)
    assert desk.mails(CAMPAIGN) == []
    desk.say("give", "ben", "--lift-silence", purpose=CAMPAIGN)  # somebody of the library asked whose address it is
    assert desk.mails(CAMPAIGN) == ["Ann@Oak.Example"]


def test_who_asked_under_the_number_that_went_is_named(small_sqlite, tmp_path):
    """A restriction in force, a request and a hold; the records are put together; check, night and audit name them."""
    elm, desk, case, name = asked(small_sqlite, tmp_path)
    hold, sealed = held(elm, number_of(elm, "ann")), held(elm, number_of(elm, "ann"), "--sealed")
    assert not named(elm)
    merged(elm, number_of(elm, "ann"), number_of(elm, "ben"))
    assert [one in named(elm) for one in (case, name, hold, sealed)] == [True, True, True, False]
    night = elm.run("run-due")
    said = "the record of somebody with something open is gone"
    assert f"RGT-027: {said} ({case}, {name}, {hold})" in " ".join(night.out.split())
    health = json.loads((elm.folder / "health" / "health.json").read_text())
    assert "RGT-027" in health["systems"][0]["findings"]
    policy(elm, "mit-libraries")
    told = clauses(elm)["MITL-9.4"]
    assert (told["state"], told["measured"]) == ("finding", {"open, of a record that is gone": 2})
    policy(elm, "worcester")
    desk.say("withdraw", "ben", purpose=CAMPAIGN)
    policy(elm, "mit-libraries")
    (elm.folder / "consent" / "key").unlink()  # by which it is told who was erased
    assert clauses(elm)["MITL-9.4"]["state"] == "cannot tell", "nobody could look"
    elm.run("run-due")
    health = json.loads((elm.folder / "health" / "health.json").read_text())
    assert "CNS-007" in health["systems"][0]["findings"]


def test_where_nobody_can_look_whose_record_is_gone_nothing_holds(small_sqlite, tmp_path):
    """The key by which the erased are known is gone; the night names that, and the audit cannot tell."""
    elm, desk, _, _ = asked(small_sqlite, tmp_path)
    desk.say("withdraw", "ben", purpose=CAMPAIGN)
    merged(elm, number_of(elm, "ann"), number_of(elm, "ben"))
    (elm.folder / "consent" / "key").unlink()
    assert "CNS-007" in named(elm)
    elm.run("run-due")
    health = json.loads((elm.folder / "health" / "health.json").read_text())
    assert {"CNS-007", "RGT-027"} & set(health["systems"][0]["findings"]) == {"CNS-007"}
    policy(elm, "mit-libraries")
    told = clauses(elm)["MITL-9.4"]
    assert (told["state"], told["because"][:7]) == ("cannot tell", "CNS-007")


@pytest.mark.deep
def test_what_the_library_does_then_leaves_nothing_open(small_sqlite, tmp_path):
    """The record that is left is restricted, the lost restriction lifted, the request asked anew, the hold released."""
    elm, desk, case, name = asked(small_sqlite, tmp_path)
    hold = held(elm, number_of(elm, "ann"))
    merged(elm, number_of(elm, "ann"), number_of(elm, "ben"))
    restricted(elm, "--restrict", f"card number: K99ben\n{ASK}\n")
    restricted(elm, "--lift", f"case: {case}\n{LIFT}\n")
    no(elm, "request", "decide", name, "nothing is held", "--because", "x", *DEE, code=4, error="RGT-013")
    left = elm.ok(*OPENING, "--card", desk.card("ben"), "--on", str(TODAY))["request"]["id"]
    ground = ("--ground", "goes on as another request", "--because", "both records of yours are one by now")
    elm.ok("request", "refuse", name, *ground, "--goes-on", left, *DEE)
    assert named(elm).endswith(f" any more: {hold}")
    elm.ok("hold", "release", hold, "--as", "Ada Example")
    assert not named(elm)
    [left] = elm.ok("restriction", "list")["restrictions"]
    assert left["case"] != case


def asked(koha, tmp_path):
    """A library, its desk, and of one person a restriction in force and an open request."""
    elm = library.make(tmp_path / "site", koha)
    desk = people(elm, "ann", "ben")
    ruled(elm)
    case = restricted(elm, "--restrict", f"card number: K99ann\n{ASK}\n")
    return elm, desk, case, elm.ok(*OPENING, "--card", desk.card("ann"))["request"]["id"]


def restricted(elm, option, text):
    """Plan, approve and apply what a file asks for; the case."""
    ask, place = elm.folder.parent / "ask.yaml", elm.folder / f"{len(text)}{option}.json"
    ask.write_text(text)
    elm.ok("plan", option, ask, *DEE, "--out", place)
    elm.approve(place)
    return elm.ok("apply", place)["restriction"]["case"]


def held(elm, number, *more):
    """The id of a hold on a person."""
    place = elm.folder.parent / "named.txt"
    place.write_text(f"{number}\n")
    because = ("--reason", "preservation letter", "--authority", "County court 26-117", "--as", "Ada Example")
    return elm.ok("hold", "place", "--patron-file", place, *because, *more)["id"]


def named(elm):
    """What `carrel check` says of records that are gone."""
    checks = json.loads(elm.run("check", "--json").out)["checks"]
    return "".join(one["detail"] for one in checks if one["name"] == "records gone")
