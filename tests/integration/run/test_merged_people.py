"""Two records of one person that the product puts together while something of the first is under way."""

from __future__ import annotations

import json

import sqlalchemy as sa

from tests.integration.run import library
from tests.integration.run.consent_desk import CAMPAIGN, rows
from tests.integration.run.test_consent import people, policy
from tests.integration.run.test_requests import DEE, TODAY, clauses, no, ruled
from tests.integration.run.test_restrict import ASK, LIFT

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


def test_who_asked_under_the_number_that_went_is_named_until_somebody_sees_to_it(small_sqlite, tmp_path):
    """A restriction in force and a request; the records are put together; check, night and audit name both."""
    small = library.make(tmp_path / "site", small_sqlite)
    desk = people(small, "ann", "ben")
    ruled(small)
    ask, place = small.folder.parent / "ask.yaml", small.folder / "restrict.json"
    ask.write_text(f"card number: K99ann\n{ASK}\n")
    small.ok("plan", "--restrict", ask, *DEE, "--out", place)
    small.approve(place)
    case = small.ok("apply", place)["restriction"]["case"]
    opening = ("request", "open", "erasure", "--channel", "desk", "--identity", "photo id", *DEE)
    name = small.ok(*opening, "--card", desk.card("ann"))["request"]["id"]
    hold, sealed = held(small, number_of(small, "ann")), held(small, number_of(small, "ann"), "--sealed")
    assert not named(small)
    merged(small, number_of(small, "ann"), number_of(small, "ben"))
    assert [one in named(small) for one in (case, name, hold, sealed)] == [True, True, True, False]
    night = small.run("run-due")
    said = "the record of somebody with something open is gone"
    assert f"RGT-027: {said} ({case}, {name}, {hold})" in " ".join(night.out.split())
    health = json.loads((small.folder / "health" / "health.json").read_text())
    assert "RGT-027" in health["systems"][0]["findings"]
    policy(small, "mit-libraries")
    told = clauses(small)["MITL-9.4"]
    assert (told["state"], told["measured"]) == ("finding", {"open, of a record that is gone": 2})
    # What the library does: the record that is left is restricted, the lost one lifted, the request asked anew.
    ask.write_text(f"card number: K99ben\n{ASK}\n")
    again = small.folder / "again.json"
    small.ok("plan", "--restrict", ask, *DEE, "--out", again)
    small.approve(again)
    small.ok("apply", again)
    ask.write_text(f"case: {case}\n{LIFT}\n")
    small.ok("plan", "--lift", ask, *DEE, "--out", small.folder / "lift.json")
    small.approve(small.folder / "lift.json")
    small.ok("apply", small.folder / "lift.json")
    no(small, "request", "decide", name, "nothing is held", "--because", "x", *DEE, code=4, error="RGT-013")
    small.ok(*opening, "--card", desk.card("ben"), "--on", str(TODAY))
    ground = ("--ground", "goes on as another request", "--because", "both records of yours are one by now")
    small.ok("request", "refuse", name, *ground, *DEE)
    assert named(small).endswith(f" any more: {hold}")
    small.ok("hold", "release", hold, "--as", "Ada Example")
    assert not named(small)
    [left] = small.ok("restriction", "list")["restrictions"]
    assert left["case"] != case


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
