"""A text that says it is UTF-16 and is UTF-8 would be written as other signs, from which it can be had back."""

from __future__ import annotations

import pytest

from carrel.deidentification.mail.letters import UnreadableError, letters


@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "utf-16-be", "utf-32", "cp037", "cp500"])
@pytest.mark.parametrize("text", ["My name is Jane Amundsen.\n", "Soy José Núñez ñ", "Меня зовут Анна"])
def test_a_text_in_utf8_that_says_it_is_another_is_unreadable(charset: str, text: str) -> None:
    with pytest.raises(UnreadableError):
        letters(text.encode(), charset)


@pytest.mark.parametrize("start", [b"\xff\xfe", b"\xff", b"\xe9\xe9"])
def test_nor_does_a_sign_in_front_make_it_utf_16(start: bytes) -> None:
    with pytest.raises(UnreadableError):
        letters(start + b"My name is Jane Amundsen.\n", "utf-16")


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037"])
def test_what_is_in_such_letters_is_read(charset: str) -> None:
    for text in ("My name is Jane Amundsen.\n", "Señor"):
        assert letters(text.encode(charset), charset) == text


def test_chinese_in_utf_16_is_read() -> None:
    text = "图书馆什么时候开门\n我想续借这本书\n"
    assert letters(text.encode("utf-16"), "utf-16") == text
    assert letters(text.encode("utf-16-le"), "utf-16-le") == text
