"""Requests to restrict and to lift, and what stood in a row before an attempt that may have been committed or not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.retention.restriction import Ground, RowImage, merged, read_lifting, read_restriction

TODAY = date(2026, 11, 25)


def image(key: int, old: int, goes: bool = False) -> RowImage:
    return RowImage("a switch", "t", {"id": key}, {"on": old}, None if goes else {"on": 0})


def test_terms_are_read_and_keep_is_the_default() -> None:
    _, terms = read_restriction("card number: K1\nrestrict: {ground: accuracy contested}", "request")
    assert (terms.ground, terms.keep) == (Ground.ACCURACY, True)
    _, terms = read_restriction("card number: K1\nrestrict: {ground: objection pending, keep: no}", "request")
    assert terms.as_dict() == {"ground": "objection pending", "keep": "no"}
    anew = "card number: K1\nrestrict: {ground: accuracy contested, instead of: case-abcdefghijkl}"
    assert read_restriction(anew, "request")[1].as_dict()["instead of"] == "case-abcdefghijkl"


@pytest.mark.parametrize(
    "body",
    [
        "restrict: {}", "restrict: yes", "restrict: {ground: secret}", "restrict: {keep: yes}", "lift: {}",
        "restrict: {ground: accuracy contested, keep: secret}", "restrict: {ground: needed for a claim, keep: no}",
        "restrict: {ground: processing unlawful, keep: false}", "restrict: {ground: objection pending, secret: x}",
        "restrict: {ground: accuracy contested, instead of: secret}",
    ],
)  # fmt: skip
def test_other_terms_are_refused_and_not_repeated(body: str) -> None:
    with pytest.raises(CarrelError) as told:
        read_restriction(f"card number: K1\n{body}", "request")
    assert told.value.code == "REQ-001"
    assert "secret" not in str(told.value)


def test_lifting_says_when_the_person_was_told() -> None:
    named, day = read_lifting("case: case-abcdefghijkl\nlift: {person told on: 2026-11-25}", "request", TODAY)
    assert (named.by, named.said, day) == ("case", "case-abcdefghijkl", {"person told on": "2026-11-25"})
    named, day = read_lifting("case: case-abcdefghijkl\nlift: {key found lost on: 2026-11-24}", "request", TODAY)
    assert (named.said, day) == ("case-abcdefghijkl", {"key found lost on": "2026-11-24"})
    for text in (
        "case: case-1\nlift: {person told on: 2026-11-25}", "case: case-abcdefghijkl\nlift: yes",
        "card number: K1\nlift: {person told on: 2026-11-26}", "card number: K1\nlift: {told: 2026-11-25}",
        "card number: K1\ncase: case-abcdefghijkl\nlift: {person told on: 2026-11-25}",
        "card number: K1\nlift: {key found lost on: 2026-11-25}",
        "case: case-abcdefghijkl\nlift: {key found lost on: 2026-11-25, person told on: 2026-11-25}",
    ):  # fmt: skip
        with pytest.raises(CarrelError) as told:
            read_lifting(text, "request", TODAY)
        assert told.value.code == "REQ-001"


def test_an_image_shows_no_value_and_survives_the_seal() -> None:
    assert "7" not in repr(image(7, 7))
    assert RowImage.from_dict(image(7, 1).as_dict()) == image(7, 1)


rows = st.dictionaries(st.integers(0, 5), st.integers(0, 2))


@given(rows, st.booleans(), st.integers(0, 5))
def test_whatever_the_first_attempt_did_lifting_knows_what_was_there_before_it(
    there: dict[int, int], committed: bool, new: int
) -> None:
    """Committed or not, the second attempt's images name for each row the value from before the first."""
    first = tuple(image(key, old) for key, old in there.items())
    now = tuple(image(key, 0 if committed else old) for key, old in there.items())
    came = () if new in there else (image(new, 2),)
    again = {one.place: one.old["on"] for one in merged(first, (*now, *came))}
    assert again == {image(key, 0).place: old for key, old in {**there, **{one.key["id"]: 2 for one in came}}.items()}


@given(rows)
def test_a_row_that_went_is_not_forgotten(there: dict[int, int]) -> None:
    first = tuple(image(key, old, goes=True) for key, old in there.items())
    assert set(map(repr, merged(first, ()))) == set(map(repr, first))
    assert len(merged(first, first)) == len(first)
