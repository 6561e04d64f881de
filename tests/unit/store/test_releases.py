"""Releases and heads of accounts come out of the store as they went in, on a file and on a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from carrel.deidentification.releases.measured import Kind, of_records, unmeasured
from carrel.deidentification.releases.release import Occasion, Release, ReleasedFile
from carrel.deidentification.statistics.budget import AccountHead, Spending
from carrel.ledger.leaf import OpenLeaf
from tests.store_place import StorePlace

NOW = datetime(2026, 11, 27, 12, 0, 0, 123456, tzinfo=UTC)
LEAF = OpenLeaf("budget", NOW, {"action": "spent", "spendings": 1})


def test_a_release_is_kept_once_and_comes_back_whole(store_place: StorePlace) -> None:
    found = of_records(12, 14, ("branch", "born"), by_person=True, kept=("ítem",), tokens=())
    one = Release("loans", (ReleasedFile("/a", "1" * 64),), Occasion("for", "to"), found, NOW, "Ben", "00")
    with store_place.open() as store:
        assert store.releases.record(one, [LEAF]) == one
        later = replace(one, at=NOW.replace(hour=13), by="Eve", salt="11")
        assert store.releases.record(later, [LEAF]) == one
        other = replace(one, measured=unmeasured(Kind.OTHER))
        assert store.releases.record(other, [LEAF]) == other
        assert store.owed.count() == 2
    with store_place.open() as store:
        kept = store.releases.all()
        assert {one.digest, other.digest} == {each.digest for each in kept}


def test_a_head_only_grows(store_place: StorePlace) -> None:
    spent = Spending(Decimal("0.30"), Decimal("1e-7"))
    first = AccountHead("/account", "a" * 64, 1, "a" * 64, spent)
    with store_place.open() as store:
        assert store.account_heads.known("/account", None) == ()
        assert store.account_heads.keep(first, "00", NOW, [LEAF])
        assert not store.account_heads.keep(replace(first, head="b" * 64), "00", NOW, [LEAF])
        second = replace(first, spendings=2, head="c" * 64, place="/moved")
        assert store.account_heads.keep(second, "00", NOW, [LEAF])
        assert store.account_heads.known("/elsewhere", "a" * 64) == (second,)
        assert set(store.account_heads.known("/account", "a" * 64)) == {first, second}
        assert store.owed.count() == 2
