"""The report page as people meet it: by eye, by keyboard, by screen reader, on a telephone, on paper, without script."""

from datetime import UTC, datetime, timedelta

import pytest

from carrel.accountability.audit import Standing
from carrel.accountability.chapters import Chapter
from carrel.accountability.facts import Contradiction
from carrel.accountability.health import Residue
from carrel.accountability.run_report import ClauseLine, RunReport, TableLine
from carrel.systems.report_files import write_report

pytestmark = pytest.mark.browser
AS_OF = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LONG = "pseudonymized_borrower_attributes_of_a_plugin_with_a_very_long_name"


def run_report():
    return RunReport(
        title="What happened in the night of 22 November 2026",
        library="Elm Library",
        as_of=AS_OF,
        summary="3,357 loans lost their readers. Nothing that is due still names a reader.",
        policy=("Closed loans: kept for 7 days, then de-identified.",),
        tables=(
            TableLine("statistics", "one row per event", 11_814, 0, "update", "the event stays countable"),
            TableLine("return_claims", "claims", 7, 3, "delete", "the column may not be empty"),
            TableLine(LONG, "what a plugin keeps " * 8, 0, 0, "delete", "nothing to do"),
        ),
        kept={"open charge": 157, "legal hold": 3, "period still running": 43},
        sweep={"same item and second": (200, 0)},
        residues=(Residue("binary log", AS_OF + timedelta(days=10)), Residue("free pages")),
        checkpoint="elm.example/ledger\n640\n" + "A" * 44 + "\n\n\N{EM DASH} elm.example/ledger " + "B" * 96 + "\n",
        figures={"loans de-identified": 3357, "rows left": 3},
        not_covered={"borrower_attributes": "what a site adds to a patron", LONG: "a plugin"},
    )


def audit_report():
    lines = tuple(
        ClauseLine(
            f"MITL-6.{n}",
            "The promise.",
            standing,
            "It was measured.",
            (("rows", 12), ("where", LONG)),
            "of this",
            "do that",
        )
        for n, standing in enumerate(Standing)
    )
    return RunReport(
        title="Privacy audit of koha",
        library="Elm <Library> & Co",
        as_of=AS_OF,
        summary="1 of 3 measured clauses hold.",
        tables=(TableLine("statistics", "one row per event", None, 5),),
        clauses=lines,
        contradictions=(Contradiction("IssueLog", "writes every checkout", ("MITL-6.4",), fix="turn it off"),),
        chapters=(Chapter("Collected", "Five kinds.", {"patron": "institutional id"}, "holds are not measured"),),
        process=("1 run changed records without an approval on record",),
        not_covered={"alert": "subscriptions"},
    )


@pytest.fixture(params=["run", "audit", "empty"])
def page_file(request, tmp_path):
    report = {
        "run": run_report(),
        "audit": audit_report(),
        "empty": RunReport("Nothing yet", AS_OF, "No night has run."),
    }[request.param]
    return write_report(tmp_path / "report.html", report)


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(opened, axe, page_file, width):
    page = opened(page_file, viewport={"width": width, "height": 800}, bypass_csp=True)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.evaluate(axe)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]] == []
    assert len(found["passes"]) > 15


@pytest.mark.parametrize("width", [1280, 360, 320])
def test_nothing_is_cut_off_at_any_width(opened, page_file, width):
    page = opened(page_file, viewport={"width": width, "height": 800})
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_can_be_reached_by_keyboard(opened, tmp_path):
    page = opened(write_report(tmp_path / "report.html", run_report()))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    assert page.locator(".skip").bounding_box()["x"] >= 0, "the skip link is seen when it has the focus"
    reached = []
    for _ in range(page.evaluate("document.querySelectorAll('nav a, summary, pre').length")):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.tagName"))
        if reached[-1] == "SUMMARY":
            page.keyboard.press("Enter")
    wanted = page.evaluate("document.querySelectorAll('nav a, summary, pre').length")
    assert sum(tag in {"A", "SUMMARY", "PRE"} for tag in reached) >= wanted
    assert page.locator("details[open]").count() == 1
    assert page.get_by_text("what a site adds to a patron").is_visible()


def test_every_link_leads_to_a_place_on_the_page(opened, page_file):
    page = opened(page_file)
    broken = page.evaluate(
        "[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"
        ".filter(h => !h.startsWith('#') || !document.getElementById(h.slice(1)))"
    )
    assert broken == []


def test_it_says_the_same_without_script(opened, page_file):
    with_script = opened(page_file).inner_text("body")
    assert opened(page_file, java_script_enabled=False).inner_text("body") == with_script
    assert "<script" not in page_file.read_text()


def test_bars_are_as_long_as_their_figures(opened, tmp_path):
    page = opened(write_report(tmp_path / "report.html", run_report()))
    bars = page.eval_on_selector_all(
        "td.bars svg",
        "all => all.map(s => [...s.querySelectorAll('.b, .a')].map(r => r.getBoundingClientRect().width / s.getBoundingClientRect().width))",
    )
    shares = [[round(share, 3) for share in pair] for pair in bars if pair]
    assert shares == [[1.0, 0.0], [0.015, 0.015], [0.0, 0.0]]


def test_values_are_escaped_and_small_reasons_merged(opened, tmp_path):
    page = opened(write_report(tmp_path / "report.html", audit_report()))
    assert page.get_by_text("Elm <Library> & Co").count() == 1
    text = opened(write_report(tmp_path / "run.html", run_report())).inner_text("section[aria-labelledby=kept]")
    assert "legal hold" not in text
    assert "other reasons" in text
    assert "157" in text


def test_the_word_clean_is_not_said_while_tables_are_not_covered(opened, page_file):
    assert "clean" not in opened(page_file).inner_text("body").lower()


def test_on_paper_the_lists_are_open_and_the_bars_are_there(opened, tmp_path):
    page = opened(write_report(tmp_path / "report.html", run_report()))
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    printed = tmp_path / "report.pdf"
    page.pdf(path=printed, format="A4")
    assert printed.read_bytes().startswith(b"%PDF")
    shown = page.eval_on_selector_all("details table", "all => all.map(t => t.checkVisibility())")
    assert shown == [True]


def test_the_file_is_its_owners_alone(tmp_path):
    path = write_report(tmp_path / "reports" / "report.html", run_report())
    assert path.stat().st_mode & 0o777 == 0o600
