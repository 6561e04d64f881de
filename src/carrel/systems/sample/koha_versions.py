"""The tables of other versions of Koha than 25.05, made from its facts by what the versions differ in.

Every step names the update of Koha's own, or the tables, that it was read from. Of what came with 25.11 the tables that
name or reach a patron are made, with what they hang on: `koha_25_11_tables.json`, in the form of `koha_tables.json`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import resources

from carrel.systems.sample.facts import Column, Facts, ForeignKey, Index, Table, koha, parse

BASE = "25.05"
VERSIONS = ("24.11", BASE, "25.11")
_Step = Callable[[Facts], Facts]


@cache
def koha_of(version: str) -> Facts:
    """The tables of one version.

    Raises:
        ValueError: that version's tables are not known.
    """
    if version not in VERSIONS:
        raise ValueError(f"the tables of {', '.join(VERSIONS)} are known")
    facts = replace(koha(), version=version)
    for step in {"24.11": _BACK_TO_24_11, BASE: (), "25.11": _ON_TO_25_11}[version]:
        facts = step(facts)
    return facts


def _altered(name: str, alter: Callable[[Table], Table]) -> _Step:
    def step(facts: Facts) -> Facts:
        facts.table(name)  # a table that is not there must not pass
        return replace(facts, tables=tuple(alter(one) if one.name == name else one for one in facts.tables))

    return step


def _new(name: str) -> _Step:
    table = _came_with_25_11().table(name)
    return lambda facts: replace(facts, tables=(*facts.tables, table))


@cache
def _came_with_25_11() -> Facts:
    return parse((resources.files(__package__) / "koha_25_11_tables.json").read_text(encoding="utf-8"))


def _gone(name: str) -> _Step:
    return lambda facts: replace(facts, tables=tuple(one for one in facts.tables if one.name != name))


def _column(table: str, column: Column, after: str, *keys: ForeignKey) -> _Step:
    def alter(found: Table) -> Table:
        place = [one.name for one in found.columns].index(after) + 1
        columns = (*found.columns[:place], column, *found.columns[place:])
        indexes = (*found.indexes, *(Index(key.name, False, key.columns) for key in keys))
        return replace(found, columns=columns, indexes=indexes, foreign_keys=(*found.foreign_keys, *keys))

    return _altered(table, alter)


def _without(table: str, column: str) -> _Step:
    def alter(found: Table) -> Table:
        return replace(found, columns=tuple(one for one in found.columns if one.name != column))

    return _altered(table, alter)


def _made(table: str, made: Column) -> _Step:
    """A column that stands under an unchanged name, made anew."""

    def alter(found: Table) -> Table:
        return replace(found, columns=tuple(made if one.name == made.name else one for one in found.columns))

    return _altered(table, alter)


def _ruled(table: str, key: str, on_delete: str) -> _Step:
    def alter(found: Table) -> Table:
        changed = (replace(one, on_delete=on_delete) if one.name == key else one for one in found.foreign_keys)
        return replace(found, foreign_keys=tuple(changed))

    return _altered(table, alter)


def _number(name: str, kind: str = "int(11)") -> Column:
    return Column(name, kind, True, None, "")


_BACK_TO_24_11: tuple[_Step, ...] = (
    _without("borrower_attribute_types", "opac_mandatory"),  # 24.12.00.010
    _without("categories", "enforce_expiry_notice"),  # the tables of 24.11
    _ruled("illrequests", "illrequests_bnfk", "CASCADE"),  # 24.12.00.017
    _made("additional_field_values", Column("record_id", "int(11)", False, None, "")),  # 24.12.00.018
    _made("items", Column("stocknumber", "varchar(32)", True, None, "")),  # 24.12.00.026
    *(_made(loans, Column("onsite_checkout", "int(1)", False, "0", "")) for loans in ("issues", "old_issues")),
    *(_made(loans, _number("noteseen", "int(1)")) for loans in ("issues", "old_issues")),  # 24.12.00.038
    *(
        _made(table, Column("checkprevcheckout", "varchar(7)", False, "inherit", ""))  # 25.06.00.003
        for table in ("borrowers", "deletedborrowers", "categories")
    ),
)
_HOLD_GROUP = _number("hold_group_id", "int(10) unsigned")


def _booking(table: str) -> ForeignKey:
    return ForeignKey(f"{table}_booking_id_fk", ("booking_id",), "bookings", ("booking_id",), "SET NULL", "CASCADE")


def _group(table: str, on_update: str) -> ForeignKey:
    return ForeignKey(f"{table}_ibfk_hg", ("hold_group_id",), "hold_groups", ("hold_group_id",), "SET NULL", on_update)


_ON_TO_25_11: tuple[_Step, ...] = (
    _made("systempreferences", Column("value", "mediumtext", False, "", "")),  # 25.06.00.005
    _column(  # 25.06.00.010
        "itemtypes", Column("checkprevcheckout", "enum('yes','no','inherit')", False, "inherit", ""), "bookable"
    ),
    _gone("pseudonymized_borrower_attributes"),  # 25.06.00.011
    _new("pseudonymized_metadata_values"),
    _column("statistics", _number("illrequest_id"), "other"),
    _new("hold_groups"),  # 25.06.00.012, 25.06.00.027
    _column("reserves", _HOLD_GROUP, "non_priority", _group("reserves", "CASCADE")),
    _column("old_reserves", _HOLD_GROUP, "non_priority", _group("old_reserves", "SET NULL")),
    _new("hold_groups_target_holds"),  # 25.06.00.030
    _column("issues", _number("booking_id"), "itemnumber", _booking("issues")),  # 25.06.00.015
    _column("old_issues", _number("booking_id"), "itemnumber", _booking("old_issues")),
    _column("biblio", Column("opac_suppressed", "tinyint(1)", False, "0", ""), "abstract"),  # 25.06.00.020
    _column(  # the tables of 25.11
        "additional_field_values", Column("record_table", "varchar(255)", False, "", ""), "field_id"
    ),
    _new("sip_institutions"),  # 25.06.00.035
    _new("sip_accounts"),
)
