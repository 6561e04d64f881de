"""What an order asks for beside the systems: tables, mail and files that its scope names, and nothing of anybody else."""

from __future__ import annotations

import json

import pytest

from tests.integration.run import library
from tests.integration.run.test_production import (
    CARD,
    MAIL,
    NEIGHBOUR,
    USER,
    loan,
    person,
    produced,
    refused,
    rows_of,
)

OTHER, OTHER_MAIL, OTHER_NAME = NEIGHBOUR["cardnumber"], NEIGHBOUR["email"], "Ottoline Brackwater"
PART = """\
format version: 1
instrument: subpoena
parts:
  - id: one
    wording: {wording}
    people: [{{id: holder, card: {card}}}]
    records: {records}
    outside: {outside}
    from: 2026-03-01
    until: 2026-04-01
    fields: {{{fields}}}
"""
BOOKINGS = PART.format(
    wording="which rooms the holder booked in March and when", card=CARD, records="event registrations",
    outside="rooms", fields="room: which rooms, ends: when",
)  # fmt: skip
LETTERS = PART.format(
    wording="the letters of March between the desk and the holder, with subject, text and day", card=CARD,
    records="correspondence", outside="desk", fields="subject: subject, text: text, time: day, from: between, to: between",
)  # fmt: skip
LINES = PART.format(
    wording="the lines of the door in March for the holder", card=CARD, records="access logs", outside="door",
    fields="line: the lines, time: in March",
)  # fmt: skip


