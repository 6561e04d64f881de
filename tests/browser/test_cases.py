"""Legal process in a real browser: the story of one subpoena, by keyboard and without script, on a desk and a telephone."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from carrel.web.case_desk import CameIn
from tests.browser.test_portal import serving_pages
from tests.browser.test_staff import enter
from tests.integration.conftest import _sqlite_template, koha_sqlite, shared_folder  # noqa: F401  (fixtures)
from tests.integration.web.case_site import ADA, DEE, LOU, OFFICERS, quick_set_up
from tests.integration.web.conftest import give_password
from tests.integration.web.staff_site import cheap_hashes

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("CARREL_SHOTS", "")


@pytest.fixture
def served(koha_sqlite, tmp_path, monkeypatch):  # noqa: F811  (the fixture)
    """The pages, served for real."""
    cheap_hashes(monkeypatch)
    with serving_pages(koha_sqlite, tmp_path, host="localhost", more=OFFICERS) as pages:
        quick_set_up(pages, ADA, LOU, DEE)
        yield pages


@pytest.fixture
def browse(chromium):
    """A page of a browser, without script."""
    contexts = []

    def open_page(**options):
        context = chromium.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def shot(page, name):
    """A picture to be looked at, where somebody asked for it."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def take(page, step):
    """Take a step that is this person's."""
    page.get_by_role("button", name=re.compile(f"This is done.*{step}$")).click()
    page.wait_for_load_state()


def test_a_subpoena_comes_in_and_is_answered_without_script(browse, served, koha_sqlite, tmp_path):  # noqa: F811
    card = give_password(koha_sqlite, 3)
    dee = browse(java_script_enabled=False, viewport={"width": 320, "height": 700})
    enter(dee, served, DEE)
    dee.get_by_role("link", name="My cases").first.press("Enter")
    dee.get_by_role("link", name="A paper came in").press("Enter")
    dee.get_by_label("What is it?").select_option("subpoena")
    dee.get_by_label("Who was it given to?").select_option("an employee")
    dee.get_by_label("Which office, court or firm").fill("Sharp & Sharp")
    dee.get_by_label("First day").fill("2026-01-01")
    dee.get_by_label("Last day").fill("2026-02-01")
    dee.get_by_label("What is asked for, word by word").fill("All loans of Quentin Quill.")
    dee.get_by_label("Card number").fill(card)
    dee.get_by_role("button", name="Write it down").press("Enter")
    dee.wait_for_url("**/cases/dsc-*")
    where = dee.url
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF-1.7 the subpoena")
    dee.get_by_label("The file").set_input_files(scan)
    dee.get_by_role("button", name="Put it in").click()
    dee.get_by_role("link", name="the subpoena 1").wait_for()
    shot(dee, "case-phone")
    with dee.expect_download() as download:
        dee.get_by_role("link", name="the subpoena 1").click()
    assert Path(download.value.path()).read_bytes() == scan.read_bytes()
    ada = browse(java_script_enabled=False, viewport={"width": 1100, "height": 900})
    enter(ada, served, ADA)
    ada.goto(where)
    shot(ada, "case-desk")
    take(ada, "tell the board")
    take(ada, "tell the patron")
    lou = browse(java_script_enabled=False, viewport={"width": 1100, "height": 900})
    enter(lou, served, LOU)
    lou.goto(where)
    take(lou, "counsel on form")
    take(lou, "counsel on showing")
    ada.goto(where)
    ada.get_by_role("link", name="Release, refuse or seal").press("Enter")
    shot(ada, "decide")
    ada.get_by_label("Is it in no system?").fill("on paper")
    ada.get_by_role("button", name="It is in no system").press("Enter")
    ada.wait_for_load_state()
    ada.goto(f"{where}/decide")
    ada.get_by_role("button", name="Sign the release").press("Enter")
    ada.wait_for_load_state()
    ada.goto(f"{where}/decide")
    assert ada.get_by_role("button", name="It was handed over").count() == 0, "not by whoever signed"
    dee.goto(f"{where}/decide")
    shot(dee, "decide-phone")
    dee.get_by_role("button", name="It was handed over").press("Enter")
    dee.wait_for_load_state()
    assert "Handed over" in dee.inner_text("dl")
    shot(dee, "case-over-phone")


