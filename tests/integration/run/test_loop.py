"""The loop as people do it: plan, refused, approve, apply in stages, verify, and nothing is due any more."""

from __future__ import annotations

import pytest

from tests.integration.run import library


@pytest.mark.slow
@pytest.mark.parametrize(
    "base",
    [
        "small_sqlite",
        pytest.param("koha_mariadb", marks=pytest.mark.mariadb),
        pytest.param("small_postgresql", marks=pytest.mark.postgresql),
    ],
)
@pytest.mark.each_database
def test_the_whole_loop(base, request, tmp_path):
    """On MariaDB with so many loans that the first run goes in stages, which no dialect decides."""
    elm, staged = library.make(tmp_path / "site", request.getfixturevalue(base)), base == "koha_mariadb"
    place = elm.plan()
    refused = elm.refused("apply", place, code=6, error="APR-008")
    assert "first run" in refused.err
    assert "rehearsal" in refused.err

    elm.approve(place)
    refused = elm.refused("apply", place, code=6, error="APR-008")
    assert "first run" not in refused.err
    assert "rehearsal" in refused.err

    elm.approve(place, *elm.waiver)
    due = elm.linked()
    last, rest = place, elm.ok("apply", place)["run"]
    if staged:
        assert (rest["stage"], rest["loans"], rest["complete"]) == ("1,000 loans", 1000, False)
        assert elm.linked() == due - 1000
        assert elm.run("verify").code == 5  # much is still due

        # The next stage is a plan of its own: it is looked at and approved anew.
        last = elm.approved()
        rest = elm.ok("apply", last)["run"]
        assert rest["stage"] == "rest"
    assert (rest["complete"], rest["remaining"]) == (True, {})
    assert rest["sweep"]["led_back"] == 0
    assert rest["outcome"] in {"verified", "applied, residue until"}
    assert elm.ok("verify")["verified"] is True

    again = elm.ok("plan", "--as", "Cal Example", "--out", elm.folder / "again.json")
    assert again["plan"]["states"]["due"] == 0
    assert [path for path in again["plan"]["paths"] if path["rows"] or path["strays"]] == []

    before = elm.checksum()
    empty = elm.ok("apply", last)["run"]
    assert (empty["loans"], sum(empty["rows"].values()), empty["remaining"]) == (0, 0, {})
    assert elm.checksum() == before
    assert elm.run("ledger", "verify", elm.folder / "ledger", "--key", empty["ledger"]["key"], site=False).code == 0

    # An ordinary night under a standing approval goes by itself.
    elm.approve(elm.plan(), "--standing")
    paid = pay(elm)
    night = elm.ok("plan", "--as", "Cal Example", "--out", elm.folder / "night.json")
    assert (night["needs"], night["plan"]["states"]["due"]) == ([], paid)
    done = elm.ok("apply", elm.folder / "night.json")["run"]
    assert (done["complete"], done["loans"], done["remaining"]) == (True, paid, {})
    assert (done["sweep"]["led_back"], done["outcome"]) == (0, rest["outcome"])
    assert done["sweep"]["swept"] >= paid
    assert elm.checksum() != before


def pay(elm) -> int:
    """Readers pay what they owe for some old loans, so that these are due by tonight; how many."""
    owed = (
        "SELECT DISTINCT a.old_issue_id FROM accountlines a JOIN old_issues o ON o.issue_id = a.old_issue_id "
        "LEFT JOIN return_claims c ON c.issue_id = o.issue_id AND c.resolution IS NULL "
        "JOIN borrowers b ON b.borrowernumber = o.borrowernumber AND b.privacy <> 0 "
        f"WHERE a.amountoutstanding > 0 AND o.borrowernumber <> {elm.koha.sample.anonymous_patron} AND c.id IS NULL "
        "AND a.debit_type_code <> 'LOST' AND o.returndate < '2026-09-01' ORDER BY a.old_issue_id LIMIT 6"
    )
    loans = [int(str(key)) for (key,) in elm.koha.rows(owed)]
    assert len(loans) >= 5
    elm.sql(f"UPDATE accountlines SET amountoutstanding = 0 WHERE old_issue_id IN ({', '.join(map(str, loans))})")
    return len(loans)
