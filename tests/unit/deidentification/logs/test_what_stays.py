"""What stays of each kind of field: words of closed lists, hosts that are listed, two digits, families of software."""

from __future__ import annotations

import base64
import os
from datetime import date

import pytest

from carrel.deidentification.identifiers import Identifier, identifiers
from carrel.deidentification.logs.circulation_message import scrubbed_message
from carrel.deidentification.logs.day_key import DayKeys
from carrel.deidentification.logs.ip_address import network_of, packed, text_of, truncated
from carrel.deidentification.logs.log_detection import fitting
from carrel.deidentification.logs.log_field import Field, Kind
from carrel.deidentification.logs.log_format import parse_format
from carrel.deidentification.logs.log_line import LineScrubber
from carrel.deidentification.logs.page_address import Cache, PageAddresses
from carrel.deidentification.logs.scrub_rules import ScrubRules, Vocabulary, require_harmless
from carrel.deidentification.logs.software import family
from carrel.errors import CarrelError
from carrel.systems.logs.known_formats import format_of, known_formats
from carrel.systems.logs.words import path_words, platforms, vocabulary

PAGES = PageAddresses(vocabulary())


@pytest.mark.parametrize(
    ("raw", "stays"),
    [
        (b"/cgi-bin/koha/", b"/cgi-bin/koha/"),
        (b"/CGI-BIN/Koha/", b"/cgi-bin/koha/"),
        (b"http://www.jstor.org:80/stable/", b"http://www.jstor.org/stable/"),
        (b"https://jane:pw@pdn.JSTOR.org:443/stable/10.2307/", b"https://*.jstor.org/stable/*/"),
        (b"http://www.jstor.org.evil.example/stable/", b"http://*/stable/"),
        (b"http://janedoe.example/~jane/", b"http://*/*/"),
        (b"http://192.0.2.7/", b"http://*/"),
        (b"", b""),
        (b"jane/", b"*/"),
        (b"javascript://www.jstor.org/", b"*/"),
        (b"/" + b"search/" * 12, b"/" + b"search/" * 8 + b"*/"),
        (b"/%73earch/", b"/*/"),
    ],
)  # fmt: skip
def test_of_a_path_the_known_words_stay(raw: bytes, stays: bytes) -> None:
    assert PAGES.folders[raw] == stays


def test_of_the_last_part_a_word_or_a_known_ending_stays() -> None:
    raw = [
        b"opac-detail.pl",
        b"S0000000000000001",
        b"main.pdf",
        b"2-x3.0-S0001.PDF",
        b"jane.doe",
        b"",
        b"-",
        b"12345678",
    ]
    assert PAGES.names(raw) == [b"opac-detail.pl", b"*", b"*.pdf", b"*.pdf", b"*", b"", b"-", b"*"]


def test_of_what_was_asked_only_the_shape_stays() -> None:
    assert PAGES.query(b"?q=cats+of+egypt&idx=ti&borrowernumber=51") == b"?q=(2-3)&idx=(1)&*=(1)"
    assert PAGES.query(b"?") == b""
    assert PAGES.query(b"?" + b"&".join([b"q=a%20b+c+d"] * 40)).count(b"&") == 11


def test_who_came_from_where() -> None:
    assert PAGES.referrer(b"https://www.google.com") == b"https://www.google.com/"
    assert PAGES.referrer(b"https://news.x.google.com") == b"https://*.google.com/"
    assert PAGES.referrer(b"https://janes.blog.example") == b"-"
    assert PAGES.referrer(b"-") == b"-"


