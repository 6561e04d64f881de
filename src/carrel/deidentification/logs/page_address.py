"""Addresses of pages in a log: a known host, and of the path the words that are known; all else becomes a star."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from carrel.deidentification.logs.scrub_rules import Vocabulary

STAR: Final = b"*"
_MOST_PARTS = 8  # of a path; what is deeper is one star
_CACHED = 1 << 16
_SCHEMES = frozenset({b"http", b"https"})
_ABSOLUTE = re.compile(rb"(https?|ftp)://([^/]*)/(.*)", re.IGNORECASE | re.DOTALL)
_PORT = re.compile(rb":\d{1,5}\Z")
_MOST_PARAMETERS = 12


class Cache(dict[bytes, bytes]):
    """What was made of a text, as long as there is room; then it begins anew, so that memory stays bounded."""

    def __init__(self, make: Callable[[bytes], bytes], most: int = _CACHED) -> None:
        super().__init__()
        self._make, self._most = make, most

    def __missing__(self, text: bytes) -> bytes:
        made = self._make(text)
        if len(self) >= self._most:
            self.clear()
        self[text] = made
        return made


class PageAddresses:
    """What stays of addresses of pages, by the closed lists.

    Attributes:
        folders: a path up to its last slash, with host and scheme where the log writes them, to what stays of it.
        hosts: a host with or without its port, to what stays of it.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._paths = {one.encode(): one.encode() for one in vocabulary.paths}
        self._endings = frozenset(one.encode() for one in vocabulary.endings)
        self._parameters = {one.encode(): one.encode() for one in vocabulary.parameters}
        self._hosts = frozenset(one.encode().lower() for one in vocabulary.hosts)
        self.folders = Cache(self._folder)
        self.hosts = Cache(self.host)

    def _folder(self, raw: bytes) -> bytes:
        if not raw:
            return raw
        if raw.startswith(b"/"):
            return b"/" + self._parts(raw[1:])
        if (match := _ABSOLUTE.fullmatch(raw)) is None:
            return STAR + b"/"
        scheme, host, rest = match.groups()
        return scheme.lower() + b"://" + self.hosts[host] + b"/" + self._parts(rest)

    def _parts(self, path: bytes) -> bytes:
        parts = path.split(b"/")[:-1]
        kept = [self._paths.get(one.lower(), STAR) for one in parts[:_MOST_PARTS]]
        if len(parts) > _MOST_PARTS:
            kept.append(STAR)
        return b"".join(one + b"/" for one in kept)

    def names(self, raw: Sequence[bytes]) -> list[bytes]:
        """What stays of the last parts of paths: a known word, or a star with its ending.

        Most of them are numbers of articles, of which none is like another: those are told by their signs at once.
        """
        words, name = self._paths, self._name
        return [
            words[one] if one in words else STAR if one.isalnum() and not one.isalpha() else name(one) for one in raw
        ]

    def _name(self, raw: bytes) -> bytes:
        if raw in {b"", b"-"}:
            return raw
        word = raw.lower()
        if word in self._paths:
            return word
        ending = word.rpartition(b".")[2]
        return STAR + b"." + ending if b"." in word and ending in self._endings else STAR

    def host(self, raw: bytes) -> bytes:
        """The listed name that a host is, or lies under; a star for any other."""
        name = _PORT.sub(b"", raw.rpartition(b"@")[2]).lower().rstrip(b".")
        labels = name.split(b".")
        for at in range(len(labels)):
            if b".".join(labels[at:]) in self._hosts:
                return b".".join([*self._front(labels[:at]), *labels[at:]])
        return STAR

    def _front(self, labels: list[bytes]) -> list[bytes]:
        """What stands before a listed name: one known word as it is, anything else as a star."""
        if len(labels) == 1 and labels[0] in self._paths:
            return labels
        return [STAR] if labels else []

    def referrer(self, raw: bytes) -> bytes:
        """The host that somebody came from, where it is a listed one and stands behind ``http`` or ``https``.

        What stands before the first ``://`` of any other text can be anything, such as a query with a user's name.
        """
        scheme, _, rest = raw.partition(b"://")
        scheme = scheme.lower()
        host = self.hosts[rest.partition(b"/")[0]] if rest and scheme in _SCHEMES else STAR
        return b"-" if host == STAR else scheme + b"://" + host + b"/"

    def query(self, raw: bytes) -> bytes:
        """Which known parameters, and about how many words each held: ``?q=(2-3)``."""
        if not raw.startswith(b"?") or len(raw) == 1:
            return b""
        told = []
        for one in raw[1:].split(b"&")[:_MOST_PARAMETERS]:
            name, _, value = one.partition(b"=")
            told.append(self._parameters.get(name.lower(), STAR) + b"=" + _bucket(value))
        return b"?" + b"&".join(told)


def _bucket(value: bytes) -> bytes:
    count = len([one for one in re.split(rb"\+|%20|%2B|\s", value) if one])
    if count <= 1:
        return b"(%d)" % count
    return b"(2-3)" if count <= 3 else b"(4+)"  # noqa: PLR2004  (the buckets)
