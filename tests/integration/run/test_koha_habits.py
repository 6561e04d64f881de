"""What Koha's own deletion of patrons and its cleaning by age leave of one person, named by `carrel sweep --person`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from carrel.systems.sample.koha_patron_habits import koha_cleans, koha_deletes_patron, koha_empties_patron
from tests.integration.run.test_erasure import CARD, MAIL, given, subject

# Tables without a key to the patron: whatever Koha deletes, the person stays in them.
NO_KEY = {
    "statistics.borrowernumber", "action_logs.object", "action_logs.user", "search_history.userid",
    "background_jobs.borrowernumber", "deletedborrowers.borrowernumber", "borrower_password_recovery.borrowernumber",
    "uploaded_files.owner", "saved_sql.borrowernumber",
}  # fmt: skip


@pytest.fixture
def traced(small):
    """A patron with a trace in every table; the record, its number, and the library."""
    seed, number = subject(small)
    seed.traces(number, CARD, "reader7700")
    small.sql(
        f"DELETE FROM issues WHERE borrowernumber = {number}",
        f"UPDATE accountlines SET amountoutstanding = 0 WHERE borrowernumber = {number}",
        f"DELETE FROM deletedborrowers WHERE borrowernumber = {number}",
    )
    return small, number


def habit(elm, what, *more):
    now = elm.koha.sample.now
    with elm.koha.engine().connect() as connection:
        return what(connection, *more, now) if what is not koha_cleans else what(connection, now, *more)


def look(elm, text=CARD, *more, code=3):
    return elm.ok("sweep", "--person", given(elm, text), *more, code=code)


def test_deleting_a_patron_leaves_the_tables_without_a_key_and_makes_a_copy(traced):
    elm, number = traced
    everywhere = look(elm)
    assert everywhere["rows"] > len(NO_KEY)
    habit(elm, koha_deletes_patron, number)
    found = look(elm)
    assert NO_KEY - set(found["named_by_number"]) - set(found["kept_on_a_ground"]) == set()
    assert found["named_by_number"]["deletedborrowers.borrowernumber"] == 1
    assert found["named_in_texts"]["deletedborrowers.email"] == 1
    assert found["rows"] < everywhere["rows"]
    # Without the copy nobody knows the card any more; the number still finds every row.
    elm.sql(f"DELETE FROM deletedborrowers WHERE borrowernumber = {number}")
    elm.refused("sweep", "--person", given(elm), code=2, error="ERA-001")
    by_number = look(elm, str(number), "--by-number")
    assert by_number["identifiers_searched"] == 0
    assert NO_KEY - set(by_number["named_by_number"]) == {"deletedborrowers.borrowernumber"}


def test_emptying_a_record_writes_all_of_it_into_the_log(traced):
    elm, number = traced
    assert habit(elm, koha_empties_patron, number) > 8
    [(privacy, name)] = elm.koha.rows(f"SELECT privacy, surname FROM borrowers WHERE borrowernumber = {number}")
    assert (privacy, name) == (0, None)
    [(dump,)] = elm.koha.rows(
        f"SELECT info FROM action_logs WHERE module = 'MEMBERS' AND action = 'MODIFY' AND object = {number} "
        "ORDER BY action_id DESC LIMIT 1"
    )
    assert CARD in str(dump)
    assert MAIL in str(dump)
    found = look(elm, str(number), "--by-number")
    untouched = {"messages.borrowernumber", "message_queue.borrowernumber", "borrower_attributes.borrowernumber"}
    assert untouched <= set(found["named_by_number"])


def test_a_patron_with_a_loan_out_is_not_emptied(small):
    seed, number = subject(small)
    seed.row("issues", borrowernumber=number)
    before = small.checksum()
    assert habit(small, koha_empties_patron, number) == 0
    assert small.checksum() == before


def test_cleaning_by_age_starts_anew_with_every_change_of_a_row(traced):
    """A loan that was touched since stays linked, however long it is back."""
    elm, number = traced
    past, now = "2020-01-01 00:00:00", elm.koha.sample.now
    elm.sql(
        f"UPDATE old_issues SET returndate = '{past}', timestamp = '{past}' WHERE borrowernumber = {number}",
        f"UPDATE old_reserves SET timestamp = '{past}' WHERE borrowernumber = {number}",
    )
    [(touched,)] = elm.koha.rows(f"SELECT max(issue_id) FROM old_issues WHERE borrowernumber = {number}")
    edge = (now - timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    elm.sql(f"UPDATE old_issues SET timestamp = '{edge}' WHERE issue_id = {touched}")
    done = habit(elm, koha_cleans, 30)
    assert done["old-reserves"] >= 1
    assert elm.koha.rows(f"SELECT issue_id FROM old_issues WHERE borrowernumber = {number}") == [(touched,)]
    found = look(elm)
    assert found["named_by_number"]["old_issues.borrowernumber"] == 1
    assert "old_reserves.borrowernumber" not in found["named_by_number"]


def test_nobody_is_found_where_nobody_is(small):
    small.refused("sweep", "--person", given(small, "K0000000"), code=2, error="ERA-001")
    assert look(small, "987654321", "--by-number", code=0)["rows"] == 0
    assert small.run("sweep", "--by-number").code == 2
    assert small.run("sweep", "--person", given(small), "--pairs", "5").code == 2
