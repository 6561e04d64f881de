"""A name that was found goes wherever else its conversation has it, in whatever row, cell or piece."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from carrel.deidentification.mail.plain_message import PlainMessage
from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.knowledge import Knowledge
from carrel.deidentification.text.reader import PIECE, Finding, TextReader
from carrel.deidentification.text.said_names import SaidNames
from carrel.systems.mailboxes.mail_text import MailRules, MailText
from carrel.systems.text.plain_form import PlainForm
from carrel.systems.text.release import TextRelease
from carrel.systems.text.text_record import Record

SAID = b"my name is Fenwick Barbazou"
FILLER = b"the ship and the sea; " * (PIECE // 22 // 2)


def released(rows: Sequence[tuple[str, bytes]]) -> list[bytes]:
    knowledge = Knowledge()
    knowledge.people([["Jane"]], ["Amundsen"])
    run, out = TextRelease(TextReader(knowledge)), list[bytes]()
    records = [Record(at, [text], ("text",), of, lambda _, cells: out.append(cells[0])) for at, (of, text) in enumerate(rows, 1)]  # fmt: skip
    run.learn(records)
    assert run.write(records, io.BytesIO()).not_followed == 0
    return out


def test_a_name_goes_from_earlier_and_later_rows_of_its_conversation_and_from_no_other() -> None:
    rows = [
        ("a", b"Barbazou again"),
        ("b", b"a Barbazou"),
        ("a", SAID),
        ("b", b"a Barbazou"),
        ("a", b"for Barbazou, b."),
    ]
    assert released(rows) == [
        b"[PATRON 1] again", b"a Barbazou", b"my name is [PATRON 1]", b"a Barbazou", b"for [PATRON 1], b.",
    ]  # fmt: skip


@pytest.mark.parametrize("conversation", ["", "a"])
def test_a_name_goes_from_all_of_a_long_cell(conversation: str) -> None:
    text = b"\n\n".join([b"a Barbazou", FILLER, FILLER, SAID, FILLER, FILLER, b"a Barbazou"])
    assert b"Barbazou" not in released([(conversation, text)])[0]


def test_a_name_goes_from_all_of_a_long_plain_file() -> None:
    text = (
        b"a Barbazou\n" + b"\n".join([FILLER] * 3) + b"\n" + SAID + b"\n" + b"\n".join([FILLER] * 3) + b"\na Barbazou\n"
    )
    run, form, out = TextRelease(TextReader(Knowledge())), PlainForm(by_line=False), io.BytesIO()
    run.learn(form.records(io.BytesIO(text), "a test"))
    run.write(form.records(io.BytesIO(text), "a test"), out)
    assert out.getvalue() == text.replace(b"Fenwick Barbazou", b"[PATRON 1]").replace(b"Barbazou", b"[PATRON 1]")


def test_one_person_has_one_surrogate_over_lines_and_rows() -> None:
    assert released([("a", b"my name is Jane Amundsen. Bye\nJane"), ("b", b"hi"), ("a", b"Bye\nJane")]) == [
        b"my name is [PATRON 1]. Bye\n[PATRON 1]", b"hi", b"Bye\n[PATRON 1]",
    ]  # fmt: skip


def test_a_name_goes_from_an_earlier_message_of_its_thread() -> None:
    def message(body: str) -> PlainMessage:
        return PlainMessage("hello", body, {})

    texts = MailText(MailRules(Knowledge()), ())
    long = (FILLER * 3).decode()
    thread = [message(f"a Barbazou\n{long}"), message(long), message(SAID.decode())]
    (written,) = texts.written([("t", thread)])
    assert written[0][1].startswith("a [PATRON 1]")


def test_what_has_no_room_any_more_is_counted() -> None:
    said = SaidNames(most=2)
    said.take(1, [Finding(0, 1, spans.NAME, spans.SURELY, 40, 11, 13)] * 2)
    assert said.forgotten == 0
    said.take(3, [Finding(0, 1, spans.NAME, spans.SURELY, 40, 11, 13)])
    assert said.forgotten == 2
