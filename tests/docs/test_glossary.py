"""Each word of the glossary is used: in the code, or on another page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
WORDS = [
    word for row in re.findall(r"^\| (\*\*.+?) \|", PAGE, re.MULTILINE) for word in re.findall(r"\*\*(.+?)\*\*", row)
]
ELSEWHERE = " ".join(
    " ".join(path.read_text(encoding="utf-8").split()).lower()
    for folder, kind in (("src", "*.py"), ("src", "*.yaml"), ("docs", "*.md"))
    for path in sorted((ROOT / folder).rglob(kind))
    if path.name != "glossary.md"
)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_the_glossary_is_used(word: str) -> None:
    assert re.search(rf"\b{re.escape(word.lower())}", ELSEWHERE), word


def test_every_word_has_a_meaning_and_stands_once() -> None:
    rows = re.findall(r"^\| \*\*(.+?)\| (.+?) \|$", PAGE, re.MULTILINE)
    assert len(rows) > 40
    assert all(len(meaning) > 10 for _, meaning in rows)
    assert len(WORDS) == len(set(WORDS))


def test_the_five_acts_are_told_apart() -> None:
    assert {"erase", "suppress", "generalise", "pseudonymise", "anonymise"} <= set(WORDS)
