"""Somebody's own words: what is kept of them is what was seen when they were written."""

from __future__ import annotations

import unicodedata

import pytest
from starlette.datastructures import FormData

from carrel.errors import CarrelError
from carrel.rights.request import free_words
from carrel.web.requests import MOST_WORDS, words_of


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u2069", "\u202a", "\u200b", "\ufeff", "\x1b", "\x00"])
def test_no_sign_turns_the_order_of_words_or_hides_in_them(sign: str) -> None:
    assert free_words(f"I ask{sign} for it") == "I ask for it"


def test_lines_stay_lines_and_joiners_stay() -> None:
    assert free_words("one\u2028two\u2029three\x85four\r\nfive\n") == "one\ntwo\nthree\nfour\nfive"
    assert (
        free_words("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")
        == "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    )
    assert free_words("\U0001f469\u200d\U0001f4bb") == "\U0001f469\u200d\U0001f4bb"


def test_what_is_kept_is_in_one_form_also_where_something_stood_between() -> None:
    said = free_words("e\u200b\u0301")
    assert said == unicodedata.normalize("NFC", said) == "\u00e9"
    assert free_words(said) == said


@pytest.mark.parametrize(
    ("sign", "most"), [("\u0958", MOST_WORDS // 2), ("\U0001d160", MOST_WORDS // 3), ("a", MOST_WORDS)]
)
def test_words_are_counted_as_they_are_kept(sign: str, most: int) -> None:
    most = next(n for n in range(most, 0, -1) if len(free_words(sign * n)) <= MOST_WORDS)
    words, too_long = words_of(FormData({"words": sign * most}))
    assert not too_long
    assert len(free_words(words)) <= MOST_WORDS
    words, too_long = words_of(FormData({"words": sign * MOST_WORDS + sign}))
    assert too_long
    assert words == sign * (MOST_WORDS + 1), "nothing that was typed is lost"


def test_far_too_many_have_a_code() -> None:
    with pytest.raises(CarrelError) as wrong:
        free_words("\u0958" * 2501)
    assert wrong.value.code == "RGT-016"
