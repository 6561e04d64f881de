"""What a map can say of rows that move, chains, texts one table further and tombstones, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from carrel.inventory import coverage
from carrel.inventory.aged_row import Aged, Ledger, NewNumber
from carrel.inventory.column_use import Use
from carrel.inventory.correction_map import CorrectableField, CorrectionMap
from carrel.inventory.loan_records import Items
from carrel.inventory.map_part import NOWHERE, Condition
from carrel.inventory.map_path import Cut, Path
from carrel.inventory.person_map import Act, PersonMap, Through, Trace
from carrel.inventory.record_path import RecordPath
from carrel.inventory.system_map import SystemMap
from carrel.inventory.version_change import Versions

MOVED: dict[str, Any] = {
    "table": "old",
    "columns": {"began": "began", "desk": "desk"},
    "taken": {"house": {"by": [{"table": "people", "column": "id", "equals": "who"}], "column": "house"}},
    "filled": {"called": "phone"},
    "differ": {"by_staff": ["asked_by", "who"]},
    "empty": ["birth_year"],
    "if_person": {"desk": "zero"},
    "number": {"column": "id", "numbers": "loans.id", "chain": "renews"},
    "ledger": {"table": "debts", "key": "id", "columns": {"who": "who", "began": "day"}, "days": ["day"], "why": "w"},
}
PLAIN: dict[str, Any] = {
    "format_version": 1,
    "system": "x",
    "title": "X",
    "versions": {"at": {"table": "v", "column": "n", "latest": "day"}, "proved": ["1.01"], "written_for": "1.01"},
    "people": {"table": "people", "key": "id", "needles": ["name"]},
    "items": {"table": "items", "key": "id", "barcode": "code", "title_table": "titles", "title_key": "title_id",
              "title": "title"},
    "loans": {
        name: {
            "table": "loans", "key": "id", "person": "who", "item": "what", "branch": "where", "opened": "began",
            "closed": "back", "due": "due", "renewed": "began", "only": [{"column": "done", "empty": name == "open"}],
            "chain": "renews", "ended": "done", "moments": ["made"],
            "cut": {"why": "w"} if name == "open" else {"delete": True, "aged": MOVED, "why": "w"},
        }
        for name in ("open", "closed")
    } | {"facts": {
        name: {"steps": [{"table": "bills", "column": "loan", "equals": "id"}]}
        for name in ("charged", "owing", "settled", "lost", "disputed", "opted_in")
    }, "paths": []},
    "person_columns": {},
    "columns": {},
}  # fmt: skip


def test_what_moves_tells_every_column_on_both_sides() -> None:
    aged = Aged.model_validate(MOVED)
    assert set(aged.there) == {"began", "desk", "house", "called", "by_staff", "birth_year", "id", "renews"}
    assert set(aged.here) == {"began", "desk", "phone", "asked_by", "who"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"empty": ["began"]},
        {"filled": {"house": "phone"}},
        {"number": {"column": "began", "numbers": "loans.id"}},
        {"if_person": {"clerk": "clear"}},
        {"if_person": {"desk": "blank"}},
        {"number": None},
        {"number": {"column": "id", "numbers": "loans"}},
        {"taken": {"house": {"by": [], "column": "house"}}},
        {"columns": {}},
    ],
)
def test_what_moves_is_refused_where_it_contradicts_itself(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Aged.model_validate({**MOVED, **wrong})


def test_of_a_ledger_only_days_that_are_filled_can_be_days() -> None:
    with pytest.raises(ValidationError, match="nothing fills it"):
        Ledger(table="debts", key="id", columns={"who": "who"}, days=("day",), why="w")


def test_a_row_that_moves_is_deleted_and_not_changed_before() -> None:
    for wrong in ({}, {"delete": True, "set": {"a": "clear"}}, {"delete": True, "if_reader": {"a": "clear"}}):
        with pytest.raises(ValidationError, match="moves"):
            Cut.model_validate({"aged": MOVED, "why": "w", **wrong})
    spared = {**MOVED, "ledger": {**MOVED["ledger"], "spares": {"sums": {"kind": "other"}}}}
    with pytest.raises(ValidationError, match="spared"):
        Cut.model_validate({"aged": spared, "delete": True, "why": "w"})
    assert Cut.model_validate({"aged": spared, "delete": True, "children": {"sums": "id"}, "why": "w"}).aged


def test_everything_that_a_move_needs_is_used() -> None:
    """A live database without one of these columns is refused before anything moves."""
    used = coverage.used(SystemMap.model_validate(PLAIN))
    assert set(used["old"]) == {"began", "desk", "house", "called", "by_staff", "birth_year", "id", "renews"}
    assert set(used["debts"]) == {"id", "who", "day"}
    assert {"phone", "asked_by", "renews", "done", "made"} <= set(used["loans"])
    assert used["loans"]["done"] >= {Use.TIME} <= used["loans"]["made"]
    assert set(used["people"]) >= {"id", "house"}
    assert used["v"]["day"] == {Use.TIME}
    assert "" not in used


def test_a_text_one_table_further_is_used_and_counts_as_changed() -> None:
    path = Path.model_validate(
        {
            "name": "event", "table": "events", "says": "s", "key": ["id"], "link": {"by": "key", "column": "target"},
            "among": [{"table": "kinds", "column": "id", "equals": "kind", "where": [{"column": "of", "equals": "loan"}]}],
            "cut": {"delete": True, "why": "w", "further": [
                {"table": "texts", "key": "id", "named_by": ["text", "fault"], "set": {"words": "blank"}, "why": "w"}]},
        }
    )  # fmt: skip
    plain = SystemMap.model_validate(PLAIN)
    found = plain.model_copy(update={"loans": plain.loans.model_copy(update={"paths": (path,)})})
    used = coverage.used(found)
    assert set(used["texts"]) == {"id", "words"}
    assert set(used["events"]) == {"id", "target", "kind", "text", "fault"}
    assert set(used["kinds"]) == {"id", "of"}
    assert coverage.changed_columns(found) >= {"texts.words", "events.*", "loans.*"}
    assert coverage.looked_into(found) == {"kinds"}


def test_records_tell_their_kind_by_the_same_way() -> None:
    among = [{"table": "kinds", "column": "id", "equals": "kind"}]
    record = RecordPath.model_validate(
        {"name": "r", "table": "t", "says": "s", "key": ["id"], "record": "holds", "event": "ended", "dated": ["day"],
         "among": among, "cuts": {"delete": {"delete": True, "why": "w"}}}
    )  # fmt: skip
    assert record.path("delete").among == record.among != ()


def test_a_way_over_several_tables_names_the_person_at_its_end() -> None:
    end = {"table": "lists", "person": "owner", "pairs": {"list": "id"}}
    through = Through.model_validate({"table": "entries", "pairs": {"entry": "id"}, "then": end})
    assert [one.table for one in through.way] == ["entries", "lists"]
    with pytest.raises(ValidationError, match="ends"):
        Through.model_validate({"table": "entries", "person": "who", "pairs": {"entry": "id"}, "then": end})


@pytest.mark.parametrize(
    ("said", "good"),
    [
        ({"act": "change", "told": {"gone": True}}, True),
        ({"act": "change", "own_key": ["name"]}, True),
        ({"act": "change", "set": {"a": "clear"}, "told": {"a": 0}}, False),
        ({"act": "change", "told": {"a": ""}, "own_key": ["a"]}, False),
        ({"act": "delete", "told": {"gone": True}}, False),
        ({"act": "delete", "moved": True}, True),
        ({"act": "change", "set": {"a": "clear"}, "moved": True}, False),
    ],
)
def test_a_change_sets_each_column_once_and_only_what_goes_can_move(said: dict[str, Any], good: bool) -> None:
    whole = {"column": "who", "why": "w", **said}
    if good:
        assert Trace.model_validate(whole).act in {Act.CHANGE, Act.DELETE}
    else:
        with pytest.raises(ValidationError):
            Trace.model_validate(whole)


def test_yes_and_no_stay_what_they_are() -> None:
    assert Condition(column="a", equals=True).equals is True
    assert Condition(column="a", equals=1).equals is not True
    assert Condition.model_validate({"column": "a", "one_of": [0, "1", False]}).one_of == (0, "1", False)


def test_audit_tables_come_last_and_cards_stand_in_one_place() -> None:
    tables = {name: {"why": "w"} for name in ("people", "log")}
    plain = {"user": "u", "identifiers": [], "names": [], "tables": tables}
    assert PersonMap.model_validate({**plain, "card": "c", "audits": ["log"]}).audits == ("log",)
    for wrong in ({"card": "c", "audits": ["people"]}, {"card": "c", "audits": ["other"]}, {}):
        with pytest.raises(ValidationError):
            PersonMap.model_validate({**plain, **wrong})
    cards = {"table": "cards", "person": "who", "columns": ["number"]}
    assert PersonMap.model_validate({**plain, "cards": cards}).card == ""
    with pytest.raises(ValidationError, match="card numbers"):
        PersonMap.model_validate({**plain, "card": "c", "cards": cards})


def test_the_way_to_a_title_ends_at_its_key() -> None:
    items = {**PLAIN["items"], "title_key": "id"}
    way = [
        {"table": "shelves", "column": "id", "equals": "shelf"},
        {"table": "titles", "column": "id", "equals": "title"},
    ]
    assert len(Items.model_validate({**items, "title_by": way}).title_by) == 2
    with pytest.raises(ValidationError, match="ends at its key"):
        Items.model_validate({**items, "title_by": way[:1]})


def test_a_map_that_was_proved_nowhere_says_what_it_was_checked_against() -> None:
    versions = {"at": {"table": "v", "column": "n"}, "written_for": "1.01", "proved": []}
    with pytest.raises(ValidationError, match="checked against"):
        Versions.model_validate(versions)
    told = Versions.model_validate({**versions, "checked": "three tables"}).told
    assert told == "checked against three tables; not yet proved on any version"
    assert Versions.model_validate({**versions, "proved": ["1.01"]}).told == "proved on 1.01"


def test_a_product_without_an_anonymous_patron_leaves_it_out() -> None:
    assert SystemMap.model_validate(PLAIN).stand_in == NOWHERE


def test_one_row_of_another_table_is_corrected_as_a_field_of_its_own() -> None:
    def address(**said: Any) -> dict[str, Any]:
        return {"category": "postal address", "parts": {"street": "street"}, **said}

    home = address(table="addresses", pairs={"home": "id"})
    CorrectionMap.model_validate({"fields": {"home": home, "work": address(table="addresses", pairs={"work": "id"})}})
    with pytest.raises(ValidationError, match="two fields"):
        CorrectionMap.model_validate({"fields": {"home": home, "again": home}})
    with pytest.raises(ValidationError, match="which of its rows"):
        CorrectableField.model_validate(address(table="addresses"))


def test_a_new_number_names_where_numbers_are_drawn() -> None:
    assert NewNumber(column="id", numbers="money.things.id").numbers == "money.things.id"
