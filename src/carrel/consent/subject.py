"""Whom an event is about: keyed hashes, so that a copy of the store tells nobody's number without the key."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Sequence

_BETWEEN = b"\x1f"  # stands in no system's name
_NUMBER, _ADDRESS, _ASKED_BACK = b"number", b"address", b"address asked back"
_APART = re.compile(r"[\s,;<>]+")
_BARS = re.compile(r"[|/\uff5c\uff0f]+")  # part addresses where there are two; one address can have them in it
_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9._%+-]*[a-z0-9_%+-])?@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_PLAIN_LINES = re.compile(f"^{_PLAIN.pattern}$", re.MULTILINE)
_AROUND = " \t\r\n.\"'`()[]{}<>"


class _Keyed:
    """HMAC-SHA256 of texts that begin alike, with all that they share reckoned once: a million follow one another.

    Source:
        RFC 2104.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes, before: bytes) -> None:
        block = key.ljust(hashlib.sha256().block_size, b"\0")
        self._inner = hashlib.sha256(bytes(one ^ 0x36 for one in block) + before)
        self._outer = hashlib.sha256(bytes(one ^ 0x5C for one in block))

    def hex(self, said: bytes) -> str:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(said)
        outer.update(inner.digest())
        return outer.hexdigest()

    def digests(self, many: Iterable[bytes]) -> list[bytes]:
        """As `hex`, of each, in bytes."""
        first, second, found = self._inner.copy, self._outer.copy, []
        for said in many:
            inner, outer = first(), second()
            inner.update(said)
            outer.update(inner.digest())
            found.append(outer.digest())
        return found


class SubjectTags:
    """The hashes of one system's people under one key. Whoever holds the key can try every number.

    Args:
        key: 32 bytes.
        system: its name.
    """

    def __init__(self, key: bytes, system: str) -> None:
        self.system = system
        self._numbers = _Keyed(key, _NUMBER + _BETWEEN + system.encode() + _BETWEEN)
        self._addresses = _Keyed(key, _ADDRESS + _BETWEEN * 2)
        self._asked_back = _Keyed(key, _ASKED_BACK + _BETWEEN * 2)
        self.mark = hmac.digest(key, b"mark of a consent key", "sha256").hex()[:16]

    def number(self, number: int) -> str:
        """HMAC-SHA256 of a person's number, hex."""
        return self._numbers.hex(b"%d" % number)

    def numbers(self, numbers: Iterable[int]) -> list[bytes]:
        """The same of many, in their order and in bytes: in hex they stand in the store alone."""
        return self._numbers.digests([b"%d" % one for one in numbers])

    def address(self, address: str) -> str:
        """The same of an email address, however it is spelled; empty for none."""
        said = spelled(address)
        return self._addresses.hex(said.encode(errors="surrogatepass")) if said else ""

    def asked_back(self, address: str) -> str:
        """Another hash of an email address: that its reader asked, before somebody of the library, to be written to."""
        return self._asked_back.hex(spelled(address).encode(errors="surrogatepass"))

    def addresses(self, addresses: Iterable[str]) -> list[bytes]:
        """As `address`, of many that are spelled already (`spelled_in`), in their order and in bytes."""
        return self._addresses.digests([one.encode(errors="surrogatepass") for one in addresses])


def spelled(address: str) -> str:
    """An email address in the one spelling that is hashed; empty for none.

    Guarantees:
        Upper case, other forms of the same letters, signs that are not seen, quotes and brackets around, ``mailto:``,
        a dot at the end and a domain in letters or as ``xn--`` make no other address. It is only compared, never
        written to: what it leads to is one silence for all.

    Source:
        Unicode TR 15 (NFKC); RFC 5890 of domains; RFC 6068 of ``mailto:``.
    """
    said = address.strip().casefold()
    if _PLAIN.fullmatch(said):
        return said
    shown = "".join(one for one in unicodedata.normalize("NFKC", said) if unicodedata.category(one) != "Cf")
    bare = unicodedata.normalize("NFKC", shown.casefold()).strip(_AROUND).removeprefix("mailto:").strip(_AROUND)
    local, at, domain = bare.rpartition("@")
    if not at:
        return bare or said
    return f"{local.strip(_AROUND)}@{_domain(domain.strip(_AROUND))}"


def _domain(domain: str) -> str:
    """A domain as the net knows it; as it is where it can be none."""
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def addresses_in(text: str) -> tuple[str, ...]:
    """The email addresses in a field, which can hold several."""
    several = text.count("@") > 1
    if _APART.search(text) is None and not several:
        return (text,) if text else ()
    parts = (part for one in _APART.split(text) for part in (_BARS.split(one) if one.count("@") > 1 else (one,)))
    return tuple(dict.fromkeys(one for one in parts if one))


def spelled_in(fields: Sequence[str]) -> tuple[Sequence[int], Sequence[str]]:
    """Every email address in many fields, in the one spelling, after the places of the fields in which they stand.

    Most fields hold one address and nothing around it: these are seen in one look at all fields together.

    Args:
        fields: in any order; empty ones hold none.

    Returns:
        Places, from 0, and addresses; both are equally long.

    Guarantees:
        The addresses are those of `addresses_in`, each as `spelled` says it.
    """
    folded = [one.casefold() for one in fields]
    plain = frozenset(_PLAIN_LINES.findall("\n".join(folded)))
    if plain.issuperset(folded):
        return range(len(folded)), folded
    places: list[int] = []
    found: list[str] = []
    for place, said in enumerate(folded):
        if said in plain:
            places.append(place)
            found.append(said)
        elif said:
            more = [spelled(one) for one in addresses_in(fields[place])]
            places += [place] * len(more)
            found += more
    return places, found