def message(sender: str, to: str, day: str, text: str, *, more: str = "", subject: str = "a question") -> bytes:
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {day}\r\nMessage-ID: <{abs(hash((day, text)))}@x>\r\n"
    return (head + (more or f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n")).encode()


ATTACHED = (
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="edge"\r\n\r\n--edge\r\nContent-Type: text/plain\r\n\r\n'
    "see the scan\r\n--edge\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nSECRETSCAN\r\n--edge--\r\n"
)


@pytest.fixture
def elm(small_sqlite, tmp_path):
    """A site with a room's bookings as CSV files, a mailbox of the desk, and what a door writes down."""
    elm = library.make(tmp_path / "site", small_sqlite)
    rooms, desk, door = tmp_path / "rooms", tmp_path / "desk", tmp_path / "door"
    rooms.mkdir()
    door.mkdir()
    for one in ("cur", "new", "tmp"):
        (desk / one).mkdir(parents=True)
    text = (
        f"tables:\n  - {{name: rooms, root: {rooms}, patterns: ['*.csv'], record: event registrations, purpose: provide, key: id,\n"
        "     clock: ends, zone: UTC, until: ended, person: {card: card}}\n"
        f"mailboxes:\n  - {{name: desk, kind: maildir, place: {desk}, folders: [{{folder: INBOX, record: correspondence,\n"
        "     purpose: answer, until: sent}]}\n"
        f"folders:\n  - {{name: door, root: {door}, patterns: ['*.log'], record: access logs, purpose: provide, time: inside,\n"
        "     zone: UTC}\n"
    )
    place = elm.folder / "carrel.yaml"
    place.write_text(place.read_text() + text)
    seed, number = person(elm)
    seed.patron(**NEIGHBOUR)
    elm.number = number
    elm.seed = seed
    return elm


def test_a_tables_rows_are_those_of_the_person_and_of_the_period_with_the_columns_that_are_asked_for(elm, tmp_path):
    rows = [
        ("1", CARD, "2026-02-28 23:59:59", "Blue", "x"),
        ("2", CARD, "2026-03-15 12:00:00", f"Green, for {OTHER_NAME}", f"call {OTHER_MAIL}"),
        ("3", OTHER, "2026-03-15 12:00:00", "Red", "x"),
        ("4", CARD, "2026-04-01 00:00:00", "Gold", "x"),
        ("5", CARD, "soon", "Grey", "x"),
    ]
    (tmp_path / "rooms" / "a.csv").write_text("id,card,ends,room,remark\n" + "".join(
        ",".join(f'"{cell}"' for cell in row) + "\n" for row in rows))  # fmt: skip
    told, files, manifest = produced(elm, BOOKINGS)
    assert (told["records"], told["undated"]) == (1, 1)
    (row,) = rows_of(files, "records/one/holder/table-rooms/rooms.csv")
    assert set(row) == {"ends", "room"}
    assert row["room"].startswith("Green, for ")
    everything = "\n".join(files.values())
    assert not [one for one in (OTHER_NAME, OTHER_MAIL, OTHER, "Blue", "Gold", "Grey") if one in everything]
    assert "table-rooms" in {one["system"] for one in manifest["searched"]}
    assert "table rooms" not in manifest["not_searched"]
    assert "mailbox desk" in manifest["not_searched"]
    refused(elm, BOOKINGS.replace("room: which rooms", "colour: which rooms"), error="DSC-055")
    refused(elm, BOOKINGS.replace("outside: rooms", "outside: nowhere"), error="DSC-050")
    refused(elm, BOOKINGS.replace("records: event registrations", "records: loans"), error="DSC-050")
    (tmp_path / "rooms" / "b.csv").write_text('id,card,ends,room,remark\n"6,')
    told, _, _ = produced(elm, BOOKINGS, code=3)
    assert [one["code"] for one in told["not_read"]] == ["TBL-001"]


def test_who_is_named_in_one_row_is_taken_out_of_every_other_however_many_stand_between(elm, tmp_path):
    surname = OTHER_NAME.rpartition(" ")[2]
    rooms = [f"with card {OTHER}", *["Green"] * 700, f"ask {surname}"]
    lines = [f'"{n}","{CARD}","2026-03-15 12:00:00","{room}"\n' for n, room in enumerate(rooms)]
    (tmp_path / "rooms" / "a.csv").write_text("id,card,ends,room\n" + "".join(lines))
    told, files, _ = produced(elm, BOOKINGS)
    assert told["records"] == len(rooms)
    assert not [one for one in (OTHER, surname) if one in "\n".join(files.values())]


def test_letters_are_those_that_the_person_wrote_or_got_and_what_cannot_be_redacted_is_withheld_and_listed(
    elm, tmp_path
):
    desk = tmp_path / "desk" / "new"
    march = "Mon, 16 Mar 2026 10:00:00 +0000"
    for n, raw in enumerate((
        message(MAIL, "desk@elm.example", march, f"Is {OTHER_NAME}'s card {OTHER} in order? Or {OTHER_MAIL}?"),
        message("desk@elm.example", f"{MAIL}, {OTHER_MAIL}", march, "yes"),
        message(MAIL, "desk@elm.example", "Sat, 28 Feb 2026 23:59:59 +0000", "too early"),
        message(MAIL, "desk@elm.example", "Wed, 01 Apr 2026 00:00:00 +0000", "too late"),
        message(OTHER_MAIL, "desk@elm.example", march, f"somebody else's letter, about {CARD}"),
        message(MAIL, "desk@elm.example", march, "", more=ATTACHED),
        message(MAIL, "desk@elm.example", march, "x", more="Content-Type: text/plain; charset=no-such\r\n\r\nx\r\n"),
    )):  # fmt: skip
        (desk / f"{n}.x").write_bytes(raw)
    told, files, _ = produced(elm, LETTERS, code=3)
    rows = rows_of(files, "records/one/holder/mailbox-desk/INBOX.csv")
    asked = "Is [another person]'s card [another person] in order? Or [another person]?"
    assert sorted(one["text"].strip() for one in rows) == [asked, "see the scan", "yes"]
    assert {one["to"] for one in rows} == {"[another person]", f"{MAIL}, [another person]"}
    everything = "\n".join(files.values())
    found = [OTHER_NAME, OTHER, OTHER_MAIL, "too early", "too late", "somebody else", "SECRETSCAN"]
    assert not [one for one in found if one in everything]
    why = {one["why"]: one["code"] for one in told["not_read"]}
    assert any("attachments" in one for one in why)
    assert "DSC-061" in why.values()  # one that no program can read is told, and not left out in silence


def test_lines_are_those_that_name_the_person_and_a_statement_waits_for_every_file(elm, tmp_path):
    (tmp_path / "door" / "a.log").write_text(
        f"2026-03-15 12:00:00 in {CARD} with {OTHER}\n2026-03-15 12:00:01 in {OTHER}\n2026-03-15 12:00:02 in {CARD}9\n"
        f"2026-03-15 12:00:03 in {USER}\n2026-04-02 12:00:00 in {CARD}\n"
    )
    told, files, _ = produced(elm, LINES)
    lines = [one["line"] for one in rows_of(files, "records/one/holder/folder-door/door.csv")]
    assert lines == [f"2026-03-15 12:00:00 in {CARD} with [another person]", f"2026-03-15 12:00:03 in {USER}"]
    assert OTHER not in "\n".join(files.values())
    (tmp_path / "door" / "a.log").write_text("2026-03-15 12:00:01 in nobody\n")
    told, files, manifest = produced(elm, LINES)
    assert told["kind"] == "no responsive records"
    assert "folder-door" in json.dumps(manifest["searched"])
    (tmp_path / "door" / "b.log").write_bytes(b"\x1f\x8bnot really packed")
    refused(elm, LINES, code=4, error="DSC-061")


def test_parts_beside_the_systems_go_together_with_those_of_systems(elm, tmp_path):
    loan(elm.seed, elm.number, "2026-03-15 12:00:00")
    (tmp_path / "rooms" / "a.csv").write_text(f"id,card,ends,room\n1,{CARD},2026-03-15 12:00:00,Blue\n")
    both = (
        BOOKINGS
        + f"""\
  - id: loans
    wording: the dates of borrowing
    people: [{{id: holder, card: {CARD}}}]
    records: loans
    from: 2026-03-01
    until: 2026-04-01
    fields: {{issuedate: the dates of borrowing}}
"""
    )
    told, _, _ = produced(elm, both)
    assert sorted((one["part"], one["records"]) for one in told["tables"]) == [("loans", 1), ("one", 1)]
    refused(elm, BOOKINGS.replace(f"people: [{{id: holder, card: {CARD}}}]", "items: [T-1]"), error="DSC-050")
