"""The quick reader of YAML finds what the slow one finds, with each place, or leaves the text to it."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carrel.policy import yaml_source
from carrel.policy.yaml_events import is_common, quick_events
from carrel.policy.yaml_source import YamlSource

_SHIPPED = sorted(
    (one for one in (resources.files("carrel.policy") / "shipped").iterdir() if one.name.endswith(".yaml")),
    key=lambda one: one.name,
)
_LINES = [one.read_text(encoding="utf-8").splitlines(keepends=True) for one in _SHIPPED]
# What YAML is written with, and where its versions and its readers part.
_BITS = (
    ": ", ":", " #", "#", "- ", "-", "? ", "[", "]", "{", "}", ", ", "|", ">-", "|2", ">+", "&a ", "*a", "!", "!!str ", "%",
    "%YAML 1.1\n", "@", "`", '"', "'", "\\/", "\\x41", "\\ud83d", "\\U0001f600", "\n", "\n\n", "\n  ", "\n \n", "  ", "\t",
    "---\n", "\n...\n", "~", "null", "<<: ", "=", "a: ", "- a\n", "'b':", '"c":d', "{a: b}", "{a:}", "{? a : b}", "a:b", "::",
    "? a\n: b\n", "|\n  x\n", ">\n  x\n\n  y\n", "# c\n", "a # b", "a# b", "'\n\n'", '"\\\n"', "é", "\U0001f600", "\xa0",
    "\ufeff", "\x85", "\u2028", "\u2029", "\r", "\r\n", "\x00", "\x7f", "\ud800", "\uffff", "k" * 1025 + ": v",
)  # fmt: skip
_bits = st.lists(st.sampled_from(_BITS), min_size=1, max_size=12).map("".join)


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    """Some lines of a policy that ships, moved to the margin or not, with signs put in and taken out."""
    lines = draw(st.sampled_from(_LINES))
    first = draw(st.integers(0, len(lines) - 1))
    part = lines[first : first + draw(st.integers(1, 8))]
    margin = draw(st.sampled_from((0, len(part[0]) - len(part[0].lstrip(" ")))))
    text = "".join(one[margin:] if not one[:margin].strip(" ") else one for one in part)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(("", *_BITS))) + text[at + draw(st.integers(0, 4)) :]
    return text


def _same(text: str) -> YamlSource | None:
    quick = yaml_source._read_quickly(text, "x.yaml")
    if quick is not None:
        assert quick == yaml_source._read_slowly(text, "x.yaml")
    return quick


@given(_bits | _mutated())
@example("a: b\n...\n...\n")
@example("a: |# c\n")
@example("a: >-# c\n  b\n")
@example("a: |-1# c\n   b\n")
@example("- {a: [b, 'c':d]}\n")
@example("|\n# a\n# b\n")
@example("a: >-\n \n  b\n")
@example("a: 'b\x85c'\n")
@example("a: 'b\u2028c'\n")
def test_both_readers_find_the_same(text: str) -> None:
    _same(text)


@pytest.mark.parametrize("shipped", _SHIPPED, ids=lambda one: one.name)
def test_a_policy_that_ships_is_read_quickly(shipped: resources.abc.Traversable) -> None:
    assert _same(shipped.read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize(
    "sign", ["\t", "\r", "\x85", "\u2028", "\u2029", "\ufeff", "\x00", "\x7f", "\x9f", "\ud800", "\uffff"]
)
def test_a_sign_on_which_versions_differ_is_left_to_the_slow_reader(sign: str) -> None:
    assert is_common("a: 'b c'\n")
    assert not is_common(f"a: 'b{sign}c'\n")


@pytest.mark.parametrize(
    "text", ["a: &b c\n", "a: !!str c\n", "a: b\na: c\n", "--- \na: b\n---\nc: d\n", "a: [b\n", "a:\n"]
)
def test_a_text_with_a_fault_is_left_to_the_slow_reader(text: str) -> None:
    assert yaml_source._read_quickly(text, "x.yaml") is None


def test_without_libyaml_the_slow_reader_reads_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("yaml.CSafeLoader")
    assert quick_events("a: b\n") is None
    assert yaml_source.read_yaml("a: b\n", "x.yaml").data == {"a": "b"}
