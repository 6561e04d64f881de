"""Values of a form for corrections: what cannot stand there is seen, and what was asked for can be read again."""

from __future__ import annotations

import pytest

from carrel.inventory.category import Category
from carrel.retention.person_request import Wanted
from carrel.web.account_pages import out_of_reach
from carrel.web.correction import OwnField, as_request, from_request, odd

BIRTH = OwnField("birth date", "day", "dateofbirth", Category.BIRTH_DATE, "1978-08-21")


@pytest.mark.parametrize(("said", "fits"), [
    ("1978-08-22", True), ("", True), ("08/21/1978", False), ("1978-13-01", False), ("1978-02-30", False),
    ("0001-01-01", False), ("19780821", False), ("yesterday", False),
])  # fmt: skip
def test_a_birth_date_is_a_day(said: str, fits: bool) -> None:
    found = odd([BIRTH], [Wanted("birth date", "day", "dateofbirth", said)])
    assert found == (() if fits else ("birth date: day",))


def test_what_was_asked_for_is_read_again_part_by_part() -> None:
    new = [Wanted("name", "family", "surname", 'O"Neil: {x}\n'), Wanted("name", "given", "firstname", "Zo\u00eb")]
    found, rest = from_request(f"{as_request(new)}\n\nPlease.\n\nThank you.")
    assert [(one.key, one.value) for one in found] == [("name: family", 'O"Neil: {x}\n'), ("name: given", "Zo\u00eb")]
    assert rest == "Please.\n\nThank you."


@pytest.mark.parametrize(
    "words", ["My name is wrong.", "correct:\n  name: no", "correct:\n  name: [1]", "", "correct: x"]
)
def test_own_words_that_only_look_so_stay_as_they_are(words: str) -> None:
    assert from_request(words) == ((), words)


def test_a_way_without_an_address_is_out_of_reach_and_one_that_is_not_read_is_not() -> None:
    mail = OwnField("email address", "main", "email", Category.EMAIL_ADDRESS, " ")
    text = OwnField("telephone number", "text messages", "smsalertnumber", Category.TELEPHONE_NUMBER)
    phone = OwnField("telephone number", "main", "phone", Category.TELEPHONE_NUMBER, "617-555-0001")
    elsewhere = OwnField("text message number", "number", "", Category.TELEPHONE_NUMBER)
    assert out_of_reach([mail, text, phone]) == {"email", "on", "sms"}
    assert out_of_reach([elsewhere]) == set() == out_of_reach([])
