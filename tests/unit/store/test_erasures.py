"""Cases in the store: sealed while they are open, forgotten when they end, and counted piece by piece."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.retention.identifiers import Subject
from carrel.retention.outcome import Outcome
from carrel.store.erasures import new_case
from carrel.store.sealed_cases import DONE, DROPPED
from carrel.store.store import FILE, Store
from tests.store_place import StorePlace
from tests.unit.retention.test_erasure_approval import erasure

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SUBJECT = Subject(7_700_123, "card-of-somebody", "user-of-somebody", ("card-of-somebody",), ("Quirina Okonkwo",))


def made(store: Store, **changes):
    plan = erasure(made_at=NOW, **changes)
    store.erasures.record(plan, SUBJECT, NOW)
    return plan


def bytes_of(folder: Path) -> bytes:
    return b"".join(place.read_bytes() for place in folder.rglob("*") if place.is_file())


def test_who_it_is_lies_sealed_and_is_forgotten_with_the_end(store_place: StorePlace) -> None:
    with store_place.open() as store:
        plan = made(store)
        assert store.erasures.subject(plan.case) == SUBJECT
        store.erasures.begin(plan.case, SUBJECT, NOW)
        for secret in (b"7700123", b"somebody", b"Quirina"):
            assert secret not in bytes_of(store_place.folder)
        store.erasures.intend(plan.case, "messages.delete")
        store.erasures.note(plan.case, "messages.delete", 3)
        store.erasures.note(plan.case, "messages.delete", 2)
        case = store.erasures.finish(plan.case, Outcome.VERIFIED, NOW, lambda _: (), over=True)
        assert (case.state, case.rows, case.unknown) == (DONE, {"messages.delete": 5}, False)
        with pytest.raises(CarrelError) as told:
            store.erasures.subject(plan.case)
        assert told.value.code == "ERA-004"
    assert list((store_place.folder / "cases").iterdir()) == []
    if store_place.is_file:
        assert (store_place.folder / FILE).stat().st_mode & 0o077 == 0


def test_a_piece_of_which_nobody_knows_is_told(store_place: StorePlace) -> None:
    with store_place.open() as store:
        plan = made(store)
        store.erasures.begin(plan.case, SUBJECT, NOW)
        store.erasures.intend(plan.case, "messages.delete")
        store.erasures.begin(plan.case, SUBJECT, NOW)
        assert store.erasures.case(plan.case).unknown


def test_what_nobody_carries_out_or_mends_is_forgotten(store_place: StorePlace) -> None:
    with store_place.open() as store:
        unused, unmended = made(store), made(store, case="case-mnopqrstuvwx")
        store.erasures.begin(unmended.case, SUBJECT, NOW)
        store.erasures.finish(unmended.case, Outcome.UNVERIFIED, NOW, lambda _: (), over=False)
        store.erasures.purge(NOW + timedelta(days=7))
        assert store.erasures.subject(unused.case) == store.erasures.subject(unmended.case) == SUBJECT
        store.erasures.purge(NOW + timedelta(days=9))
        assert store.erasures.case(unused.case).state == DROPPED
        assert store.erasures.subject(unmended.case) == SUBJECT
        store.erasures.purge(NOW + timedelta(days=31))
        assert store.erasures.case(unmended.case).state == DROPPED
    assert list((store_place.folder / "cases").iterdir()) == []


def test_a_lot_in_which_somebody_is_found_every_night_is_forgotten_thirty_days_after_it_was_begun(
    store_place: StorePlace,
) -> None:
    with store_place.open() as store:
        found, killed = (store.lots.begin("koha", "0" * 64, (SUBJECT,), NOW) for _ in range(2))
        for day in (1, 29):
            at = NOW + timedelta(days=day)
            store.erasures.go_on(found, at)
            store.erasures.finish(found, Outcome.UNVERIFIED, at, lambda _: (), over=False)
        store.erasures.purge(NOW + timedelta(days=29))
        assert store.lots.subjects(found) == store.lots.subjects(killed) == (SUBJECT,)
        assert store.lots.abandoned("koha", NOW + timedelta(days=29)) == ()
        store.erasures.purge(NOW + timedelta(days=31))
        assert (store.lots.subjects(found), store.lots.open("koha")) == (None, (killed,))
        assert store.lots.abandoned("koha", NOW + timedelta(days=31)) == (killed,)  # it has to be told first


def test_a_plan_that_the_store_never_made_or_that_was_changed(store_place: StorePlace) -> None:
    with store_place.open() as store:
        body = made(store).as_dict()
        assert store.erasures.check(body, "file").as_dict() == body
        for wrong, code in (
            (erasure(case="case-mnopqrstuvwx").as_dict(), "STO-005"),
            ({**body, "case": "x"}, "APR-001"),
        ):
            with pytest.raises(CarrelError) as told:
                store.erasures.check(wrong, "file")
            assert told.value.code == code


def test_a_case_is_made_of_letters() -> None:
    assert not any(sign.isdigit() for sign in new_case())
    assert new_case() != new_case()
