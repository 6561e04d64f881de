"""Laws of machine code: whatever the lines, the rules and the cuts, its outcome is that of the plain way, byte for byte."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.deidentification.logs.compiled import block_scrubber as module
from carrel.deidentification.logs.compiled.block_scrubber import BlockScrubber, block_scrubber
from carrel.deidentification.logs.compiled.known_texts import KnownTexts
from carrel.deidentification.logs.compiled.layout import ENTRY, HASH, MASK
from carrel.deidentification.logs.compiled.machine_code import MachineCode
from carrel.deidentification.logs.day_key import DayKeys
from carrel.deidentification.logs.log_line import LineScrubber
from carrel.deidentification.logs.log_time import Precision
from carrel.deidentification.logs.scrub_rules import AddressRule, NameRule, QueryRule, ScrubRules
from carrel.systems.logs.known_formats import HEADERS, parse_format
from carrel.systems.logs.words import vocabulary
from tests.property.test_scrub_laws import FORMATS, KINDS, SAMPLES, WRITINGS, planted, rules

pytestmark = pytest.mark.xdist_group("machine code")

MIDWAY = datetime(2026, 3, 4, 23, 7, 30, tzinfo=UTC)  # in the middle of the minute of most samples


def past(at: datetime) -> bool:
    """What is not kept any more."""
    return at < MIDWAY


RULES: tuple[dict[str, Any], ...] = (
    {},
    {"people": NameRule.TOKEN, "address": AddressRule.PFX, "precision": Precision.MINUTE},
    {"sessions": NameRule.DROP, "address": AddressRule.DROP, "precision": Precision.SECOND},
    {"short_bits": 16, "precision": Precision.DAY, "is_past": past},
    {"is_past": past, "drop_past": False, "address": AddressRule.DETERMINISTIC},
)
EXTRA = {
    "iso": parse_format('$remote_addr [$time_iso8601] "$request" $status $request_time', "iso", HEADERS),
    "epoch": parse_format('{time %s} {host}:{port} {address} {word events} "{agent}" {size}', "epoch", HEADERS),
    "quoted": parse_format(
        '"{person}" "{session}" {method} {protocol} [{time %d/%b/%Y %H.%M}] {status}', "quoted", HEADERS
    ),
}
EXTRA_SAMPLES = {
    "iso": '192.0.2.17 [2026-03-05T00:07:21+01:00] "GET /opac HTTP/1.1" 200 0.123',
    "epoch": '1772665641 www.jstor.org:443 2001:db8::17 Login.Success "Mozilla/5.0 Firefox/140.0" 12345',
    "quoted": '"Jane \\"J\\" Doe" "abc" GET HTTP/1.1 [05/Mar/2026 00.07] 200',
}
ALL = {**FORMATS, **EXTRA}
LINES = {**SAMPLES, **EXTRA_SAMPLES}
WITH_PROGRAM = (
    "combined", "combined-time", "combined-vhost", "common", "dollar", "epoch", "ezproxy-agent", "ezproxy-audit",
    "ezproxy-groups", "ezproxy-session", "iso", "opac-search", "quoted",
)  # fmt: skip


def both(code: MachineCode, name: str, more: dict[str, Any]) -> tuple[BlockScrubber, LineScrubber]:
    compiled = block_scrubber(ALL[name], rules(**more), code)
    assert isinstance(compiled, BlockScrubber), name
    return compiled, LineScrubber(ALL[name], rules(**more))


def test_which_formats_and_rules_have_a_program(machine_code: MachineCode) -> None:
    """All others keep the plain way, and say so by being it."""
    with_one = {name for name in ALL if isinstance(block_scrubber(ALL[name], rules(), machine_code), BlockScrubber)}
    assert with_one == set(WITH_PROGRAM)
    for more in ({"query": QueryRule.SHAPE}, {"address": AddressRule.ND}, {"address": AddressRule.NDX}):
        assert isinstance(block_scrubber(ALL["combined"], rules(**more), machine_code), LineScrubber)


@pytest.mark.parametrize("name", WITH_PROGRAM)
def test_planted_lines_come_out_as_the_plain_way_has_them(name: str, machine_code: MachineCode) -> None:
    """Identifiers of every kind and writing in every place, in blocks: so no law of the plain way is lost."""
    dice, sample = random.Random(f"plants of {name}"), LINES[name].encode()
    for more in RULES:
        compiled, plain = both(machine_code, name, more)
        for _ in range(25):
            lines = [
                planted(dice, sample, dice.choice(WRITINGS)(dice.choice(KINDS)(dice))).replace(b"\n", b"")
                for _ in range(dice.randrange(1, 40))
            ]
            data = dice.choice((b"\n", b"\r\n")).join(lines) + dice.choice((b"\n", b"", b"\r"))
            assert compiled.block(data) == plain.block(data)
        for line in lines:  # one by one, as a pipe has them
            assert compiled.block(line + b"\n") == plain.block(line + b"\n")


SIGNS = st.sampled_from(
    [b" ", b'"', b"\\", b"[", b"]", b"/", b"//", b"?", b".", b"-", b":", b"\t", b"\r", b"\0", b"\xff", b"%22", b"+", b"0",
     b"7", b"GET ", b" HTTP/1.1", b" HTTP/2", b"https://", b"HTTP://www.jstor.org/", b"ftp://", b"stable", b"Stable",
     b"a1", b"x.pdf", b"X.PDF", b".", b"", b"999", b"256.1.1.1", b"01.2.3.4", b"\xc3\xa9", b"\n"]
)  # fmt: skip
CHANGES = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 12), SIGNS), max_size=4)


@settings(max_examples=150)
@given(
    st.sampled_from(WITH_PROGRAM), st.sampled_from(range(len(RULES))), st.lists(CHANGES, min_size=1, max_size=8), st.booleans()
)  # fmt: skip
def test_changed_lines_come_out_as_the_plain_way_has_them(
    machine_code: MachineCode, name: str, n: int, changes: list[list[tuple[int, int, bytes]]], ended: bool
) -> None:
    compiled, plain = both(machine_code, name, RULES[n])
    lines = []
    for change in changes:
        line = LINES[name].encode()
        for at, length, signs in change:
            line = line[: at % len(line)] + signs + line[at % len(line) + length :] or b"-"
        lines.append(line)
    data = b"\n".join(lines) + (b"\n" if ended else b"")
    assert compiled.block(data) == plain.block(data)
    assert compiled.block(data) == plain.block(data)  # now from what is remembered


def path_lines(dice: random.Random, many: int) -> bytes:
    words = [
        "stable",
        "Stable",
        "article",
        "pii",
        "12",
        "a",
        "",
        "~jdoe",
        "x.y",
        "opac-main.pl",
        "S123.PDF",
        "pdf",
        "-",
        "é",
    ]
    starts = [
        "/",
        "",
        "http://www.jstor.org/",
        "HTTPS://WWW.JSTOR.ORG:443/",
        "https://evil.example/",
        "ftp://a/",
        "x:/",
        "//",
        "http:///",
    ]
    line = SAMPLES["combined"]
    out = []
    for _ in range(many):
        path = dice.choice(starts) + "/".join(dice.choice(words) for _ in range(dice.randrange(12)))
        asked = dice.choice(("", "?", "?q=/a/b?c", "?x=1&y=2"))
        out.append(line.replace("/cgi-bin/koha/opac-search.pl?q=tea", path + asked))
    return "\n".join(out).encode() + b"\n"


def test_paths_of_every_depth_and_beginning(machine_code: MachineCode) -> None:
    compiled, plain = both(machine_code, "combined", {})
    data = path_lines(random.Random(11), 4000)
    assert compiled.block(data) == plain.block(data)
    assert b"https://www.jstor.org/stable/" in compiled.block(data).text.lower(), "known words do pass"


def test_a_full_table_begins_anew(machine_code: MachineCode, monkeypatch: pytest.MonkeyPatch) -> None:
    """More different texts than there is room for, in all and in one block."""
    real = KnownTexts
    monkeypatch.setattr(module, "KnownTexts", lambda code, seed, most=256, room=1 << 14: real(code, seed, most, room))
    compiled, plain = both(machine_code, "combined", {})
    line = SAMPLES["combined"]
    for start in range(0, 2000, 100):
        data = "".join(line.replace("Firefox/140.0", f"Firefox/{start + n}") + "\n" for n in range(100)).encode()
        assert compiled.block(data) == plain.block(data)
    whole = "".join(line.replace("Firefox/140.0", f"Firefox/{n}") + "\n" for n in range(600)).encode()
    assert compiled.block(whole) == plain.block(whole)


def test_a_long_text_and_a_long_line(machine_code: MachineCode) -> None:
    compiled, plain = both(machine_code, "combined", {})
    line = SAMPLES["combined"]
    for length in (4000, 4080, 4096, 4100, 70_000, 1_000_000):
        data = (line + "\n" + line.replace("Mozilla", "M" * length) + "\n" + line + "\n").encode()
        assert compiled.block(data) == plain.block(data)
        data = (line + "\n" + line.replace("/cgi-bin/", "/" + "a/" * length) + "\n").encode()
        assert compiled.block(data) == plain.block(data)


def test_a_hash_that_two_texts_share_lets_neither_stand_for_the_other(machine_code: MachineCode) -> None:
    """An entry is made to lie where another text is looked for, under that one's hash: its bytes are not the same."""
    one = SAMPLES["combined"].replace("Mozilla/5.0 (Windows NT 10.0) Firefox/140.0", "curl/8").encode() + b"\n"
    other = SAMPLES["combined"].replace("Mozilla/5.0 (Windows NT 10.0) Firefox/140.0", "Zotero").encode() + b"\n"
    first, plain = both(machine_code, "combined", {})
    second, _ = both(machine_code, "combined", {})
    seen, wanted = first.block(one), second.block(other)
    assert seen.text != wanted.text
    mine, theirs = first._known, second._known
    place = {where: n for n, where in enumerate(theirs._slots) if where >= 0}
    for entry in range(theirs._used[0]):  # each text of the second line: all entries of the first pretend to be it
        number = int.from_bytes(theirs._entries[entry * ENTRY + HASH * 8 : entry * ENTRY + HASH * 8 + 8], "little")
        assert number & theirs._table[MASK] <= place[entry] + 8
        for victim in range(mine._used[0]):
            before = mine._entries[victim * ENTRY : (victim + 1) * ENTRY]
            mine._entries[victim * ENTRY + HASH * 8 : victim * ENTRY + HASH * 8 + 8] = number.to_bytes(8, "little")
            old, mine._slots[place[entry]] = mine._slots[place[entry]], victim
            assert first.block(other).text == wanted.text == plain.block(other).text
            mine._entries[victim * ENTRY : (victim + 1) * ENTRY] = before
            mine._slots[place[entry]] = old


