"""What each kind of field is written as, for a whole column of values at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from carrel.deidentification.logs.circulation_message import scrubbed_message
from carrel.deidentification.logs.day_key import DayKey, KeyColumn
from carrel.deidentification.logs.ip_address import network_of
from carrel.deidentification.logs.line_pattern import Placed
from carrel.deidentification.logs.log_field import Field, Kind
from carrel.deidentification.logs.log_time import TimeForm, coarse, without
from carrel.deidentification.logs.page_address import Cache, PageAddresses
from carrel.deidentification.logs.scrub_rules import AddressRule, NameRule, QueryRule, ScrubRules
from carrel.deidentification.logs.software import family

if TYPE_CHECKING:
    from carrel.deidentification.logs.address_column import AddressColumn

Column = Sequence[bytes]
Written = bytes | Column
Keys = Callable[[], KeyColumn]
NOTHING = b"-"
_MOST = 1 << 17
_KNOWN_METHODS = (b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"CONNECT", b"TRACE", b"PROPFIND")
_KNOWN_PROTOCOLS = (b"0.9", b"1.0", b"1.1", b"2", b"2.0", b"3", b"3.0")
_STATUSES = {
    b"%d" % one: b"%d" % one
    for first, last in ((100, 103), (200, 208), (300, 308), (400, 418), (421, 431), (494, 499), (500, 511), (520, 527))
    for one in range(first, last + 1)
} | {b"226": b"226", b"440": b"440", b"444": b"444", b"449": b"449", b"450": b"450", b"451": b"451"}
_PORTS = {one: one for one in (b"80", b"443", b"8080", b"8443", b"2048", b"-")}
_ZEROS = tuple(b"0" * max(n - 2, 0) for n in range(32))
_EMPTY = frozenset((b"", b"-"))


# Of these one block has few different ones, and often one alone.
_ALIKE = frozenset((Kind.TIME, Kind.STATUS, Kind.METHOD, Kind.PROTOCOL, Kind.REFERRER, Kind.PORT, Kind.WORD))


class _Closed(dict[bytes, bytes]):
    """A closed list; what is not on it becomes one text."""

    def __init__(self, known: Iterable[bytes], other: bytes) -> None:
        super().__init__((one, one) for one in known)
        self._other = other

    def __missing__(self, raw: bytes) -> bytes:
        return self._other if raw else b"" if self._other == b"" else NOTHING


_METHODS = _Closed((one + b" " for one in _KNOWN_METHODS), b"- ")
_PROTOCOLS = _Closed((b" HTTP/" + one for one in _KNOWN_PROTOCOLS), b"")


def _few(known: Mapping[bytes, bytes], raw: Column) -> Written:
    """A column of which many are alike; one text where all come out alike."""
    distinct = set(raw)
    made = {known[one] for one in distinct}
    return made.pop() if len(made) == 1 else [known[one] for one in raw]


class FieldRendering:
    """Writes columns anew by the rules, and remembers what it made of a text as long as there is room.

    Args:
        rules: what may stay.
        moment: reads a time of a form, and remembers it.
    """

    def __init__(self, rules: ScrubRules, moment: Callable[[TimeForm, bytes], datetime | None]) -> None:
        self._rules, self._moment = rules, moment
        self._pages = PageAddresses(rules.vocabulary)
        self._tokens: dict[date, Cache] = {}
        self._of_field: dict[Field, Mapping[bytes, bytes]] = {}

    @cached_property
    def _addresses(self) -> AddressColumn:
        from carrel.deidentification.logs.address_column import AddressColumn  # ciphers take long to load

        return AddressColumn(self._rules)

    def columns(self, placed: Placed, raw: Sequence[Column], keys: Keys) -> list[Written]:
        """What a field is written as: pieces that stand side by side, each a column, or one text for every row.

        Args:
            placed: the field, and which pieces of it were looked at.
            raw: a column for each of these pieces.
            keys: gives the key of each row's day; asked only where something is written under one.
        """
        field = placed.field
        if not raw:
            return [NOTHING]
        if field.kind is Kind.REQUEST:
            return self._request(raw)
        if field.kind is Kind.URL:
            return self._url(raw)
        plain = self._plain(field, raw[0])
        return [self._keyed(field, raw[0], keys) if plain is None else plain]

    def _request(self, raw: Sequence[Column]) -> list[Written]:
        return [_few(_METHODS, raw[0]), *self._page(raw[1:-1]), _few(_PROTOCOLS, raw[-1])]

    def _url(self, raw: Sequence[Column]) -> list[Written]:
        return [[b"".join(row) or NOTHING for row in zip(*self._page(raw), strict=True)]]

    def _page(self, raw: Sequence[Column]) -> list[Column]:
        made: list[Column] = [list(map(self._pages.folders.__getitem__, raw[0])), self._pages.names(raw[1])]
        if len(raw) > 2 and self._rules.query is QueryRule.SHAPE:  # noqa: PLR2004  (folder, name, question)
            made.append([self._pages.query(one) if one else b"" for one in raw[2]])
        return made

    def _plain(self, field: Field, raw: Column) -> Written | None:
        """What needs no key; None of a kind that does."""
        if field.kind is Kind.SIZE:
            return [one[:2] + _ZEROS[len(one)] for one in raw]
        if field not in self._of_field and (made := self._writing(field)) is not None:
            self._of_field[field] = made
        if (known := self._of_field.get(field)) is None:
            return None
        return _few(known, raw) if field.kind in _ALIKE else list(map(known.__getitem__, raw))

    def _writing(self, field: Field) -> Mapping[bytes, bytes] | None:
        """From what a field holds to what is written, for kinds that need no key."""
        makers: Mapping[Kind, Callable[[bytes], bytes]] = {
            Kind.STATUS: lambda raw: _STATUSES.get(raw, NOTHING),
            Kind.METHOD: lambda raw: _METHODS[raw + b" "].strip(),
            Kind.PROTOCOL: lambda raw: _PROTOCOLS[b" " + raw].strip() or NOTHING,
            Kind.PORT: lambda raw: _PORTS.get(raw, NOTHING),
            Kind.QUERY: lambda raw: self._pages.query(b"?" + raw.removeprefix(b"?")) or NOTHING,
            Kind.AGENT: family,
            Kind.DURATION: _two_digits,
            Kind.HOST: self._pages.host,
            Kind.REFERRER: self._pages.referrer,
            Kind.TIME: self._time_of(field),
            Kind.WORD: _word_of(self._rules.vocabulary.words.get(field.words, frozenset())),
        }
        if field.kind is Kind.ADDRESS and self._rules.address is AddressRule.TRUNCATE:
            return Cache(self._network)
        return Cache(makers[field.kind]) if field.kind in makers else None

    def _time_of(self, field: Field) -> Callable[[bytes], bytes]:
        form, precision = field.form, self._rules.precision
        unkept = (-1, -1) if form is None else form.unkept(precision)

        def made(text: bytes) -> bytes:
            moment = None if form is None else self._moment(form, text)
            return NOTHING if moment is None or form is None else form.write(coarse(moment, precision), precision)

        known = Cache(made)  # of many times in one hour each is written alike
        return lambda raw: known[without(raw, unkept)]

    def _keyed(self, field: Field, raw: Column, keys: Keys) -> Written:
        named = {Kind.PERSON: self._rules.people, Kind.SESSION: self._rules.sessions}.get(field.kind)
        if named is NameRule.DROP or (named is not None and set(raw) <= _EMPTY):
            return NOTHING
        if named is NameRule.TOKEN:
            return self._tokens_of(raw, keys())
        if field.kind is Kind.MESSAGE:
            return self._messages(raw, keys)
        if field.kind is Kind.ADDRESS and self._rules.address is not AddressRule.DROP:
            return self._addresses.column(raw, keys())
        return NOTHING

    def _tokens_of(self, raw: Column, keys: KeyColumn) -> Column:
        if keys.one is not None:
            return list(map(self._of_day(keys.one).__getitem__, raw))
        return [self._of_day(key)[one] for key, one in zip(keys.keys, raw, strict=True)]

    def _of_day(self, key: DayKey) -> Cache:
        """Tokens of one day, as they were made."""
        if key.day not in self._tokens:
            self._tokens[key.day] = Cache(lambda raw: NOTHING if raw in _EMPTY else key.token(raw))
        return self._tokens[key.day]

    def _messages(self, raw: Column, keys: Keys) -> Column:
        if self._rules.people is not NameRule.TOKEN:
            return [scrubbed_message(one, None) for one in raw]
        of_day = self._of_day
        return [scrubbed_message(one, of_day(key).__getitem__) for key, one in zip(keys().keys, raw, strict=True)]

    def _network(self, raw: bytes) -> bytes:
        return network_of(raw, self._rules.short_bits, self._rules.long_bits) or NOTHING


def _two_digits(raw: bytes) -> bytes:
    """A number to its first two digits."""
    return raw if raw == NOTHING else b"%.2g" % float(raw)


def _word_of(known: frozenset[str]) -> Callable[[bytes], bytes]:
    words = {one.lower().encode(): one.encode() for one in known}

    def written(raw: bytes) -> bytes:
        if raw in _EMPTY:
            return NOTHING
        return b"+".join(words.get(one.lower(), b"*") for one in raw.split(b"+")[:8])

    return written
