"""Formats of logs that libraries have, by name: those of EZproxy, Apache, nginx, catalogues, SIP2 servers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from carrel.deidentification.logs.faults import FORMAT_TEXT
from carrel.deidentification.logs.log_field import Field, Kind
from carrel.deidentification.logs.log_format import LogFormat, parse_format
from carrel.errors import fault

# What EZproxy's LogFormat calls its own fields; every other name in braces is free text, of which nothing passes.
HEADERS: Mapping[str, Field] = MappingProxyType(
    {
        "ezproxy-session": Field(Kind.SESSION),
        "ezproxy-groups": Field(Kind.WORD, words="groups"),
        "ezproxy-spuaccess": Field(Kind.WORD, words="ways"),
        "ezproxy-protocol": Field(Kind.WORD, words="schemes"),
    }
)
_COMBINED = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'
_AUDIT_HEADER = "Date/Time\tEvent\tIP\tUsername\tSession\tOther"
# Name: format, what it is, and the line that it begins with.
_TEXTS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "common": ('%h %l %u %t "%r" %s %b', "EZproxy's own LogFormat; Apache's common log", ""),
        "combined": (_COMBINED, "Apache and nginx as they come; Koha's and Evergreen's catalogues", ""),
        "combined-vhost": (f"%v:%p {_COMBINED}", "Apache with the virtual host before it, as on Debian", ""),
        "combined-time": (f"{_COMBINED} %D", "the same with how long each answer took", ""),
        "ezproxy-session": ('%h %{ezproxy-session}i %u %t "%r" %s %b', "EZproxy with sessions", ""),
        "ezproxy-groups": (
            '%h %l %u %t "%r" %s %b %{ezproxy-groups}i',
            "EZproxy with sessions or names and the groups of the user",
            "",
        ),
        "ezproxy-agent": (
            '%h %{ezproxy-session}i %u %t "%r" %s %b "%{Referer}i" "%{User-Agent}i"',
            "EZproxy with sessions, where from and software",
            "",
        ),
        "ezproxy-spu": (
            "%{%Y/%m/%d:%H:%M:%S}t\\t%h\\t%u\\t%{ezproxy-spuaccess}i\\t%v\\t%U",
            "EZproxy's LogSPU with tabs, as in its manual",
            "",
        ),
        "ezproxy-audit": (
            "{time %Y-%m-%d %H:%M:%S}\\t{word events}\\t{address}\\t{person}\\t{session}\\t{free}",
            "EZproxy's audit files",
            _AUDIT_HEADER,
        ),
        "opac-search": (
            "{time %Y-%m-%d %H:%M:%S}\\t{session}\\t{person}\\t{address}\\t{free}\\t{size}",
            "searches of a catalogue with tabs: time, session, reader, address, words, hits",
            "",
        ),
        "sip2": ("{time %Y-%m-%d %H:%M:%S} {word directions} {message}", "SIP2 messages with time and direction", ""),
        "sip2-bracket": (
            "[{time %Y/%m/%d %H:%M:%S}] [{free}] {word directions} MSG: '{message}",
            "SIP2 messages in a server's log, with the process and quotation marks",
            "",
        ),
        "sip2-bare": ("{message}", "SIP2 messages, one on each line", ""),
    }
)
DIRECTIONS = frozenset(("input", "output", "in", "out", "read", "write", "recv", "send", "<<", ">>", "->", "<-"))
EVENTS = frozenset(
    (
        "Login.Success", "Login.Success.Groups", "Login.Success.Relogin", "Login.Failure", "Login.Denied",
        "Login.Intruder.IP", "Login.Intruder.User", "Logout", "System", "BlockCountryChange", "UsageLimit",
        "Unauthorized", "Session.IPChange", "Session.ReconnectBlocked", "Info.usr", "Security",
    )
)  # fmt: skip
WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ways": frozenset(("proxy", "local", "direct")),
        "schemes": frozenset(("http", "https", "ftp")),
        "groups": frozenset(("Default",)),
        "events": EVENTS,
        "directions": DIRECTIONS,
    }
)


@cache
def known_formats() -> tuple[LogFormat, ...]:
    """Every known format, in the order in which they are tried."""
    return tuple(parse_format(text, name, HEADERS, header.encode()) for name, (text, _, header) in _TEXTS.items())


def described() -> tuple[tuple[str, str, str], ...]:
    """Name, meaning and text of every known format."""
    return tuple((name, meaning, text) for name, (text, meaning, _) in _TEXTS.items())


def format_of(declared: str) -> LogFormat:
    """The format of that name, or the one that a text from a server's settings describes.

    Raises:
        CarrelError: LOG-001.
    """
    named = {one.name: one for one in known_formats()}
    aliases = {"nginx": "combined", "apache": "combined", "ezproxy": "common"}
    wanted = aliases.get(declared, declared)
    if wanted in named:
        return named[wanted]
    found = parse_format(declared, "as declared", HEADERS)
    for one in found.fields:
        if one.kind is Kind.WORD and one.words not in WORDS:
            raise fault(
                FORMAT_TEXT,
                at="the format, {word LIST}",
                wanted=f"one of the closed lists: {', '.join(sorted(WORDS))}",
                found="another name",
                because="of a list that is not there no word is known, so none would pass",
                fix="name one of these, or write {free}",
            )
    return found
