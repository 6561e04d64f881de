"""Laws of scrubbing: no planted identifier comes through, whatever its field, place and writing; days cannot be joined."""

from __future__ import annotations

import base64
import codecs
import random
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.deidentification.identifiers import Identifier, identifiers
from carrel.deidentification.logs.day_key import DayKeys
from carrel.deidentification.logs.line_scrubbing import Scrubbing
from carrel.deidentification.logs.log_format import LogFormat
from carrel.deidentification.logs.log_line import LineScrubber
from carrel.deidentification.logs.log_time import Precision
from carrel.deidentification.logs.scrub_rules import AddressRule, NameRule, QueryRule, ScrubRules
from carrel.deidentification.logs.scrubbed_line import ScrubbedLines
from carrel.systems.logs.known_formats import HEADERS, format_of, known_formats, parse_format
from carrel.systems.logs.words import vocabulary

FORMATS = {one.name: one for one in known_formats()}
FORMATS["declared"] = parse_format(
    '%h [%{X-Forwarded-For}i] %u %t "%r" %>s %b %m %U%%%q "%{Cookie}i" %H %v:%p %D %{user}e %{ezproxy-groups}i',
    "declared",
    HEADERS,
)
FORMATS["dollar"] = parse_format(
    '$remote_addr - $remote_user [$time_iso8601] "$request" $status $bytes_sent "$http_cookie" $host $request_time $args',
    "dollar",
    HEADERS,
)
FORMATS["referrer"] = parse_format('%h - %u %t "%r" %>s %b %{Referer}i %D', "referrer", HEADERS)  # in no quotes
SAMPLES = {
    "common": '192.0.2.17 - - [05/Mar/2026:00:07:21 +0100] "GET http://www.jstor.org:80/stable/1?a=b HTTP/1.1" 200 1293',
    "combined": '192.0.2.17 - - [05/Mar/2026:00:07:21 +0100] "GET /cgi-bin/koha/opac-search.pl?q=tea HTTP/1.1" 200 129 '
    '"https://www.google.com/search?q=x" "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"',
    "ezproxy-spu": "2026/03/05:00:07:21\t192.0.2.17\t-\tproxy\twww.jstor.org\thttp://www.jstor.org/stable/12",
    "ezproxy-audit": "2026-03-05 00:07:21\tLogin.Success\t192.0.2.17\tjo\tabc\tnothing",
    "opac-search": "2026-03-05 00:07:21\tabc\tjo\t192.0.2.17\tcats of egypt\t12",
    "sip2": "2026-03-05 00:07:21 INPUT 2300120260305    000721AOmain|AAjo|ACterm|ADpin|",
    "sip2-bracket": "[2026/03/05 00:07:21] [123] INPUT MSG: '2300120260305    000721AOmain|AAjo|ACterm|ADpin|'",
    "sip2-bare": "64              00120260305    000721000000000000000000000000AOmain|AAjo|AEJo|BLY|CQN|",
    "declared": '192.0.2.17 [192.0.2.18] - [05/Mar/2026:00:07:21 +0100] "GET /opac HTTP/1.1" 200 12 GET /opac/x%?q=1 "a=b" '
    "HTTP/1.1 www.jstor.org:443 123 - Default",
    "dollar": '192.0.2.17 - - [2026-03-05T00:07:21+01:00] "GET /opac HTTP/1.1" 200 12 "a=b" www.jstor.org 0.123 q=1',
}
SAMPLES["combined-vhost"] = "www.jstor.org:443 " + SAMPLES["combined"]
SAMPLES["combined-time"] = SAMPLES["combined"] + " 1234"
SAMPLES["referrer"] = SAMPLES["common"] + " https://www.google.com/search?q=x 12"
SAMPLES["ezproxy-session"] = SAMPLES["common"].replace(" - -", " abcDEF -")
SAMPLES["ezproxy-groups"] = SAMPLES["common"] + " Default+inpl"
SAMPLES["ezproxy-agent"] = SAMPLES["combined"].replace(" - -", " abcDEF -")

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def word(dice: random.Random, length: int, signs: str = LETTERS) -> str:
    return "".join(dice.choice(signs) for _ in range(length))


