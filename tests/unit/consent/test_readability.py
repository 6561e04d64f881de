"""How hard a consent text is to read: the shipped ones are plain, an office's letter is not, other languages are unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from carrel.consent.readability import readability
from carrel.consent.text import ConsentText
from carrel.systems.consent.text_folder import read_texts, write_examples

HARD = {
    "en": "Notwithstanding the aforementioned stipulations, the undersigned individual irrevocably authorises the organisation to "
    "disseminate institutional communications electronically, in accordance with applicable administrative regulations.",
    "es": "Sin perjuicio de las estipulaciones anteriormente mencionadas, la persona interesada autoriza irrevocablemente a la "
    "organización a difundir comunicaciones institucionales electrónicamente, de conformidad con las reglamentaciones "
    "administrativas aplicables y con las disposiciones complementarias correspondientes.",
}  # fmt: skip


def text(language: str, says: str) -> ConsentText:
    return ConsentText("news", 1, language, "news", False, "News", says)


def test_the_shipped_texts_are_plain(tmp_path: Path) -> None:
    write_examples(tmp_path)
    found = [readability(one) for one in read_texts(tmp_path)]
    assert len(found) == 12
    assert all(one is not None and one.plain for one in found)


@pytest.mark.parametrize("language", ["en", "es", "es-MX"])
def test_the_words_of_an_office_are_not(language: str) -> None:
    found = readability(text(language, HARD[language[:2]]))
    assert found is not None
    assert not found.plain


def test_nothing_is_said_of_another_language_or_of_no_words() -> None:
    assert readability(text("de", "Ich will das.")) is None
    assert readability(text("en", "…")) is None


def test_the_figures_are_those_of_the_formulas() -> None:
    """Flesch and Kincaid: 0.39 words a sentence + 11.8 syllables a word - 15.59; Szigriszt: 206.835 - 62.3 s/w - w/s."""
    english, spanish = (
        readability(text("en", "The cat sat. The dog ran.")),
        readability(text("es", "La guía lee. Hoy queda.")),
    )
    assert english is not None
    assert spanish is not None
    assert english.figure == round(0.39 * 3 + 11.8 - 15.59, 1)
    assert spanish.figure == round(206.835 - 62.3 * (1 + 2 + 2 + 1 + 2) / 5 - 2.5, 1)
