"""The key of a plan to clear: laws of what it blinds, and its end."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.retention.clearing import tag_of
from carrel.retention.clearing_plan import AWHILE
from carrel.store.clearing_key import ClearingKey, blinded, shred_old

KEYS = st.binary(min_size=32, max_size=32)


@given(st.text(), st.text(), KEYS, KEYS)
def test_two_are_equal_only_where_tag_and_key_are(one, other, key, another):
    mine = blinded(tag_of(one), key)
    assert (mine == blinded(tag_of(other), key)) == (one == other)
    assert (mine == blinded(tag_of(one), another)) == (key == another)
    assert mine != tag_of(one)
    assert len(mine) == len(tag_of(one))


def test_plans_of_before_had_no_key():
    assert blinded(tag_of("1"), b"") == tag_of("1")


def test_it_is_gone_after_its_plan_and_after_a_while(tmp_path):
    now = datetime.now(UTC)
    old, young = ClearingKey(tmp_path), ClearingKey(tmp_path)
    kept = {one.name: one.draw() for one in (old, young)}
    assert old.read() == kept[old.name] != kept[young.name] == ClearingKey(tmp_path, young.name).read()
    past = (now - AWHILE - timedelta(hours=1)).timestamp()
    os.utime(tmp_path / "clearings" / f"{old.name}.key", (past, past))
    shred_old(tmp_path, now)
    with pytest.raises(CarrelError, match="CLR-010") as gone:
        old.read()
    assert str(tmp_path) not in str(gone.value)
    assert young.read() == kept[young.name]
    young.shred()
    young.shred()
    assert not list((tmp_path / "clearings").iterdir())
