import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from carrel.errors import CarrelError
from carrel.ledger.batch import padded
from carrel.ledger.leaf import OpenLeaf, banded, cell, decode_leaf, utc_seconds
from carrel.ledger.leaf_fields import FIELDS

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DIGEST = "0f" * 32


def refused(kind, fields, at=AT):
    with pytest.raises(CarrelError) as caught:
        OpenLeaf(kind, at, fields)
    assert caught.value.code == "LED-001"
    return str(caught.value)


def test_the_bytes_are_canonical_json():
    leaf = OpenLeaf(
        "run", AT, {"system": "koha", "applied": banded(12), "plan_digest": DIGEST, "cells": [cell("a", 3)]}
    )
    assert leaf.encode() == (
        b'{"at":"2026-11-22T02:00:00Z","fields":{"applied":12,"cells":["a:1-9"],"plan_digest":"'
        + DIGEST.encode()
        + b'",'
        b'"system":"koha"},"format_version":1,"kind":"run"}'
    )
    assert decode_leaf(leaf.encode()) == leaf


def test_a_leaf_does_not_follow_its_makers_later_changes():
    fields = {"applied": 10, "reasons": ["held"]}
    leaf = OpenLeaf("run", AT, fields)
    before = leaf.encode()
    fields["applied"] = 3
    fields["reasons"].append("Ada Lovelace")
    assert leaf.encode() == before


def test_the_order_in_which_fields_were_given_is_irrelevant():
    one = OpenLeaf("run", AT, {"system": "koha", "applied": 10})
    two = OpenLeaf("run", AT, {"applied": 10, "system": "koha"})
    assert one.encode() == two.encode()


def test_the_time_is_utc_and_whole_seconds():
    at = datetime(2026, 11, 22, 3, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert utc_seconds(at) == "2026-11-22T02:00:00Z"
    with pytest.raises(ValueError, match="time zone"):
        utc_seconds(datetime(2026, 11, 22))  # noqa: DTZ001  (the point of the test)


@pytest.mark.parametrize(("count", "said"), [(0, 0), (1, "1-9"), (9, "1-9"), (10, 10), (12345, 12345)])
def test_small_cells_are_banded(count, said):
    assert banded(count) == said
    assert cell("issues", count) == f"issues:{said}"


def test_a_negative_count_is_no_count():
    with pytest.raises(ValueError, match="negative"):
        banded(-1)


@pytest.mark.parametrize("count", [1, 9, -1, True, False, 12.0, "12", "1", "2-9", None, 1 << 60, [10]])
def test_a_count_that_is_not_banded_is_refused(count):
    refused("run", {"applied": count})


@pytest.mark.parametrize(
    "word",
    [
        "Ada Lovelace",
        "Ada",
        "ada@example.org",
        "20261122",
        "card-21234",
        "b0a1c2d3-e4f5-6a7b-8c9d-0e1f2a3b4c5d",
        "a1b2c3d4e5f6a7b8c9d0e1f2",
        "two words",
        "x" * 65,
        "",
        "-a",
        "a\n",
        "naïve",
        7,
        ["koha"],
    ],
)
def test_a_word_with_room_for_a_person_is_refused(word):
    told = refused("run", {"system": word})
    assert str(word) not in told or word in ("", 7)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("plan_digest", DIGEST.upper()),
        ("plan_digest", DIGEST[:-1]),
        ("plan_digest", DIGEST + "\n"),
        ("finished", "2026-11-22"),
        ("finished", "2026-13-22T02:00:00Z"),
        ("finished", "2026-11-22T02:00:00+01:00"),
        ("tables", -1),
        ("tables", True),
        ("cells", ["issues:7"]),
        ("cells", ["issues: 12"]),
        ("cells", "issues:12"),
        ("cells", ["x:10"] * 513),
        ("product_version", "25.05.12345678901"),
        ("patron", "x"),
        ("note", "free text"),
    ],
)
def test_any_other_value_or_field_is_refused(field, value):
    refused("run", {field: value})


def test_a_kind_that_is_not_on_the_list_is_refused():
    refused("patron", {})
    refused("", {})


def test_a_time_without_zone_is_refused():
    refused("run", {}, datetime(2026, 11, 22))  # noqa: DTZ001  (the point of the test)


def test_no_field_of_any_kind_takes_a_sentence_or_a_number_like_a_card():
    for kind, fields in FIELDS.items():
        for name in fields:
            for value in ("Ada Lovelace", "ada@example.org", "21234567890123", ["Ada Lovelace"], None, {"a": 1}):
                refused(kind, {name: value})


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"null",
        b'{"at":"2026-11-22T02:00:00Z","fields":[],"format_version":1,"kind":"run"}',
        b'{"at":"2026-11-22T02:00:00Z","fields":{},"format_version":2,"kind":"run"}',
        b'{"at":"2026-11-22T02:00:00Z", "fields":{},"format_version":1,"kind":"run"}',
        b'{"at":"2026-11-22T02:00:00Z","fields":{},"format_version":1,"kind":"run","more":1}',
        b'{"at":"2026-11-22T02:00:00Z","fields":{},"format_version":1,"kind":"run","kind":"run"}',
        b'{"at":"2026-11-22T02:00:00Z","fields":{},"format_version":1.0,"kind":"run"}',
        b'{"at":"2026-11-22T02:00:00Z","fields":{},"format_version":1,"kind":["run"]}',
        b'{"at":"2026-11-22T03:00:00+0100","fields":{},"format_version":1,"kind":"run"}',
        b"[" * 100_000,
    ],
)
def test_other_bytes_are_no_leaf(raw):
    with pytest.raises(CarrelError) as caught:
        decode_leaf(raw)
    assert caught.value.code == "LED-001"


@pytest.mark.parametrize(("leaves", "length"), [(0, 64), (1, 64), (64, 64), (65, 128)])
def test_a_night_is_filled_up_to_a_fixed_step(leaves, length):
    batch = padded([OpenLeaf("run", AT, {"system": "koha"})] * leaves, AT)
    assert len(batch) == length
    kinds = [json.loads(entry)["kind"] for entry in batch]
    assert kinds == ["run"] * leaves + ["padding"] * (length - leaves)


def test_a_step_of_one_adds_nothing():
    assert padded([], AT, 1) == []
    assert len(padded([OpenLeaf("padding", AT, {})], AT, 1)) == 1
    with pytest.raises(ValueError, match="1 or more"):
        padded([], AT, 0)
