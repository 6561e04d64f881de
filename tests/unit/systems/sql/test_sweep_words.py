"""A quick look leaves out nothing that a closer look would find, and remembers nothing wrongly."""

from __future__ import annotations

import sys
import unicodedata
from datetime import datetime

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.retention.sweep import Loan, Pair, Person
from carrel.retention.trail import names_item
from carrel.systems.sql.sweep_reading import worth_reading
from carrel.systems.sql.sweep_words import Copies, Words

AT = datetime(2026, 11, 2, 12, 0)  # noqa: DTZ001  (local time of the system)


def pair(number: int, barcode: str, title: str) -> Pair:
    loan = Loan(70_000 + number, 300 + number, AT, AT, barcode=barcode, title=title)
    return Pair(loan, Person(20 + number, (f"2100000000{number:04}", f"reader{number}"), (f"Given{number}", "Winter")))


PAIRS = [
    pair(1, "31000000006988", "The Winter Stars, volume 10"),
    pair(2, "B-17", "Straße"),
    pair(3, "", "It"),
    pair(4, "31000000006988", "ВОЙНА и мир"),
]
NEEDLES = [
    text
    for one in PAIRS
    for text in (
        one.loan.barcode, one.loan.title, str(one.loan.item), str(one.loan.loan), str(one.person.key),
        *one.person.strong, *one.person.names,
    )
    if text
]  # fmt: skip
PIECES = st.sampled_from(
    [*NEEDLES, *map(str.upper, NEEDLES), *map(str.lower, NEEDLES), "item:", '"itemnumber":"', '"', "issue_id=", " ", "x",
     "-", ".", "\n", "9", "borrower: "]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=8).map("".join)
ROWS = st.lists(TEXTS, max_size=3)


@given(ROWS)
def test_every_pair_whose_copy_a_text_names_is_a_candidate(texts: list[str]) -> None:
    named = {place for place, one in enumerate(PAIRS) if any(names_item(text, one.loan) for text in texts)}
    found = Copies(PAIRS).candidates(texts)
    assert named <= set(found)
    assert found == sorted(set(found))


@given(st.lists(ROWS, max_size=6))
def test_what_was_looked_at_before_is_answered_the_same(rows: list[list[str]]) -> None:
    words = Words(PAIRS)
    first = [words.candidates(texts) for texts in rows]
    assert [words.candidates(texts) for texts in rows] == first
    assert [Words(PAIRS).candidates(texts) for texts in rows] == first


def test_a_pair_is_a_candidate_by_any_of_its_words_wherever_in_the_row_they_stand() -> None:
    words = Words(PAIRS)
    assert words.candidates(["for THE WINTER STARS, VOLUME 10", "", "Reader1 called"]) == {0}
    assert words.candidates(["copy 31000000006988", "Winter", "Given4"]) == {3}
    assert words.candidates(["item: 302 and 21"]) == set()
    assert words.candidates(["item: 302", "borrower 22"]) == {1}
    assert words.candidates([]) == set()


@given(ROWS)
def test_a_row_that_could_be_about_a_pair_has_a_text_that_is_long_enough(texts: list[str]) -> None:
    words = Words(PAIRS[1:3])  # short ones
    if words.candidates(texts):
        assert max(len(text.encode()) for text in texts) >= words.shortest


def test_no_sign_has_more_letters_than_bytes() -> None:
    """Else a text could be shorter than the word in it, when both are compared in small letters."""
    signs = (chr(number) for number in range(sys.maxunicode + 1) if not 0xD800 <= number < 0xE000)
    for sign in signs:
        letters = sum(not unicodedata.combining(one) for one in sign.casefold())
        assert letters <= len(sign.encode()), hex(ord(sign))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.none() | TEXTS, st.none() | TEXTS), max_size=25))
def test_of_a_file_no_row_is_left_out_that_could_be_about_a_pair(rows: list[tuple[str | None, str | None]]) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        # A column that takes large and small letters for the same must not merge what is told apart here.
        connection.exec_driver_sql("CREATE TABLE notes (id integer PRIMARY KEY, a text COLLATE NOCASE, b text)")
        if rows:
            connection.exec_driver_sql("INSERT INTO notes (a, b) VALUES (?, ?)", rows)
        table = sa.table("notes", sa.column("id"), sa.column("a", sa.String()), sa.column("b", sa.String()))
        index = Words(PAIRS)
        wanted = {n for n, row in enumerate(rows, 1) if index.candidates([text for text in row if text])}
        worth = worth_reading(connection, table, ("a", "b"), index, sa.true())
        if worth is None:
            assert wanted == set()
        else:
            assert wanted <= set(connection.execute(sa.select(table.c.id).where(worth)).scalars())


def test_of_a_file_with_many_such_rows_all_are_read() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (id integer PRIMARY KEY, a text)")
        rows = [(f"reader1 has 31000000006988, {n}",) for n in range(700)] + [("nothing",)] * 10
        connection.exec_driver_sql("INSERT INTO notes (a) VALUES (?)", rows)
        table = sa.table("notes", sa.column("id"), sa.column("a", sa.String()))
        worth = worth_reading(connection, table, ("a",), Words(PAIRS), sa.true())
        assert worth is not None
        assert len(connection.execute(sa.select(table.c.id).where(worth)).all()) == 710
        few = worth_reading(connection, table, ("a",), Words(PAIRS[1:3]), sa.true())
        assert few is None
