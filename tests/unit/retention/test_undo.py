from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.errors import CarrelError, Exit
from carrel.retention.undo import PAD_TO, join, open_chunk, public_of, seal_chunk, split, unwrap, wrap

PRIVATE, RANDOM, DATA, NONCE = bytes(range(32)), b"r" * 32, b"d" * 32, b"n" * 12
ROWS = [
    {"id": 7, "borrowernumber": 51, "note": "Zoë", "renewed": None, "fine": Decimal("1.10"), "lost": True, "rate": 0.5},
    {
        "at": datetime(2025, 3, 2, 1, 30),  # noqa: DTZ001  (as the database gives it)
        "aware": datetime(2025, 3, 2, 1, 30, tzinfo=UTC),
        "day": date(2025, 3, 2),
        "hour": time(1, 30),
        "span": timedelta(days=-1, seconds=3, microseconds=9),
        "blob": b"\0\xff",
        "big": 2**63 - 1,
    },
]

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.binary()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.floats(allow_nan=False)
)


def test_rows_come_back_as_they_were() -> None:
    blob = seal_chunk(DATA, ROWS, NONCE, capsule="r.1", number=3)
    assert open_chunk(DATA, blob, capsule="r.1", number=3) == ROWS
    assert b"borrowernumber" not in blob
    assert (len(blob) - 12 - 16) % PAD_TO == 0


@given(st.lists(st.dictionaries(st.text(max_size=9), VALUES, max_size=5), max_size=5))
def test_any_rows_come_back_types_included(rows: list[dict[str, object]]) -> None:
    found = open_chunk(DATA, seal_chunk(DATA, rows, NONCE, capsule="r", number=1), capsule="r", number=1)
    assert found == rows
    assert [[type(value) for value in row.values()] for row in found] == [
        [type(value) for value in row.values()] for row in rows
    ]


def test_a_chunk_opens_with_its_key_in_its_capsule_and_place_unchanged() -> None:
    blob = seal_chunk(DATA, ROWS, NONCE, capsule="r.1", number=3)
    changed = blob[:-1] + bytes([blob[-1] ^ 1])
    for key, content, capsule, number in (
        (b"e" * 32, blob, "r.1", 3),
        (DATA, changed, "r.1", 3),
        (DATA, blob[:8], "r.1", 3),
        (DATA, blob, "r.2", 3),
        (DATA, blob, "r.1", 4),
    ):
        with pytest.raises(CarrelError) as refused:
            open_chunk(key, content, capsule=capsule, number=number)
        assert (refused.value.code, refused.value.exit) == ("UND-002", Exit.VERIFICATION_FAILED)


def test_the_data_key_opens_to_the_offline_key_only() -> None:
    wrapped = wrap(DATA, public_of(PRIVATE), "r.1")
    assert unwrap(wrapped, PRIVATE, "r.1") == DATA
    for content, private, capsule in ((wrapped, RANDOM, "r.1"), (wrapped, PRIVATE, "r.2"), (b"", PRIVATE, "r.1")):
        with pytest.raises(CarrelError) as refused:
            unwrap(content, private, capsule)
        assert refused.value.code == "UND-002"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_two_shares_make_the_key_in_either_order(private: bytes, random: bytes) -> None:
    a, b = split(private, random)
    assert join(a, b) == join(f" {b}\n", a) == private


def test_one_share_says_nothing_of_the_key() -> None:
    # The first share is the randomness itself; the second, for any key, is as likely as for any other.
    first, _ = split(PRIVATE, RANDOM)
    other, _ = split(bytes(32), RANDOM)
    assert first.rpartition(":")[2][:40] == other.rpartition(":")[2][:40]


def test_a_share_that_is_not_one_of_the_two_is_refused_and_not_quoted() -> None:
    a, b = split(PRIVATE, RANDOM)
    c, _ = split(bytes(32), RANDOM)
    slip = b[:-6] + ("A" if b[-6] != "A" else "B") + b[-5:]
    for one, other in ((a, a), (a, c), (a, slip), (a, ""), (a, "carrel-undo-share-1:00:AA=="), (a, b.upper())):
        with pytest.raises(CarrelError) as refused:
            join(one, other)
        assert (refused.value.code, refused.value.exit) == ("UND-001", Exit.USAGE)
        assert a.rpartition(":")[2] not in str(refused.value)


def test_a_value_of_an_unknown_kind_is_refused_before_anything_is_cut() -> None:
    with pytest.raises(TypeError, match="UUID"):
        seal_chunk(DATA, [{"id": uuid.UUID(int=7)}], NONCE, capsule="r", number=1)
