"""IBAN, DNI, NIE and passports: what goes by its own check, what a person should look at, and what stays."""

from __future__ import annotations

import pytest

from carrel.deidentification.text.kernels import spans
from carrel.deidentification.text.kernels.spans import Kind
from carrel.deidentification.text.knowledge import Knowledge
from carrel.deidentification.text.reader import TextReader


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader(Knowledge())


def told(reader: TextReader, text: str) -> list[tuple[str, str, int]]:
    raw = text.encode()
    return [(Kind(one.kind).label, raw[one.start : one.end].decode(), one.sure) for one in reader.read([raw])[0]]


@pytest.mark.parametrize(
    "iban",
    [
        "ES9121000418450200051332", "ES91 2100 0418 4502 0005 1332", "es91-2100-0418-4502-0005-1332", "GB82 WEST 1234 5698 7654 32",
        "DE89370400440532013000", "FR14 2004 1010 0505 0001 3M02 606", "NO93 8601 1117 947", "MT84MALT011000012345MTLCAST001S",
    ],
)  # fmt: skip
def test_an_iban_goes_by_its_check_digits(reader: TextReader, iban: str) -> None:
    assert told(reader, f"Pay the fine from {iban}, please") == [("IBAN", iban, spans.SURELY)]


def test_an_iban_with_a_slip_goes_where_it_is_called_one_and_a_person_looks(reader: TextReader) -> None:
    slip = "ES91 2100 0418 4502 0005 1333"
    assert told(reader, f"my IBAN is {slip}") == [("IBAN", slip, spans.PROBABLY)]
    assert "IBAN" not in {kind for kind, *_ in told(reader, f"see {slip}")}
    assert told(reader, "shelf ES91 and GB82 WEST wing") == []


@pytest.mark.parametrize(
    ("text", "number", "sure"),
    [
        ("mi DNI es 12345678Z", "12345678Z", spans.SURELY), ("DNI 12.345.678-Z", "12.345.678-Z", spans.SURELY),
        ("NIF: 12345678 z", "12345678 z", spans.SURELY), ("NIE X1234567L", "X1234567L", spans.SURELY),
        ("nie x-1234567-l", "x-1234567-l", spans.SURELY), ("NIE Y 7654321 G", "Y 7654321 G", spans.SURELY),
        ("documento de identidad 12345678A", "12345678A", spans.PROBABLY), ("soy la 12345678Z", "12345678Z", spans.PROBABLY),
        ("soy la 12345678-Z", "12345678-Z", spans.PROBABLY), ("soy la X1234567L", "X1234567L", spans.PROBABLY),
        ("soy la 12345678 Z", "12345678 Z", spans.HARDLY),
    ],
)  # fmt: skip
def test_a_dni_or_nie_goes_by_its_letter(reader: TextReader, text: str, number: str, sure: int) -> None:
    assert told(reader, text) == [("IDENTITY NUMBER", number, sure)]


@pytest.mark.parametrize(
    "text",
    [
        "la signatura 12345678A", "item 12345678Z", "12345678 y otros", "tengo 12345678 libros", "1-12345678-Z", "X12 1234567L",
        "QA76.73 .C15 2019", "DNI", "X1234567A and Z7",
    ],
)  # fmt: skip
def test_what_has_another_letter_or_another_form_is_no_dni(reader: TextReader, text: str) -> None:
    assert told(reader, text) == []


@pytest.mark.parametrize(
    ("text", "number", "sure"),
    [
        ("my passport number is X1234567", "X1234567", spans.SURELY), ("passport: 512345678", "512345678", spans.SURELY),
        ("Passport no. AB 1234567", "AB 1234567", spans.SURELY), ("pasaporte nº AAA123456", "AAA123456", spans.SURELY),
        ("mi pasaporte es el AAA-123456", "AAA-123456", spans.SURELY),
        ("my passport was lost, X1234567", "X1234567", spans.PROBABLY),
    ],
)  # fmt: skip
def test_a_passport_goes_by_the_word_before_it(reader: TextReader, text: str, number: str, sure: int) -> None:
    assert told(reader, text) == [("PASSPORT", number, sure)]


@pytest.mark.parametrize(
    "text",
    [
        "X1234567 is overdue",
        "a passport to 1984 adventures",
        "passport photos on page 123456",
        "Passport to Paris. 1234567 copies",
    ],
)
def test_without_that_word_nothing_is_a_passport(reader: TextReader, text: str) -> None:
    assert told(reader, text) == []


def test_every_letter_of_a_dni_is_that_of_its_number(reader: TextReader) -> None:
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    for number in range(10_000_000, 99_000_000, 3_141_593):
        assert told(reader, f"soy {number}{letters[number % 23]}")
        assert not told(reader, f"soy {number}{letters[(number + 1) % 23]}")
