"""Which passwords staff may choose."""

from __future__ import annotations

import pytest

from carrel.inventory.staff_password import Weakness, plain_form, weakness

NAMES = ("Elm Library", "carrel", "Ada Example")


@pytest.mark.parametrize(("password", "why"), [
    ("", "short"), ("elevensigns", "short"), ("x" * 129, "long"), ("password1234", "common"), ("PassWord1234", "common"),
    ("correcthorsebatterystaple", "common"), ("aaaaaaaaaaaa", "common"), ("abcabcabcabc", "common"),
    ("abcdabcdabcda", "common"), ("1234567890123", "common"), ("mnopqrstuvwx", "common"), ("987654321098", "common"),
    ("elm library 1", "names"), ("Elm-Library-2026", "names"), ("carrelcarrel!", "names"), ("Ada Example 77!", "names"),
])  # fmt: skip
def test_what_is_guessed_first_is_refused(password: str, why: str) -> None:
    assert weakness(password, NAMES) == Weakness(why)


@pytest.mark.parametrize(
    "password",
    ["four words nobody guesses", "x7#Qp-2mKv9!", "elm library has warm windows", "contraseña difícil 9", "密" * 3 + "纸笔墨砚书画琴棋茶",
     " leading and trailing ", "z" * 64 + "y" * 64],
)  # fmt: skip
def test_what_is_long_and_ones_own_is_taken(password: str) -> None:
    assert weakness(password, NAMES) is None


def test_an_accent_is_one_however_it_is_typed() -> None:
    assert plain_form("cafe\u0301") == plain_form("caf\u00e9") != plain_form("cafe")
