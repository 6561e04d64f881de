"""Requests about one person as a file says them, and values judged by the column they are meant for."""

from __future__ import annotations

from datetime import date

import pytest

from carrel.errors import CarrelError
from carrel.inventory.category import Category
from carrel.inventory.schema import Column
from carrel.retention.column_value import unfit
from carrel.retention.person_request import read_correction
from carrel.systems import map_files

RECTIFY = map_files.load("koha").rectify
assert RECTIFY is not None
HEAD = "card number: K1\ncorrect:\n  "
TODAY = date(2026, 11, 25)


def read(body: str):
    return read_correction(HEAD + body, "request", RECTIFY, {"telephone": Category.TELEPHONE_NUMBER})


def test_a_field_by_any_of_its_names() -> None:
    named, wanted = read(
        "email address: a@b.example\n  telephone: 0123\n  postal address: {postcode: 02139}\n  surname: Null"
    )
    assert (named.said, named.by_card) == ("K1", True)
    assert [(one.column, one.value) for one in wanted] == [
        ("email", "a@b.example"), ("phone", "0123"), ("zipcode", "02139"), ("surname", "Null"),
    ]  # fmt: skip
    assert "a@b" not in repr(wanted)
    assert "K1" not in repr(named)


def test_json_is_read_and_a_value_for_none() -> None:
    named, wanted = read_correction('{"record number": "51", "correct": {"name": {"middle": ""}}}', "-", RECTIFY, {})
    assert (named.said, named.by_card, wanted[0].column, wanted[0].value) == ("51", False, "middle_name", "")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("shoe size: secret", "REQ-002"), ("name: secret", "REQ-002"), ("name: {nick: secret}", "REQ-002"),
        ("emailpro: {main: secret, work: secret}", "REQ-002"), ("borrowernumber: secret", "REQ-002"),
        ("email address: [secret]", "REQ-001"), ("email address:", "REQ-001"), ("email address: true", "REQ-001"),
        ("email address: &secret x", "REQ-001"), ("email address: secret\n  email: secret", "REQ-001"),
        ("email address: x\n  email address: secret", "REQ-001"), ("email address: a: secret: b", "REQ-001"),
        ('name: {family: "sec\\nret"}', "REQ-003"), ('name: {family: "sec\\u202eret"}', "REQ-001"),
        ("{}", "REQ-001"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_by_its_place_and_not_repeated(body: str, code: str) -> None:
    with pytest.raises(CarrelError) as told:
        read(body)
    assert told.value.code == code
    assert "secret" not in str(told.value)
    assert all("request" in one.at for one in told.value.faults)


@pytest.mark.parametrize(
    "text", ["", "- 1", "card number: K1", HEAD + "a: b\nmore: 1", "card number: [1]\ncorrect: {a: b}"]
)
def test_a_file_of_another_shape(text: str) -> None:
    with pytest.raises(CarrelError) as told:
        read_correction(text, "request", RECTIFY, {})
    assert told.value.code == "REQ-001"


@pytest.mark.parametrize(
    ("declared", "value", "fits"),
    [
        ("varchar(3)", "äöü", True), ("varchar(3)", "abcd", False), ("char(1)", "F", True),
        ("tinytext", "ä" * 127, True), ("tinytext", "ä" * 128, False), ("longtext", "x", True),
        ("date", "2024-02-29", True), ("date", "2023-02-29", False), ("date", "20240229", False),
        ("date", "2026-11-26", False), ("date", "0999-01-01", False),
        ("tinyint(1)", "127", True), ("tinyint(1)", "300", False), ("int(10) unsigned", "-1", False),
        ("bigint(20)", "9223372036854775807", True), ("int(11)", "1.5", False), ("int(11)", "007", False),
        ("enum('yes','it''s')", "it's", True), ("enum('yes','no')", "maybe", False),
        ("mediumblob", "x", False), ("datetime", "2024-01-01", False),
    ],
)  # fmt: skip
def test_a_value_fits_its_column_or_is_told_what_would(declared: str, value: str, fits: bool) -> None:
    reason = unfit(Column("c", declared), value, not_after=TODAY)
    assert (reason == "") is fits
    assert value not in reason


def test_no_value_and_signs_that_a_table_does_not_have() -> None:
    assert unfit(Column("c", "date", nullable=False), "")
    assert not unfit(Column("c", "date"), "")
    assert not unfit(Column("c", "varchar(9)", nullable=False), "")
    assert unfit(Column("c", "varchar(9)"), "\U0001f600", charset="utf8mb3")
    assert not unfit(Column("c", "varchar(9)"), "\U0001f600", charset="utf8mb4")
    assert unfit(Column("c", "varchar(9)"), "Łódź", charset="latin1")
    assert not unfit(Column("c", "varchar(9)"), "Málaga", charset="latin1")
