"""Open joins in the store: each once while it stands, kept when it is closed, and each system's its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from carrel.retention.open_join import OpenJoin
from carrel.store.store import Store
from tests.unit.store.plan_values import NOW

DAYS = (date(2026, 2, 20), date(2026, 2, 22))
TEXT = OpenJoin("discovered", "text", "message_queue", ("borrowernumber", "content"), 116, 200, "r1", NOW, NOW, DAYS)
COPY = OpenJoin("discovered", "copy", "statistics", ("borrowernumber", "itemnumber"), 3, 200, "r1", NOW, NOW)


def test_what_is_written_is_what_is_read(store: Store) -> None:
    assert store.open_joins.standing("koha") == ()
    assert set(store.open_joins.change("koha", lambda _: [TEXT, COPY])) == {TEXT, COPY}
    assert set(store.open_joins.standing("koha")) == {TEXT, COPY}
    assert store.open_joins.standing("other") == ()


def test_seen_again_it_is_the_same_one(store: Store) -> None:
    store.open_joins.change("koha", lambda _: [TEXT, COPY])
    again = replace(TEXT, hits=5, last_seen=NOW + timedelta(days=1), from_loans=True, clean=20)
    store.open_joins.change("other", lambda _: [TEXT])
    store.open_joins.change("koha", lambda standing: [again] if TEXT in standing else [])
    assert set(store.open_joins.standing("koha")) == {again, COPY}
    assert store.open_joins.standing("other") == (TEXT,)


def test_closed_it_is_kept_and_opens_anew_as_another(store: Store) -> None:
    store.open_joins.change("koha", lambda _: [TEXT])
    closed = replace(TEXT, closed_at=NOW + timedelta(days=2), closed_by="r3")
    assert store.open_joins.change("koha", lambda _: [closed]) == ()
    assert store.open_joins.closed("koha") == (closed,)
    later = replace(TEXT, run="r4", first_seen=NOW + timedelta(days=3), last_seen=NOW + timedelta(days=3))
    assert store.open_joins.change("koha", lambda _: [later]) == (later,)
    assert store.open_joins.closed("koha") == (closed,)
