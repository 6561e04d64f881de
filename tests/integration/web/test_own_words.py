"""What the pages of a person say, as a newcomer reads them: plain words, nothing promised that is not so."""

from __future__ import annotations

import io
import re
import zipfile

import sqlalchemy as sa

from carrel.systems.sample.signing_in import offer_notices
from tests.integration.web.conftest import PASSWORD, Pages, sent
from tests.integration.web.test_choices import number_of
from tests.integration.web.test_take_along import fetched


def lines(text: str) -> str:
    """A page as it is read, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_what_is_held_is_told_in_plain_words_in_both_languages(pages: Pages, card: str, koha_sqlite) -> None:
    number = number_of(koha_sqlite, card)
    old = {"borrowernumber": number, "returndate": "2015-01-10 10:00:00", "issuedate": "2015-01-02 10:00:00"}
    with koha_sqlite.engine().begin() as connection:
        columns = ", ".join(old)
        values = ", ".join(f":{one}" for one in old)
        connection.execute(sa.text(f"INSERT INTO old_issues ({columns}) VALUES ({values})"), old)
    browser = pages.signed_in(card)
    english, spanish = (browser.get(f"/{one}/me/data").text for one in ("en", "es"))
    told = lines(english)
    for word in (
        "Borrowernumber",
        "Categorycode",
        "Checkprevcheckout",
        "RGT-",
        "(renewer_id)",
        "Until until",
        "you stand",
    ):
        assert word not in told, word
    assert "Your number in the system" in told
    assert "These take too long to look up on this page:" in told
    assert 'href="/en/me/see-all"' in english
    assert "was due on January" in told
    assert "Some of this is still here after its day." in told
    dias = lines(spanish)
    for word in ("Your record", "Loans", "days", "Past loans", "until ", "entries"):
        assert word not in dias, word
    assert "Tu número en el sistema" in dias
    assert "Donde mostramos las palabras de la política, están en inglés." in dias


def test_every_page_of_a_person_ends_the_session_and_tells_of_its_cookie(pages: Pages, card: str) -> None:
    browser = pages.signed_in(card)
    for path in ("me", "me/data", "me/choices", "me/erase", ""):
        text = browser.get(f"/en/{path}").text
        header = text.split("<header>")[1].split("</header>")[0]
        assert 'action="/en/sign-out"' in header, path
        assert "One cookie keeps you signed in." in text
        assert "no cookie until you sign in" not in text
    token = text.split('name="form" value="')[1].split('"')[0]
    out = browser.post("/en/sign-out", data={"form": token}).text
    assert "sign-out" not in out, "whoever is out need not go out, and no link leads to a page that takes only forms"
    assert "no cookie until you sign in" in out


def test_all_of_it_can_be_opened_for_paper(pages: Pages, card: str) -> None:
    browser = pages.signed_in(card)
    some, whole = (browser.get(f"/en/me/data{one}").text for one in ("", "?whole=yes"))
    assert "/en/me/data?whole=yes" in some
    assert some.count("<details open>") == 1
    assert whole.count("<details open>") == whole.count("<details") == some.count("<details")


def test_of_many_entries_the_first_are_shown_all_are_counted_and_more_are_a_link_away(
    pages: Pages, card: str, koha_sqlite
) -> None:
    number = number_of(koha_sqlite, card)
    with koha_sqlite.engine().begin() as connection:
        connection.execute(sa.text("DELETE FROM old_issues WHERE borrowernumber = :n"), {"n": number})
        for n in range(37):
            row = {"n": number, "day": f"2015-01-{1 + n % 28:02} 10:00:00"}
            connection.execute(sa.text("INSERT INTO old_issues (borrowernumber, issuedate, returndate) VALUES (:n, :day, :day)"), row)  # fmt: skip
    browser = pages.signed_in(card)
    text = browser.get("/en/me/data").text
    part = text.split("<summary>What you borrowed before")[1].split("</details>")[0]
    assert "37 entries" in part.split("</summary>")[0]
    assert part.count("<tr><td") == 20
    assert "The first 20 are shown here." in part
    link = part.split('href="')[1].split('"')[0]
    more = browser.get(link).text
    assert more.count("<details") == 1
    assert more.count("<tr><td") == 37
    assert "are shown here" not in more
    assert 'href="/en/me/data"' in more
    assert browser.get("/en/me/data", params={"kind": "no such kind"}).status_code == 404


def test_no_stands_beside_yes_and_silence_tells_beforehand_what_it_covers(pages: Pages, card: str) -> None:
    browser = pages.signed_in(card)
    text = browser.get("/en/me/choices").text
    assert text.count(">No, I do not want this<") == text.count('class="choice-box"') - text.count(">Leave me out<")
    silence = text.split("No mail at all")[1]
    assert "It ends when you say yes" in silence
    for name in pages.premises.policy.body.purposes:
        assert re.search(rf">{name.capitalize()}(</span>)?: ", silence), name


def test_a_notice_to_a_number_that_nobody_has_says_so(pages: Pages, card: str, koha_sqlite) -> None:
    offer_notices(koha_sqlite.engine())
    browser, number = pages.signed_in(card), number_of(koha_sqlite, card)
    values = {"email": "", "emailpro": "", "B_email": "", "smsalertnumber": "", "phone": "617-555-0001"}
    set_ = ", ".join(f"{one} = :{one}" for one in values)
    with koha_sqlite.engine().begin() as connection:
        connection.execute(sa.text(f"UPDATE borrowers SET {set_} WHERE borrowernumber = {number}"), values)
    text = browser.get("/en/me/notices").text
    ways = re.findall(r"<label[^>]*>(.*?)</label>", text, re.DOTALL)
    assert ways
    for one in ways:
        assert ("We have no" in one) == ("by phone" not in one), one
    assert 'href="/en/me/correct">Tell us your number' in text


def test_the_forms_tell_beforehand_what_is_not_so(pages: Pages, card: str) -> None:
    browser = pages.signed_in(card)
    along = lines(browser.get("/en/me/take-along").text)
    assert "What is not in it" in along
    assert "all that we hold" not in along
    package = fetched(browser, sent(browser, "take-along", {"password": PASSWORD}).text)
    page = zipfile.ZipFile(io.BytesIO(package.content)).read("index.html").decode()
    assert "It takes too long to look up at once." in page
    assert "RGT-008" not in page
    erase = lines(browser.get("/en/me/erase").text)
    assert "your name stays with it" in erase
    assert "See below for how long." in erase
    place = sent(browser, "object", {"words": "Do not count me."}).headers["location"]
    again = browser.get("/en/me/object").text
    assert "You objected before" in again
    assert place in again
    assert "You objected before" not in browser.get("/en/me/erase").text


def test_a_correction_is_a_day_where_it_has_to_be_and_is_read_back_in_words(pages: Pages, card: str) -> None:
    browser = pages.signed_in(card)
    typed = {"birth date: day": "08/21/1978", "name: family": "Winters"}
    wrong = sent(browser, "correct/ask", typed, page="correct")
    assert wrong.status_code == 422
    assert 'value="08/21/1978" aria-invalid="true"' in wrong.text
    assert 'value="Winters"' in wrong.text
    place = sent(browser, "correct/ask", {**typed, "birth date: day": "1978-08-21"}, page="correct")
    text = browser.get(place.headers["location"]).text
    assert "correct:" not in text
    assert "{&#34;" not in text
    assert "Name: Family name Winters" in lines(text)