@pytest.mark.parametrize("name", ["ezproxy-session", "ezproxy-agent"])
def test_tokens_of_days_that_alternate(name: str, machine_code: MachineCode) -> None:
    """A token is its day's, also where one block has several days."""
    compiled, plain = both(machine_code, name, {"people": NameRule.TOKEN})
    days = ["04/Mar/2026", "05/Mar/2026", "31/Feb/2026", "06/Mar/2026"]
    data = "".join(LINES[name].replace("05/Mar/2026", days[n % 4]) + "\n" for n in range(40)).encode()
    block = compiled.block(data)
    assert block == plain.block(data)
    assert (block.passed, len(block.unknown), len({one.split()[1] for one in block.text.splitlines()})) == (30, 10, 3)


@pytest.mark.parametrize("drop", [True, False])
@pytest.mark.parametrize("precision", list(Precision))
def test_lines_past_their_time_are_told_by_their_own(
    precision: Precision, drop: bool, machine_code: MachineCode
) -> None:
    """Whole hours before and after, and the one in which it ends, whatever is kept of a time."""
    compiled, plain = both(machine_code, "common", {"is_past": past, "drop_past": drop, "precision": precision})
    times = ["04/Mar/2026:09:00:00", "05/Mar/2026:09:00:00", "05/Mar/2026:00:07:29", "05/Mar/2026:00:07:30",
             "05/Mar/2026:00:59:59", "05/Mar/2026:00:07:69", "05/Mar/2026:23:59:60"]  # fmt: skip
    lines = [LINES["common"].replace("05/Mar/2026:00:07:21", one) + "\n" for one in times]
    for data in ["".join(lines), *lines]:
        assert compiled.block(data.encode()) == plain.block(data.encode())
    block = compiled.block("".join(lines).encode())
    assert (block.past, block.passed) == (2, 5 if drop else 7)


def test_a_key_is_asked_for_once_by_many_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    drawn = iter(range(1, 10_000))
    keys = DayKeys(lambda _: bytes([next(drawn) % 256]) * 32)
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: keys.of(date(2026, 3, 5)).secret, range(400)))
    assert len(made) == 1


def test_words_that_are_compared_otherwise_keep_the_plain_way(machine_code: MachineCode) -> None:
    from dataclasses import replace

    def made(change: Callable[[frozenset[str]], frozenset[str]]) -> ScrubRules:
        listed = vocabulary()
        return replace(rules(), vocabulary=replace(listed, paths=change(listed.paths)))

    for word in ("Upper", "é", "w" * 5000):
        odd = made(lambda paths, word=word: paths | {word})  # type: ignore[misc]
        assert isinstance(block_scrubber(ALL["common"], odd, machine_code), LineScrubber)
