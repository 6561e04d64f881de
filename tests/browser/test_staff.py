"""The staff pages in a real browser: passkeys of a virtual device, by keyboard and without script, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from carrel.inventory import time_code
from carrel.rights.request import Right
from tests.browser.test_portal import serving_pages
from tests.integration.conftest import _sqlite_template, koha_sqlite, shared_folder  # noqa: F401  (fixtures)
from tests.integration.web.conftest import give_password
from tests.integration.web.staff_site import PASSWORD, cheap_hashes, code, people, set_up

pytestmark = pytest.mark.browser
WORDS = "Please let me know which of my letters you still have."


@pytest.fixture
def served(koha_sqlite, tmp_path, monkeypatch):  # noqa: F811  (the fixture)
    """The pages, served for real under a name that passkeys take."""
    cheap_hashes(monkeypatch)
    with serving_pages(koha_sqlite, tmp_path, host="localhost", policy="owwl", more=people()) as pages:
        yield pages


@pytest.fixture
def browse(chromium, served):
    """A page of a browser; whatever it asks of another host, or complains of, fails the test."""
    contexts, wrong = [], []

    def open_page(**options):
        context = chromium.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda one: None if one.url.startswith(served.address) else wrong.append(one.url))
        known = ("401", "422", "Clear-Site-Data")
        page.on("console", lambda one: None if any(k in one.text for k in known) else wrong.append(one.text))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def enter(page, pages, name):
    """Sign in with password and code."""
    page.goto(f"{pages.address}/staff/en/sign-in")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code from your phone").fill(code(pages))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/staff/en/")


def device(page, *, verifies=True):
    """A device that makes and shows passkeys, as Chromium's own tools give one."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": verifies, "automaticPresenceSimulation": True}  # fmt: skip
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return tools, made["authenticatorId"]


def add_passkey(page, pages):
    """Add a passkey, and sign out."""
    page.goto(f"{pages.address}/staff/en/account/passkeys")
    page.get_by_label("What do you call this device?").fill("desk")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("button", name="Take away desk").wait_for()
    page.get_by_role("button", name="Sign out").click()


def test_a_passkey_is_added_signs_in_proves_and_is_taken_away(browse, served):
    set_up(served, "Dee Example")
    page = browse()
    tools, authenticator = device(page)
    enter(page, served, "Dee Example")
    add_passkey(page, served)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/staff/en/")
    assert [one.way for one in served.store.staff_sessions.of("Dee Example", served.clock())] == ["passkey"]
    known = served.store.staff_passkeys.of("Dee Example")[0]
    assert known.uses > 0
    served.clock.go_on(timedelta(minutes=12))
    page.goto(f"{served.address}/staff/en/account/passkeys")
    assert "/prove?" in page.url
    (session,) = served.store.staff_sessions.of("Dee Example", served.clock())
    counted = "staff session", session.id
    assert all(
        served.store.portal_attempts.allow([(*counted, 8)], served.clock(), timedelta(minutes=15)) for _ in range(7)
    )
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/account/passkeys")
    assert not served.store.portal_attempts.knows(*counted), "a passkey that opened is no try that went wrong"
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("alert").wait_for()
    assert page.url.endswith("/sign-in"), "a device that knows nobody is no second factor"
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})
    answer = caught(page, served)
    assert not served.store.staff_passkeys.remove("Flo Example", known.id), "nobody takes away another's"
    assert served.store.staff_passkeys.remove("Dee Example", known.id)
    again = served.browser().post("/staff/en/sign-in/passkey", data={"answer": answer})
    assert again.status_code == 401, "taken away"


def caught(page, served):
    """The answer of a device to a challenge, before it is sent."""
    page.goto(f"{served.address}/staff/en/sign-in")
    page.evaluate(
        "() => { const form = document.querySelector('form[data-passkey]');"
        " form.submit = () => { document.body.dataset.said = form.elements.answer.value; }; }"
    )
    page.get_by_role("button", name="Sign in with a passkey").click()
    # A function to wait for would be compiled from text, which the page's own policy refuses.
    page.locator("body[data-said]").wait_for()
    return page.locator("body").get_attribute("data-said")


