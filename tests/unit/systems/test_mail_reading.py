"""Dates, sets of numbers, names of folders and locks, as mail has them."""

from __future__ import annotations

import fcntl
import imaplib
import os
import socket
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.systems.mailboxes.imap import _as_set, _quoted, _read
from carrel.systems.mailboxes.mbox_lock import locked
from carrel.systems.mailboxes.message_date import message_date, read_date


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Mon, 1 Jan 2024 10:00:00 +0200", datetime(2024, 1, 1, 8, tzinfo=UTC)),
        ("01-Jan-2024 10:00:00 -0500", datetime(2024, 1, 1, 15, tzinfo=UTC)),
        ("1 Jan 24 10:00 EST (winter)", datetime(2024, 1, 1, 15, tzinfo=UTC)),
        ("Mon, 1 Jan 2024 10:00:00", datetime(2024, 1, 1, 22, tzinfo=UTC)),  # no zone: as late as it can have been
        ("Mon, 1 Jan 2024 10:00:00 -0000", datetime(2024, 1, 1, 22, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("Mon, 31 Feb 2024 10:00:00 +0000", None),
        ("Mon, 1 Jan 99999 10:00:00 +0000", None),
        ("Mon, 1 Jan 2024 10:00:00 +99999999999", None),
    ],
)
def test_a_date_is_read_as_late_as_it_can_be_or_not_at_all(text, wanted):
    assert read_date(text) == wanted


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading_of_a_date(text):
    found = read_date(text)
    assert found is None or found.tzinfo is not None


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_a_head(head):
    assert message_date(b"Received: " + head) is None or head


def test_the_topmost_hop_counts_and_not_what_the_sender_wrote():
    head = (
        b"Received: from a\r\n by b; Tue, 2 Jan 2024 10:00:00 +0000\r\n"
        b"Received: from c; Mon, 1 Jan 2024 10:00:00 +0000\r\nDate: Sat, 1 Jan 2000 10:00:00 +0000\r\n\r\n"
    )
    assert message_date(head) == datetime(2024, 1, 2, 10, tzinfo=UTC)


@given(st.sets(st.integers(1, 60)))
def test_a_set_names_exactly_its_numbers(numbers):
    found = set()
    for part in filter(None, _as_set(numbers).split(",")):
        first, _, last = part.partition(":")
        found |= set(range(int(first), int(last or first) + 1))
    assert found == numbers


def test_names_of_folders_are_written_as_the_protocol_has_them():
    assert _quoted("~peter/mail/台北/日本語") == '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'  # RFC 3501, 5.1.3
    assert _quoted('A & "B\\') == '"A &- \\"B\\\\"'


def test_a_line_without_number_or_flags_is_no_message():
    assert _read(b"3 (FLAGS (\\Seen))", "1") is None
    assert _read(b"3 (UID 7 FLAGS (\\Seen))", "1") is None  # somebody else marked it meanwhile
    assert _read(b'3 (UID 7 INTERNALDATE "01-Jan-2024 10:00:00 +0000")', "1") is None
    number, piece = _read(b'3 (UID 7 FLAGS ($x \\ANSWERED) INTERNALDATE " 1-Jan-2024 10:00:00 +0000")', "1")
    assert (number, piece.open, piece.at) == (7, False, datetime(2024, 1, 1, 10, tzinfo=UTC))
    assert imaplib.Commands["EXPUNGE"] == ("SELECTED",)


def test_each_kind_of_lock_is_waited_for_and_none_is_left(tmp_path):
    box = tmp_path / "inbox"
    box.write_bytes(b"x")
    beside = tmp_path / "inbox.lock"

    def is_refused():
        with pytest.raises(CarrelError) as wrong, locked(box, "mailbox desk", 0.2):
            pass
        return wrong.value.code == "MBX-004"

    beside.write_text(f"{os.getpid()}:{socket.gethostname()}\n")
    assert is_refused()
    assert beside.exists()
    beside.write_text("")  # of a program that writes nothing into it
    assert is_refused()
    beside.write_text("4194303:another.host\n")
    assert is_refused()
    beside.unlink()
    with box.open("rb+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert is_refused()
    assert not beside.exists()
    child = os.fork()
    if child == 0:
        held = os.open(box, os.O_RDWR)
        fcntl.lockf(held, fcntl.LOCK_EX)
        (tmp_path / "taken").touch()
        signal_pause()
    try:
        while not (tmp_path / "taken").exists():
            pass
        assert is_refused()
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    with locked(box, "mailbox desk", 0.2) as file:
        assert file.read() == b"x"
        assert is_refused()
    assert not beside.exists()


def signal_pause() -> None:
    import signal

    while True:
        signal.pause()
