"""Requests on the pages: opened by the person alone, seen by the person alone, each in its state, and taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from carrel.retention.outcome import Outcome
from carrel.rights.event import Act, Event
from carrel.rights.request import PERSON, Right
from carrel.rights.work import carried_out, planned
from tests.integration.web.conftest import Pages, give_password, pages_of, sent
from tests.integration.web.test_choices import number_of

ASKING = {
    "erase": ({"sure": "yes"}, Right.ERASURE), "restrict": ({"pick": "needed for a claim"}, Right.RESTRICTION),
    "object": ({"words": "Do not count me."}, Right.OBJECTION), "question": ({"words": "Who reads this?"}, Right.QUESTION),
    "challenge": ({"pick": ["use", "accuracy"], "words": "I was never late."}, Right.CHALLENGE), "see-all": ({}, Right.ACCESS),
}  # fmt: skip


@pytest.fixture
def mit(koha_sqlite, tmp_path: Path) -> Iterator[Pages]:
    with pages_of(tmp_path, koha_sqlite.url, "koha", policy="mit-libraries") as made:
        yield made


def mine(pages: Pages, koha, card: str):
    return pages.store.requests.of_person("ils", number_of(koha, card))


def test_every_right_can_be_asked_for_and_stands_in_the_list(koha_sqlite, mit: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = mit.signed_in(card)
    assert "You have not asked for anything yet." in browser.get("/en/me/requests").text
    for wish, (data, right) in ASKING.items():
        answer = sent(browser, wish, data)
        assert answer.status_code == 303, (wish, answer.text)
        newest = mit.store.requests.request(answer.headers["location"].removeprefix("/en/me/requests/"))
        assert newest.id in {one.id for one in mine(mit, koha_sqlite, card)}
        assert (newest.right, newest.channel, newest.language) == (right, "web", "en")
        assert [(one.act, one.by) for one in newest.events] == [(Act.RECEIVED, PERSON), (Act.IDENTIFIED, PERSON)]
        page = browser.get(answer.headers["location"]).text
        assert "Somebody at the library works on it." in page
        assert newest.id in page
        assert "Answer by" in page
    assert browser.get("/en/me/requests").text.count("Somebody at the library works on it.") == len(ASKING)
    (challenge,) = (one for one in mine(mit, koha_sqlite, card) if one.right is Right.CHALLENGE)
    assert mit.store.requests.words(challenge.id) == "about: use, accuracy\n\nI was never late."


def test_an_erasure_is_looked_at_twice_and_asked_for_once(koha_sqlite, mit: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = mit.signed_in(card)
    page = sent(browser, "erase", {"words": "I move away."})
    assert "Please look once more." in page.text
    assert mine(mit, koha_sqlite, card) == ()
    first = sent(browser, "erase", {"words": "I move away.", "sure": "yes"}).headers["location"]
    assert sent(browser, "erase", {"sure": "yes"}).headers["location"] == first
    assert len(mine(mit, koha_sqlite, card)) == 1
    assert "You asked for this already." in browser.get("/en/me/erase").text


def test_nobody_sees_or_touches_the_request_of_another(koha_sqlite, mit: Pages) -> None:
    ada, ben = give_password(koha_sqlite, 0), give_password(koha_sqlite, 1)
    here, there = mit.signed_in(ada), mit.signed_in(ben)
    place = sent(here, "question", {"words": "A secret of mine"}).headers["location"]
    name = place.rpartition("/")[2]
    for path in (
        place,
        place.upper(),
        f"{place}%00",
        "/en/me/requests/req-aaaaaaaaaaaa",
        "/en/me/requests/..%2f..%2fdata",
    ):
        answer = there.get(path)
        assert answer.status_code == 404, path
        assert "secret" not in answer.text
    assert there.post(place, data={"form": there.get("/en/me").text.split('name="form" value="')[1].split('"')[0],
                                   "act": "withdraw"}).status_code == 404  # fmt: skip
    assert "You have not asked" in there.get("/en/me/requests").text
    assert mit.store.requests.request(name).events[-1].act is Act.IDENTIFIED
    assert "A secret of mine" in here.get(place).text


def test_it_is_taken_back_once(koha_sqlite, mit: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = mit.signed_in(card)
    place = sent(browser, "restrict", {"pick": "accuracy contested"}).headers["location"].removeprefix("/en/me/")
    assert sent(browser, place, {"act": "nothing"}).status_code == 422
    assert sent(browser, place, {"act": "withdraw"}).status_code == 303
    page = browser.get(f"/en/me/{place}").text
    assert "You took it back." in page
    assert "Take it back" not in page
    token = browser.get("/en/me").text.split('name="form" value="')[1].split('"')[0]
    again = browser.post(f"/en/me/{place}", data={"form": token, "act": "withdraw"})
    assert again.status_code == 409
    assert [one.act for one in mine(mit, koha_sqlite, card)[0].events].count(Act.WITHDRAWN) == 1


def test_a_refused_challenge_takes_a_statement_and_no_novel(koha_sqlite, mit: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = mit.signed_in(card)
    place = sent(browser, "challenge", {"pick": "accuracy", "words": "I was never late."}).headers["location"]
    name, place, at = place.rpartition("/")[2], place.removeprefix("/en/me/"), mit.clock()
    assert "Add my words" not in browser.get(f"/en/me/{place}").text
    add = mit.store.requests.add
    add(name, Event(Act.NOTED, at, "Cal Example"), "not for the person")
    add(name, Event(Act.DECIDED, at, "Cal Example", {"decision": "refused"}))
    add(name, Event(Act.REFUSED, at, "Cal Example", {"ground": "the data are right"}), "We looked at the log.")
    page = browser.get(f"/en/me/{place}").text
    assert "We looked and found it right." in page
    assert "We looked at the log." in page
    assert "not for the person" not in page
    long = sent(browser, place, {"act": "state", "words": "x" * 4001})
    assert long.status_code == 422
    assert "That is more than we can take." in long.text
    assert "x" * 4001 in long.text, "nothing is lost"
    assert sent(browser, place, {"act": "state", "words": " "}).status_code == 422
    assert sent(browser, place, {"act": "state", "words": "The log <b>lies</b>."}).status_code == 303
    page = browser.get(f"/en/me/{place}").text
    assert "The log &lt;b&gt;lies&lt;/b&gt;." in page
    assert "Add my words" not in page


def test_tasks_clocks_and_lateness_are_told(koha_sqlite, mit: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = mit.signed_in(card)
    place = sent(browser, "erase", {"sure": "yes"}).headers["location"]
    name, at = place.rpartition("/")[2], mit.clock()
    mit.store.requests.add(
        name, Event(Act.TOLD, at, "Cal Example", {"task": "t1", "kind": "recipient", "to": "the mailing house"})
    )
    page = browser.get(place).text
    assert "We wait for somebody else." in page
    assert "The mailing house" in page
    assert "has not answered yet" in page
    assert "We are late." not in page
    mit.clock.go_on(timedelta(days=70))
    browser = mit.signed_in(card)
    assert "We are late." in browser.get(place).text
    assert "We are late." in browser.get("/en/me/requests").text


NOTHING_SAID = [
    ("challenge", {"pick": "use"}), ("challenge", {"words": "x"}), ("question", {"words": " \n "}), ("restrict", {}),
    ("restrict", {"pick": "because"}), ("object", {}), ("question", {"words": "x" * 4001}),
    ("question", {"words": "\u0958" * 4000}), ("challenge", {"pick": "use", "words": "\U0001d160" * 3000}),
]  # fmt: skip


def test_what_says_nothing_or_too_much_opens_nothing(koha_sqlite, mit: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = mit.signed_in(card)
    for wish, data in NOTHING_SAID:
        assert sent(browser, wish, data).status_code == 422, (wish, data)
    assert mine(mit, koha_sqlite, card) == ()


def test_what_was_not_read_back_is_not_told_as_done(koha_sqlite, mit: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = mit.signed_in(card)
    place = sent(browser, "erase", {"sure": "yes"}).headers["location"]
    name, at = place.rpartition("/")[2], mit.clock()
    mit.store.requests.add(name, planned("case-abcdefghijkl", "erasure", "ils", "", at, "Cal Example"))
    for outcome in (Outcome.NOT_REACHED, Outcome.UNVERIFIED, Outcome.RESIDUE):
        mit.store.requests.add(name, carried_out("case-abcdefghijkl", "erasure", outcome, at))
        page = browser.get(place).text
        assert "Something is left to do." in page, outcome
        assert "carried the plan out and checked it" not in page, outcome
    mit.store.requests.add(name, carried_out("case-abcdefghijkl", "erasure", Outcome.VERIFIED, at))
    assert "We carried the plan out and checked it." in browser.get(place).text


def test_no_more_than_twenty_wait_at_once(koha_sqlite, mit: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    browser = mit.signed_in(card)
    number = number_of(koha_sqlite, card)
    for _ in range(20):
        mit.store.requests.open(Right.QUESTION, "ils", number, "?", "web", "en", PERSON, mit.clock())
    answer = sent(browser, "question", {"words": "one more"})
    assert answer.status_code == 422
    assert "You asked for many things already." in answer.text
    assert len(mine(mit, koha_sqlite, card)) == 20


def test_what_else_is_wrong_becomes_a_request_that_the_engine_can_read(koha_sqlite, mit: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    before = koha_sqlite.rows("SELECT * FROM borrowers")
    browser = mit.signed_in(card)
    answer = sent(browser, "correct/ask", {"name: family": "O'Hara: née", "words": "I married."}, page="correct")
    assert answer.status_code == 303
    (one,) = mine(mit, koha_sqlite, card)
    assert one.right is Right.RECTIFICATION
    words = mit.store.requests.words(one.id)
    assert words == 'correct:\n  name: {"family": "O\'Hara: née"}\n\nI married.'
    assert koha_sqlite.rows("SELECT * FROM borrowers") == before
    from carrel.retention.person_request import read_correction
    from carrel.systems import map_files

    rectify = map_files.load("koha").rectify
    assert rectify is not None
    _, wanted = read_correction(f"record number: 1\n{words.partition(chr(10) * 2)[0]}", "x", rectify, {})
    assert [(item.column, item.value) for item in wanted] == [("surname", "O'Hara: née")]
    assert sent(browser, "correct/ask", {"words": ""}, page="correct").status_code == 422


def test_an_objection_holds_from_that_moment(koha_sqlite, tmp_path: Path) -> None:
    card = give_password(koha_sqlite, 0)
    with pages_of(tmp_path, koha_sqlite.url, "koha") as pages:
        browser = pages.signed_in(card)
        assert sent(browser, "object", {"pick": ["library campaign", "x"]}).status_code == 303
        assert "You said no on" in browser.get("/en/me/choices").text
        (one,) = mine(pages, koha_sqlite, card)
        assert pages.store.requests.words(one.id) == "purposes: library campaign"
        assert [(event.act, event.term("what")) for event in one.events[2:]] == [
            (Act.PLANNED, "library campaign"), (Act.CARRIED_OUT, ""),
        ]  # fmt: skip


def test_an_objection_is_on_record_whole_and_its_request_says_no_more(koha_sqlite, mit: Pages, tmp_path: Path) -> None:
    """No mailing tool can be told: what was ticked stands all the same, once, and sent again it is the same request."""
    card = give_password(koha_sqlite, 0)
    browser = mit.signed_in(card)
    picks = re.findall(r'name="pick" value="([^"]+)"', browser.get("/en/me/object").text)[:2]
    assert len(picks) == 2
    (tmp_path / "changes").rmdir()
    (tmp_path / "changes").write_text("in the way")
    places = {sent(browser, "object", {"pick": picks}).headers["location"] for _ in range(2)}
    assert len(places) == 1
    (one,) = mine(mit, koha_sqlite, card)
    assert mit.store.requests.words(one.id) == f"purposes: {'; '.join(picks)}"
    assert [event.term("what") for event in one.events if event.act is Act.PLANNED] == picks
    tags = mit.store.consents.tags("ils")
    assert tags is not None
    said = mit.store.consents.of(tags.number(number_of(koha_sqlite, card)))
    assert [(event.act, event.purpose) for event in said] == [("withdrawn", name) for name in picks]


def test_what_is_far_too_large_is_refused_kindly(koha_sqlite, mit: Pages) -> None:
    card = give_password(koha_sqlite, 0)
    answer = sent(mit.signed_in(card), "question", {"words": "x" * 70_000})
    assert answer.status_code == 413
    assert "more than we can take" in answer.text
    assert mine(mit, koha_sqlite, card) == ()


def test_a_question_is_asked_with_a_warning_of_email(mit: Pages, card: str) -> None:
    """WPL-6.4: in the language of the page, where the question is written."""
    browser = mit.signed_in(card)
    assert "others can read it on its way" in browser.get("/en/me/question").text
    assert "otros pueden leerlo en el camino" in browser.get("/es/me/question").text
    assert "others can read it" not in browser.get("/en/me/erase").text


def test_who_waits_for_a_copy_reads_that_it_comes_before_the_erasure(koha_sqlite, pages: Pages) -> None:
    browser = pages.signed_in(give_password(koha_sqlite, 0))
    first = browser.get("/en/me/erase").text
    assert ("Take it along first." in first, "You get that first." in first) == (True, False)
    place = sent(browser, "see-all", {}).headers["location"]
    for text in (browser.get("/en/me/erase").text, sent(browser, "erase", {}).text):
        assert "You get that first." in text
        assert f'href="{place}"' in text
    assert "Take it along first." not in browser.get("/en/me/erase").text


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
def test_whichever_copy_is_owed_is_told_until_it_was_handed_out(koha_sqlite, pages: Pages, right: Right) -> None:
    card = give_password(koha_sqlite, 0)
    browser, requests = pages.signed_in(card), pages.store.requests
    asked = right, "ils", number_of(koha_sqlite, card), "", "desk", "en", "Ada Example", pages.clock()
    name = requests.open(*asked, how="photo id")
    assert f"/en/me/requests/{name}" in browser.get("/en/me/erase").text
    for event in (
        planned("case-abcdefghijkl", "access", "ils", "", pages.clock(), "Ada Example"),
        carried_out("case-abcdefghijkl", "access", Outcome.VERIFIED, pages.clock()),
    ):
        requests.add(name, event)
    text = browser.get("/en/me/erase").text
    assert "You get that first." not in text, "it was handed out"
    assert "Take it along first." in text
