"""Words in a text: found in any letters, and gone once they were taken out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.retention.sweep import Person
from carrel.retention.trail import by_scattered_names, names_person, tells, without

LETTERS = st.text(st.sampled_from("aAbBsSß\u017féÉиИ \0[]t"), max_size=14)


@pytest.mark.parametrize(
    ("text", "words", "left"),
    [
        ("paid for THE BLUE BOOK", "The Blue Book", "paid for [title]"),
        ("the blue book, The Blue Book", "The Blue Book", "[title], [title]"),
        ("ВОЙНА и мир", "Война и мир", "[title]"),
        ("Straße 7", "STRASSE", "[title] 7"),
        ("a.b*c(d", "A.B*C(D", "[title]"),
        ("nul\0 THE\0BOOK", "the\0book", "nul\0 [title]"),
        ("Title] lost", "title]", " lost"),
        ("nothing of it", "The Blue Book", "nothing of it"),
        ("anything", "", "anything"),
    ],
)
def test_a_title_is_taken_out_in_any_letters(text: str, words: str, left: str) -> None:
    assert without(text, words, "[title]") == left


@given(LETTERS, LETTERS.filter(bool))
def test_what_was_taken_out_stands_there_no_more(text: str, words: str) -> None:
    left = without(text, words, "[title]")
    assert not tells(left, words)
    if not tells(text, words):
        assert left == text


@given(LETTERS, LETTERS, LETTERS.filter(bool))
def test_letters_large_and_small_are_alike(before: str, after: str, words: str) -> None:
    for written in (words, words.upper(), words.lower()):
        assert tells(before + written + after, words) or written.casefold() != words.casefold()


DEV = Person(110, ("21000000000110", "reader110"), ("Dev", "Winter"))


@pytest.mark.parametrize(
    ("text", "scattered"),
    [
        ("Dear Dev Amundsen, your checkouts: - The Winter Stars (31000000006988)", True),
        ("Dear Dev Winter, your checkouts", False),
        ("Winter, Dev: paid", False),
        ("Winter Dev", False),
        ("Dear Dev, The Winter Stars, card 21000000000110", False),
        ("Dev asked, Winter answered; borrowernumber: 110", False),
        ("Devon Winterthur, Dev, Winter", False),
    ],
)
def test_names_that_stand_apart_are_told_from_a_name(text: str, scattered: bool) -> None:
    assert names_person(text, DEV)
    assert by_scattered_names(text, DEV) is scattered
