"""Loans counted as they are cut: all nights together are one count of everything before the first."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from carrel.cli import premises
from carrel.cli.circulation import NightCounts, settle_interrupted
from carrel.retention.circulation import Cell, LinkedLoan, by_branch, by_cell, counted
from carrel.store.circulation import BRANCHES, CELLS

ALL = (
    "SELECT o.issue_id, o.borrowernumber, substr(CAST(o.issuedate AS CHAR(19)), 1, 7), o.branchcode, i.itype, b.categorycode "
    "FROM {} o LEFT JOIN items i ON i.itemnumber = o.itemnumber "
    "LEFT JOIN borrowers b ON b.borrowernumber = o.borrowernumber "
    "WHERE o.borrowernumber IS NOT NULL AND o.borrowernumber <> {}"
)


def linked(elm, table="old_issues"):
    return [
        LinkedLoan(int(str(loan)), int(str(person)), Cell(*(str(part or "") for part in cell)))
        for loan, person, *cell in elm.koha.rows(ALL.format(table, elm.koha.sample.anonymous_patron))
    ]


def one_count(elm, before):
    """What one look at everything that was cut would have counted, had it been made before the first cut."""
    left = {one.loan for one in linked(elm)}
    cut = [one for one in before if one.loan not in left]
    rest = [*(one for one in before if one.loan in left), *linked(elm, "issues")]
    assert cut
    return counted(cut, rest, "9999-12")


def figures(counts):
    return {cell: (one.loans, one.readers) for cell, one in counts.items()}


def test_the_nights_together_are_one_count_of_all(small):
    """Three nights a quarter of a year apart, in chunks of seven; the second is killed between its cut and its count."""
    before = linked(small)
    with premises.enter(small.folder, None, read_only=False) as here:
        at = premises.now()
        for number, ago in enumerate((400, 200, 0)):
            night = at - timedelta(days=ago)
            with here.loans().session() as loans:
                settle_interrupted(here, loans)
                loans.circulation = NightCounts(here).circulation
                after, chunks = None, 0
                while (step := loans.cut_chunk(here.life(night, at), night, after, 7, lambda *_: None)) is not None:
                    after, chunks = step[0], chunks + 1
                    if number == 1 and chunks == 2:
                        break
                    if number == 1:
                        # From now on this process never hears that a chunk was committed, as if it had been killed.
                        loans.circulation._keep.committed = lambda: None
            if number == 1:
                assert here.store.circulation.in_flight("koha")
                with here.loans().session() as loans:
                    settle_interrupted(here, loans)
        found = here.store.circulation.counts("koha")
        assert here.store.circulation.in_flight("koha") == ()
    once = one_count(small, before)
    assert {cell: one.loans for cell, one in found[CELLS].items()} == Counter(one.cell for one in once)
    assert figures(found[CELLS]) == figures(by_cell(once))
    assert figures(found[BRANCHES]) == figures(by_branch(once))


@pytest.mark.everywhere
def test_a_run_counts_and_writes(small):
    before = linked(small)
    place = small.dispose()
    once = one_count(small, before)
    with small.store as store:
        found = store.circulation.counts("koha")
        assert store.circulation.in_flight("koha") == ()
    assert figures(found[CELLS]) == figures(by_cell(once))
    again = small.ok("apply", place)["run"]
    assert again["loans"] == 0
    with small.store as store:
        assert store.circulation.counts("koha") == found

    answer = small.ok("counts")
    by_month = defaultdict(int)
    for cell, one in found[CELLS].items():
        by_month[cell.month] += one.loans
    for month in answer["months"]:
        told = sum(part["loans"] for part in month["parts"])
        assert told in {0, by_month[month["month"]]}
        assert all(part["loans"] >= 10 for part in month["parts"])
    loans, readers = (small.folder / "counts" / f"koha-{what}.csv" for what in ("loans", "readers"))
    assert answer["files"] == [str(loans), str(readers)]
    rows = list(csv.DictReader(loans.read_text().splitlines()))
    assert sum(int(row["loans"]) for row in rows) == sum(p["loans"] for m in answer["months"] for p in m["parts"])
    assert all(
        row["readers"] == "0-9" or int(row["readers"]) >= 10 for row in csv.DictReader(readers.read_text().splitlines())
    )
    assert small.run("counts").code == 0


@pytest.mark.one_database
def test_a_site_that_wants_no_counts_has_none(small):
    small.edit("    mode: window\n", "    mode: window\n    counts: no\n")
    small.dispose()
    with small.store as store:
        assert store.circulation.counts("koha") == {CELLS: {}, BRANCHES: {}}
    assert not (small.folder / "counts").exists()
    assert "switched off" in small.run("counts").out


@pytest.mark.slow
@pytest.mark.mariadb
@pytest.mark.deep
def test_the_tiny_library_has_months_that_can_be_told(elm_mariadb):
    """A library of some thousand loans: most of them stand in a part of their own branch or of several."""
    before = linked(elm_mariadb)
    elm_mariadb.dispose()
    once = one_count(elm_mariadb, before)
    months = elm_mariadb.ok("counts")["months"]
    assert any(month["parts"] for month in months)
    told = sum(part["loans"] for month in months for part in month["parts"])
    assert told <= len(once)
