"""How hard a consent text is to read, in English and Spanish: words in a sentence, syllables in a word (OWWL-9)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from carrel.consent.text import ConsentText

HARDEST_ENGLISH = 8.0  # school grade of Flesch and Kincaid; guides to plain language ask for no more
LEAST_SPANISH = 55.0  # Szigriszt's measure; INFLESZ calls what lies below somewhat difficult
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_STOP = re.compile(r"[.!?:;]+(?:\s|$)")
_ENGLISH, _SPANISH = re.compile(r"[aeiouy]+"), re.compile(r"[aeo\u00e1\u00e9\u00f3\u00ed\u00fa]|[iu\u00fcy]+")


@dataclass(frozen=True, slots=True)
class Readability:
    """How a text reads.

    Attributes:
        figure: school grade in English, Szigriszt's figure in Spanish.
        plain: whether it is within the bound of its language.
    """

    figure: float
    plain: bool


def readability(text: ConsentText) -> Readability | None:
    """How hard a text is to read.

    Args:
        text: of the library.

    Returns:
        None in a language for which no measure is known here.

    Guarantees:
        The same words make the same figure. A formula counts; whether somebody understands is for a reader to say.

    Source:
        Kincaid et al. 1975, Szigriszt Pazos 1993, Barrio-Cantalejo et al. 2008 (INFLESZ).
    """
    words = _WORD.findall(text.says)
    if not words:
        return None
    in_a_sentence = len(words) / max(1, len(_STOP.findall(text.says.strip() + " ")))
    language = text.language.partition("-")[0].lower()
    if language == "en":
        grade = 0.39 * in_a_sentence + 11.8 * sum(map(_english, words)) / len(words) - 15.59
        return Readability(round(grade, 1), grade <= HARDEST_ENGLISH)
    if language == "es":
        ease = 206.835 - 62.3 * sum(map(_spanish, words)) / len(words) - in_a_sentence
        return Readability(round(ease, 1), ease >= LEAST_SPANISH)
    return None


def _english(word: str) -> int:
    small = word.lower()
    groups = _ENGLISH.findall(small)
    silent = small.endswith("e") and not small.endswith(("le", "ee")) and len(groups) > 1
    return max(1, len(groups) - silent)


def _spanish(word: str) -> int:
    small = re.sub("(?<=[qg])u(?=[ei\u00e9\u00ed])", "", word.lower())  # silent
    joined = re.sub("[iu\u00fcy](?=[aeo\u00e1\u00e9\u00f3])", "", small)  # a diphthong is one
    joined = re.sub("(?<=[aeo\u00e1\u00e9\u00f3])[iu\u00fcy]", "", joined)
    return max(1, len(_SPANISH.findall(joined)))
