"""Two records of one person that the product puts together while something of the first is under way."""

from __future__ import annotations

import sqlalchemy as sa

from tests.integration.run.consent_desk import CAMPAIGN, rows
from tests.integration.run.test_consent import people, policy

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
