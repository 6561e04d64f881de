"""Where a message of an mbox file ends: lines of a text can look like the beginning of the next one."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from carrel.errors import CarrelError
from carrel.inventory.mailbox import Mailbox
from carrel.systems.mailboxes.mbox import MboxFolder

OLD, YOUNG = datetime(2024, 1, 1, 10, tzinfo=UTC), datetime(2026, 11, 1, 10, tzinfo=UTC)
OPENING = b"From quill@patrons.example Mon Jan  1 10:00:00 2024\n"


def letter(at: datetime, text: bytes, *more: bytes) -> bytes:
    """A message as a mail program without quoting keeps it, with the length of its text among its headers."""
    head = b"".join([f"Date: {format_datetime(at)}\n".encode(), *(one + b"\n" for one in more)])
    return OPENING + head + b"\n" + text + b"\n"


def told(text: bytes) -> bytes:
    return f"Content-Length: {len(text)}".encode()


def folder_with(place: Path, *letters: bytes) -> MboxFolder:
    (place / "inbox").write_bytes(b"".join(letters))
    part = {"folder": "inbox", "record": "correspondence", "purpose": "provide"}
    mailbox = Mailbox.model_validate({"name": "desk", "kind": "mbox", "place": place, "folders": [part]})
    return MboxFolder(mailbox, mailbox.folders[0])


def clear(folder: MboxFolder, due: datetime) -> bytes:
    folder.clear(lambda one: one.at is not None and one.at <= due, lambda: None)
    return (Path(str(folder.mailbox.place)) / "inbox").read_bytes()


@pytest.mark.parametrize("line", [OPENING, OPENING + b"Subject: no date\n\nmore\n", OPENING.replace(b"\n", b"\r\n")])
def test_a_line_of_a_text_that_looks_like_an_opening_parts_no_message(tmp_path, line):
    text = b"As you wrote:\n\n" + line + b"\nyours\n"
    kept = letter(YOUNG, b"short\n")
    folder = folder_with(
        tmp_path, letter(OLD, text, told(text)), kept, letter(OLD, b"x\n"), letter(YOUNG, text, told(text))
    )
    assert [one.at for one in folder.pieces()] == [OLD, YOUNG, OLD, YOUNG]
    assert clear(folder, OLD) == kept + letter(YOUNG, text, told(text))


def test_what_a_sender_claims_takes_no_younger_message_with_it(tmp_path):
    """A length that reaches over the letters behind it is a sender's word: all of them wait for the youngest."""
    behind = letter(YOUNG, b"not yet\n", b"X-Status: A") + letter(OLD, b"old\n")
    wide = f"Content-Length: {len(b'mine' + chr(10).encode() * 2 + behind) - 1}".encode()
    whole = letter(OLD, b"mine\n", wide, b"X-Status: A") + behind
    folder = folder_with(tmp_path, whole)
    assert [one.at for one in folder.pieces()] == [YOUNG]
    assert clear(folder, OLD) == whole
    assert clear(folder, YOUNG) == b""
    # One that is unanswered keeps what is ruled by answers.
    assert [one.open for one in folder_with(tmp_path, whole).pieces()] == [True]


@pytest.mark.parametrize("length", [b"3", b"99999999999", b"-1", b"many", b"0"])
def test_a_length_behind_which_nothing_begins_says_nothing(tmp_path, length):
    text = b"a\n\n" + letter(YOUNG, b"b\n")
    folder = folder_with(tmp_path, letter(OLD, text, b"Content-Length: " + length))
    assert [one.at for one in folder.pieces()] == [OLD, YOUNG]


def test_a_message_of_very_long_lines_has_one_end(tmp_path):
    text = b"x" * 300_000 + b"\n\n" + OPENING + b"y" * 300_000 + b"\n"
    folder = folder_with(tmp_path, letter(OLD, text, told(text)), letter(YOUNG, b"short\n"))
    assert [one.at for one in folder.pieces()] == [OLD, YOUNG]
    assert clear(folder, OLD) == letter(YOUNG, b"short\n")


def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(tmp_path):
    folder = folder_with(tmp_path)
    (tmp_path / "inbox").unlink()
    os.mkfifo(tmp_path / "inbox")
    for call in (lambda: list(folder.pieces()), lambda: clear(folder, OLD)):
        with pytest.raises(CarrelError) as caught:
            call()
        assert caught.value.code in {"MBX-003", "MBX-007"}
