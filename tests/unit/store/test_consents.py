"""Consents in the store, on a file and on a server: added and never changed, found by hash, forgotten with the person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from carrel.consent.event import Act, Channel, ConsentEvent, commitment
from carrel.consent.state import State, Texts, state_of
from carrel.consent.text import ConsentText
from carrel.errors import CarrelError
from carrel.ledger.leaf import OpenLeaf
from carrel.store import tables

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
NEWS = ConsentText("news", 1, "en", "news", False, "News", "I agree.")
MAIL = "ann@oak.example"


def given(hours: int = 0) -> ConsentEvent:
    at = AT + timedelta(hours=hours)
    return ConsentEvent(Act.GIVEN, "news", Channel.DESK, "Dee", at, at, *NEWS.key, NEWS.digest)


def withdrawn(hours: int) -> ConsentEvent:
    at = AT + timedelta(hours=hours)
    return ConsentEvent(Act.WITHDRAWN, "news", Channel.PHONE, "Dee", at, at)


def leaves(event: ConsentEvent, found: str) -> list[OpenLeaf]:
    return [OpenLeaf("consent", event.recorded_at, {"commitment": found})]


def tag(store, number: int = 51) -> str:
    return store.consents.own_tags("koha").number(number)


def test_events_are_kept_as_they_are_with_a_leaf_each_that_the_salt_opens(store) -> None:
    written = (given(), withdrawn(1), given(2))
    for one in written:
        store.consents.add("koha", 51, (one,), NEWS if one.act is Act.GIVEN else None, leaves)
    assert store.consents.of(tag(store)) == written
    assert store.consents.used() == (NEWS,)
    assert store.owed.count() == 3
    with store._database.reading() as connection:
        salts = connection.execute(tables.consent_event.select().order_by(tables.consent_event.c.id)).all()
        owed = connection.execute(tables.owed_leaf.select().order_by(tables.owed_leaf.c.id)).all()
    for one, row, leaf in zip(written, salts, owed, strict=True):
        assert commitment(one, tag(store), row.salt).encode() in leaf.entry


def test_many_are_asked_for_at_once_and_only_they(store) -> None:
    for number in (51, 52, 53):
        store.consents.add("koha", number, (given(),), NEWS, leaves)
    store.consents.add("koha", 52, (withdrawn(1),), None, leaves)
    many = [tag(store, number) for number in (52, 53, *range(1_000, 8_000))]
    found = store.consents.among(many, "news")
    states = {one: state_of(events, "news", Texts((NEWS,))).state for one, events in found.items()}
    assert states == {tag(store, 52): State.WITHDRAWN, tag(store, 53): State.GIVEN}
    assert store.consents.among(many, "other") == {}
    assert sorted(len(one) for one in store.consents.each("koha", "news")) == [1, 1, 2]


def test_words_of_a_used_text_cannot_change(store) -> None:
    store.consents.add("koha", 51, (given(),), NEWS, leaves)
    other = ConsentText("news", 1, "en", "news", False, "News", "I agree to all.")
    with pytest.raises(CarrelError) as refused:
        store.consents.add("koha", 52, (given(),), other, leaves)
    assert refused.value.code == "CNS-002"
    assert store.consents.of(tag(store, 52)) == ()
    assert store.owed.count() == 1


def test_silence_outlives_the_person_and_is_lifted_by_asking_only(store) -> None:
    store.consents.add("koha", 51, (given(),), NEWS, leaves)
    before = store.consents.state()
    store.consents.forget("koha", {51: (MAIL,)}, AT + timedelta(days=1), silence=True)
    assert store.consents.state() != before  # an export that is under way begins anew
    address = store.consents.own_tags("koha").address(MAIL)
    assert store.consents.suppressions.among([tag(store), address, "x" * 64]) == {tag(store), address}
    assert [str(one.act) for one in store.consents.of(tag(store))] == ["given", "withdrawn"]
    assert [one.number for one in store.consents.untold("koha")] == [None, None]
    store.consents.forget("koha", {51: (MAIL,)}, AT + timedelta(days=1), silence=True)  # killed, and done again
    assert len(store.consents.of(tag(store))) == 2
    assert store.consents.suppressions.count() == 2
    assert store.consents.suppressions.erased() == (1, 0)
    store.consents.add("koha", 52, (given(30),), NEWS, leaves, lift=(MAIL,))
    assert store.consents.suppressions.among([tag(store), address]) == {tag(store)}
    assert store.consents.suppressions.erased() == (0, 0)  # its reader asked: an audit does not miss it


def test_an_address_of_somebody_erased_that_is_gone_from_the_list_is_missed(store) -> None:
    other = "dee@fir.example"
    store.consents.forget("koha", {51: (MAIL, other), 52: (MAIL,)}, AT, silence=True)
    assert store.consents.suppressions.erased() == (2, 0)
    address = store.consents.own_tags("koha").address(MAIL)
    gone = tables.suppression.delete().where(tables.suppression.c.tag == address)
    with store._database.writing() as connection:
        connection.execute(gone)
    assert store.consents.suppressions.erased() == (2, 1)
    store.consents.forget("koha", {51: (MAIL, other)}, AT, silence=True)  # killed, and done again
    assert store.consents.suppressions.erased() == (2, 0)


def test_a_card_that_lapsed_leaves_no_silence_and_no_consent_to_whoever_gets_the_number(store) -> None:
    store.consents.add("koha", 51, (given(),), NEWS, leaves)
    store.consents.forget("koha", {51: (MAIL,)}, AT + timedelta(days=1), silence=False)
    assert store.consents.suppressions.count() == 0
    assert state_of(store.consents.of(tag(store)), "news", Texts((NEWS,))).state is State.WITHDRAWN


def test_a_store_without_consents_has_no_key_and_forgets_nothing(store) -> None:
    assert store.consents.tags("koha") is None
    store.consents.forget("koha", {51: ()}, AT, silence=False)
    assert store.consents.tags("koha") is None
    assert not (store.folder / "consent").exists()
