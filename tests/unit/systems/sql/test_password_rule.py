"""Expressions that libraries write for passwords: what can be said in words, and what is tried all the same."""

from __future__ import annotations

import pytest

from carrel.systems.sql.password_rule import _of_pattern

SHIPPED = r"(?=.*\d+.*)(?=.*[A-Za-z]+.*).{7,}"


@pytest.mark.parametrize(
    ("said", "shortest", "longest", "needs"),
    [
        (SHIPPED, 7, 0, ("digit", "letter")),
        (r"^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9]).{8,20}$", 8, 20, ("small letter", "capital letter", "digit")),
        (r".{8,20}", 8, 0, ()),
        (r"^.{12,}$", 12, 0, ()),
        (r"^.{9}$", 9, 9, ()),
    ],
)
def test_what_can_be_said_in_words(said: str, shortest: int, longest: int, needs: tuple[str, ...]) -> None:
    rule = _of_pattern(said, trimmed=False)
    assert (rule.shortest, rule.longest, rule.needs, rule.pattern) == (shortest, longest, needs, "")


def test_each_thing_that_is_missing_is_told_and_what_fits_fits() -> None:
    rule = _of_pattern(SHIPPED, trimmed=True)
    assert rule.missing("abc1") == ("short",)
    assert rule.missing("abcdefgh") == ("digit",)
    assert rule.missing(" 12345678") == ("letter", "space")
    assert rule.missing("four words and 1") == ()


def test_what_cannot_be_said_is_tried_as_it_stands() -> None:
    rule = _of_pattern(r"^(?!.*(.)\1\1).{8,}$", trimmed=False)
    assert rule.pattern
    assert rule.missing("aaa bbb ccc") == ("pattern",)
    assert rule.missing("ab ab ab ab") == ()


def test_a_pin_of_four_digits_leaves_no_room_and_what_only_the_product_reads_is_known_as_that() -> None:
    pin = _of_pattern(r"^\d{4}$", trimmed=False)
    assert not pin.leaves_room(8)
    assert pin.missing("abcd") == ("pattern",)
    assert _of_pattern(SHIPPED, trimmed=False).leaves_room(8)
    odd = _of_pattern(r"^\p{L}{8,}(*ACCEPT)$", trimmed=False)
    assert (odd.is_known, odd.leaves_room(8)) == (False, False)