def test_an_answer_counts_once_and_only_for_what_it_was_asked_for(browse, served):
    set_up(served, "Dee Example")
    page = browse()
    device(page)
    enter(page, served, "Dee Example")
    add_passkey(page, served)

    def sent(answer):
        return served.browser().post("/staff/en/sign-in/passkey", data={"answer": answer}).status_code

    first = caught(page, served)
    assert sent(first.replace('"signature":"', '"signature":"AAAA')) == 401
    assert sent(first) == 401, "the challenge was spent by the try before"
    second = caught(page, served)
    assert (sent(second), sent(second)) == (303, 401)
    third = caught(page, served)
    served.clock.go_on(timedelta(minutes=11))
    assert sent(third) == 401, "too late"
    fourth = caught(page, served)
    served.store.staff_accounts.disable("Dee Example", "Ada Example", served.clock())
    assert sent(fourth) == 401
    for nonsense in ("", "{}", "[]", "null", "{" * 9000, '{"id": "AA", "response": {"clientDataJSON": "e30"}}'):
        assert sent(nonsense) == 401


def test_an_account_is_set_up_by_keyboard_alone_and_without_script(browse, served):
    said = served.store.staff_accounts.invite("Flo Example", "Ada Example", served.clock())
    page = browse(java_script_enabled=False)
    page.goto(f"{served.address}/staff/begin")
    for field, text in (("name", "Flo Example"), ("code", said), ("password", PASSWORD), ("again", PASSWORD)):
        while page.locator(":focus").count() == 0 or page.locator(":focus").get_attribute("id") != field:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/en/second")
    page.get_by_label("Code from your phone").fill(code(served, served.store.staff_accounts.seed("Flo Example")))
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/en/")
    assert page.get_by_role("link", name="Consents").is_visible()
    request = served.store.requests.open(
        Right.QUESTION, "ils", None, WORDS, "letter", "en", "Flo Example", served.clock()
    )
    page.reload()
    page.get_by_role("link", name="Asks a question").click()
    assert WORDS in page.inner_text("blockquote")
    page.get_by_text("Give it to somebody").first.click()
    page.get_by_label("To whom?").select_option("Flo Example")
    page.get_by_role("button", name="Give it to somebody").click()
    page.get_by_role("link", name="Answer, refuse or give up").click()
    page.get_by_label("What do you answer?").fill("Two letters, until the end of the year.")
    page.get_by_role("button", name="It is answered").click()
    page.wait_for_url(f"**/requests/{request}")
    assert "Answered" in page.inner_text("dl")
    page.goto(f"{served.address}/staff/en/")
    assert "No request is open." in page.inner_text("main")


def test_a_card_is_typed_in_and_never_shown_again(browse, served, koha_sqlite):  # noqa: F811  (the fixture)
    card = give_password(koha_sqlite, 3)
    set_up(served, "Dee Example")
    page = browse(java_script_enabled=False)
    enter(page, served, "Dee Example")
    page.get_by_role("link", name="Consents").click()
    yes = page.get_by_role("region", name="Somebody said yes")
    yes.get_by_label("Card number").fill("29999999999999")
    yes.get_by_label("Which text stands on the paper?").select_option(index=1)
    assert page.locator("select").evaluate_all("all => all.filter((one) => one.value).length") == 1, "none beforehand"
    yes.get_by_label("How did it reach you?").select_option("paper card")
    yes.get_by_role("button").click()
    assert page.get_by_role("alert").inner_text().startswith("No card has this number")
    assert "29999999999999" not in page.content()
    yes.get_by_label("Card number").fill(card)
    yes.get_by_label("How did it reach you?").select_option("paper card")
    yes.get_by_label("The day on the paper").fill("2026-01-05")
    yes.get_by_role("button").click()
    assert "The card was found. We wrote down that this person said yes." in page.get_by_role("status").inner_text()
    assert card not in page.content()


