"""The sections on correcting a record and on restricting its use: whole, and possible column by column in Koha."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from pydantic import ValidationError

from carrel.inventory.correction_map import CorrectableField, CorrectionMap
from carrel.inventory.mapping_gap import check
from carrel.inventory.restriction_map import Switch
from carrel.systems import map_files
from carrel.systems.sample.facts import koha

KOHA = map_files.load("koha")
FACTS = {
    "tables": {
        one.name: {
            "columns": [asdict(column) for column in one.columns],
            "primary_key": list(one.primary_key),
            "indexes": [],
            "foreign_keys": [],
        }
        for one in koha().tables
    }
}


def test_every_column_that_they_name_is_there_and_one_that_is_not_is_a_gap() -> None:
    assert KOHA.rectify is not None
    assert not [gap for gap in check(KOHA, FACTS).gaps if "correcting" in gap.because]
    for rectify, column in (
        (
            KOHA.rectify.model_copy(update={"fields": {"x": CorrectableField(category="name", parts={"x": "nope"})}}),
            "nope",
        ),
        (
            KOHA.rectify.model_copy(
                update={"remains": (KOHA.rectify.remains[0].model_copy(update={"person": "who"}),)}
            ),
            "who",
        ),
    ):
        gaps = check(KOHA.model_copy(update={"rectify": rectify}), FACTS).gaps
        assert [gap.column for gap in gaps if "correcting" in gap.because] == [column]


def test_no_column_stands_in_two_fields_and_no_secret_in_any() -> None:
    with pytest.raises(ValidationError):
        CorrectionMap(fields={n: CorrectableField(category="name", parts={n: "surname"}) for n in ("a", "b")})
    assert KOHA.rectify is not None
    columns = {column for one in KOHA.rectify.fields.values() for column in one.parts.values()}
    assert columns.isdisjoint({"password", "secret", "flags", "privacy", "borrowernumber", "protected"})


@pytest.mark.parametrize(
    "wrong",
    [{"set": {"x": 0}, "goes": True}, {}, {"set": {"x": 0}, "column": ""}, {"set": {"x": 0}, "unknown": 1}],
)
def test_a_switch_sets_or_goes_and_names_its_person(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Switch.model_validate({"name": "n", "table": "t", "column": "who", "why": "w", **wrong})


def test_a_field_names_only_parts_that_it_has() -> None:
    with pytest.raises(ValidationError):
        CorrectableField(category="name", parts={"a": "x"}, main="b")
