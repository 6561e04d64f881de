"""What ``carrel disclose`` says to people: the desk that does not know yet what came, a case, the report."""

from __future__ import annotations

from datetime import date

import pytest

from tests.integration.run import library
from tests.integration.run.test_disclose import ADA, DEE, LOU, cleared, opened, staffed
from tests.integration.run.test_erasure import given, subject


@pytest.fixture
def quick(small_sqlite, tmp_path):
    """For words on a screen, which no database decides."""
    return staffed(library.make(tmp_path / "site", small_sqlite), "worcester")


def test_a_desk_that_does_not_know_what_came_reads_what_to_say_and_which_kinds_there_are(quick):
    out = quick.run("disclose", "script").out
    assert out.startswith("Nobody knows yet what it is:\n  1. ")
    assert "  search warrant: " in out
    assert max(map(len, out.splitlines())) <= 100
    told = quick.ok("disclose", "script")["scripts"]
    assert len(told) == 16
    assert all(one["script"] for one in told)


def test_a_case_shows_its_days_whether_the_person_knows_and_what_a_release_takes(quick):
    subject(quick)
    name = opened(quick, "subpoena", "--card", given(quick), dates=False)
    out = quick.run("disclose", "show", name, *ADA).out
    assert "names no days" in out
    assert "the person has not been told yet" in out
    quick.ok(
        "disclose",
        "cure",
        name,
        "d1",
        "--because",
        "a new paper",
        "--from",
        "2025-02-01",
        "--until",
        "2025-03-31",
        *LOU,
    )
    cleared(quick, name)
    out = quick.run("disclose", "show", name, *DEE).out
    assert "asks for records of 2025-02-01 to 2025-03-31" in out
    assert "the person was told" in out
    assert "[ ] what is asked for is made ready" in out
    assert "[ ] signed. By: custodian." in out
    quick.ok("disclose", "by-hand", name, "--because", "sign-up sheets", *ADA)
    quick.ok("disclose", "sign", name, *ADA)
    quick.ok("disclose", "release", name, *DEE)
    out = quick.run("disclose", "show", name, *DEE).out
    assert "[x] signed by Ann Example" in out
    assert "[x] handed over by Dee Example" in out


def test_a_case_in_which_nothing_is_given_out_waits_for_no_signature(quick):
    name = opened(quick, "informal ask", dates=False)
    assert "[ ]" not in quick.run("disclose", "show", name, *DEE).out
    quick.ok("disclose", "refuse", name, "--ground", "no legal process", "--because", "no paper", *DEE)
    assert "[ ]" not in quick.run("disclose", "show", name, *DEE).out
    asked = opened(quick, "public-records request", dates=False)  # may end with a statement, and with no release
    out = quick.run("disclose", "show", asked, *ADA).out
    assert "[ ] what is asked for is made ready" in out
    assert "handed over" not in out


def test_what_a_step_lacks_is_told_with_the_step_and_where_to_look(quick):
    name = opened(quick, "search warrant", dates=False)
    quick.refused("disclose", "record", name, "inventory", *DEE, code=2, error="DSC-005")
    told = quick.run("disclose", "record", name, "inventory", *DEE).text.split()
    assert "inventory" in told
    assert "taken" not in told


def test_a_report_says_of_which_days_it_knows_nothing(quick):
    year = date.today().year  # noqa: DTZ011  (the first of March is far from the end of a year)
    assert "the site file does not say" in quick.run("disclose", "report").out
    quick.edit("people:\n", f"cases_since: {year}-03-01\npeople:\n")
    assert f"written down from {year}-03-01 on" in quick.run("disclose", "report").out
    assert quick.ok("disclose", "report")["report"]["since"] == f"{year}-03-01"
    assert "written down from" in quick.run("disclose", "report", "--year", str(year - 3)).out
    assert "written down from" not in quick.run("disclose", "report", "--year", str(year + 1)).out
