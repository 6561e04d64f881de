"""Consent texts as files: their form, their names, and the examples that ship in two languages."""

from __future__ import annotations

import re
from datetime import date
from importlib import resources

import pytest

from carrel.consent.text import lint_texts
from carrel.errors import CarrelError
from carrel.inventory.category import Category
from carrel.inventory.schema import LiveSchema
from carrel.systems import map_files
from carrel.systems.consent.contact_file import plain
from carrel.systems.consent.contact_rows import ContactPage, ContactRows
from carrel.systems.consent.text_folder import read_texts, write_examples
from carrel.systems.policy_files import load

FIRST = "library-news.1.en.yaml"


@pytest.fixture
def folder(tmp_path):
    write_examples(tmp_path)
    return tmp_path


def test_the_examples_are_sound_and_stand_in_two_languages(folder) -> None:
    found = read_texts(folder)
    assert {one.language for one in found} == {"en", "es"}
    owwl = load("owwl").body.purposes
    mine = [one for one in found if one.purpose in owwl]
    wrong = lint_texts(mine, (), ["library news", "library campaign", "reading history"], owwl)
    assert wrong == ()
    shipped = resources.files("carrel.systems.consent") / "shipped"
    assert sorted(one.name for one in shipped.iterdir()) == sorted(one.file_name for one in found)


def test_a_demo_gets_the_texts_that_its_policy_needs_and_no_other(tmp_path) -> None:
    ours = load("mit-libraries").body.purposes
    write_examples(tmp_path, ours)
    optional = [name for name, one in ours.items() if one.basis == "opt-in"]
    assert lint_texts(read_texts(tmp_path), (), optional, ours) == ()
    assert max(one.name for one in tmp_path.iterdir()) == "policy-news.1.es.yaml"


def test_no_example_speaks_of_a_box_for_on_the_pages_there_is_none(folder) -> None:
    told = [one.says for one in read_texts(folder)]
    assert [one for one in told if re.search(r"\b(box|casilla|tick|marco)\b", one)] == []


def test_what_is_there_is_left_alone(folder) -> None:
    (folder / FIRST).write_text("mine")
    assert write_examples(folder) == ()
    assert (folder / FIRST).read_text() == "mine"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "version: 0"),
        ("version: 1", "version: one"),
        ("version: 1", "version: 2"),  # the name of the file says 1
        ("asks again: false", "asks again: no"),
        ("asks again: false", "asks again: false\nmore: words"),
        ("language: en", "language: English"),
        ("text: library-news", "text: Library News"),
        ("title: News from your library", 'title: ""'),
        ("purpose: library news", "purpose: library news\npurpose: other"),
        ("text: library-news", "text: [library-news"),
    ],
)
def test_what_does_not_fit_is_refused(folder, old, new) -> None:
    place = folder / FIRST
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new))
    with pytest.raises(CarrelError) as refused:
        read_texts(folder)
    assert {one.condition.code for one in refused.value.faults} == {"CNS-001"}


def test_no_folder_and_an_unreadable_one(tmp_path) -> None:
    assert read_texts(None) == ()
    with pytest.raises(CarrelError) as refused:
        read_texts(tmp_path / "none")
    assert refused.value.code == "CNS-001"
    (tmp_path / FIRST).write_bytes(b"\xff\xfe")
    with pytest.raises(CarrelError):
        read_texts(tmp_path)


def test_what_is_wrong_with_texts_together(folder) -> None:
    (folder / "library-news.1.es.yaml").unlink()
    text = (folder / FIRST).read_text()
    (folder / "library-news.2.en.yaml").write_text(text.replace("version: 1", "version: 2"))
    (folder / "library-news.2.es.yaml").write_text(
        text.replace("version: 1", "version: 2").replace("language: en", "language: es").replace("false", "true")
    )
    (folder / "other.1.en.yaml").write_text(text.replace("text: library-news", "text: other"))
    found = {(one.at, one.serious) for one in lint_texts(read_texts(folder), (), ["library news"], ["library news"])}
    assert ("library-news", True) in found  # version 2 differs between its languages
    assert ("library-news", False) in found  # version 1 is not there in Spanish
    assert ("library news", True) in found  # two texts for one purpose


def test_no_value_is_a_formula_or_breaks_a_line() -> None:
    for value in ("=1", "+1", "-1", "@a", "|x", "%x", "\tx"):
        assert plain(value) == f"'{value}"
    assert plain("two\r\nlines\x00") == "two lines"
    assert plain("Ada") == "Ada"


def test_a_card_without_a_day_does_not_expire() -> None:
    today = date(2026, 11, 27)
    said = {"": False, "2026-11-27": False, "2026-11-26 23:59:59": True, "0000-00-00": False, "infinity": False}
    page = ContactPage([], [], list(said), [], [], [])
    found = dict(zip(said, page.expired(today), strict=True))
    assert found == said


def test_a_field_that_the_map_does_not_tell_is_refused() -> None:
    koha = map_files.load("koha")
    with pytest.raises(CarrelError) as refused:
        ContactRows(LiveSchema("sqlite", "", "", "", ""), koha, None, (Category.NAME,), at="koha")
    assert refused.value.code == "CNS-014"


def test_a_purpose_that_is_in_no_policy_is_told_once(folder) -> None:
    found = [one.says for one in lint_texts(read_texts(folder), (), {"policy news"}, {"policy news", "provide"})]
    assert "the policy has no purpose 'library campaign'" in found
    assert not [one for one in found if "library campaign" in one and "needs no consent" in one]