def test_software_by_its_family() -> None:
    chrome = b"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/17.0.963.79 Safari/535.11"
    assert family(chrome) == b"Chrome/Windows"
    assert family(b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0") == b"Firefox/Linux"
    assert family(b"Janes-Own-Reader/0.1 (jane@x.org)") == b"other"
    assert family(b"Googlebot/2.1") == b"robot"
    assert family(b"-") == b"-"


def test_of_a_message_its_number_and_its_answers_stay() -> None:
    message = (
        b"64              00120260305    000721000000000000000000000000AOmain|AA2352|AEJo Doe|BEjo@x.org|BLY|CQN|ZZx|"
    )
    assert scrubbed_message(message, None) == b"64 BLY CQN"
    assert scrubbed_message(message, lambda value: b"~" + bytes((65 + len(value),))) == b"64 AA~E BLY CQN"
    assert scrubbed_message(b"12 1NUY20260305    000721AOmain|AAx|", None) == b"12"
    assert scrubbed_message(b"941", None) == b"94 ok=1"
    assert scrubbed_message(b"9300CNlogin|COsecret|", None) == b"93"
    assert scrubbed_message(b"50.50.50.50 - jane", None) == b"-"
    assert scrubbed_message(b"", None) == b"-"


@pytest.mark.parametrize(
    "message",
    [
        b"9300CNlogin|COsecret|CPmain|AY0AZEFB1", b"941AY0AZFDFC", b"9900302.00AY1AZFCA9", b"97AZFEF5|", b"97",
        b"98YYYYYY60000320260305    0007212.00AOmain|BXYYYYYYYYYYYYYYYY|AY1AZD6AE",
        b"2300120260305    000721AOmain|AA2352|AC|ADpin|AY2AZF3A2'",
        b"11YN20260305    00072120260319    000000AOmain|AA2352|AB39999|AC|\r",
    ],
)  # fmt: skip
def test_a_message_of_the_protocol_fits_and_a_line_of_another_log_does_not(message: bytes) -> None:
    bare = {one.name: one for one in known_formats()}["sip2-bare"]
    assert fitting(bare, [message.rstrip(b"\r")]) == 1
    for other in (b"192.0.2.17 - - [05/Mar/2026:00:07:21 +0100]", b"10 green bottles", b"23529000651071", b"97 jane"):
        assert fitting(bare, [other]) == 0, other


def test_addresses_are_cut_to_their_network() -> None:
    assert network_of(b"192.0.2.17", 24, 32) == b"192.0.2.0"
    assert network_of(b"192.0.2.17", 16, 32) == b"192.0.0.0"
    assert network_of(b"2001:db8:1:2::17", 24, 32) == b"2001:db8::"
    assert network_of(b"::ffff:192.0.2.17", 24, 32) == b"192.0.2.0"
    assert network_of(b"192.0.2.017", 24, 32) is None
    assert network_of(b"jane@x.org", 24, 32) is None
    one = packed(b"2001:db8::1")
    assert one is not None
    assert text_of(truncated(one, 0, 0)) == b"::"
    assert text_of(one) == b"2001:db8::1"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"a.b@x.org", Identifier.EMAIL),
        (b"jo.doe%2540x.example%2520P", Identifier.EMAIL),
        (base64.b64encode(b"jane@x.org"), Identifier.EMAIL),
        (b"jane@x.org".hex().encode(), Identifier.EMAIL),
        ("jane@x.org".encode("utf-16"), Identifier.EMAIL),
        (b"jane\\x40x.org", Identifier.EMAIL),
        (b"&#106;ane&#64;x.org", Identifier.EMAIL),
        (b"uid=jdoe417c,ou=people,dc=example,dc=org", Identifier.DIRECTORY_NAME),
        (b"/patron/23529000651071", Identifier.CARD),
        ("２３５２９０００６５１０７１".encode(), Identifier.CARD),  # noqa: RUF001
        (b"+44 20 7946 0958", Identifier.PHONE),
        (b"(555) 123-4567", Identifier.PHONE),
        (b"pK7sWmZqYtBvNcX", Identifier.SESSION),
        (b"rHdGfLwQzXcVbNm", Identifier.SESSION),
        (b"CGISESSID=0a", Identifier.SESSION),
        (b"password=hunter", Identifier.CREDENTIAL),
        (b"192.0.2.17", Identifier.ADDRESS),
        (b"2001:db8:1:2:3:4:5:6", Identifier.ADDRESS),
        (b"0b7c1e0e-5b0a-4c5e-9b6e-7a3f0e2d1c4b", Identifier.UUID),
        (b"x=12345678", Identifier.NUMBER),
    ],
)  # fmt: skip
def test_an_identifier_is_seen_however_it_is_written(text: bytes, kind: Identifier) -> None:
    assert kind in identifiers(text)


