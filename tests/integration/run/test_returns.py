"""Named returns from a library's own database: the same before and after its loans are parted from their readers."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime

import pytest

YEARS = "SELECT substr(CAST({at} AS CHAR(19)), 1, 4), count(*) FROM {table} WHERE {at} IS NOT NULL GROUP BY 1"


def by_year(elm, table, at, where=""):
    rows = elm.koha.rows(YEARS.format(at=at, table=table).replace("GROUP", f"{where} GROUP"))
    return Counter({str(year): int(str(count)) for year, count in rows})


def figures(body):
    return {one["code"]: one["figure"] for one in body["lines"]}


def told(count):
    return "0-9" if 0 < count < 10 else count


@pytest.mark.everywhere
def test_a_return_counts_what_the_database_holds(small, tmp_path):
    first = by_year(small, "issues", "issuedate") + by_year(small, "old_issues", "issuedate")
    renewed = by_year(small, "checkout_renewals", "timestamp")
    filled = by_year(small, "illrequests", "completed", "AND status = 'COMP'")
    before = small.checksum()
    this = str(datetime.now(UTC).year)  # which is not over yet, and told as such
    year = max((one for one in first if one < this), key=lambda one: first[one])
    body = small.ok("stats", "return", "pls", "--year", year, "--out", tmp_path / "pls.csv")
    found = figures(body)
    assert first[year] > 9
    assert found["PHYSCIR"] == told(first[year] + renewed[year])
    assert found["LOANFM"] == told(filled[year])
    assert isinstance(found["REGBOR"], int)
    assert found["LOANTO"] is None
    assert all(one["not_told"] for one in body["lines"] if one["figure"] is None)
    assert figures(small.ok("stats", "return", "arl", "--year", year, "--ends", "12"))["initial"] == told(first[year])
    lines = {row["line"]: row["figure"] for row in csv.DictReader((tmp_path / "pls.csv").read_text().splitlines())}
    assert lines["PHYSCIR"] == str(found["PHYSCIR"])
    assert small.checksum() == before
    screen = small.run("stats", "return", "ipeds", "--year", year).out
    assert max(map(len, screen.splitlines())) <= 100
    assert "COUNTER" in screen
    small.refused(
        "stats", "return", "pls", "--year", year, "--out", tmp_path / "pls.csv", "--json", code=2, error="STC-010"
    )
    small.refused("stats", "return", "iso", "--year", year, "--json", code=2, error="STC-014")


def test_a_loan_without_its_reader_counts_all_the_same(disposed):
    first = by_year(disposed, "issues", "issuedate") + by_year(disposed, "old_issues", "issuedate")
    parted = by_year(
        disposed, "old_issues", "issuedate", f"AND borrowernumber = {disposed.koha.sample.anonymous_patron}"
    )
    this = str(datetime.now(UTC).year)
    year = max((one for one in parted if one < this), key=lambda one: parted[one])
    assert parted[year] > 9
    body = disposed.ok("stats", "return", "arl", "--year", year, "--ends", "12")
    assert figures(body)["initial"] == first[year]


@pytest.mark.everywhere
def test_a_cube_of_a_query_is_only_read(small, tmp_path):
    query = tmp_path / "loans.sql"
    query.write_text(
        "SELECT borrowernumber, branchcode FROM old_issues WHERE borrowernumber IS NOT NULL "
        f"AND borrowernumber <> {small.koha.sample.anonymous_patron}"
    )
    before = small.checksum()
    place = small.secret("query.dsn", small.koha.url)
    words = (
        "stats",
        "cube",
        "--dsn-file",
        place,
        "--query-file",
        query,
        "--person",
        "borrowernumber",
        "--by",
        "branchcode",
    )
    answer = small.run(*words, "--small", "3", "--json", site=False)
    assert answer.code == 0, answer.text
    [(readers, loans)] = small.koha.rows(
        f"SELECT count(DISTINCT borrowernumber), count(*) FROM ({query.read_text()}) q"
    )
    assert answer.told["cubes"][0]["total"] == (int(str(loans)) if int(str(readers)) > 2 else None)
    by_branch = {str(row[0]): (int(str(row[1])), int(str(row[2]))) for row in small.koha.rows(
        f"SELECT branchcode, count(*), count(DISTINCT borrowernumber) FROM ({query.read_text()}) q GROUP BY branchcode")}  # fmt: skip
    [cube] = answer.told["release"]["cubes"]
    labels = [node[1] for node in cube["dimensions"][0]["nodes"]]
    for label, figure in zip(labels[1:], cube["figures"]["rows"][1:], strict=True):
        assert figure is None or (figure == by_branch[label][0] and by_branch[label][1] >= 3)
    assert small.checksum() == before