KINDS: tuple[Callable[[random.Random], str], ...] = (
    lambda d: f"{word(d, 7)}.{word(d, 8)}@{word(d, 9)}.org",
    lambda d: "2" + word(d, 13, "0123456789"),
    lambda d: word(d, 1, "123456789") + word(d, d.randrange(6, 11), "123456789"),
    lambda d: word(d, 15, LETTERS + LETTERS.upper() + "0123456789"),
    lambda d: f"uid={word(d, 8)}{d.randrange(10**4)},ou=people,dc={word(d, 8)},dc=fr",
    lambda d: f"CN={word(d, 7).title()} {word(d, 8).title()},OU={word(d, 7)}",
    lambda d: f"+44 {d.randrange(1000, 9999)} {d.randrange(100, 999)} {d.randrange(100, 999)}{d.randrange(100, 999)}",
    lambda d: f"{word(d, 6)}{d.randrange(1000, 9999)}{word(d, 2)}",
    lambda d: word(d, 9).title(),
    lambda d: (
        f"{word(d, 8, '0123456789abcdef')}-{word(d, 4, '0123456789abcdef')}-4{word(d, 3, '0123456789')}-9abc-{word(d, 12, '0123456789')}"
    ),
    lambda d: f"{d.randrange(11, 250)}.{d.randrange(100, 250)}.{d.randrange(100, 250)}.{d.randrange(100, 250)}",
    lambda d: f"CGISESSID={word(d, 16, '0123456789abcdef')}",
    lambda d: f"AA2{word(d, 13, '0123456789')}|AD{word(d, 8)}",
    lambda d: (
        f"2001:db8:{word(d, 4, '123456789abcdef')}:{word(d, 4, '123456789abcdef')}::{word(d, 4, '123456789abcdef')}"
    ),
)
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")  # noqa: RUF001
WRITINGS: tuple[Callable[[str], bytes], ...] = (
    lambda text: text.encode(),
    lambda text: quote(text, safe="").encode(),
    lambda text: quote(quote(text, safe=""), safe="").encode(),
    lambda text: "".join(f"%{ord(one):02x}" for one in text).encode(),
    lambda text: base64.b64encode(text.encode()),
    lambda text: base64.urlsafe_b64encode(text.encode()).rstrip(b"="),
    lambda text: text.encode().hex().encode(),
    lambda text: text.encode("utf-16-le"),
    lambda text: text.encode("utf-16-be"),
    lambda text: "".join(f"&#{ord(one)};" for one in text).encode(),
    lambda text: "".join(f"\\x{ord(one):02X}" for one in text).encode(),
    lambda text: text.upper().encode(),
    lambda text: text.translate(WIDE).encode(),
    lambda text: text.replace(" ", "+").encode(),
    lambda text: text[::-1].encode(),
)
# An address of a page that hangs on to somebody: before its scheme, as its scheme, or before its host.
HANGING: tuple[bytes, ...] = (
    b"%s://www.jstor.org/", b"%s?x=https://www.jstor.org/", b"login?user=%s&qurl=https://www.jstor.org/stable/1",
    b"https://%s@www.jstor.org/", b"http:%s://www.jstor.org/",
)  # fmt: skip
RULES = (
    {},
    {"people": NameRule.TOKEN, "query": QueryRule.SHAPE, "address": AddressRule.PFX},
    {"sessions": NameRule.DROP, "address": AddressRule.NDX, "short_bits": 16},
)


def rules(secret: bytes = b"k" * 32, **more: object) -> ScrubRules:
    return ScrubRules(
        vocabulary(),
        DayKeys(lambda day: secret[:16] + day.isoformat().encode()),
        date(2026, 3, 5),
        random.Random(5).randbytes,
        **more,
    )


