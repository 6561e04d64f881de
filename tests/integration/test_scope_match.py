"""What a legal hold names and does not fit is told, on both databases, without the number."""

from __future__ import annotations

from datetime import datetime

import pytest

from carrel.retention.legal_hold import Scope
from carrel.systems import map_files
from carrel.systems.sql.scope_match import unmatched
from tests.docs import sample_site
from tests.integration.test_odd_values import run

KOHA = map_files.load("koha")
NOBODY = 987_654_321
NOTHING = "no loan that still names a reader fits all that was given: for now it keeps nothing"


@pytest.fixture
def look(koha):
    engine = koha.engine()

    def looked(scope):
        with engine.connect() as connection:
            return unmatched(connection, KOHA, scope, at="koha")

    return looked


def a_loan(koha):
    """A loan that names a reader, and its parts."""
    [row] = koha.rows(
        "SELECT issue_id, borrowernumber, itemnumber, branchcode FROM old_issues WHERE issue_id = (SELECT min(issue_id) "
        f"FROM old_issues WHERE borrowernumber <> {koha.sample.anonymous_patron} AND itemnumber IS NOT NULL)"
    )
    return row


def test_what_fits_is_not_warned_of(koha, look):
    loan, reader, item, branch = a_loan(koha)
    for scope in (
        Scope(),
        Scope(persons=(reader,)),
        Scope(items=(item,)),
        Scope(loans=(loan,)),
        Scope(branches=(branch,)),
        Scope((reader,), (item,), (loan,), (branch,), datetime(1990, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001
    ):
        assert look(scope) == ()
    [(out,)] = koha.rows("SELECT min(issue_id) FROM issues")
    assert look(Scope(loans=(out,))) == ()  # a loan that is out is one, too


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (Scope(persons=(NOBODY,)), "1 of 1 patron number: not in koha"),
        (Scope(items=(NOBODY,)), "1 of 1 item number: not in koha"),
        (Scope(loans=(NOBODY, NOBODY + 1)), "2 of 2 loan numbers: not in koha"),
        (Scope(branches=("CPLL",)), "no loan of branch CPLL is on record in koha"),
    ],
    ids=["patron", "item", "loan", "branch"],
)
def test_what_is_not_there_is_named_by_its_kind(look, scope, said):
    assert look(scope) == (said, NOTHING)


def test_of_several_those_that_are_missing_are_counted(koha, look):
    _, reader, _, branch = a_loan(koha)
    told = look(Scope(persons=(reader, NOBODY, NOBODY + 1), branches=(branch, "NOWHERE")))
    assert told == ("2 of 3 patron numbers: not in koha", "no loan of branch NOWHERE is on record in koha")
    assert not {str(reader), str(NOBODY)} & set(" ".join(told).split())


def test_parts_that_are_there_and_meet_in_no_loan(koha, look):
    loan, _, item, _ = a_loan(koha)
    [(other,)] = koha.rows(
        "SELECT max(borrowernumber) FROM borrowers WHERE borrowernumber NOT IN (SELECT borrowernumber FROM old_issues "
        f"WHERE borrowernumber IS NOT NULL AND itemnumber = {item})"
    )
    assert look(Scope(persons=(other,), loans=(loan,))) == (NOTHING,)
    assert look(Scope(opened_from=datetime(2090, 1, 1))) == (NOTHING,)  # noqa: DTZ001
    # A loan that the product parted already keeps its number, and nobody's name.
    [(parted,)] = koha.rows(
        f"SELECT min(issue_id) FROM old_issues WHERE borrowernumber = {koha.sample.anonymous_patron}"
    )
    assert look(Scope(loans=(parted,))) == (NOTHING,)


def test_who_places_one_is_told_and_it_stands_all_the_same(tmp_path):
    site = sample_site.make(tmp_path)
    words = [
        "hold",
        "place",
        "--patron",
        str(NOBODY),
        "--reason",
        "r",
        "--authority",
        "a",
        "--as",
        "Ada",
        "--system",
        "koha",
    ]
    code, errors, told = run(site, [*words, "--site", "SITE"])
    assert (code, errors) == (0, [])
    assert "1 of 1 patron number: not in koha" in told
    assert str(NOBODY) not in told
    code, _, told = run(site, ["hold", "list", "--site", "SITE"])
    assert "patrons under 10" in told
