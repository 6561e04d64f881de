"""Words of others are found in every writing that a pattern of them would find, in texts of any length."""

from __future__ import annotations

import re

import pytest

from carrel.rights.words_of_others import Others, Own

_OWN = Own(frozenset({"7"}), frozenset({"ada example"}))


@pytest.mark.parametrize(
    "around", ["{}", "a note of {} and more", "{} " * 30, "\u00e9 {} \u2028 and much more beside it, " * 3]
)
@pytest.mark.parametrize(
    ("word", "written"),
    [("Kim Sisko", "kim sisko"), ("Kim Sisko", "\u212aim \u017fi\u017fko"), ("\u017fisko ben", "SISKO BEN"), ("ISTVAN", "\u0131stvan"),
     ("Jos\u00e9 Ruiz", "JOS\u00c9 RUIZ"), ("a.b@elm.example", "A.B@ELM.example"), ("A+(B)*C", "a+(b)*c"), ("\u212aelvin", "KELVIN")],
)  # fmt: skip
def test_another_is_taken_out_as_by_a_pattern_of_every_word(around: str, word: str, written: str) -> None:
    others = Others([word, "Nobody There", "Ada Example"], _OWN)
    text = around.replace("{}", written)
    pattern = "|".join(map(re.escape, sorted([word, "Nobody There"], key=len, reverse=True)))
    meant = re.sub(pattern, "[another person]", text, flags=re.IGNORECASE)
    assert others.out_of(text) == meant != text
    assert others.out_of(text) == meant, "the second time as the first"


def test_the_longer_word_goes_first_and_the_own_stays() -> None:
    others = Others(["Ben Sisko", "Ben Sisko Junior", "Ada Example", "xyz"], _OWN)
    assert others.out_of("ben sisko junior, Ada Example, xyz") == "[another person], Ada Example, xyz"
    assert others.out_of("abc") == "abc"
