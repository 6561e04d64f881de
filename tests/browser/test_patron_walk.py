"""What a patron does on the pages, one walk per story: by keyboard alone, without script, on a telephone, with axe."""

from __future__ import annotations

import zipfile

import pytest
import sqlalchemy as sa

from carrel.systems.sample.signing_in import offer_notices
from tests.browser.test_portal import serving
from tests.integration.conftest import _sqlite_template, koha_sqlite, shared_folder  # noqa: F401  (fixtures)
from tests.integration.web.conftest import PASSWORD, give_password

pytestmark = pytest.mark.browser
PAGES = (
    "me", "me/data", "me/choices", "me/notices", "me/password", "me/correct", "me/take-along", "me/ask", "me/see-all", "me/erase",
    "me/restrict", "me/object", "me/challenge", "me/question", "me/requests",
)  # fmt: skip


@pytest.fixture
def served(koha_sqlite, tmp_path):  # noqa: F811  (the fixture)
    """A card, and the address of the pages of a library that asks and offers notices."""
    card = give_password(koha_sqlite, 0)
    offer_notices(koha_sqlite.engine())
    with serving(koha_sqlite, tmp_path, policy="owwl") as address:
        yield card, address


@pytest.fixture
def walker(chromium, served):
    """Sign in by keyboard in a browser of given options; whatever it asks of another host fails the test."""
    contexts, wrong = [], []

    def begin(language="en", **options):
        card, address = served
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda one: None if one.url.startswith(address) else wrong.append(one.url))
        page.goto(f"{address}/{language}/sign-in")
        page.locator("#name").focus()
        page.keyboard.type(card)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/{language}/me")
        return page

    yield begin
    for context in contexts:
        context.close()
    assert wrong == []


def follow(page, name):
    """Reach a link or button by the tabulator, and press Enter: what a mouse can do, the keyboard can."""
    for _ in range(80):
        page.keyboard.press("Tab")
        here = page.locator(":focus")
        if here.count() and here.inner_text().strip().partition("\n")[0] == name:
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"the tabulator never came to {name!r}")


def test_a_patron_chooses_by_keyboard_without_script(walker):
    page = walker(java_script_enabled=False)
    follow(page, "My choices")
    box = page.locator(".choice-box").first
    size, no = (one.bounding_box() for one in box.get_by_role("button").all())
    assert size["height"] == no["height"], "no is as easy as yes, from the beginning"
    follow(page, "Yes, I want this")
    assert "We wrote down that you said yes." in page.get_by_role("status").inner_text()
    other = box.get_by_role("button").bounding_box()
    assert (other["height"], box.get_by_role("button").count()) == (size["height"], 1), "no is no smaller than yes"
    follow(page, "No, stop it")
    assert "We wrote down that you said no." in page.get_by_role("status").inner_text()
    assert page.locator("tbody tr").count() == 2
    follow(page, "Write me nothing of this kind")
    assert page.get_by_role("button", name="Write me nothing of this kind").count() == 0


def test_a_patron_corrects_and_hears_of_it_by_the_way_that_she_sets(walker, koha_sqlite):  # noqa: F811
    page = walker(java_script_enabled=False, viewport={"width": 320, "height": 700})
    follow(page, "Something is wrong")
    page.get_by_label("E-mail", exact=True).fill("ann@oak.example")
    page.get_by_label("Your password, so that we know it is you").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert page.get_by_label("E-mail", exact=True).input_value() == "ann@oak.example"
    with koha_sqlite.engine().connect() as connection:
        assert (
            connection.execute(sa.text("SELECT count(*) FROM borrowers WHERE email = 'ann@oak.example'")).scalar() == 1
        )
    follow(page, "Back to my page")
    follow(page, "My notices")
    group = page.get_by_role("group", name="When a hold is ready for you")
    group.get_by_label("by e-mail").focus()
    page.keyboard.press("Space")
    follow(page, "Set my notices")
    assert group.get_by_label("by e-mail").is_checked()
    assert page.get_by_role("checkbox", checked=True).count() == 1


