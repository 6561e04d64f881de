"""Every column of the shipped maps has a plain name, and no two of a table are alike."""

from __future__ import annotations

import re

import pytest

from carrel.systems import map_files
from carrel.systems.plain_names import plain_names


@pytest.mark.parametrize("product", map_files.names())
def test_no_two_columns_of_a_table_have_one_name_and_none_speaks_to_the_reader(product: str) -> None:
    for table, columns in map_files.load(product, unproved=True).columns.items():
        names = plain_names([*columns, "_title", "_barcode"], table)
        assert len({one.casefold() for one in names}) == len(names), table
        assert not [one for one in names if re.search(r"\byour?\b", one, re.IGNORECASE) or not one[0].isupper()], table


def test_a_column_that_nobody_named_is_told_as_words_and_of_two_alike_each_has_its_own() -> None:
    assert plain_names(["issuedate", "some_new_field"], "issues") == ("Borrowed on", "Some new field")
    assert plain_names(["usr", "id", "borrowernumber"], "somewhere") == (
        "Number of the person (usr)", "Number of the entry", "Number of the person (borrowernumber)",
    )  # fmt: skip


def test_a_name_says_what_the_column_of_this_table_holds() -> None:
    """A court that reads "Card number" over the barcode of an item is told something false."""
    assert plain_names(["barcode"], "actor.card") == ("Card number",)
    assert plain_names(["barcode"], "asset.copy") == plain_names(["barcode"], "tmp_holdsqueue") == ("Barcode",)
    assert plain_names(["value"], "statistics") == ("Amount",)
    assert plain_names(["barcode", "user", "ends"], "") == ("Barcode", "User", "Ends"), "a table of the library's own"
