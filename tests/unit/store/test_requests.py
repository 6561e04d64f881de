"""Requests in the store, on a file and on a server: added and never changed, found by hash, sealed, forgotten."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.rights.clocks import Clocks, Promise, clock_of
from carrel.rights.course import Act, Event
from carrel.rights.event import commitment
from carrel.rights.request import PERSON, Channel, Ground, Right
from carrel.store import tables
from carrel.store.requests import Once
from carrel.store.sealing_key import SealingKey

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
WORDS = "Please erase all. Ishmael Quill, 29999000000017"
GDPR = Clocks({right: Promise((clock_of("gdpr"),)) for right in Right})


def opened(store, number: int | None = 51, *, right: Right = Right.ERASURE, hours: float = 0, how: str = "") -> str:
    at = AT + timedelta(hours=hours)
    return store.requests.open(right, "koha", number, WORDS, "letter", "en", "Dee", at, how=how)


def event(act: Act, hours: float = 1, by: str = "Dee", **terms: str) -> Event:
    return Event(act, AT + timedelta(hours=hours), by, terms)


def withdrawn(hours: float = 2) -> Event:
    return event(Act.WITHDRAWN, hours, PERSON)


def code_of(call, *args, **named) -> str:
    with pytest.raises(CarrelError) as wrong:
        call(*args, **named)
    return wrong.value.code


def test_a_request_is_kept_with_its_events_and_a_leaf_each_that_the_salt_opens(store) -> None:
    name = opened(store, how="photo id")
    store.requests.add(name, event(Act.NOTED), "She rang.")
    after = store.requests.add(name, withdrawn())
    assert after == store.requests.request(name)
    assert (after.right, after.system, after.channel, after.language) == (Right.ERASURE, "koha", Channel.LETTER, "en")
    assert [one.act for one in after.events] == [Act.RECEIVED, Act.IDENTIFIED, Act.NOTED, Act.WITHDRAWN]
    assert store.requests.words_beside(name) == ("", "", "She rang.", "")
    with store._database.reading() as connection:
        rows = connection.execute(tables.request_event.select().order_by(tables.request_event.c.id)).all()
        owed = connection.execute(tables.owed_leaf.select().order_by(tables.owed_leaf.c.id)).all()
    for one, row, leaf in zip(after.events, rows, owed, strict=True):
        assert commitment(name, one, row.sealed or b"", row.salt).encode() in leaf.entry


def test_a_person_finds_own_requests_and_nobody_elses(store) -> None:
    first, second = opened(store), opened(store, right=Right.ACCESS, hours=1)
    other, nobody = opened(store, 52, hours=2), opened(store, None, hours=3)
    assert [one.id for one in store.requests.of_person("koha", 51)] == [first, second]
    assert [one.id for one in store.requests.of_person("koha", 52)] == [other]
    assert store.requests.of_person("evergreen", 51) == ()
    assert [one.id for one in store.requests.all()] == [first, second, other, nobody]
    whose = store.requests.subject(other)
    assert (whose.system, whose.number) == ("koha", 52)
    assert "52" not in repr(whose).partition(" at ")[0]  # the place in memory may hold it
    assert store.requests.subject(nobody) is None
    assert store.requests.words(first) == WORDS
    assert code_of(store.requests.request, "req-zzzzzzzzzzzz") == "RGT-011"


def test_whose_it_is_can_be_found_later_and_is_never_another(store) -> None:
    name = opened(store, None)
    how = event(Act.IDENTIFIED, how="photo id")
    assert store.requests.add(name, how, whose=("koha", 51)).about_somebody
    assert [one.id for one in store.requests.of_person("koha", 51)] == [name]
    again = event(Act.IDENTIFIED, 2, how="known to the staff")
    for other in (("koha", 77), ("evergreen", 51)):  # a mistyped card would hand words and restriction to somebody
        assert code_of(store.requests.add, name, again, whose=other) == "RGT-020"
    store.requests.add(name, again, whose=("koha", 51))
    assert [one.id for one in store.requests.of_person("koha", 51)] == [name]
    assert (store.requests.subject(name).system, store.requests.subject(name).number) == ("koha", 51)
    assert [one.act for one in store.requests.request(name).events].count(Act.IDENTIFIED) == 2


def test_who_asks_the_same_many_times_at_once_has_one_request(store, store_place) -> None:
    def ask(number: int, right: Right, words: str, once: Once | None) -> str:
        with store_place.open() as own:
            return own.requests.open(right, "koha", number, words, "web", "en", PERSON, AT, how="signed in", once=once)

    ask(52, Right.ERASURE, "", Once.RIGHT)
    keys = len(list((store.folder / "requests").glob("req-*.key")))
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda words: ask(51, Right.ERASURE, words, Once.RIGHT), "abcde"))
    assert len(set(found)) == len(store.requests.of_person("koha", 51)) == 1
    assert len(list((store.folder / "requests").glob("req-*.key"))) == keys + 1
    same = {ask(51, Right.QUESTION, words, Once.WORDS) for words in ("Why?", "How?", "Why? ")}
    assert len(same) == 2
    store.requests.add(found[0], withdrawn(0.01))
    assert ask(51, Right.ERASURE, "", Once.RIGHT) != found[0]  # that one is over
    assert ask(51, Right.QUESTION, "Why?", None) not in same


def test_no_more_are_open_than_may_be_however_many_ask_at_once(store, store_place) -> None:
    def ask(words: str) -> str:
        with store_place.open() as own:
            try:
                own.requests.open(
                    Right.QUESTION, "koha", 51, words, "web", "en", PERSON, AT, how="signed in", once=Once.WORDS, most=3
                )
            except CarrelError as wrong:
                return wrong.code
        return ""

    first = opened(store, 51, right=Right.QUESTION)
    opened(store, 52)  # another person's do not count
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(ask, "abcdef"))
    assert sorted(found) == ["", "", *["RGT-025"] * 4]
    assert len(store.requests.of_person("koha", 51)) == 3
    assert len(list((store.folder / "requests").glob("req-*.key"))) == 4  # none is left of those that were refused
    store.requests.add(first, withdrawn(0.01))
    assert [ask("g"), ask("g"), ask("h")] == ["", "", "RGT-025"]  # the same again is the same, and not one more


def test_nothing_of_a_person_stands_in_the_store_in_the_clear(store, tmp_path: Path) -> None:
    name = opened(store)
    store.requests.add(name, event(Act.NOTED), f"Called about {WORDS}")
    with store._database.reading() as connection:
        rows = [*connection.execute(tables.request.select()), *connection.execute(tables.request_event.select())]
    told = repr(rows)
    assert "Quill" not in told
    assert "29999" not in told
    for file in store.folder.rglob("*"):
        assert not file.is_file() or b"Quill" not in file.read_bytes()
    key = store.folder / "requests" / f"{name}.key"
    assert key.stat().st_mode & 0o777 == 0o600


def test_what_may_not_be_done_is_not_written(store) -> None:
    name = opened(store)
    for act, terms in ((Act.ANSWERED, {}), (Act.DECIDED, {"decision": "refused"}), (Act.STATED, {})):
        assert code_of(store.requests.add, name, event(act, **terms), "words") == "RGT-012"
    assert code_of(store.requests.add, name, event(Act.NOTED), "x" * 5001) == "RGT-016"
    assert code_of(store.requests.add, name, event(Act.NOTED)) == "RGT-014"
    assert code_of(store.requests.add, name, event(Act.EXTENDED), "No clock is known") == "RGT-001"
    assert [one.act for one in store.requests.request(name).events] == [Act.RECEIVED]
    assert store.owed.count() == 1
    store.requests.add(name, event(Act.EXTENDED), "Many systems", clocks=GDPR)
    assert code_of(store.requests.add, name, event(Act.EXTENDED, 2), "Again", clocks=GDPR) == "RGT-001"


def test_a_letter_counts_from_the_day_on_which_it_came_and_none_comes_tomorrow(store) -> None:
    came = AT - timedelta(days=3)
    name = store.requests.open(Right.ACCESS, "koha", 51, "", "letter", "en", "Dee", AT, received=came)
    assert store.requests.request(name).events[0].at == came
    files = set(store.folder.rglob("*"))
    tomorrow = AT + timedelta(days=1)
    wrong = ("koha", 51, "", "letter", "en", "Dee", AT)
    assert code_of(store.requests.open, Right.ACCESS, *wrong, received=tomorrow) == "RGT-019"
    assert code_of(store.requests.open, Right.ACCESS, "koha", 51, "x" * 5001, "letter", "en", "Dee", AT) == "RGT-016"
    assert set(store.folder.rglob("*")) == files  # no key is left of what was refused


def test_a_clock_that_goes_backwards_is_refused_and_nothing_is_written(store) -> None:
    name = opened(store)
    store.requests.add(name, event(Act.NOTED, 5), "Later")
    assert code_of(store.requests.add, name, event(Act.NOTED, 2), "Earlier") == "STO-004"
    keys = set(store.folder.rglob("*.key"))
    assert code_of(opened, store, hours=1) == "STO-004"
    assert set(store.folder.rglob("*.key")) == keys
    # What was done earlier can be written down now.
    store.requests.add(name, event(Act.NOTED, 2), "Earlier", now=AT + timedelta(hours=6))


def test_of_two_who_end_a_request_at_once_one_is_refused(store, store_place) -> None:
    name = opened(store, how="photo id")
    found: list[str] = []

    def end(act: Act) -> None:
        terms = {"ground": "identity not verified"} if act is Act.REFUSED else {}
        with store_place.open() as own:
            try:
                own.requests.add(name, event(act, 2, **terms), "why")
                found.append("done")
            except CarrelError as wrong:
                found.append(wrong.code)

    threads = [threading.Thread(target=end, args=(act,)) for act in (Act.REFUSED, Act.WITHDRAWN)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found) == ["RGT-012", "done"]
    assert sum(one.act.is_final for one in store.requests.request(name).events) == 1


def test_what_was_sealed_goes_when_the_time_after_the_end_is_over_and_events_stay(store) -> None:
    old, young, going = opened(store), opened(store), opened(store)
    store.requests.add(old, withdrawn())
    store.requests.add(young, withdrawn(24 * 20))
    at = AT + timedelta(days=31)
    assert store.requests.purge(at, timedelta(days=30)) == 1
    assert store.requests.purge(at, timedelta(days=30)) == 0
    assert {one.id for one in store.requests.of_person("koha", 51)} == {young, going}
    assert not (store.folder / "requests" / f"{old}.key").exists()
    assert code_of(store.requests.subject, old) == "RGT-018"
    assert store.requests.words(old) == ""
    assert [one.act for one in store.requests.request(old).events] == [Act.RECEIVED, Act.WITHDRAWN]
    assert store.requests.words(young) == WORDS
    assert store.requests.subject(going).number == 51


def test_a_key_that_is_lost_is_told_and_what_is_open_goes_on(store) -> None:
    name = opened(store)
    SealingKey(store.folder / "requests" / f"{name}.key", name).shred()
    assert code_of(store.requests.words, name) == "RGT-018"
    assert code_of(store.requests.subject, name) == "RGT-018"
    assert code_of(store.requests.add, name, event(Act.NOTED), "Words") == "RGT-018"
    assert store.requests.add(name, withdrawn()).events[-1].act is Act.WITHDRAWN
    key = store.folder / "requests" / "key"
    key.unlink()
    assert code_of(store.requests.of_person, "koha", 51) == "RGT-017"
    key.write_bytes(b"k" * 32)
    assert code_of(opened, store) == "RGT-017"


def test_a_request_goes_on_only_as_one_that_is_open_of_the_same_right_and_person(store) -> None:
    name = opened(store, 51)
    own, left, merged = (opened(store, number, hours=0.1) for number in (51, 51, 52))
    other_right, nobodys = opened(store, 51, right=Right.ACCESS, hours=0.1), opened(store, None, hours=0.1)
    over = opened(store, 51, hours=0.1)
    store.requests.add(over, withdrawn())

    def refused(to: str, **looked: str) -> Event:
        return Event(
            Act.REFUSED, AT + timedelta(hours=3), "Dee", {"ground": str(Ground.ANEW), "goes on as": to, **looked}
        )

    without = event(Act.REFUSED, 3, ground=str(Ground.ANEW))
    assert code_of(store.requests.add, name, without, "why") == "RGT-014"
    for wrong in (name, merged, other_right, nobodys, over, "req-zzzzzzzzzzzz"):
        assert code_of(store.requests.add, name, refused(wrong), "why") == "RGT-012", wrong
    assert store.requests.request(name).events[-1].act is Act.RECEIVED
    for wrong in (other_right, nobodys):
        assert code_of(store.requests.add, name, refused(wrong, looked="koha"), "why") == "RGT-012", wrong
    assert store.requests.add(name, refused(merged, looked="koha"), "why").events[-1].act is Act.REFUSED
    assert store.requests.add(own, refused(left), "twice").events[-1].act is Act.REFUSED
