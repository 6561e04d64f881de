"""Where only reports exist: counts are taken, a name stands under them, and nothing of it ever reads as verified."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.custody.two_sites import custody_leaves, files

TODAY = datetime.now(UTC).date()
GOOD = f"record,branch,as_of,overdue,removed\nloans,CPL,{TODAY},0,120\nloans,FPL,{TODAY},0,7\n"
GOOD += f"loans,Elm 12345,{TODAY},0,0\nholds,,{TODAY},0,3\n"


def words(sites, place, *more):
    return ("custodian", "attest", place, "--as", "Dee Example", "--key", sites.library.folder / "dee.key", *more)


@pytest.fixture
def report(sites):
    place = sites.mail / "counts.csv"
    place.write_text(GOOD)
    return place


def test_what_is_attested_is_told_as_that_everywhere(sites, report):
    library = sites.library
    shown = library.run(*words(sites, report))
    told = library.ok(*words(sites, report, "--until", str(TODAY + timedelta(days=20))))["attestation"]
    assert shown.code == 0
    assert [(one["record"], one["overdue"], one["branches"]) for one in told["counts"]] == [
        ("loans", 0, 3),
        ("holds", 0, 0),
    ]
    audit = library.run("audit", "--json")
    found = {one["clause"]: one for one in audit.told["clauses"]}["WPL-2.5"]
    assert (found["standing"], found["evidence"]["kind"]) == ("attested", "attested")
    assert "Dee Example" in found["evidence"]["says"]
    everywhere = [
        shown.out,
        *(library.run(*verb).out for verb in (("verify",), ("check",), ("custodian", "show"), ("audit",))),
    ]
    everywhere += [library.run(*verb, "--json").out for verb in (("verify",), ("check",), ("custodian", "show"))]
    everywhere.append(json.dumps(found))
    page = sites.mail / "audit.html"
    library.run("audit", "--html", page)
    for text in everywhere:
        assert "ttested" in text
        assert "verified" not in text.lower()
    assert "attested" in page.read_text().lower()
    assert {action for action, _ in custody_leaves(library.folder)} == {"attested"}
    for name, content in files(library.folder).items():
        assert name == "carrel.yaml" or b"FPL" not in content, name  # of the report only sums are kept


def test_figures_that_speak_against_it_and_an_end_turn_it_red(sites, report, monkeypatch):
    from click.testing import CliRunner

    from carrel.cli import premises
    from carrel.cli.main import cli

    report.write_text(GOOD.replace(f"FPL,{TODAY},0", f"FPL,{TODAY},44"))
    assert sites.library.ok(*words(sites, report), code=3)["attestation"]["counts"][0]["overdue"] == 44
    assert sites.library.run("verify").code == 3
    report.write_text(GOOD)
    sites.library.ok(*words(sites, report))
    assert sites.library.run("verify").code == 0
    later = datetime.now(UTC) + timedelta(days=37)
    monkeypatch.setattr(premises, "now", lambda: later)
    told = CliRunner().invoke(cli, ["audit", "--site", str(sites.library.folder), "--json"], standalone_mode=False)
    found = {one["clause"]: one for one in json.loads(told.stdout)["clauses"]}["WPL-2.5"]
    assert (found["standing"], "ended on" in found["evidence"]["says"]) == ("finding", True)
    # A person who left, or whose note was changed, attests nothing any more.
    sites.library.edit("may: [audit, plan]", "may: [plan]")
    assert sites.library.run("custodian", "show").code == 3


WRONG = [
    ("record,as_of,overdue,cardnumber\nloans,{day},0,29000000012345\n", "CUS-014", 4),
    ("record,as_of,overdue,patron\nloans,{day},0,Amundsen\n", "CUS-014", 4),
    ("record,branch,as_of,overdue\nloans,29000000012345,{day},0\n", "CUS-014", 4),
    ("record,branch,as_of,overdue\nloans,amundsen@elm.example,{day},0\n", "CUS-014", 4),
    ("record,branch,as_of,overdue\nloans,2900 0000 0123 45,{day},0\n", "CUS-014", 4),
    ("record,branch,as_of,overdue\nloans,2-9-0-0-0-0-0-1,{day},0\n", "CUS-014", 4),
    ("record,branch,as_of,overdue\nloans,\u0662\u0669\u0660\u0660\u0660\u0661\u0662,{day},0\n", "CUS-014", 4),
    ("record,branch,as_of,overdue\nloans,CPL,{day},0\nloans,Roald Amundsen,{day},0\n", "CUS-014", 4),
    ("record,branch,as_of,overdue\nloans,cpl,{day},0\n", "CUS-014", 4),
    ("record;as_of;overdue\nloans;{day};0\n", "CUS-013", 2),
    ("record\tas_of\toverdue\nloans\t{day}\t0\n", "CUS-013", 2),
    ("record,overdue\nloans,0\n", "CUS-013", 2),
    ("record,as_of,overdue,overdue\nloans,{day},0,0\n", "CUS-013", 2),
    ("record,as_of,overdue\nloans,{day},-3\n", "CUS-013", 2),
    ("record,as_of,overdue\nloans,{day},1.5\n", "CUS-013", 2),
    ("record,as_of,overdue\nloans,{day},\u0663\n", "CUS-013", 2),
    ("record,as_of,overdue\nloans,tomorrow,3\n", "CUS-013", 2),
    ("record,as_of,overdue\nloans,2999-01-01,3\n", "CUS-013", 2),
    ("record,as_of,overdue\nsecrets,{day},3\n", "CUS-013", 2),
    ("record,as_of,overdue\nloans,{day}\n", "CUS-013", 2),
    ("record,as_of,overdue\nloans,{day},1\nloans,{day},2\n", "CUS-013", 2),
    ('record,as_of,overdue\n"loans,{day},1\n', "CUS-013", 2),
    ("record,as_of,overdue\n", "CUS-013", 2),
    ("", "CUS-013", 2),
    ("record,as_of,overdue\n" + "loans,{day},1\n" * 5001, "CUS-013", 2),
    (b"\xff\xfer\x00e\x00", "CUS-013", 2),
    (b"x" * ((1 << 20) + 1), "CUS-016", 2),
]


def test_a_report_that_cannot_be_used_is_refused_and_nothing_of_it_is_kept_or_told(sites, report):
    for text, error, code in WRONG:
        report.write_bytes(text if isinstance(text, bytes) else text.format(day=TODAY).encode())
        answer = sites.library.refused(*words(sites, report), code=code, error=error)
        assert not any(word in answer.out + answer.err for word in ("29000000012345", "mundsen", "tomorrow", "secrets"))
    assert not (sites.library.folder / "custodian").exists()


def test_a_branch_is_one_that_the_library_has_written_down(sites, report):
    report.write_text(f"record,branch,as_of,overdue\nloans,Elm 12345,{TODAY},0\n")
    assert sites.library.ok(*words(sites, report))["attestation"]["counts"][0]["branches"] == 1
    sites.library.edit('  branches: [CPL, FPL, "Elm 12345"]\n', "")
    answer = sites.library.refused(*words(sites, report), code=4, error="CUS-014")
    assert "'branches: [...]' under 'custodian:'" in answer.err
    assert "12345" not in answer.err
    sites.host.edit("  party: host\n", "  party: host\n  branches: [CPL]\n")
    sites.host.refused("custodian", "show", code=2, error="SIT-001")


def test_columns_that_are_parted_by_another_sign_are_told_as_that(sites, report):
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        report.write_text(GOOD.replace(",", sign))
        answer = sites.library.refused(*words(sites, report), code=2, error="CUS-013")
        assert f"columns parted by {name}" in answer.err
        assert "save the report as CSV with commas" in " ".join(answer.err.split())


def test_who_may_not_attest_or_for_too_long_is_refused(sites, report):
    library = sites.library
    key = ("--key", library.folder / "dee.key")
    library.refused("custodian", "attest", report, "--as", "Eve Example", *key, code=4, error="HLD-006")
    library.refused(*words(sites, report, "--until", str(TODAY + timedelta(days=200))), code=4, error="CUS-015")
    library.refused(*words(sites, report, "--until", str(TODAY - timedelta(days=2))), code=4, error="CUS-015")
    other = ("--as", "Dee Example", "--key", library.folder / "library.key")
    library.refused("custodian", "attest", report, *other, code=4, error="CUS-015")


def test_what_the_report_leaves_out_is_told_wherever_its_figures_are(sites, report):
    library = sites.library
    library.ok(*words(sites, report))
    shown = library.ok("custodian", "show")
    assert {"charges", "notices"} < set(shown["nothing_shown_of"])
    assert not {"loans", "holds"} & set(shown["nothing_shown_of"])
    for verb in (("verify",), ("check",), ("custodian", "show")):
        told = " ".join(library.run(*verb).out.split())
        assert "the report says nothing of access logs, backups, charges," in told, verb
    clauses = {one["clause"]: one for one in library.run("audit", "--json").told["clauses"]}
    assert clauses["WPL-3.4"]["standing"] == "cannot tell"
    # Nothing was measured: neither the head nor a piece of advice speaks of a database of the library's.
    page = sites.mail / "audit.html"
    audit = library.run("audit", "--html", page)
    told = " ".join(audit.out.split())
    assert "Nothing was measured here." in told.split("Cannot tell")[0]
    assert "measured on" not in told
    assert "database readable" not in told
    assert "ask Example Consortium" in clauses["WPL-8.8"]["evidence"]["fix"]
    assert "nothing was measured for this page" in page.read_text()
    assert "Dee Example attests" in page.read_text()  # clause by clause, not in the summary only
    # What the library does not keep, nobody has to count.
    with (library.folder / "carrel.yaml").open("a") as file:
        file.write("records: {charges: not kept}\n")
    assert "charges" not in library.ok("custodian", "show")["nothing_shown_of"]


def test_a_branch_of_which_the_report_says_nothing_is_named_and_attested_by_nobody(sites, report):
    library = sites.library
    lines = [line for line in GOOD.splitlines() if not line.startswith("loans,FPL")]
    report.write_text("\n".join(lines))
    made = library.run(*words(sites, report))
    assert (made.code, "The report says nothing of FPL: loans." in made.out) == (0, True), made.text
    for verb in (("verify",), ("custodian", "show")):
        answer = library.run(*verb)
        told = " ".join(answer.out.split())
        assert (answer.code, "it says nothing of the branches FPL (loans)" in told) == (3, True), answer.text
        assert "Of FPL the report of Example Consortium says nothing" in told
    assert library.ok("custodian", "show", code=3)["branches_left_out"] == {"FPL": ["loans"]}
    found = {one["clause"]: one for one in library.run("audit", "--json").told["clauses"]}["WPL-2.5"]
    assert (found["standing"], "FPL" in found["evidence"]["says"]) == ("cannot tell", True)
    # A line without a branch beside lines with one speaks for no other branch; alone it speaks for all.
    report.write_text("\n".join([*lines, f"loans,,{TODAY},0,7"]))
    library.ok(*words(sites, report))
    assert library.ok("custodian", "show", code=3)["branches_left_out"] == {"FPL": ["loans"]}
    report.write_text(f"record,branch,as_of,overdue\nloans,,{TODAY},0\n")
    library.ok(*words(sites, report))
    assert library.ok("custodian", "show")["branches_left_out"] == {}
    # Every branch is there, until the site file has one more.
    report.write_text(GOOD)
    library.ok(*words(sites, report))
    assert library.ok("verify")["state"] == "attested"
    library.edit("branches: [CPL, FPL,", "branches: [CPL, FPL, MPL,")
    shown = library.ok("custodian", "show", code=3)
    assert (shown["state"], "no longer those" in shown["says"]) == ("cannot tell", True)
