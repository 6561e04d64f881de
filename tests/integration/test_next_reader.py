"""A copy goes out again within minutes: the next reader's kept loan does not shield the pseudonym of the one before."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.integration.conftest import Koha
from tests.integration.sweep_rig import Rig

PSEUDONYMS = (
    "INSERT INTO pseudonymized_transactions (id, hashed_borrowernumber, has_cardnumber, branchcode, categorycode, datetime, "
    "transaction_branchcode, transaction_type, itemnumber) VALUES (:n, :h, 1, 'CPL', 'PT', :at, 'CPL', :kind, :i)"
)


@pytest.mark.slow
def test_the_next_readers_loan_shields_its_own_rows_only(koha: Koha) -> None:
    rig = Rig(koha)
    taken = "SELECT itemnumber FROM issues WHERE itemnumber IS NOT NULL"
    edge = rig.life.older_than - timedelta(days=200)
    [(loan, reader, item, back), *_] = koha.rows(
        "SELECT issue_id, borrowernumber, itemnumber, returndate FROM old_issues WHERE itemnumber IN (SELECT itemnumber FROM "
        f"old_issues GROUP BY itemnumber HAVING count(*) = 1) AND itemnumber NOT IN ({taken}) "
        f"AND borrowernumber <> {rig.stand_in} AND returndate BETWEEN '2024-01-01' AND '{edge}' AND time(returndate) < '22:00' "
        "AND borrowernumber IN (SELECT borrowernumber FROM borrowers WHERE privacy = 1) AND issue_id NOT IN (SELECT issue_id "
        "FROM return_claims WHERE issue_id IS NOT NULL) AND issue_id NOT IN (SELECT old_issue_id FROM accountlines "
        "WHERE old_issue_id IS NOT NULL) ORDER BY issue_id"
    )
    [(other,), *_] = koha.rows(
        f"SELECT borrowernumber FROM borrowers WHERE borrowernumber NOT IN ({reader}, {rig.stand_in}) ORDER BY 1 DESC"
    )
    closed = back if isinstance(back, datetime) else datetime.fromisoformat(str(back))
    out = closed + timedelta(minutes=3)
    rig.sql(
        "INSERT INTO issues (issue_id, borrowernumber, itemnumber, branchcode, issuedate, date_due, timestamp) "
        "VALUES (990001, :p, :i, 'CPL', :at, '2027-01-01 23:59:00', :at)",
        p=other, i=item, at=str(out),
    )  # fmt: skip
    rig.sql("DELETE FROM pseudonymized_transactions WHERE itemnumber = :i", i=item)
    for number, (mark, at, kind) in enumerate((("before", closed, "return"), ("after", out, "issue")), 990_001):
        rig.sql(PSEUDONYMS, n=number, h=mark, at=str(at), kind=kind, i=item)
    rig.cut()
    assert koha.rows(f"SELECT borrowernumber FROM old_issues WHERE issue_id = {loan}") == [(rig.stand_in,)]
    left = koha.rows(
        f"SELECT hashed_borrowernumber FROM pseudonymized_transactions WHERE itemnumber = {item} ORDER BY id"
    )
    assert left == [("",), ("after",)]
