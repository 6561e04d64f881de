"""The closed lists: the words that come with Carrel, and those that a library adds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from carrel.deidentification.logs.scrub_rules import Vocabulary, require_harmless
from carrel.errors import fault
from carrel.systems.logs import faults
from carrel.systems.logs.known_formats import WORDS

ENDINGS = frozenset(
    ("html", "htm", "pdf", "epub", "xml", "json", "css", "js", "png", "jpg", "jpeg", "gif", "svg", "ico", "pl", "php")
)  # fmt: skip
PARAMETERS = frozenset(
    (
        "q", "query", "search", "searchterm", "term", "idx", "op", "limit", "sort_by", "sort", "count", "offset",
        "page", "format", "lang", "author", "title", "subject", "kw", "keyword", "qtype", "locg", "url", "rft", "type",
        "db",
    )
)  # fmt: skip
_MOST_BYTES = 1 << 20
_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z]{2,18}")


@cache
def path_words() -> frozenset[str]:
    """The parts of paths that come with Carrel."""
    return frozenset(_lines((Path(__file__).parent / "path_words.txt").read_text(encoding="utf-8")))


@cache
def platforms() -> frozenset[str]:
    """The hosts that come with Carrel: platforms that many libraries have, and search engines."""
    return frozenset(_lines((Path(__file__).parent / "platforms.txt").read_text(encoding="utf-8")))


def vocabulary(words: Path | None = None, hosts: Path | None = None) -> Vocabulary:
    """The closed lists.

    Args:
        words: a file of further parts of paths and groups, one a line.
        hosts: a file of further hosts that may pass, or the configuration of EZproxy (Host, Domain, URL).

    Raises:
        CarrelError: LOG-005, a word can name a person; LOG-018, a file cannot be used.
    """
    more = frozenset() if words is None else _listed(words)
    own = frozenset() if hosts is None else frozenset(one for one in map(_host, _read(hosts)) if one)
    kinds = {**WORDS, "groups": WORDS["groups"] | more}
    return Vocabulary(path_words() | more, ENDINGS, PARAMETERS, platforms() | own, kinds)


def _listed(path: Path) -> frozenset[str]:
    return frozenset(require_harmless(one, f"{path}:{n}") for n, one in _numbered(path))


def _host(line: str) -> str:
    """A host, alone or in a line such as ``HJ https://www.example.org``; nothing of any other line."""
    name, _, rest = line.strip().partition(" ")
    if rest and name.lower() not in {
        "h",
        "hj",
        "host",
        "hostjavascript",
        "d",
        "dj",
        "domain",
        "domainjavascript",
        "u",
        "url",
    }:
        return ""
    host = (rest.split()[-1] if rest else name).lower()
    host = host.rpartition("://")[2].partition("/")[0].partition(":")[0]
    return host if _HOST.fullmatch(host) else ""


def _read(path: Path) -> list[str]:
    return [one for _, one in _numbered(path)]


def _numbered(path: Path) -> list[tuple[int, str]]:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        text = content.decode("utf-8")
    except OSError as wrong:
        found = os.strerror(wrong.errno or 0)
        raise fault(faults.WORD_FILE, at=str(path), wanted="a file of words", found=found, fix="name another") from None
    except UnicodeDecodeError:
        raise fault(faults.WORD_FILE, at=str(path), found="bytes that are no text", fix="save it as UTF-8") from None
    if len(content) > _MOST_BYTES:
        raise fault(faults.WORD_FILE, at=str(path), wanted="at most 1 MiB", found="more", fix="list fewer words")
    return [(n, one.strip()) for n, one in enumerate(text.splitlines(), 1) if one.strip() and not one.startswith("#")]


def _lines(text: str) -> Iterator[str]:
    return (one.strip() for one in text.splitlines() if one.strip() and not one.startswith("#"))
