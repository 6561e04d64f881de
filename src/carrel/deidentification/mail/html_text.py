"""The words of an HTML part of a message, without its links, pictures and scripts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_UNSEEN: Final = frozenset({"script", "style", "head", "title", "template"})
_LINES: Final = frozenset(
    ("br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "pre")
)
_BLANKS: Final = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_EMPTY: Final = re.compile(r"\n{3,}")


def html_text(source: str) -> str:
    """What a person reads of it.

    Args:
        source: HTML, whole or broken.

    Guarantees:
        Addresses of links and pictures, comments and names of classes are not in it.
    """
    reading = _Reading()
    reading.feed(source)
    reading.close()
    lines = [_BLANKS.sub(" ", one).strip() for one in "".join(reading.out).split("\v")]
    return _EMPTY.sub("\n\n", "\n".join(lines)).strip()


class _Reading(HTMLParser):
    """Words as they come; a line of the outcome ends with a sign that HTML never has."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  (of the parser)
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag == "body":
            self._unseen.clear()  # a head that nobody closed ends here
        elif tag in _LINES:
            self.out.append("\v")
        elif tag in {"td", "th"}:
            self.out.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            while self._unseen.pop() != tag:
                pass
        elif tag in _LINES:
            self.out.append("\v")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.out.append(data.replace("\v", " "))
