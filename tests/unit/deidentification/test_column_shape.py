"""What columns are called and what stands in them: who may be named by it, and what only counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.deidentification.column_shape import ColumnShape
from carrel.deidentification.column_words import counts, person_words, tells_end, tells_row, tells_start

PERSON = ["cardnumber", "CardNumber", "card_no", "patron_number", "PATRON", "borrowernumber", "userId", "user_name", "E-Mail",
          "Nachname", "doc", "first_name", "phone2", "BookedBy", "ip_address", "notes", "DocumentName", "visitor_card", "guest",
          "client_ip"]  # fmt: skip
NOBODY = ["id", "station_name", "printer_name", "branch_address", "visitors", "visitor_count", "total_users", "pages", "status",
          "ended_at", "room_note", "document_id", "doc_id", "session_no", "hour", "gate", "colour", "last_update", "user_count"]  # fmt: skip


@pytest.mark.parametrize("name", PERSON)
def test_a_name_that_may_name_a_person(name):
    assert person_words(name)
    assert ColumnShape(name).suspicion == f"it is called {' '.join(person_words(name))}"


@pytest.mark.parametrize("name", NOBODY)
def test_a_name_of_a_thing_or_a_count(name):
    assert not person_words(name)


def test_words_of_time_rows_and_counts():
    assert all(map(tells_end, ["EndTime", "logout", "checkout_at", "finished"]))
    assert not any(map(tells_end, ["start", "friend", "ending_soon", "created"]))
    assert all(map(tells_start, ["StartTime", "begin_at", "login"]))
    assert all(map(tells_row, ["id", "booking_id", "Job No", "ROW_KEY"]))
    assert not any(map(tells_row, ["card_id", "idea", "patron_no"]))
    assert all(map(counts, ["total", "visitors", "user_count"]))


def shape(name, values):
    found = ColumnShape(name)
    for one in values:
        found.add(one)
    return found


@given(
    st.lists(st.one_of(st.text(max_size=30), st.integers(), st.floats(), st.binary(max_size=9), st.none()), max_size=40)
)
def test_no_value_stands_in_what_is_told(values):
    found = shape("x", [*values, "quill@patrons.example", 29999000000017, "Ishmael Quill"])
    told = found.suspicion + repr(found)
    assert not any(one in told for one in ("quill", "Quill", "29999"))
    assert "e-mail address" in found.suspicion


def test_what_looks_like_a_person():
    names = [f"{a} {b}" for a in ("Ada", "Ben", "Cleo", "Dora") for b in ("Quill", "Moss-Reed", "O'Fern", "de Stone")]
    assert "look like names" in shape("x", names).suspicion
    assert "look like names" in shape("x", [f"{one.split()[1]}, {one.split()[0]}" for one in names]).suspicion
    assert "card number" in shape("x", range(29999000000000, 29999000000030)).suspicion
    assert "look like numbers of cards" in shape("x", [f"D{n * 7919 % 99991:06d}" for n in range(40)]).suspicion
    assert "free text" in shape("x", ["she asked for the window seat"] * 9 + [""] * 9).suspicion
    assert "phone number" in shape("x", ["+44 20 7946 0018"]).suspicion


def test_what_looks_like_nobody():
    for values in (
        ["Main Hall", "East Wing"] * 20,
        range(400),
        [f"pc-{n}" for n in range(40)],
        ["open", "closed"] * 9,
        [],
    ):
        assert shape("x", values).suspicion == ""
    assert shape("booking_id", range(100_000, 100_400)).suspicion == ""
    assert shape("total", [n * 7919 % 99991 for n in range(40)]).suspicion == ""
