"""The software at the other end, by its family: a rare version tells one person from all others."""

from __future__ import annotations

import re

_LONGEST = 1024
# The first that fits wins: most programs claim to be several others.
_FAMILIES: tuple[tuple[bytes, re.Pattern[bytes]], ...] = tuple(
    (name, re.compile(form, re.IGNORECASE))
    for name, form in (
        (b"robot", rb"bot\b|crawl|spider|slurp|externalhit|wget|curl/|python-|libwww|httpclient|scrapy|monitor"),
        (b"Edge", rb"\bedg(?:e|a|ios)?/"),
        (b"Opera", rb"\bopr/|\bopera\b"),
        (b"Samsung", rb"samsungbrowser/"),
        (b"Firefox", rb"firefox/|fxios/"),
        (b"Chrome", rb"chrome/|crios/|chromium/"),
        (b"Safari", rb"safari/"),
        (b"Explorer", rb"msie |trident/"),
        (b"reader", rb"acrobat|zotero|mendeley|endnote"),
    )
)  # fmt: skip
_PLACES: tuple[tuple[bytes, re.Pattern[bytes]], ...] = tuple(
    (name, re.compile(form, re.IGNORECASE))
    for name, form in (
        (b"Android", rb"android"),
        (b"iOS", rb"iphone|ipad|ipod"),
        (b"Windows", rb"windows"),
        (b"macOS", rb"mac os x|macintosh"),
        (b"ChromeOS", rb"\bcros\b"),
        (b"Linux", rb"linux|x11"),
    )
)
ROBOT, _OTHER = b"robot", b"other"
_NAMED = frozenset(name for name, _ in _FAMILIES if name != ROBOT) | {_OTHER}
# Everything that is ever written of a program.
FAMILIES = _NAMED | {ROBOT} | {name + b"/" + place for name in _NAMED for place, _ in _PLACES}


def family(agent: bytes) -> bytes:
    """The family of a program and of the system under it, such as ``Firefox/Windows``; ``-`` where none is told."""
    text = agent[:_LONGEST]
    if text in {b"", b"-"}:
        return b"-"
    name = next((name for name, form in _FAMILIES if form.search(text)), _OTHER)
    if name == ROBOT:
        return name
    place = next((name for name, form in _PLACES if form.search(text)), b"")
    return name + b"/" + place if place else name
