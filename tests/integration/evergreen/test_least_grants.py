"""The account that is printed for Evergreen suffices for a night of loans and records, and with one right less nothing is begun."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.integration.evergreen import person_site

pytestmark = pytest.mark.postgresql
POLICY = "mit-libraries"
# One of each kind: what moves, what a trigger writes, its sequence, and a row that goes.
LESS = (
    "INSERT ON action.aged_circulation",
    "INSERT ON auditor.asset_copy_history",
    "USAGE ON SEQUENCE auditor.asset_copy_pkey_seq",
    "DELETE ON action.hold_request",
)


@pytest.mark.slow
def test_the_printed_account_carries_out_a_night_and_no_lesser_one_begins(small, tmp_path):
    site = person_site.make(tmp_path / "site", small, policy=POLICY)
    site.edit("    mode: window\n", "    mode: window\n    sweep_sample: 20\n")
    printed = site.run("init", "evergreen", "--grants-only", "--policy", POLICY, site=False).out
    url = small.limited_user([])
    user = str(sa.make_url(url).username)
    given = [
        line.replace("carrel_apply", user).replace('"DATABASE"', small.database).replace('"', "").rstrip(";")
        for line in printed.splitlines()
        if line.endswith("TO carrel_apply;")
    ]
    assert len(given) > 80

    def do(*statements: str) -> None:
        small.server.sql(*statements, database=small.database)

    do(*given, f"GRANT SET ON PARAMETER session_replication_role TO {user}")
    site.secret("evergreen.dsn", url)
    place = site.approved()
    for right in LESS:
        where = right.split(" ON ")[1]
        do(f"REVOKE {right} FROM {user}")
        told = site.refused("apply", place, code=4, error="SQL-005").err.replace('"', "")
        assert where in told
        do(*(one for one in given if f"ON {where} " in one))
    run = site.ok("apply", place)["run"]
    assert (run["outcome"], run["triggers"], run["record_triggers"]) == ("verified", "bypassed", "fired")
    assert run["rows"]["fulfilled hold"] > 0
    beyond = [one for one in site.ok("doctor", code=3)["checks"] if one["name"] == "grants"]
    assert not [one for one in beyond if "missing" in str(one)], beyond
