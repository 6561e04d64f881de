"""Loans of a library's own database, released: a query joins each loan with its reader, and k counts readers."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from carrel.cli.main import main
from tests.integration.conftest import ON_EACH, Koha
from tests.integration.deidentification import loan_records

QUERY = """\
SELECT o.issue_id AS loan, o.borrowernumber AS patron, o.issuedate AS borrowed, o.branchcode AS branch,
       b.categorycode AS category, b.zipcode AS zip, b.dateofbirth AS born
FROM old_issues o JOIN borrowers b ON b.borrowernumber = o.borrowernumber
"""
RELEASE = """\
from: {dsn_file: dsn, query_file: loans.sql}
person: patron
columns:
  borrowed: {as: time}
  branch: {as: branch}
  category: {as: patron category}
  zip: {as: postcode, levels: [5, 3], uncovered: missing}
  born: {as: birth year, uncovered: missing}
keep: loan
k: 5
"""


@pytest.mark.parametrize("database", ON_EACH)
@pytest.mark.parametrize("method", ["global", "local"])
def test_readers_of_a_combination_are_counted_in_the_database(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, capsys, method: str
) -> None:
    koha: Koha = request.getfixturevalue(f"koha_{database}")
    (tmp_path / "dsn").write_text(koha.url)
    (tmp_path / "dsn").chmod(0o600)
    (tmp_path / "loans.sql").write_text(QUERY)
    (tmp_path / "release.yaml").write_text(f"{RELEASE}method: {method}\n")
    before = koha.rows("SELECT count(*) FROM old_issues")
    with pytest.raises(SystemExit) as left:
        main(["deidentify", "records", str(tmp_path / "release.yaml"), "--out", str(tmp_path / "out.csv"), "--json"])
    body = json.loads(capsys.readouterr().out)
    assert left.value.code == 0, body
    out = loan_records.read(tmp_path / "out.csv")
    readers = {str(loan): reader for loan, reader in koha.rows("SELECT issue_id, borrowernumber FROM old_issues")}
    classes = defaultdict(set)
    for row in out:
        classes[tuple(row[one] for one in ("borrowed", "branch", "category", "zip", "born"))].add(readers[row["loan"]])
    assert min(map(len, classes.values())) == body["written"]["smallest"] >= 5
    assert len(out) > 100
    assert koha.rows("SELECT count(*) FROM old_issues") == before