def planted(dice: random.Random, line: bytes, plant: bytes) -> bytes:
    """The plant in place of a field, inside one, between two, or anywhere."""
    match dice.randrange(7):
        case 6:
            at = [*re.finditer(rb"https?://[^ \t\"]*", line), *re.finditer(rb"(?<=[ \t\"])(?=[ \t\"])|$", line)]
            place = dice.choice(at)
            return line[: place.start()] + dice.choice(HANGING) % plant + line[place.end() :]
        case 0:
            fields = re.split(rb"([ \t\"|?&=/]+)", line)
            at = dice.randrange(0, len(fields), 2)
            return b"".join([*fields[:at], plant, *fields[at + 1 :]])
        case 1:
            at = dice.choice([0, *(m.end() for m in re.finditer(rb"[ \t\"|?&=/:;]", line)), len(line)])
            return line[:at] + plant + line[at:]
        case 2:
            return line + dice.choice((b" ", b"\t", b' "', b"")) + plant
        case 3:
            marks = [m.end() for m in re.finditer(rb"/|\?|=|\"|\[", line)] or [0]
            at = dice.choice(marks)
            return line[:at] + plant + dice.choice((b"", b"/", b"&", b" ")) + line[at:]
        case 4:
            at = dice.randrange(len(line))
            return line[:at] + plant + line[at:]
        case _:
            at = dice.randrange(len(line))
            return line[:at] + plant[: len(plant) // 2] + plant[len(plant) // 2 :] + line[at + dice.randrange(9) :]


def pieces(core: str) -> set[str]:
    """Every run of seven letters or digits of an identifier; of a shorter one all of it."""
    out = set()
    for run in re.findall(r"[a-z0-9]+", core.lower()):
        if len(run) >= 7:
            out |= {run[at : at + 7] for at in range(len(run) - 6)}
        elif len(run) >= 6:
            out.add(run)
    return {one for one in out if one.strip("0")} - {"cgisess", "gisessi", "isessid", "people"}


def leaks(core: str, plant: bytes, out: bytes, free: set[str]) -> list[str]:
    text = out.decode("latin-1").lower()
    found = [one for one in pieces(core) | pieces(core[::-1]) if one in text and one not in free]
    if len(plant) > 9 and plant.lower() in out.lower():
        found.append("as it was written")
    return found


# What machine code does by itself: cut addresses, times, sizes, paths, tokens. Its rules leave no line to the plain way.
COMPILED_RULES = ({}, {"people": NameRule.TOKEN, "address": AddressRule.PFX}, {"sessions": NameRule.DROP})
COMPILED = ("combined", "combined-time", "common", "dollar", "ezproxy-audit", "ezproxy-groups", "opac-search")
WAYS = [
    *((name, "plain") for name in sorted(FORMATS)),
    *(pytest.param(name, "compiled", marks=pytest.mark.xdist_group("machine code")) for name in COMPILED),
]


def scrubbers_of(name: str, way: str, request: pytest.FixtureRequest) -> list[Scrubbing]:
    """A scrubber of a format for each set of rules."""
    if way == "plain":
        return [LineScrubber(FORMATS[name], rules(**more)) for more in RULES]
    from carrel.deidentification.logs.compiled.block_scrubber import BlockScrubber, block_scrubber

    code = request.getfixturevalue("machine_code")
    made = [block_scrubber(FORMATS[name], rules(**more), code) for more in COMPILED_RULES]
    assert all(isinstance(one, BlockScrubber) for one in made)
    return list(made)


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_no_planted_identifier_comes_through(name: str, way: str, request: pytest.FixtureRequest) -> None:
    """Ten thousand of each format: every kind, writing and place, by three sets of rules; fewer in machine code, which
    is held against the plain way besides."""
    dice, sample = random.Random(f"plants of {name}"), SAMPLES[name].encode()
    scrubbers = scrubbers_of(name, way, request)
    passed = 0
    many = 2_000 if way == "compiled" else 10_000
    for n in range(many):
        core = dice.choice(KINDS)(dice)
        plant = dice.choice(WRITINGS)(core)
        line = planted(dice, sample, plant).replace(b"\n", b"")
        block = scrubbers[n % len(scrubbers)].block(line + b"\n")
        assert not leaks(core, plant, block.text, set()), (core, line, block.text)
        assert block.passed + len(block.unknown) in {1, 2}, line
        passed += block.passed
    assert passed > many / 10, "too few lines fit for the test to mean anything"


NAMES = ("Müller-Ångström", "Łukasz Żółć", "Nguyễn Thị Hạnh", "Иванова", "Σωκράτης", "محمد علي", "田中花子")
ENCODINGS = (
    "utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-7", "latin-1", "cp1252", "iso8859-2", "iso8859-5", "iso8859-6",
    "iso8859-7", "koi8-r", "cp1256", "cp1258", "cp437", "cp500", "mac-roman", "shift_jis", "euc-jp", "iso2022_jp", "gb18030",
    "hz", "big5", "punycode", "idna", "unicode_escape",
)  # fmt: skip
PACKINGS = ("base64", "quopri", "uu")


def encoded_names() -> list[bytes]:
    """Names with letters beyond ASCII, in every encoding that has these letters."""
    made = [codecs.encode(one.encode(), packing) for one in NAMES for packing in PACKINGS]
    for one in NAMES:
        for encoding in ENCODINGS:
            with suppress(UnicodeError):
                made.append(one.encode(encoding))
    return [one.replace(b"\n", b"").replace(b"\r", b"") for one in made]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_name_comes_through_in_any_encoding(name: str) -> None:
    dice, sample = random.Random(f"names of {name}"), SAMPLES[name].encode()
    scrubbers, plants, passed = [LineScrubber(FORMATS[name], rules(**more)) for more in RULES], encoded_names(), 0
    for n, plant in enumerate(plants * 3):
        line = planted(dice, sample, plant).replace(b"\n", b"")
        block = scrubbers[n % 3].block(line + b"\n")
        runs = {plant[at : at + 8] for at in range(max(len(plant) - 7, 1))}
        assert not [one for one in runs if one in block.text and one not in sample and one.strip(b"\0")], (plant, line)
        passed += block.passed
    assert len(plants) > 90
    assert passed > len(plants) / 3, "too few lines fit for the test to mean anything"


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_the_sample_itself_passes_and_tells_nothing(name: str, way: str, request: pytest.FixtureRequest) -> None:
    block = scrubbers_of(name, way, request)[0].block(SAMPLES[name].encode() + b"\r\n")
    assert (block.passed, block.unknown) == (1, ())
    assert identifiers(block.text) <= {Identifier.ADDRESS, Identifier.SESSION, Identifier.NUMBER}
    for gone in (b"192.0.2.17", b"jo|", b"\tjo\t", b"cats", b"tea", b"pin", b"abcDEF", b":07:21"):
        assert gone not in block.text
    if name != "sip2-bare":
        assert b"2026" in block.text


@pytest.mark.xdist_group("machine code")
def test_machine_code_leaves_a_referrer_without_quotes_to_the_plain_way(request: pytest.FixtureRequest) -> None:
    from carrel.deidentification.logs.compiled.block_scrubber import block_scrubber

    code = request.getfixturevalue("machine_code")
    for more in COMPILED_RULES:
        assert isinstance(block_scrubber(FORMATS["referrer"], rules(**more), code), LineScrubber)


def of_one_hour(name: str) -> bytes:
    """The sample with a time that is whole hours, so that only the rest of it is raw."""
    return SAMPLES[name].replace("00:07:21", "00:00:00").replace("000721", "000000").encode()


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_was_scrubbed_is_known_again_and_what_was_not_never_is(name: str) -> None:
    """Whatever comes out of scrubbing holds, whatever went in; no sample holds, nor one with its addresses cut."""
    dice, sample = random.Random(f"lines of {name}"), SAMPLES[name].encode()
    more = [*RULES, {"address": AddressRule.DETERMINISTIC}, {"address": AddressRule.ND, "precision": Precision.DAY}]
    for one in more:
        lines, scrubber = ScrubbedLines(FORMATS[name], rules(**one)), LineScrubber(FORMATS[name], rules(**one))
        for n in range(400):
            line = planted(dice, sample, dice.choice(WRITINGS)(dice.choice(KINDS)(dice))) if n else sample
            text = scrubber.block(line.replace(b"\n", b"") + b"\n").text
            assert all(map(lines.holds, text.splitlines())), (one, line, text)
        for raw in (sample, of_one_hour(name)):
            for text in {raw, raw.replace(b"192.0.2.17", b"192.0.2.0"), raw.replace(b"192.0.2.17", b"-")}:
                assert not lines.holds(text), (one, text)


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_at_all_end_as_lines_that_pass_or_are_set_aside(junk: list[bytes]) -> None:
    lines = [one.replace(b"\n", b"") for one in junk]
    data = b"\n".join(lines)
    for log_format in (FORMATS["combined"], FORMATS["ezproxy-audit"]):
        block = LineScrubber(log_format, rules()).block(data)
        assert block.passed + len(block.unknown) + block.past == sum(bool(one) for one in lines)


def lines_of(name: str, day: date, people: int) -> list[bytes]:
    made = []
    for n in range(people):
        at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(minutes=n)
        line = SAMPLES[name].replace("05/Mar/2026:00:07:21 +0100", f"{at:%d/%b/%Y:%H:%M:%S} +0000")
        made.append(line.replace("abcDEF", f"session{n}").replace("192.0.2.17", f"192.0.{n}.17").encode() + b"\n")
    return made


@pytest.mark.parametrize(
    "address", [AddressRule.DETERMINISTIC, AddressRule.PFX, AddressRule.CRYPTO_PAN, AddressRule.ND]
)
def test_two_days_cannot_be_joined_once_their_keys_are_gone(address: AddressRule) -> None:
    """The same forty people on two days: nothing that tells one from another is alike, and no key makes it again."""
    drawn: dict[date, bytes] = {}
    dice = random.Random(7)

    def fetch(day: date) -> bytes:
        return drawn.setdefault(day, dice.randbytes(32))

    def marks(day: date) -> list[tuple[bytes, bytes]]:
        scrubber = LineScrubber(
            FORMATS["ezproxy-session"], ScrubRules(vocabulary(), DayKeys(fetch), day, dice.randbytes, address=address)
        )
        text = scrubber.block(b"".join(lines_of("ezproxy-session", day, 40))).text
        return [(one.split()[0], one.split()[1]) for one in text.splitlines()]

    first, again, second = marks(date(2026, 3, 5)), marks(date(2026, 3, 5)), marks(date(2026, 3, 6))
    assert [one[1] for one in first] == [one[1] for one in again], "one day is one, while its key is there"
    assert len({one[1] for one in first}) == 40
    for n in (0, 1):
        assert {one[n] for one in first}.isdisjoint(one[n] for one in second)
    drawn.clear()  # the keys are destroyed: who has all names of sessions makes none of the tokens again
    assert {one[1] for one in marks(date(2026, 3, 5))}.isdisjoint(one[1] for one in first)


def test_blocks_may_be_cut_anywhere_between_lines() -> None:
    """One call or one for each line: the same lines come out."""
    lines = [SAMPLES[n].encode() + b"\n" for n in ("combined", "common", "combined", "sip2")] * 20
    one = LineScrubber(FORMATS["combined"], rules()).block(b"".join(lines))
    each = LineScrubber(FORMATS["combined"], rules())
    assert one.text == b"".join(each.block(line).text for line in lines)
    assert (one.passed, len(one.unknown)) == (40, 40)


def test_a_declared_format_is_a_format() -> None:
    assert isinstance(format_of('%h "%r"'), LogFormat)
