"""The pages as people meet them: by keyboard alone, without script, on a telephone, in both languages, with axe."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn

from tests.integration.conftest import _sqlite_template, koha_sqlite, shared_folder  # noqa: F401  (fixtures)
from tests.integration.web.conftest import PASSWORD, give_password, pages_of

pytestmark = pytest.mark.browser


@contextmanager
def serving_pages(koha, folder, *, host="127.0.0.1", system="koha", **more):
    """The pages over a database, served for real under a name of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://{host}:{listening.getsockname()[1]}"
        with pages_of(folder, koha.url, system, address=address, **more) as pages:
            server = uvicorn.Server(uvicorn.Config(pages._app, log_level="error", access_log=False))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
            thread.start()
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)  # uvicorn tells it in no other way
            yield pages
            server.should_exit = True
            thread.join(20)


@contextmanager
def serving(koha, folder, **more):
    """The same; their address."""
    with serving_pages(koha, folder, **more) as pages:
        yield pages.address


@pytest.fixture
def served(koha_sqlite, tmp_path):  # noqa: F811  (the fixture)
    """A card, and the address under which the pages are served for real."""
    card = give_password(koha_sqlite, 0)
    with serving(koha_sqlite, tmp_path) as address:
        yield card, address


@pytest.fixture
def browse(chromium, served):
    """A page of a browser; whatever it asks of another host, or complains of, fails the test."""
    contexts, wrong = [], []

    def open_page(**options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda one: None if one.url.startswith(served[1]) else wrong.append(one.url))
        page.on(
            "console",
            lambda one: None if "401" in one.text or "Clear-Site-Data" in one.text else wrong.append(one.text),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def test_somebody_signs_in_and_out_by_keyboard_alone_and_without_script(browse, served):
    card, address = served
    page = browse(java_script_enabled=False)
    page.goto(f"{address}/en/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the text"
    for _ in range(4):
        page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Sign in"
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/sign-in")
    while page.locator(":focus").count() == 0 or page.locator(":focus").get_attribute("id") != "name":
        page.keyboard.press("Tab")
    page.keyboard.type(card)
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_role("alert").inner_text().startswith("That did not work.")
    page.get_by_label("Card number or user name").fill(card)
    page.get_by_label("Password or PIN").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/me")
    assert page.locator("h1").inner_text() == "My page"
    button = page.get_by_role("button", name="Sign out")
    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() == "You are signed out"
    assert page.context.cookies() == []
    page.goto(f"{address}/en/me")
    assert page.url.endswith("/en/sign-in")


@pytest.mark.parametrize(("language", "width"), [("en", 1100), ("es", 360)])
def test_every_page_passes_axe_and_fits(chromium, served, axe, language, width):
    card, address = served
    context = chromium.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    page = context.new_page()
    try:
        page.goto(f"{address}/{language}/sign-in")
        page.fill("#name", card)
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/{language}/me")
        for path in ("", "about", "nowhere"):  # of whoever is signed in: see test_patron_walk
            page.goto(f"{address}/{language}/{path}")
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            page.evaluate(axe)
            found = page.evaluate("axe.run()")
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
            assert len(found["passes"]) > 10
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("html").get_attribute("lang") == language
    finally:
        context.close()


def test_the_language_is_the_browsers_and_can_be_changed(browse, served):
    _, address = served
    page = browse(locale="es-MX")
    page.goto(address)
    assert page.locator("h1").inner_text() == "Lo que guardamos y durante cuánto tiempo"
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/en/")
    assert page.locator("h1").inner_text() == "What we keep, and for how long"


def test_the_notice_before_a_session_ends_is_shown_by_its_style_alone_and_goes_on_beside_the_form(browse, served, axe):
    card, address = served
    page = browse(viewport={"width": 320, "height": 800}, bypass_csp=True)
    page.goto(f"{address}/en/sign-in")
    page.fill("#name", card)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/me")
    page.goto(f"{address}/en/me/question")
    page.fill("#words", "half a question")
    notice = page.locator(".ends")
    assert not notice.is_visible()
    assert page.evaluate("document.getAnimations().map(one => one.effect.getTiming().delay)") == [18 * 60 * 1000]
    page.evaluate("document.getAnimations().forEach(one => one.finish())")
    assert notice.is_visible()
    page.evaluate(axe)
    assert page.evaluate("axe.run()")["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    with page.context.expect_page() as opened:
        notice.get_by_role("link").click()
    assert "You are still signed in" in opened.value.inner_text("h1")
    assert page.input_value("#words") == "half a question", "nothing is lost"
