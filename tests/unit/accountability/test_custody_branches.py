"""A report by branches speaks for the branches that it has lines for: clause by clause, and for the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from carrel.accountability.attestation import Attestation, branches_digest, parse
from carrel.accountability.count_report import read_report
from carrel.accountability.custody import custody_reading, evidence_of, silent_branches
from carrel.accountability.custody_facts import Attested, CustodyFacts
from carrel.accountability.evidence import State

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEAD = "record,branch,as_of,overdue\n"
DECLARED = ("MAIN", "GREENDALE")
CLAUSES = {"LOANS": frozenset({"loans"}), "HOLDS": frozenset({"holds"}), "ALL": frozenset()}


def read(*lines):
    raw = HEAD + "".join(f"{line},2026-11-22,0\n" for line in lines)
    return read_report(raw.encode(), date(2026, 11, 22), DECLARED, DECLARED)


def facts(report):
    silent = {one.record: one.without for one in report.counts if one.without}
    records = frozenset(one.record for one in report.counts)
    attested = Attested("Dee", NOW - timedelta(hours=1), NOW + timedelta(days=9), report.as_of, 0, "d", records, silent)
    return CustodyFacts("Host", "d", CLAUSES, attested=attested, ruled=records)


@pytest.mark.parametrize(
    ("lines", "silent", "told"),
    [
        (["loans,MAIN", "loans,GREENDALE", "holds,"], {}, set()),
        (["loans,MAIN", "holds,MAIN", "holds,GREENDALE"], {"GREENDALE": ("loans",)}, {"LOANS", "ALL"}),
        (["loans,MAIN", "loans,", "holds,"], {"GREENDALE": ("loans",)}, {"LOANS", "ALL"}),
        (["loans,MAIN", "holds,GREENDALE"], {"GREENDALE": ("loans",), "MAIN": ("holds",)}, {"LOANS", "HOLDS", "ALL"}),
        (["loans,", "holds,"], {}, set()),
    ],
)
def test_a_clause_cannot_be_told_where_a_branch_of_its_records_is_left_out(lines, silent, told):
    custody = facts(read(*lines))
    assert silent_branches(custody) == silent
    open_now = {name for name in CLAUSES if evidence_of(name, custody, NOW).state is State.CANNOT_TELL}
    assert open_now == told
    assert (custody_reading(custody, NOW).state is State.CANNOT_TELL) is bool(silent)
    assert all(branch in custody_reading(custody, NOW).says for branch in silent)


def test_the_text_of_an_attestation_keeps_what_is_left_out_and_an_earlier_form_is_still_read():
    report = read("loans,MAIN")
    made = Attestation(
        "Elm", "Host", "elm", "d", "Dee", "director", report.digest, report.rows, report.counts, NOW,
        NOW + timedelta(days=9), branches_digest(DECLARED),
    )  # fmt: skip
    assert parse(made.text()) == made
    assert branches_digest(DECLARED) == branches_digest(DECLARED[::-1]) != branches_digest(("MAIN",))
    earlier = replace(made, declared="", counts=tuple(replace(one, without=()) for one in report.counts))
    assert "declared" not in earlier.text()
    assert "without" not in earlier.text()
    assert parse(earlier.text()) == earlier