@pytest.mark.parametrize(("language", "width"), [pytest.param("en", 1100, marks=pytest.mark.deep), ("es", 320)])
def test_every_page_of_legal_process_passes_axe_and_fits(chromium, served, axe, language, width):
    from datetime import timedelta

    from carrel.disclosure.event import Act

    desk = served.premises.staff.cases
    terms = {"instrument": "search warrant", "served on": "the library", "from": "The sheriff of a county far away",
             "title": "wished for"}  # fmt: skip
    case = desk.open(DEE, CameIn(terms, "Everything about everybody who reads.", None))
    desk.act(ADA, case, Act.DEFECT, {"what": "no seal of the court"}, "")
    sealed = desk.open(ADA, CameIn({**terms, "instrument": "court order", "from day": "2026-01-01"}, "", None))
    last = (served.clock() + timedelta(days=30)).date().isoformat()
    silence = {"basis": "order", "court": "District court", "starts": "2026-01-01", "ends": last}
    desk.act(ADA, sealed, Act.SILENCED, silence, "Tell nobody.")
    context = chromium.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    context.set_default_timeout(10_000)
    page = context.new_page()

    def looked(path):
        page.goto(f"{served.address}/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.evaluate(axe)
        found = page.evaluate("axe.run()")
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.locator("html").get_attribute("lang") == language
        shot(page, f"{language}-{path.replace('/', '_').replace(case, 'case').replace(sealed, 'sealed')}")

    try:
        for path in ("desk", "desk/search-warrant", "desk/national-security-order", "desk/all"):
            looked(f"staff/{language}/{path}")
        looked(f"{language}/transparency")
        enter(page, served, ADA)
        paths = ["", "cases", "cases/open", f"cases/{case}", f"cases/{case}/decide", f"cases/{sealed}",
                 f"cases/{sealed}/decide", "offices"]  # fmt: skip
        for path in paths:
            looked(f"staff/{language}/{path}")
    finally:
        context.close()


@pytest.mark.parametrize(("language", "width"), [pytest.param("en", 1100, marks=pytest.mark.deep), ("es", 320)])
def test_findings_holds_and_forgetting_by_keyboard_without_script_and_axe_clean(
    chromium,
    browse,
    axe,
    koha_sqlite,  # noqa: F811  (the fixture)
    tmp_path,
    monkeypatch,
    language,
    width,
):
    """Two people in one case; one is found to be no student. Then the case ends, is old, and goes."""
    from datetime import timedelta

    from carrel.disclosure.event import Act

    cheap_hashes(monkeypatch)
    with serving_pages(koha_sqlite, tmp_path, host="localhost", policy="mit-11.2", more=OFFICERS) as pages:
        quick_set_up(pages, LOU, DEE)
        cards = [give_password(koha_sqlite, offset) for offset in (3, 4)]
        lou = browse(java_script_enabled=False, viewport={"width": width, "height": 800})
        enter(lou, pages, LOU)

        def looked(page, name):
            """With script, which is what axe is; of the same session."""
            context = chromium.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
            context.add_cookies(lou.context.cookies())
            seen = context.new_page()
            try:
                seen.goto(page.url)
                seen.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                seen.evaluate(axe)
                found = seen.evaluate("axe.run()")
                assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == [], name
                assert seen.evaluate("document.documentElement.scrollWidth") <= width, name
                shot(seen, f"{language}-{name}")
            finally:
                context.close()

        def press(key, *names):
            """The first control with one of these ids, reached by the keyboard alone."""
            for _ in range(120):
                lou.keyboard.press("Tab")
                if lou.evaluate("document.activeElement.id || document.activeElement.textContent.trim()") in names:
                    lou.keyboard.press(key)
                    return
            raise AssertionError(names)

        lou.goto(f"{pages.address}/staff/{language}/cases/open")
        looked(lou, "open")
        lou.locator("#instrument").select_option("subpoena")
        lou.locator("#sender").fill("Sharp & Sharp")
        lou.locator("#from-day").fill("2026-01-01")
        lou.locator("#open-card").fill("\n".join(cards))
        lou.locator("#sender").press("Enter")
        lou.wait_for_url("**/cases/dsc-*")
        where = lou.url
        (hold,) = pages.store.keepings.current("ils", pages.clock(), to_dispose=False).legal_holds
        assert len(hold.scope.persons) == 2
        summary = {"en": "I found out something about a student", "es": "Averigüé algo sobre una persona que estudia"}
        press("Enter", summary[language])
        press("Space", "exempt-1")
        press("Tab", "exempt-card")
        lou.locator("#exempt-card").fill(cards[0])
        lou.locator("#exempt-records").select_option("loans")
        lou.locator("#exempt-words").fill("a visitor")
        lou.locator("details[open] button").press("Enter")
        lou.wait_for_load_state()
        case = where.rpartition("/")[2]
        desk = pages.premises.staff.cases
        (found,) = pages.store.disclosures.case(case, desk.viewer(LOU))[1].findings
        assert (found.records, found.is_of_the_case) == ("loans", False)
        assert cards[0] not in lou.content()
        looked(lou, "findings")
        lou.goto(f"{where}/decide")
        looked(lou, "decide-stays")
        lou.locator("#withdraw-words").fill("they went")
        lou.locator("#withdraw-stays").check()
        lou.locator("form:has(#withdraw-words) button").press("Enter")
        lou.wait_for_load_state()
        assert pages.store.disclosures.case(case, desk.viewer(LOU))[0].keeps_on
        plain = desk.open(
            DEE, CameIn({"instrument": "informal ask", "served on": "the library", "from": "x"}, "", None)
        )
        desk.act(DEE, plain, Act.REFUSED, {"ground": "no legal process"}, "no paper")
        pages.clock.go_on(timedelta(days=6 * 366))
        enter(lou, pages, LOU)
        lou.goto(f"{pages.address}/staff/{language}/cases/forget")
        looked(lou, "forget")
        lou.locator("form:has(input[value=approve]) button").press("Enter")
        lou.wait_for_load_state()
        assert lou.locator("input[value=approve]").count() == lou.locator("input[value=forget]").count() == 0
        assert [one.by for one in desk.forgetting(LOU).due] == [LOU, LOU]
        looked(lou, "forget-agreed")


def test_the_script_is_there_without_a_network_and_on_one_page_of_paper(browse, served, tmp_path):
    page = browse(viewport={"width": 320, "height": 700})
    where = f"{served.address}/staff/en/desk/subpoena"
    page.goto(where)
    page.context.set_offline(True)
    page.goto("about:blank")
    page.goto(where)
    assert page.get_by_role("heading", name="Say this").is_visible()
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.say li')).fontSize)")
    assert size >= 22, "large type on a telephone"
    for language in ("en", "es"):
        page.context.set_offline(False)
        page.goto(f"{served.address}/staff/{language}/desk/search-warrant")
        printed = page.pdf(path=str(tmp_path / "script.pdf"), format="Letter", prefer_css_page_size=False)
        assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") <= 1
        if SHOTS:
            (Path(SHOTS) / f"script-{language}.pdf").write_bytes(printed)
