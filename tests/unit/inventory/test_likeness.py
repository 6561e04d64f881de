"""A name that the eye takes for another is told from it, and strangers are left alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.inventory.likeness import alike, taken_for
from carrel.systems.site_file import parse_site
from tests.unit.inventory.test_site import GOOD

DISGUISES = [
    ("Ada Example", "\u0410da Example"),  # a Cyrillic A
    ("Ada Example", "\u0391da Example"),  # a Greek one
    ("Ada Example", "Ad\u0430 E\u0445am\u0440l\u0435"),
    ("Ada Example", "ada EXAMPLE"),
    ("Ada Example", " Ada\u00a0 Example "),
    ("Ada Example", "A\u200bda Exam\u00adple"),
    ("Ada Example", "\u202eAda Example"),
    ("Ada Example", "Ada\x00 Example\x1b"),
    ("Ada Example", "\uff21\uff44\uff41 Example"),  # full width
    ("Ada Example", "\U0001d400da Example"),  # mathematical bold
    ("Ada Example", "Ada Examp1e"),
    ("Ada Example", "Ada ExampIe"),  # a capital i
    ("Ada Example", "\u00c1d\u00e4 Exampl\u00e9"),
    ("Jos\u00e9 Ruiz", "Jose\u0301 Ruiz"),
    ("Jos\u00e9 Ruiz", "Jose Ruiz"),
    ("\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432", "\u0418\u0432ah \u041f\u0435tpo\u0432"),
    ("Lars \u00d8rsted", "Lars Orsted"),
    ("\u0141ukasz Lis", "Lukasz Lis"),
    ("Hugo Ibo", "\u041dugo \u0406b0"),
    ("Sean O'Hara", "Sean O\u2019Hara"),
]


@pytest.mark.parametrize(("name", "disguise"), DISGUISES)
def test_what_looks_like_a_name_is_taken_for_it(name: str, disguise: str) -> None:
    assert alike(name, disguise)
    assert alike(disguise, name)
    assert taken_for(disguise, ["Somebody Else", name]) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ada Example", "Ben Example"), ("Ella Moor", "Elia Moor"), ("Ann Lee", "Anna Lee"), ("Jon", "Ion"), ("", "Ada")],
)
def test_people_who_only_have_similar_names_are_two(one: str, other: str) -> None:
    assert not alike(one, other)
    assert taken_for(other, [one]) is None


def test_who_stands_in_the_list_is_nobody_else() -> None:
    assert taken_for("Ada Example", ["ada example", "Ada Example"]) is None


@given(st.text(max_size=20), st.text(max_size=20))
def test_likeness_goes_both_ways_and_every_name_is_like_itself(one: str, other: str) -> None:
    assert alike(one, one)
    assert alike(one, other) == alike(other, one)
    assert alike(one, unicodedata.normalize("NFD", one))


@pytest.mark.parametrize("name", ["\u0410da", "ADA", "A\u200bda", "Carrel  run-due"])
def test_a_site_file_with_two_names_that_look_alike_is_refused(name: str) -> None:
    with pytest.raises(CarrelError) as told:
        parse_site(GOOD.replace("name: Ben", f"name: '{name}'"), "carrel.yaml")
    assert {(one.condition.code, one.at) for one in told.value.faults} == {("SIT-001", "carrel.yaml:19:12")}
