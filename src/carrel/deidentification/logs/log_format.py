r"""Formats of logs: read from the text that a server's own settings hold, or written as a line with fields in braces.

Three ways to write one are understood:

    %h %l %u %t "%r" %s %b                      directives with a percent sign
    $remote_addr - $remote_user [$time_local]    variables with a dollar sign
    {time %Y-%m-%d %H:%M:%S}\t{word events}\t{address}

A format tells where the fields are and what they are said to hold. No field passes because of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from carrel.deidentification.logs import faults
from carrel.deidentification.logs.log_field import Field, Kind
from carrel.deidentification.logs.log_setting import format_text
from carrel.deidentification.logs.log_time import TimeForm
from carrel.errors import CarrelError, fault

Part = str | Field
SERVER_TIME = "%d/%b/%Y:%H:%M:%S %z"

_LETTERS: Mapping[str, Kind] = {
    "h": Kind.ADDRESS, "a": Kind.ADDRESS, "A": Kind.ADDRESS, "l": Kind.SESSION, "u": Kind.PERSON, "r": Kind.REQUEST,
    "s": Kind.STATUS, "b": Kind.SIZE, "B": Kind.SIZE, "O": Kind.SIZE, "I": Kind.SIZE, "S": Kind.SIZE, "m": Kind.METHOD,
    "U": Kind.URL, "q": Kind.QUERY, "v": Kind.HOST, "V": Kind.HOST, "p": Kind.PORT, "H": Kind.PROTOCOL,
    "D": Kind.DURATION, "T": Kind.DURATION,
}  # fmt: skip
_VARIABLES: Mapping[str, Kind] = {
    "remote_addr": Kind.ADDRESS, "realip_remote_addr": Kind.ADDRESS, "http_x_forwarded_for": Kind.ADDRESS,
    "remote_user": Kind.PERSON, "request": Kind.REQUEST, "status": Kind.STATUS, "body_bytes_sent": Kind.SIZE,
    "bytes_sent": Kind.SIZE, "request_length": Kind.SIZE, "http_referer": Kind.REFERRER, "http_user_agent": Kind.AGENT,
    "request_time": Kind.DURATION, "upstream_response_time": Kind.DURATION, "host": Kind.HOST, "http_host": Kind.HOST,
    "server_name": Kind.HOST, "server_port": Kind.PORT, "request_method": Kind.METHOD, "request_uri": Kind.URL,
    "uri": Kind.URL, "server_protocol": Kind.PROTOCOL, "args": Kind.QUERY, "query_string": Kind.QUERY,
}  # fmt: skip
_HEADERS: Mapping[str, Kind] = {
    "user-agent": Kind.AGENT, "referer": Kind.REFERRER, "x-forwarded-for": Kind.ADDRESS, "host": Kind.HOST,
}  # fmt: skip
_PERCENT = re.compile(r"%(?:[<>]|!?\d{3}(?:,\d{3})*)?(?:\{(?P<name>[^}]*)\})?(?P<letter>\^?[A-Za-z%])")
_DOLLAR = re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?P<name>\w+))")
_BRACES = re.compile(r"\{(?P<kind>[a-z]+)(?: (?P<more>[^{}]+))?\}")
_KINDS = frozenset(one.value for one in Kind)
_FIXES_OF_TIME = ("begin:", "end:")


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A format.

    Attributes:
        name: of a known one, or how it was declared.
        parts: literal text and fields, in turn; no two fields without text between them.
        header: the line that such a log begins with, where it has one.
    """

    name: str
    parts: tuple[Part, ...]
    header: bytes = b""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields, in order."""
        return tuple(one for one in self.parts if isinstance(one, Field))


def parse_format(text: str, name: str, headers: Mapping[str, Field], header: bytes = b"") -> LogFormat:
    """The format that a text describes.

    Args:
        text: in one of the three ways, or the line of the server's settings that holds it.
        name: what it is called.
        headers: fields by the name that stands in braces, for servers that have names of their own.
        header: the line that such a log begins with.

    Raises:
        CarrelError: LOG-001.
    """
    body = format_text(text)
    if _BRACES.search(body) and not _PERCENT.search(_BRACES.sub("", body)) and "%{" not in body:
        parts = list(_braces(body))
    elif _DOLLAR.search(body):
        parts = list(_dollar(body))
    else:
        parts = list(_percent(body, headers))
    joined = tuple(_joined(parts))
    _require_usable(joined, text)
    return LogFormat(name, joined, header)


def _percent(body: str, headers: Mapping[str, Field]) -> Iterator[Part]:
    at = 0
    for one in _PERCENT.finditer(body):
        yield body[at : one.start()]
        at = one.end()
        letter, name = one["letter"], one["name"]
        if letter == "%":
            yield "%"
        elif letter == "t":
            yield from _time(name)
        elif name is not None:
            yield headers.get(name.lower()) or Field(
                _HEADERS.get(name.lower(), Kind.FREE) if letter == "i" else Kind.FREE
            )
        else:
            yield Field(_LETTERS.get(letter, Kind.FREE))
    yield body[at:]


def _time(name: str | None) -> Iterator[Part]:
    form = (name or "").removeprefix(_FIXES_OF_TIME[0]).removeprefix(_FIXES_OF_TIME[1])
    if form in {"sec", "msec", "usec", "msec_frac", "usec_frac"}:
        yield Field(Kind.TIME, TimeForm("%s")) if form == "sec" else Field(Kind.FREE)
    elif form:
        yield Field(Kind.TIME, TimeForm(form))
    else:
        yield "["
        yield Field(Kind.TIME, TimeForm(SERVER_TIME))
        yield "]"


def _dollar(body: str) -> Iterator[Part]:
    at = 0
    for one in _DOLLAR.finditer(body):
        yield body[at : one.start()]
        at = one.end()
        name = one["braced"] or one["name"]
        if name == "time_local":
            yield Field(Kind.TIME, TimeForm(SERVER_TIME))
        elif name == "time_iso8601":
            yield Field(Kind.TIME, TimeForm("%Y-%m-%dT%H:%M:%S%:z"))
        else:
            yield Field(_VARIABLES.get(name, Kind.FREE))
    yield body[at:]


def _braces(body: str) -> Iterator[Part]:
    at = 0
    for one in _BRACES.finditer(body):
        yield body[at : one.start()]
        at = one.end()
        kind, more = one["kind"], one["more"] or ""
        if kind not in _KINDS or (kind in {Kind.TIME, Kind.WORD}) is not bool(more):
            raise _unusable(body, f"{{{kind}}}, which is no field")
        form = TimeForm(more) if kind == Kind.TIME else None
        yield Field(Kind(kind), form, more if kind == Kind.WORD else "")
    yield body[at:]


def _joined(parts: Sequence[Part]) -> Iterator[Part]:
    text = ""
    for one in parts:
        if isinstance(one, str):
            text += one
            continue
        if text:
            yield text
        text = ""
        yield one
    if text:
        yield text


def _require_usable(parts: Sequence[Part], text: str) -> None:
    fields = [one for one in parts if isinstance(one, Field)]
    if not fields or all(one.kind is Kind.FREE for one in fields):
        raise _unusable(text, "no field that is known")
    if any(isinstance(one, Field) and isinstance(after, Field) for one, after in pairwise(parts)):
        raise _unusable(text, "two fields with nothing between them")
    if any(isinstance(one, str) and ("\n" in one or "\0" in one) for one in parts):
        raise _unusable(text, "the end of a line, or a NUL")
    if any(isinstance(one, Field) and one.kind is Kind.MESSAGE for one in parts[:-1]):
        raise _unusable(text, "something behind a message, which goes to the end of its line")


def _unusable(text: str, found: str) -> CarrelError:
    return fault(
        faults.FORMAT_TEXT,
        at=repr(text[:120]),
        wanted="a server's own format, or a line with fields in braces",
        found=found,
        fix="copy the format from the server's settings, or name a known one",
    )
