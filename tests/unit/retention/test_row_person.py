"""Whose a row is: the person's alone, perhaps, or not; judged by whole values of the columns that name somebody."""

from __future__ import annotations

from decimal import Decimal

import pytest

from carrel.inventory.dated_table import Named
from carrel.retention.identifiers import Subject
from carrel.retention.replay import card_tag
from carrel.retention.row_person import ErasedRows, SubjectRows, Whose

SUBJECT = Subject(
    77, "K7700123", "quirina", ("K7700123", "q77@elm.example"), ("quirina", "family@elm.example"), cards=("0021117",)
)
KINDS = {"card": Named.CARD, "login": Named.USER, "mail": Named.EMAIL, "id": Named.NUMBER}


@pytest.mark.parametrize(
    ("values", "whose"),
    [
        (("k7700123 ", None, "", None), Whose.THEIRS),
        (("", "Quirina", None, None), Whose.THEIRS),
        ((None, None, "Q77@elm.example", None), Whose.THEIRS),
        ((None, None, None, Decimal("77.0")), Whose.THEIRS),
        ((None, None, None, 77.0), Whose.THEIRS),
        ((b"K7700123", None, None, None), Whose.THEIRS),
        (("0021117", None, "someone@oak.example", None), Whose.THEIRS),
        ((21117, None, None, None), Whose.PERHAPS),  # a column of numbers lost the zeros, and 21117 is a card as well
        ((None, None, "family@elm.example", None), Whose.PERHAPS),
        (("K8800456", None, "q77@elm.example", None), Whose.PERHAPS),
        (("K7700123", None, None, 78), Whose.PERHAPS),
        (("K77001234", "quirin", "xq77@elm.example", 777), Whose.NOT),
        (("", None, "", None), Whose.NOT),
        ((77, True, None, None), Whose.NOT),  # a number of the product is none of a card
    ],
)
def test_a_row_is_the_persons_where_it_names_nobody_else(values, whose):
    assert SubjectRows(SUBJECT, KINDS).whose(values) is whose


def test_a_person_without_a_card_or_a_user_name_takes_no_row_that_has_none():
    assert SubjectRows(Subject(77), KINDS).whose(("", "", "", None)) is Whose.NOT
    assert not SubjectRows(Subject(0), KINDS).names("0")


def test_a_person_who_was_erased_is_found_by_tags_of_cards_alone():
    key = b"k" * 32
    rows = ErasedRows(key, "koha", {card_tag(key, "koha", "K7700123"), ""}, KINDS)
    assert rows.whose((" k7700123", "anybody", None, None)) is Whose.THEIRS
    assert rows.whose(("K7700124", "quirina", "q77@elm.example", 77)) is Whose.NOT
    assert rows.whose(("", None, None, None)) is Whose.NOT
    assert ErasedRows(b"x" * 32, "koha", rows._tags, KINDS).whose(("K7700123", None, None, None)) is Whose.NOT
