"""A page of the documentation that a module of this folder writes: written anew, or compared."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def write_or_compare(place: Path, text: str, arguments: list[str]) -> int:
    """Write a page, or with ``--check`` only say whether it is up to date; the exit code."""
    if arguments == ["--check"]:
        same = place.exists() and place.read_text(encoding="utf-8") == text
        print(f"docs/{place.name} {'is up to date' if same else 'differs: write it anew'}")
        return 0 if same else 1
    place.write_text(text, encoding="utf-8")
    return 0
