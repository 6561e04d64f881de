"""What steers a terminal, or cannot be seen, is shown as its number; everything else stays as it was written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.cli.screen import json_text, put_table, say
from carrel.errors import Condition, Exit, Fault, shown, unseen

ANY = st.text(st.characters(), max_size=30)


@pytest.mark.parametrize(
    ("text", "as_shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\x9b31mb", "a\\x9b31mb"),
        ("a\rb\x00\x7f", "a\\x0db\\x00\\x7f"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\udcff", "\\udcff"),
        ("a\nb", "a\\x0ab"),
        (
            "Jos\u00e9 \u5c71\u7530 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "Jos\u00e9 \u5c71\u7530 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
    ],
)
def test_a_text_as_it_is_shown(text: str, as_shown: str) -> None:
    assert shown(text) == as_shown
    assert unseen(text) == (text != as_shown)


@given(ANY)
def test_what_is_shown_steers_nothing_and_stays_so(text: str) -> None:
    assert not unseen(shown(text))
    assert shown(shown(text)) == shown(text)
    assert not unseen(shown(text, lines=True), lines=True)


@given(ANY)
def test_json_says_the_same_and_steers_nothing(text: str) -> None:
    told = json_text({"text": text, text: 1})
    assert json.loads(told)["text"] == text
    assert not unseen(told, lines=True)


def test_an_error_a_table_and_a_line_show_it_so(capsys: pytest.CaptureFixture[str]) -> None:
    bad = "x\x1b]0;title\x07y\nz"
    fault = Fault(Condition("TST-001", "a test", Exit.USAGE), found=bad)
    assert fault.lines()[1].endswith("x\\x1b]0;title\\x07y\\x0az")
    put_table("title", ("one",), [(bad,)])
    say(f"line {bad}")
    out = capsys.readouterr().out
    assert "\x1b]0" not in out
    assert "\x07" not in out