CUT = "[...document.querySelectorAll('.wide')].some(one => one.scrollWidth > one.clientWidth + 1)"
SHUT = "[...document.querySelectorAll('details')].some(one => one.clientHeight < 100)"


def test_on_paper_nothing_is_cut_and_nothing_stays_shut(walker):
    page = walker(viewport={"width": 672, "height": 900})
    follow(page, "See what we hold on you")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = false })")
    assert page.evaluate(SHUT)
    page.emulate_media(media="print")
    assert not page.evaluate(SHUT)
    assert not page.evaluate(CUT)


def test_a_patron_takes_the_data_along_once(walker, tmp_path):
    page = walker(java_script_enabled=False)
    follow(page, "Take my data along")
    page.get_by_label("Your password, so that we know it is you").fill(PASSWORD)
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Fetch my file")
    button.wait_for()
    with page.expect_download() as got:
        button.click()
    place = tmp_path / got.value.suggested_filename
    got.value.save_as(place)
    assert place.name == "my-library-data.zip"
    assert "index.html" in zipfile.ZipFile(place).namelist()
    with page.expect_navigation():
        button.click()
    assert "was used before" in page.get_by_role("alert").inner_text()


def test_a_patron_asks_for_erasure_looks_twice_and_takes_it_back(walker):
    page = walker(java_script_enabled=False)
    follow(page, "What you can ask for")
    follow(page, "Erase my record")
    assert "What stays for a time, and why" in page.locator("main").inner_text()
    follow(page, "Go on")
    assert page.locator("main").inner_text().count("nobody can bring it back") == 1
    follow(page, "Yes, erase my record")
    page.wait_for_url("**/me/requests/req-*")
    assert "Somebody at the library works on it." in page.locator("main").inner_text()
    follow(page, "Take it back")
    assert "You took it back." in page.locator("main").inner_text()
    follow(page, "All that I asked for")
    assert page.locator("tbody tr").count() == 1


def test_a_patron_sets_a_new_password_that_is_pasted(walker, served):
    page = walker()
    follow(page, "My password")
    for label, value in (
        ("Your password now", PASSWORD),
        ("New password", "words of my own"),
        ("New password, once more", "words of my own"),
    ):
        page.get_by_label(label, exact=True).focus()
        page.keyboard.insert_text(value)  # as a paste does
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Your new password works." in page.get_by_role("status").inner_text()
    assert page.get_by_label("New password", exact=True).count() == 0


@pytest.mark.parametrize(("language", "width"), [pytest.param("en", 1100, marks=pytest.mark.deep), ("es", 320)])
def test_every_page_passes_axe_and_fits(walker, served, axe, language, width):
    address = served[1]
    page = walker(language, viewport={"width": width, "height": 800}, bypass_csp=True)

    def looked_at(where):
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == [], where
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where
        assert page.locator("html").get_attribute("lang") == language
        small = page.evaluate(
            "[...document.querySelectorAll('main button, main .ways-on a')].filter((one) => one.getBoundingClientRect().height < 24).length"
        )
        assert small == 0, where  # WCAG 2.5.8

    for path in PAGES:
        page.goto(f"{address}/{language}/{path}")
        looked_at(path)
    for path, act in (
        ("me/choices", "first"),
        ("me/erase", "first"),
        ("me/question", "last"),
    ):  # done, confirm, refused
        page.goto(f"{address}/{language}/{path}")
        page.evaluate("document.querySelectorAll('[required]').forEach((one) => { one.required = false; })")
        with page.expect_navigation():
            getattr(page.get_by_role("main").get_by_role("button"), act).click()
        looked_at(f"{path} sent")


def test_it_prints_without_buttons(walker, served):
    page = walker()
    page.goto(f"{served[1]}/en/me/choices")
    page.emulate_media(media="print")
    assert page.locator("main button:visible").count() == 0
    assert len(page.pdf()) > 1_000
