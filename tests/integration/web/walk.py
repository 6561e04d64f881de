"""One walk through everything that a patron can do, the same on every product."""

from __future__ import annotations

import io
import json
import zipfile

from carrel.rights.request import Right
from tests.integration.web.conftest import Pages, sent
from tests.integration.web.test_choices import digest
from tests.integration.web.test_take_along import fetched

NEW_WORDS = "7 old maps of the se\u00e4"
MAIL = "walker@oak.example"


def walk(pages: Pages, card: str, number: int, password: str, notice: str, way: str) -> None:
    """Sign in, see, choose, set notices, correct, take along, object, ask for erasure, take it back, new password."""
    browser = pages.signed_in(card, password)
    assert card in browser.get("/en/me/data").text
    text = browser.get("/en/me/choices").text
    assert " checked" not in text
    given = sent(browser, "choices", {"act": "give", "purpose": "library news", "digest": digest(text, "library news")})
    assert "We wrote down that you said yes." in given.text
    assert "You said no on" in sent(browser, "choices", {"act": "withdraw", "purpose": "library news"}).text
    told = sent(browser, "notices", {"notice": notice, "way": f"{notice} {way}"})
    assert told.text.count(" checked") == 1, told.text
    seen = browser.get("/en/me/correct").text.split('name="seen" value="')[1].split('"')[0]
    changed = sent(browser, "correct", {"password": password, "seen": seen, "email address: main": MAIL})
    assert "That is changed." in changed.text, changed.text
    package = fetched(browser, sent(browser, "take-along", {"password": password}).text)
    answer = json.loads(zipfile.ZipFile(io.BytesIO(package.content)).read("answer.json"))
    assert MAIL in json.dumps(answer)
    assert sent(browser, "object", {"words": "Do not count me."}).status_code == 303
    place = sent(browser, "erase", {"sure": "yes"}).headers["location"].removeprefix("/en/me/")
    assert sent(browser, place, {"act": "withdraw"}).status_code == 303
    rights = {one.right for one in pages.store.requests.of_person("ils", number)}
    assert rights == {Right.OBJECTION, Right.ERASURE}
    words = {"password": password, "new": NEW_WORDS, "again": NEW_WORDS}
    assert sent(browser, "password", words).headers["location"] == "/en/me/password/done"
    assert pages.signed_in(card, NEW_WORDS).get("/es/me").status_code == 200
