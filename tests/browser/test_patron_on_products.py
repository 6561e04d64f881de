"""The story of a patron on each product's own server, in a browser: by keyboard alone, without script, on a telephone."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from carrel.rights.request import Right
from carrel.systems.sample.signing_in import offer_notices
from tests.browser.test_patron_walk import follow
from tests.browser.test_portal import serving_pages
from tests.integration.conftest import koha_mariadb, mariadb_server, mariadb_template, shared_folder  # noqa: F401
from tests.integration.evergreen.conftest import evergreen_server, small, small_sample  # noqa: F401
from tests.integration.evergreen.test_portal import patron  # noqa: F401
from tests.integration.web.conftest import PASSWORD, give_password
from tests.integration.web.test_choices import number_of

pytestmark = [pytest.mark.browser, pytest.mark.whole_run]
MAIL = "walker@oak.example"


def of_koha(ask):
    """Pages over Koha on MariaDB, a card, its number, and the address of the record as the product has it."""
    koha = ask("koha_mariadb")
    card = give_password(koha, 0)
    offer_notices(koha.engine())
    number = number_of(koha, card)
    return koha, "koha", card, number, lambda: koha.rows(f"SELECT email FROM borrowers WHERE borrowernumber = {number}")


def of_evergreen(ask):
    """The same over Evergreen on PostgreSQL."""
    card, number = ask("patron")
    own = ask("small")
    return own, "evergreen", card, number, lambda: own.rows("SELECT email FROM actor.usr WHERE id = :n", n=number)


@pytest.mark.parametrize("product", [
    pytest.param(of_koha, id="mariadb", marks=pytest.mark.mariadb),
    pytest.param(of_evergreen, id="postgresql", marks=pytest.mark.postgresql),
])  # fmt: skip
def test_a_patron_sees_chooses_corrects_takes_along_objects_and_asks_for_erasure(product, request, chromium, tmp_path):
    library, system, card, number, addresses = product(request.getfixturevalue)
    with serving_pages(library, tmp_path, policy="owwl", system=system) as pages:
        context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
        page = context.new_page()
        elsewhere = []
        page.on("request", lambda one: None if one.url.startswith(pages.address) else elsewhere.append(one.url))
        page.goto(f"{pages.address}/en/sign-in")
        page.locator("#name").focus()
        page.keyboard.type(card)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")

        follow(page, "See what we hold on you")
        assert card in page.locator("main").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.goto(f"{pages.address}/en/me")

        follow(page, "My choices")
        follow(page, "Yes, I want this")
        assert "We wrote down that you said yes." in page.get_by_role("status").inner_text()
        follow(page, "No, stop it")
        assert "We wrote down that you said no." in page.get_by_role("status").inner_text()
        page.goto(f"{pages.address}/en/me")

        follow(page, "Something is wrong")
        page.get_by_label("E-mail", exact=True).fill(MAIL)
        page.get_by_label("Your password, so that we know it is you").fill(PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "That is changed." in page.get_by_role("status").inner_text()
        assert addresses() == [(MAIL,)]
        page.goto(f"{pages.address}/en/me")

        follow(page, "Take my data along")
        page.get_by_label("Your password, so that we know it is you").fill(PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        with page.expect_download() as got:
            page.get_by_role("button", name="Fetch my file").press("Enter")
        package = zipfile.ZipFile(io.BytesIO(got.value.path().read_bytes()))
        assert MAIL in json.dumps(json.loads(package.read("answer.json")))
        page.goto(f"{pages.address}/en/me")

        follow(page, "What you can ask for")
        follow(page, "Object to a use")
        page.get_by_label("Your reasons, or another use").fill("Do not count me.")
        page.get_by_role("main").get_by_role("button", name="Send").press("Enter")
        page.wait_for_url("**/me/requests/req-*")

        page.goto(f"{pages.address}/en/me/ask")
        follow(page, "Erase my record")
        follow(page, "Go on")
        follow(page, "Yes, erase my record")
        page.wait_for_url("**/me/requests/req-*")
        assert "Somebody at the library works on it." in page.locator("main").inner_text()
        context.close()
        asked = {one.right for one in pages.store.requests.of_person("ils", number)}
    assert asked == {Right.OBJECTION, Right.ERASURE}
    assert elsewhere == []