@pytest.mark.parametrize(
    "text", [b"", b"article", b"www.sciencedirect.com", b"internationalization", b"200", b"opac-main.pl"]
)
def test_what_many_have_alike_is_none(text: bytes) -> None:
    assert identifiers(text) == frozenset()


def test_every_word_that_comes_with_carrel_is_harmless_and_any_other_list_is_looked_at() -> None:
    for one in path_words() | platforms():
        assert require_harmless(one, "list") == one
    for odd in ("23529000651071", "jane@x.org", "pK7sWmZqYtBvNcX", "two words", "naïve"):
        with pytest.raises(CarrelError) as told:
            require_harmless(odd, "words.txt:3")
        assert told.value.code == "LOG-005"
        assert odd not in str(told.value)


def test_a_percent_sign_in_a_format_or_a_listed_word_stays_one() -> None:
    lists = Vocabulary(words={"groups": frozenset({"100%s"})}, paths=frozenset({"50%d"}))
    rules = ScrubRules(lists, DayKeys(lambda _: b"k" * 32), date(2026, 3, 5), os.urandom)
    odd = parse_format(
        "%h %% {word groups} %m".replace("{word groups}", "%{g}i"), "odd", {"g": Field(Kind.WORD, words="groups")}
    )
    block = LineScrubber(odd, rules).block(b"192.0.2.17 % 100%s GET\n" * 3)
    assert block.text == b"192.0.2.0 % 100%s GET\n" * 3


def test_a_line_may_bear_several_times_in_forms_of_their_own() -> None:
    rules = ScrubRules(vocabulary(), DayKeys(lambda _: b"k" * 32), date(2026, 3, 5), os.urandom)
    several = parse_format("{time %d.%m.%Y %H:%M} {time %s} {time %H:%M:%S on %Y-%m-%d} {address}", "several", {})
    line = b"05.03.2026 07:21 1772694066 08:22:33 on 2026-03-04 192.0.2.17\n"
    assert LineScrubber(several, rules).block(line).text == (
        b"05.03.2026 07:00 1772694000 08:00:00 on 2026-03-04 192.0.2.0\n"
    )


@pytest.mark.parametrize(
    ("declared", "before", "stays"),
    [
        ("{time %Y-%m-%dT%H:%M:%S.%f%:z} {free} {free}: {word directions} MSG: '{message}",
         b"2026-03-05T00:07:21.123456+01:00 host koha_sip[1234]: INPUT MSG: '",
         b"2026-03-05T00:00:00.0+01:00 - -: input MSG: '"),
        ("[{time %Y/%m/%d %H:%M:%S}] [{free}] {free}@{address}: {word directions} MSG: '{message}",
         b"[2026/03/05 00:07:21] [1234] jane@192.0.2.17: OUTPUT MSG: '",
         b"[2026/03/05 00:00:00] [-] -@192.0.2.0: output MSG: '"),
    ],
)  # fmt: skip
def test_messages_through_syslog_and_with_an_account_can_be_declared(
    declared: str, before: bytes, stays: bytes
) -> None:
    rules = ScrubRules(vocabulary(), DayKeys(lambda _: b"k" * 32), date(2026, 3, 5), os.urandom)
    message = b"6300120260305    000721          AOmain|AA23529000651071|AC|ADpin|' in Sip.pm (233)\n"
    assert LineScrubber(format_of(declared), rules).block(before + message).text == stays + b"63\n"
    with pytest.raises(CarrelError) as told:
        format_of("{time %b %d %H:%M:%S} {message}")
    assert told.value.code == "LOG-001"


def test_what_is_remembered_stays_bounded() -> None:
    cache = Cache(lambda raw: raw[:1], 100)
    for n in range(1000):
        assert cache[b"%d" % n] == b"%d" % n if n < 10 else True
    assert len(cache) <= 100


def test_a_host_passes_only_where_it_is_listed() -> None:
    pages = PageAddresses(Vocabulary(hosts=frozenset({"db.example.org"}), paths=frozenset({"www"})))
    assert [pages.hosts[one] for one in (b"db.example.org", b"www.DB.example.org.:443", b"x.db.example.org", b"example.org")] == [
        b"db.example.org", b"www.db.example.org", b"*.db.example.org", b"*",
    ]  # fmt: skip
