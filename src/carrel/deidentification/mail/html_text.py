"""The words of an HTML part of a message, without its links, pictures and scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

# Nothing in these is a tag but their own end.
_RAW: Final = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}
_CELLS: Final = frozenset(("td", "th"))
_UNSEEN: Final = frozenset(("head", "title", "template"))
_LINES: Final = frozenset(
    ("br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "pre")
)
_TAG: Final = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9]*)")
_BLANKS: Final = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_EMPTY: Final = re.compile(r"\n{3,}")
_END: Final = "\0"  # of a line; no text of a message holds it


def html_text(source: str) -> str:
    """What a person reads of it.

    Args:
        source: HTML, whole or broken.

    Guarantees:
        Addresses of links and pictures, comments and names of classes are not in it. The time that it takes grows with
        the length of the text alone, whatever stands in it.
    """
    lines = "".join(_words(source.replace(_END, ""))).split(_END)
    return _EMPTY.sub("\n\n", "\n".join(_BLANKS.sub(" ", one).strip() for one in lines)).strip()


def _words(source: str) -> Iterator[str]:
    """The texts between the tags that somebody sees, and what ends a line."""
    unseen = ""
    for text, closing, name in _between(source):
        if not unseen:
            yield unescape(text)
        if name in _UNSEEN and closing:
            unseen = "" if name == unseen else unseen
        elif name in _UNSEEN:
            unseen = unseen or name
        elif name == "body":
            unseen = ""  # a head that nobody closed ends here
        elif not unseen:
            yield _END if name in _LINES else " " if name in _CELLS else ""


def _between(source: str) -> Iterator[tuple[str, bool, str]]:
    """Each text, with whether the tag behind it closes something, and its name; none behind what is no tag."""
    at = 0
    while (start := source.find("<", at)) >= 0:
        tag = _TAG.match(source, start + 1)
        if tag is None and source[start + 1 : start + 2] not in {"!", "?"}:
            yield source[at : start + 1], False, ""  # less than something
            at = start + 1
            continue
        comment = source.startswith("<!--", start)
        end = source.find("-->", start + 4) + 2 if comment else source.find(">", start)
        if end < start:  # nothing ends it: what follows is text
            yield f"{source[at:start]} {source[start + 4 if comment else start + 1 :]}", False, ""
            return
        name = "" if tag is None else tag[2].lower()
        yield source[at:start], bool(tag and tag[1]), name
        at = end + 1
        if name in _RAW and tag and not tag[1]:
            found = _RAW[name].search(source, at)
            at = found.start() if found else len(source)
    yield source[at:], False, ""