@pytest.mark.parametrize(("language", "width"), [("en", 1100), ("es", 320)])
def test_every_page_passes_axe_and_fits(chromium, served, axe, language, width):
    request = served.store.requests.open(Right.ERASURE, "ils", 3, WORDS, "letter", "en", "Ada Example", served.clock())
    served.store.requests.open(Right.QUESTION, "ils", None, WORDS, "desk", "es", "Ada Example", served.clock())
    text = (served.premises.site.folder / "carrel.yaml").read_text()
    everything = "may: [plan, run, staff, consent, requests, audit]"
    (served.premises.site.folder / "carrel.yaml").write_text(text.replace("may: [plan, run, staff]", everything))
    set_up(served, "Ben Example")
    context = chromium.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    context.set_default_timeout(10_000)
    page = context.new_page()

    def looked(path):
        page.goto(f"{served.address}/staff/{language}/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        if language == "en" or path in {"sign-in", "consents"}:  # which depends on no language
            page.evaluate(axe)
            found = page.evaluate("axe.run()")
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
            assert len(found["passes"]) > 10
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.locator("html").get_attribute("lang") == language

    try:
        looked("sign-in")
        looked("begin")
        device(page)
        enter(page, served, "Ben Example")
        for path in ("", "ask", "account", "account/password", "account/passkeys", "consents", "nights", "prove?back=account",
                     f"requests/{request}", f"requests/{request}/end", "nowhere"):  # fmt: skip
            looked(path)
    finally:
        context.close()


def test_the_page_that_adds_a_telephone_passes_axe(chromium, served, axe):
    said = served.store.staff_accounts.invite("Flo Example", "Ada Example", served.clock())
    context = chromium.new_context(viewport={"width": 320, "height": 800}, bypass_csp=True)
    context.set_default_timeout(10_000)
    page = context.new_page()
    try:
        page.goto(f"{served.address}/staff/es/begin")
        for field, text in (("name", "Flo Example"), ("code", said), ("password", PASSWORD), ("again", PASSWORD)):
            page.fill(f"#{field}", text)
        page.keyboard.press("Enter")
        page.wait_for_url("**/second")
        page.evaluate(axe)
        assert page.evaluate("axe.run()")["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        seed = served.store.staff_accounts.seed("Flo Example")
        assert time_code.written(seed) in page.inner_text(".key")
        picture = page.locator("img.square")
        assert picture.evaluate("one => one.complete && one.naturalWidth") > 0
    finally:
        context.close()


def test_a_printed_request_shows_what_is_on_record_and_no_empty_form(browse, served):
    set_up(served, "Flo Example")
    request = served.store.requests.open(
        Right.ERASURE, "ils", 3, WORDS, "letter", "en", "Ada Example", served.clock(), how="photo id"
    )
    page = browse(java_script_enabled=False, viewport={"width": 680, "height": 1000})
    enter(page, served, "Flo Example")
    page.goto(f"{served.address}/staff/en/requests/{request}")
    page.emulate_media(media="print")
    for said in (
        WORDS,
        "What has to be done",
        "What was done",
        "carrel plan --erase",
        "You are signed in as Flo Example.",
    ):
        assert page.get_by_text(said).first.is_visible(), said
    for tag in ("textarea", "select", "button", "a.button", "nav"):
        assert page.locator(f"{tag}:visible").count() == 0, tag
    assert not page.get_by_text("If you do nothing").is_visible()
    commands = page.locator("pre").first
    assert commands.evaluate("one => one.scrollWidth - one.clientWidth") == 0, "no command is cut off on paper"


def test_a_note_sent_too_late_comes_back_by_keyboard_and_after_signing_out_no_page_does(browse, served):
    set_up(served, "Flo Example")
    where = f"{served.address}/staff/en/requests/" + served.store.requests.open(
        Right.QUESTION, "ils", None, WORDS, "letter", "en", "Ada Example", served.clock()
    )
    page = browse(java_script_enabled=False, viewport={"width": 320, "height": 800})
    enter(page, served, "Flo Example")
    page.goto(where)

    def press(key, what):
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()") == what:
                page.keyboard.press(key)
                return
        raise AssertionError(what)

    press("Enter", "A note")
    page.keyboard.press("Tab")
    page.keyboard.type("Rang on Monday.")
    served.clock.go_on(timedelta(minutes=16))
    press("Enter", "Keep the note")
    page.wait_for_load_state()
    assert page.get_by_role("alert").inner_text().startswith("You were signed out meanwhile.")
    assert "Rang on Monday" not in page.content()
    for field, text in (("name", "Flo Example"), ("password", PASSWORD), ("code", code(served))):
        press("Home", field)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What you wrote").wait_for()
    press("Enter", "Open the form again")
    page.get_by_role("status").wait_for()
    assert page.get_by_label("What do you want to keep in mind?").input_value() == "Rang on Monday."
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    press("Enter", "Keep the note")
    page.locator(".events", has_text="Rang on Monday.").wait_for()
    press("Enter", "Sign out")
    page.wait_for_url("**/sign-in")
    page.go_back()
    assert page.url.endswith("/staff/en/sign-in"), "the page is asked for anew, and nobody is signed in"
    assert WORDS not in page.content()
