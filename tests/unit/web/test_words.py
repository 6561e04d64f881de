"""The words of the pages: all of them in every language, and plain enough for somebody of eleven."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from carrel.rights.wording import ENGLISH
from carrel.web import words

WEB = Path(words.__file__).parent
TEMPLATES = sorted((WEB / "templates").glob("*.j2"))
OTHERS = sorted((WEB / "words").glob("*.po"))
_HOLES = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def said_in_english() -> set[tuple[str, ...]]:
    found = {(said,) for key, said in ENGLISH.items() if key != "lang"}
    for template in TEMPLATES:
        with template.open("rb") as text:
            for _, _, message, _ in babel_extract(text, ("_", "gettext", "ngettext"), [], {}):
                parts = (message,) if isinstance(message, str) else tuple(one for one in message if one)
                found.add(parts)
    return found


def test_there_are_words_and_other_languages() -> None:
    assert len(said_in_english()) > 60
    assert [one.stem for one in OTHERS] == [one for one in sorted(words.NAMES) if one != words.ENGLISH]


@pytest.mark.parametrize("place", OTHERS, ids=lambda one: one.stem)
def test_every_word_is_there_in_the_other_language_and_none_too_many(place: Path) -> None:
    catalogue = read_po(io.BytesIO(place.read_bytes()), locale=place.stem)
    theirs = {}
    for message in catalogue:
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            theirs[tuple(ids)] = message.string if isinstance(message.string, tuple) else (message.string,)
            assert not message.fuzzy, message.id
    assert set(theirs) == said_in_english()
    for ids, told in theirs.items():
        assert all(told), ids
        for one in told:
            assert set(_HOLES.findall(one)) == set(_HOLES.findall(ids[-1])), ids


@pytest.mark.parametrize("place", OTHERS, ids=lambda one: one.stem)
def test_the_words_are_found_where_the_pages_look(place: Path) -> None:
    told = words.words(place.stem)
    assert told.gettext("Sign in") != "Sign in"
    assert told.ngettext("%(num)d day", "%(num)d days", 1) != told.ngettext("%(num)d day", "%(num)d days", 7)


def _syllables(word: str) -> int:
    groups = re.findall(r"[aeiouy]+", word.lower())
    silent = word.lower().endswith("e") and not word.lower().endswith(("le", "ee")) and len(groups) > 1
    return max(1, len(groups) - silent)


def grade(text: str) -> float:
    """School grade of the formula of Flesch and Kincaid; grade 6 is about eleven years."""
    sentences = max(1, len(re.findall(r"[.!?:]", text)))
    found = re.findall(r"[A-Za-z']+", text)
    return 0.39 * len(found) / sentences + 11.8 * sum(map(_syllables, found)) / len(found) - 15.59


def test_the_pages_can_be_read_by_somebody_of_eleven() -> None:
    sentences = [parts[0] for parts in said_in_english() if parts[0].endswith((".", "?"))]
    assert len(sentences) > 15
    whole = " ".join(_HOLES.sub("twenty", one) for one in sentences)
    assert grade(whole) <= 6
    assert grade("The aforementioned institution retains bibliographic transaction information indefinitely.") > 12
    hard = {one: round(grade(one), 1) for one in sentences if grade(one) > 11}
    assert not hard


@pytest.mark.parametrize(
    ("asked", "language"),
    [("es", "es"), ("es-MX,es;q=0.9,en;q=0.8", "es"), ("en-GB,es;q=0.5", "en"), ("de", "en"), ("", "en"), ("*", "en"),
     ("de,es;q=0.1", "es"), ("es;q=0", "en"), ("es;q=x", "en"), (",,,;;q=", "en"), ("\0\n", "en"), ("a," * 9000, "en")],
)  # fmt: skip
def test_the_language_that_somebody_asks_for(asked: str, language: str) -> None:
    assert words.preferred(asked, ("en", "es")) == language
