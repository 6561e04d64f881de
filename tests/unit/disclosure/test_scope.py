"""A scope as it is read: every fault at once, with its place, and nothing of what stands in the file."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from carrel.disclosure.asked_fields import dates_of, require_known, traced
from carrel.disclosure.scope import Scope, read_scope
from carrel.errors import CarrelError
from carrel.inventory.category import Category
from carrel.rights.third_persons import HeldColumn, Role

WHOLE = """\
format version: 1
instrument: subpoena
parts:
  - id: loans
    wording: the titles borrowed on the card, with the dates
    people: [{id: holder, card: K7700123}, {id: other, number: 51, system: koha}]
    records: loans
    from: 2026-03-01
    until: 2026-04-01
    fields: {title of the item: the titles, event time: the dates}
"""


def read(text: str) -> Scope:
    return read_scope(text, "scope.yaml")


def codes(text: str) -> list[str]:
    with pytest.raises(CarrelError) as wrong:
        read(text)
    said = str(wrong.value)
    assert "K7700123" not in said
    assert all(one.at.startswith("scope.yaml:") for one in wrong.value.faults)
    return [one.condition.code for one in wrong.value.faults]


def test_a_whole_one() -> None:
    (part,) = read(WHOLE).parts
    assert part.fields == {"title of the item": "the titles", "event time": "the dates"}
    assert "K7700123" not in repr(part.people)
    assert "51" not in repr(part.people)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("    from: 2026-03-01\n", "", "DSC-052"),
        ("    from: 2026-03-01\n    until: 2026-04-01\n", "    as it stands: the dates\n", "DSC-052"),
        ("    until: 2026-04-01\n", "    until: 2026-04-01\n    as it stands: the dates\n", "DSC-052"),
        ("until: 2026-04-01", "until: 2026-03-01", "DSC-053"),
        ("the titles, event", "the Titles, event", "DSC-056"),
        ("    fields:", "    copies: copies\n    fields:", "DSC-056"),
        ("records: loans", "records: everything", "DSC-050"),
        ("id: other", "id: holder", "DSC-050"),
        ("card: K7700123", "card: K7700123, number: 5, system: koha", "DSC-050"),
        ("number: 51, system: koha", "number: 51", "DSC-050"),
        ("number: 51", "number: -51", "DSC-050"),
        ("    records:", "    items: [T1]\n    records:", "DSC-050"),
        ("    people: [{id: holder, card: K7700123}, {id: other, number: 51, system: koha}]", "    people of: loans", "DSC-050"),
        ("id: loans", "id: ../../etc", "DSC-050"),
        ("format version: 1", "format version: 2", "DSC-050"),
        ("with the dates", "with the dates" + "," * 4000, "DSC-051"),
        ("wording: the titles borrowed on the card, with the dates", "wording: ''", "DSC-051"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_out(old: str, new: str, code: str) -> None:
    assert old in WHOLE
    assert set(codes(WHOLE.replace(old, new))) == {code}


@pytest.mark.parametrize("text", ["", "- a\n", "text", "parts: []\n", "format version: 1\ninstrument: x\n"])
def test_what_is_no_scope(text: str) -> None:
    assert set(codes(text)) <= {"DSC-050", "POL-006"}


def test_open_records_and_an_order_are_two_things() -> None:
    more = "open records: {excepted: [{records: loans, wording: all loans, citation: a law}]}\n"
    assert codes(WHOLE + more) == ["DSC-050"]
    assert read("format version: 1\ninstrument: request\n" + more).open_records is not None


COLUMNS = (
    HeldColumn("number", Category.INSTITUTIONAL_ID, Role.PERSON),
    HeldColumn("lent", Category.EVENT_TIME),
    HeldColumn("returned", Category.EVENT_TIME),
    HeldColumn("note", Category.STAFF_NOTE),
    HeldColumn("password", Category.CREDENTIAL),
)
TYPES = {"number": "int(11)", "lent": "timestamp", "returned": "datetime", "note": "text"}


def test_only_columns_that_are_asked_for_are_traced() -> None:
    (part,) = read(WHOLE).parts
    found = traced(part, "lent", COLUMNS, ["_title", "_barcode"])
    assert [(one.name, one.words) for one in found] == [
        ("lent", "the dates"), ("returned", "the dates"), ("_title", "the titles"),
    ]  # fmt: skip
    one = part.model_copy(update={"fields": {"lent.returned": "the dates"}})
    assert [each.name for each in traced(one, "lent", COLUMNS, ["_title"])] == ["returned"]
    assert traced(one, "other", COLUMNS, ["_title"]) == ()
    # What only hangs on a loan is asked for by its own name.
    assert traced(part, "claims", COLUMNS, ["_title"], by_table=True) == ()
    named = part.model_copy(update={"fields": {"claims.title of the item": "the titles", "claims.lent": "the dates"}})
    assert [each.name for each in traced(named, "claims", COLUMNS, ["_title"], by_table=True)] == ["lent", "_title"]
    require_known(named, {"claims": COLUMNS}, ["_title"], "elm")


@pytest.mark.parametrize("field", ["password", "credential", "nothing", "barcode of the item"])
def test_a_secret_and_an_unknown_field_are_refused(field: str) -> None:
    part = read(WHOLE).parts[0].model_copy(update={"fields": {field: "the dates"}})
    with pytest.raises(CarrelError) as wrong:
        require_known(part, {"lent": COLUMNS}, ["_title"], "elm")
    assert wrong.value.code == "DSC-055"
    assert ("one of these tables: lent;" in wrong.value.faults[0].fix) == (field in {"nothing", "barcode of the item"})


def test_which_column_tells_when() -> None:
    (part,) = read(WHOLE).parts
    assert dates_of(part, "lent", COLUMNS, TYPES, ("returned",)) == ("returned",)
    assert dates_of(part, "lent", COLUMNS, TYPES, ("gone",)) == ("lent",)
    named = part.model_copy(update={"dated_by": ("lent.returned",)})
    assert dates_of(named, "lent", COLUMNS, TYPES, ()) == ("returned",)
    assert dates_of(part, "lent", COLUMNS[:1], TYPES, ()) == ()


def test_zones_are_not_read_with_the_scope() -> None:
    """Whether a zone exists, the system's clock is asked; the scope only names it."""
    assert read(WHOLE.replace("    fields", "    time zone: Europe/Amsterdam\n    fields")).parts[0].time_zone == str(
        ZoneInfo("Europe/Amsterdam")
    )
