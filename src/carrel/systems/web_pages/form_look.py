"""The words that stand on a page with a form, as somebody reads them who fills it in."""

from __future__ import annotations

from html.parser import HTMLParser

from carrel.systems.web_pages.fetched_page import fetched

_UNSEEN = frozenset({"script", "style", "template", "noscript", "title"})
_WITHIN_A_WORD = frozenset({"a", "abbr", "b", "em", "i", "mark", "small", "span", "strong", "u"})
_AGENT = "Carrel (looks at the notice of a form)"


def words_of(url: str) -> tuple[str, str]:
    """Ask for a page, as a visitor who has sent nothing yet.

    Args:
        url: of the page; a page of the site file.

    Returns:
        Its words, with one blank between any two, and why it could not be read; one of them is empty. What a script
        would write there is not seen, and neither is a comment.
    """
    page = fetched(url, {"User-Agent": _AGENT, "Accept": "text/html"})
    if page.unread:
        return "", page.unread
    reader = _Words()
    reader.feed(page.text)
    reader.close()
    return " ".join("".join(reader.words).split()), ""


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  (the parser's)
        self._apart(tag)
        if tag in _UNSEEN:
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._apart(tag)
        if tag in self._within:
            self._within.remove(tag)

    def _apart(self, tag: str) -> None:
        if tag not in _WITHIN_A_WORD:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.words.append(data)
