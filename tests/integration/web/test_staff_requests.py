"""Requests on the staff pages: what waits first, each step by who may, and nothing that the course does not allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from carrel.consent.event import Act as Said
from carrel.rights.event import Act, Event
from carrel.rights.request import PERSON, Right
from tests.integration.web.conftest import Pages, give_password, pages_of
from tests.integration.web.staff_site import cheap_hashes, form, people, set_up, signed_in

NEWS = "library news"


@pytest.fixture
def pages(koha_sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    cheap_hashes(monkeypatch)
    with pages_of(tmp_path, koha_sqlite.url, "koha", policy="owwl", more=people()) as made:
        for name in ("Ada Example", "Flo Example", "Dee Example"):
            set_up(made, name)
        yield made


def done(
    browser: TestClient, request: str, step: str, *, end: bool = False, code: int = 303, opened: str = "", **said: str
) -> str:
    """One step on the page of a request, by a form that was opened before or is now; its text."""
    where = f"/staff/en/requests/{request}" + ("/end" if end else "")
    answer = browser.post(where, data={"form": opened or form(browser, where), "step": step, **said})
    assert answer.status_code == code, re.sub(r"<[^>]+>", "", answer.text)
    return answer.text


def acts(pages: Pages, request: str) -> list[str]:
    return [str(one.act) for one in pages.store.requests.request(request).events]


def test_what_is_overdue_comes_first_and_what_has_no_clock_last(pages: Pages) -> None:
    now = pages.clock()

    def opened(right: Right, days: int) -> str:
        came = now - timedelta(days=days)
        return pages.store.requests.open(right, "ils", None, "", "letter", "en", "Ada Example", now, received=came)

    no_clock = [opened(Right(right), 5) for right in ("access", "erasure") if not _clock(pages, right)]
    young, old, late = opened(Right.QUESTION, 1), opened(Right.QUESTION, 20), opened(Right.QUESTION, 400)
    text = signed_in(pages, "Flo Example").get("/staff/en/").text
    order = re.findall(r"requests/(req-[a-z]{12})", text)
    assert order[:3] == [late, old, young]
    assert set(order[3:]) == set(no_clock)
    assert text.count("Overdue") == 1


def _clock(pages: Pages, right: str) -> bool:
    return bool(pages.premises.staff.rules().clocks.of(Right(right)).clocks)


def test_from_the_desk_to_the_answer(pages: Pages, koha_sqlite) -> None:
    card = give_password(koha_sqlite, 3)
    flo = signed_in(pages, "Flo Example")
    sent = {"form": form(flo, "/staff/en/ask"), "right": "erasure", "channel": "letter", "answer_in": "es",
            "words": "Bórrenlo todo", "on": "2026-01-05"}  # fmt: skip
    assert flo.post("/staff/en/ask", data={**sent, "on": "2999-01-01"}).status_code == 422
    assert flo.post("/staff/en/ask", data={**sent, "right": "nonsense"}).status_code == 422
    assert flo.post("/staff/en/ask", data={**sent, "how": "photo id"}).status_code == 422, "known, but not who"
    wrong = flo.post("/staff/en/ask", data={**sent, "card": "29999999999999"})
    assert wrong.status_code == 422
    assert "29999999999999" not in wrong.text
    assert "Bórrenlo todo" in wrong.text, "what was typed is not lost"
    request = flo.post("/staff/en/ask", data=sent).headers["location"].rpartition("/")[2]
    page = flo.get(f"/staff/en/requests/{request}").text
    assert "Not sure yet who asks" in page
    assert "Jan 5, 2026" in page
    done(flo, request, "decide", decision="nothing is held", words="x", code=422)
    done(flo, request, "identify", how="photo id", code=422)
    done(flo, request, "identify", how="a guess", card=card, code=422)
    done(flo, request, "identify", how="photo id", card=card)
    whose = pages.store.requests.subject(request)
    assert whose is not None
    assert koha_sqlite.rows(f"SELECT cardnumber FROM borrowers WHERE borrowernumber = {whose.number}") == [(card,)]
    page = flo.get(f"/staff/en/requests/{request}").text
    assert f"carrel plan --erase card.txt --request {request}" in page.replace("&#34;", '"')
    assert card not in page
    done(flo, request, "assign", owner="Somebody Else", code=422)
    done(flo, request, "assign", owner="Ada Example")
    done(flo, request, "note", words="She <b>rang</b>.")
    page = flo.get(f"/staff/en/requests/{request}").text
    assert "She &lt;b&gt;rang&lt;/b&gt;." in page
    done(flo, request, "answer", end=True, code=422)
    assert acts(pages, request)[-1] == "noted", "it is not answered while nothing was done"
    done(flo, request, "decide", decision="nothing is held", words="No record any more", code=422)
    assert acts(pages, request)[-1] == "noted", "the record is there: somebody looked"
    done(flo, request, "identify", how="photo id", card=give_password(koha_sqlite, 4), code=422)
    with koha_sqlite.engine().begin() as connection:  # the product's own way to delete somebody who owes nothing
        connection.exec_driver_sql(f"DELETE FROM borrowers WHERE borrowernumber = {whose.number}")
    done(flo, request, "decide", decision="nothing is held", words="No record any more")
    done(flo, request, "answer", end=True, words="No guardamos nada.")
    assert acts(pages, request) == ["received", "identified", "assigned", "noted", "decided", "answered"]
    assert {one.by for one in pages.store.requests.request(request).events} == {"Flo Example"}
    assert pages.store.requests.words_beside(request)[-1] == "No guardamos nada."
    done(flo, request, "note", words="too late", code=422)


def test_tasks_are_told_replied_and_waived_and_two_at_once_do_it_once(pages: Pages) -> None:
    now, requests = pages.clock(), pages.store.requests
    request = requests.open(Right.QUESTION, "ils", 3, "", "web", "en", PERSON, now)
    for task in ("t1", "t2"):
        terms = {"task": task, "kind": "recipient", "to": f"Friend {task}"}
        requests.add(request, Event(Act.TASKED, now, "Ada Example", terms))
    ada, flo = signed_in(pages, "Ada Example"), signed_in(pages, "Flo Example")
    assert "Friend t1 has not replied." in flo.get(f"/staff/en/requests/{request}/end").text
    done(flo, request, "tell", task="t1")
    done(flo, request, "reply", task="t1", words="Gone.")
    assert "somebody else was faster" in done(ada, request, "reply", task="t1", words="Gone too.", code=422)
    done(ada, request, "waive", end=True, task="t2", code=422)
    done(ada, request, "waive", end=True, task="t2", words="out of business")
    done(ada, request, "refuse", end=True, ground="a whim", words="x", code=422)
    opened = form(flo, f"/staff/en/requests/{request}/end")
    done(ada, request, "refuse", end=True, ground="a legal claim", words="A suit is pending.")
    assert "somebody else was faster" in done(flo, request, "answer", end=True, opened=opened, words="Yes", code=422)
    assert acts(pages, request) == ["received", "tasked", "tasked", "told", "replied", "waived", "refused"]


def test_what_is_seen_to_by_hand_is_ticked_off_together_or_not_at_all(pages: Pages) -> None:
    now, requests = pages.clock(), pages.store.requests
    request = requests.open(Right.RESTRICTION, "ils", 3, "", "desk", "en", "Ada Example", now, how="photo id")
    for task in ("t1", "t2", "t3"):
        terms = {"task": task, "kind": "switch", "to": f"no switch: job {task} in ils"}
        requests.add(request, Event(Act.TASKED, now, "carrel", terms))
    ada, where = signed_in(pages, "Ada Example"), f"/staff/en/requests/{request}"
    text = ada.get(where).text
    assert text.count('name="several"') == 3
    assert "no switch:" not in text.split("<h2>What was done")[0]
    done(ada, request, "settle", code=422)
    token = form(ada, where)
    answer = ada.post(where, data={"form": token, "step": "settle", "several": ["t1", "t9"], "words": ""})
    assert (answer.status_code, acts(pages, request).count("replied")) == (422, 0)
    answer = ada.post(where, data={"form": token, "step": "settle", "several": ["t1", "t3"], "words": "Seen to."})
    assert answer.status_code == 303
    assert acts(pages, request)[-2:] == ["replied", "replied"]
    assert ada.get(where).text.count('name="several"') == 1


def test_the_end_asks_to_show_once_more_who_it_is(pages: Pages) -> None:
    request = pages.store.requests.open(Right.QUESTION, "ils", 3, "", "web", "en", PERSON, pages.clock())
    flo = signed_in(pages, "Flo Example")
    pages.clock.go_on(timedelta(minutes=12))
    assert flo.get(f"/staff/en/requests/{request}").status_code == 200
    asked = flo.get(f"/staff/en/requests/{request}/end")
    assert asked.headers["location"] == f"/staff/en/prove?back=requests/{request}/end"
    pages.clock.go_on(timedelta(minutes=10))
    sent = {"form": form(flo, "/staff/en/"), "step": "answer", "words": "x"}
    answer = flo.post(f"/staff/en/requests/{request}/end", data=sent)
    assert (answer.status_code, 'action="/staff/en/prove"' in answer.text) == (401, True)
    assert acts(pages, request) == ["received"]


def test_a_request_goes_on_as_another_one_only_where_there_is_one(pages: Pages) -> None:
    """The letter says then that nothing is lost."""
    asked = Right.ACCESS, "ils", 3, "", "desk", "en", "Ada Example", pages.clock()
    first, flo = pages.store.requests.open(*asked), signed_in(pages, "Flo Example")
    where, ground = f"/staff/en/requests/{first}/end", {"ground": "goes on as another request", "words": "one by now"}
    assert "goes on as another request" not in flo.get(where).text, "there is none"
    done(flo, first, "refuse", end=True, code=422, **ground)
    second = pages.store.requests.open(*asked[:-1], pages.clock())
    page = flo.get(where).text
    assert "goes on as another request" in page
    assert f'<option value="{second}">' in page
    assert "Something is missing" in done(flo, first, "refuse", end=True, code=422, **ground)
    assert acts(pages, first) == ["received"]
    done(flo, first, "refuse", end=True, goes_on=second, **ground)
    assert pages.store.requests.request(first).events[-1].term("goes on as") == second


def test_a_withdrawal_is_the_persons_and_names_who_took_it(pages: Pages) -> None:
    request = pages.store.requests.open(Right.QUESTION, "ils", 3, "", "web", "en", PERSON, pages.clock())
    done(signed_in(pages, "Flo Example"), request, "withdraw", end=True, words="rang")
    last = pages.store.requests.request(request).events[-1]
    assert (last.act, last.by, last.term("taken by")) == (Act.WITHDRAWN, PERSON, "Flo Example")


def test_consents_from_paper_are_those_of_the_command(pages: Pages, koha_sqlite, tmp_path: Path) -> None:
    from carrel.systems.consent.text_folder import read_texts

    card = give_password(koha_sqlite, 3)
    ((number,),) = koha_sqlite.rows(f"SELECT borrowernumber FROM borrowers WHERE cardnumber = '{card}'")
    dee, consents = signed_in(pages, "Dee Example"), pages.store.consents
    text = next(one for one in read_texts(tmp_path / "texts") if one.purpose == NEWS and one.language == "es")
    sent = {"form": form(dee, "/staff/en/consents"), "card": card, "channel": "paper card"}

    def posted(code: int, **said: str) -> str:
        answer = dee.post("/staff/en/consents", data={**sent, **said})
        assert answer.status_code == code, said
        assert card not in answer.text
        return answer.text

    give = {"act": "give", "text": text.digest, "on": "2026-01-05"}
    for wrong in ({"text": "0" * 64}, {"text": ""}, {"on": "2999-01-01"}, {"on": "yesterday"}, {"channel": "web"},
                  {"card": ""}, {"card": "x" * 300}, {"act": "read"}):  # fmt: skip
        posted(422, **{**give, **wrong})
    assert consents.tags("ils") is None or consents.of(consents.own_tags("ils").number(number)) == ()
    assert "We wrote down that this person said yes." in posted(200, **give)
    assert "on record already" in posted(200, **give)
    mine = consents.of(consents.own_tags("ils").number(number))
    assert [(one.act, one.purpose, str(one.channel), one.taker, one.digest) for one in mine] == [
        (Said.GIVEN, NEWS, "paper card", "Dee Example", text.digest)
    ]
    assert mine[0].at.isoformat().startswith("2026-01-05T00:00")
    assert "said no" in posted(200, act="withdraw", purpose=NEWS, channel="phone")
    posted(422, act="withdraw", purpose="")
    assert "said no" in posted(200, act="withdraw", purpose="*", channel="letter")
    assert "asked that nobody write any more" in posted(422, **{**give, "on": ""})
    assert "said yes" in posted(200, **{**give, "on": "", "lift": "yes"})
    assert len(list((tmp_path / "changes").iterdir())) >= 3, "mailing tools were told"
    (tmp_path / "changes").rename(tmp_path / "elsewhere")
    (tmp_path / "changes").write_text("no folder")
    told = posted(200, act="withdraw", purpose=NEWS, channel="phone")
    assert "We wrote down that this person said no." in told
    assert "We could not tell the mail tools yet." in told, "what holds is not told as a failure"
    (tmp_path / "changes").unlink()
    (tmp_path / "elsewhere").rename(tmp_path / "changes")
    assert "We could not tell" not in posted(200, act="withdraw", purpose=NEWS, channel="phone")
    with koha_sqlite.engine().begin() as connection:
        connection.exec_driver_sql(f"UPDATE borrowers SET email = 'ann@oak.example' WHERE cardnumber = '{card}'")
    (tmp_path / "list.dsn").write_text("secret\n")
    (tmp_path / "list.dsn").chmod(0o600)
    with (tmp_path / "carrel.yaml").open("a") as site:
        site.write(
            "mailing_lists:\n  - {name: news, interface: mailman, url: 'http://127.0.0.1:9/3.1', list: news.oak.example, "
            f"purpose: {NEWS}, recipient: the library, user: carrel, password_file: list.dsn}}\n"
        )
    assert "We could not tell the mail tools yet." in posted(200, act="withdraw", purpose=NEWS, channel="phone")


def test_only_what_the_policy_accepts_is_offered_and_taken(koha_sqlite, tmp_path: Path, monkeypatch) -> None:
    """MITL-9.8: by what somebody is known to be the person."""
    cheap_hashes(monkeypatch)
    with pages_of(tmp_path, koha_sqlite.url, "koha", policy="mit-libraries", more=people()) as pages:
        set_up(pages, "Flo Example")
        card, flo = give_password(koha_sqlite, 3), signed_in(pages, "Flo Example")
        asked = flo.get("/staff/en/ask").text
        assert 'value="photo id"' in asked
        assert 'value="known to the staff"' not in asked
        sent = {"form": form(flo, "/staff/en/ask"), "right": "erasure", "channel": "desk", "answer_in": "en",
                "words": "Please", "card": card, "on": ""}  # fmt: skip
        assert flo.post("/staff/en/ask", data={**sent, "how": "known to the staff"}).status_code == 422
        request = flo.post("/staff/en/ask", data=sent).headers["location"].rpartition("/")[2]
        assert 'value="known to the staff"' not in flo.get(f"/staff/en/requests/{request}").text
        done(flo, request, "identify", how="known to the staff", code=422)
        assert acts(pages, request) == ["received"]
        done(flo, request, "identify", how="photo id")
