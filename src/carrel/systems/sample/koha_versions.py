"""The tables of other versions of Koha than 25.05, made from its facts by what the versions differ in.

Every step names the update of Koha's own, or the tables, that it was read from. Of the tables that came with 25.11 those
are made that name or reach a patron, and what they hang on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from carrel.systems.sample.facts import Column, Facts, ForeignKey, Index, Table, koha

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


def _new(table: Table) -> _Step:
    return lambda facts: replace(facts, tables=(*facts.tables, table))


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


def _typed(table: str, column: str, kind: str, **more: object) -> _Step:
    def alter(found: Table) -> Table:
        changed = (replace(one, type=kind, **more) if one.name == column else one for one in found.columns)
        return replace(found, columns=tuple(changed))

    return _altered(table, alter)


def _ruled(table: str, key: str, on_delete: str) -> _Step:
    def alter(found: Table) -> Table:
        changed = (replace(one, on_delete=on_delete) if one.name == key else one for one in found.foreign_keys)
        return replace(found, foreign_keys=tuple(changed))

    return _altered(table, alter)


def _number(name: str, *, nullable: bool = True, extra: str = "", kind: str = "int(11)") -> Column:
    return Column(name, kind, nullable, None, extra)


def _flag(name: str, default: str | None = None) -> Column:
    return Column(name, "tinyint(1)", default is None, default, "")


def _text(name: str, kind: str = "varchar(255)", *, nullable: bool = True, default: str | None = None) -> Column:
    return Column(name, kind, nullable, default, "")


_BACK_TO_24_11: tuple[_Step, ...] = (
    _without("borrower_attribute_types", "opac_mandatory"),  # 24.12.00.010
    _without("categories", "enforce_expiry_notice"),  # the tables of 24.11
    _ruled("illrequests", "illrequests_bnfk", "CASCADE"),  # 24.12.00.017
    _typed("additional_field_values", "record_id", "int(11)", default=None),  # 24.12.00.018
    _typed("items", "stocknumber", "varchar(32)"),  # 24.12.00.026
    *(
        _typed(table, column, "int(1)")  # 24.12.00.038
        for table in ("issues", "old_issues")
        for column in ("onsite_checkout", "noteseen")
    ),
    *(
        _typed(table, "checkprevcheckout", "varchar(7)")  # 25.06.00.003
        for table in ("borrowers", "deletedborrowers", "categories")
    ),
)

_HOLD_GROUP = _number("hold_group_id", kind="int(10) unsigned")
_HOLD_GROUPS = Table(
    "hold_groups",
    (replace(_HOLD_GROUP, nullable=False, extra="auto_increment"), _number("borrowernumber"), _number("visual_hold_group_id")),
    ("hold_group_id",),
    (Index("hold_groups_borrowernumber", False, ("borrowernumber",)),),
    (ForeignKey("hold_groups_ibfk_1", ("borrowernumber",), "borrowers", ("borrowernumber",), "CASCADE", "RESTRICT"),),
)  # fmt: skip
_TARGETS = Table(
    "hold_groups_target_holds",
    (replace(_HOLD_GROUP, nullable=False), _number("reserve_id", nullable=False)),
    ("hold_group_id", "reserve_id"),
    (
        Index("uq_hold_group_target_holds_hold_group_id", True, ("hold_group_id",)),
        Index("uq_hold_group_target_holds_reserve_id", True, ("reserve_id",)),
    ),
    (
        ForeignKey("hold_group_target_holds_ibfk_1", ("hold_group_id",), "hold_groups", ("hold_group_id",), "CASCADE", "RESTRICT"),
        ForeignKey("hold_group_target_holds_ibfk_2", ("reserve_id",), "reserves", ("reserve_id",), "CASCADE", "RESTRICT"),
    ),
)  # fmt: skip
_METADATA_KEY = ForeignKey(
    "pseudonymized_metadata_values_ibfk_1",
    ("transaction_id",),
    "pseudonymized_transactions",
    ("id",),
    "CASCADE",
    "CASCADE",
)
_METADATA = Table(
    "pseudonymized_metadata_values",
    (
        _number("id", nullable=False, extra="auto_increment"),
        _number("transaction_id", nullable=False),
        _text("tablename", "varchar(64)", nullable=False),
        _text("key", "varchar(64)", nullable=False),
        _text("value"),
    ),
    ("id",),
    (Index(_METADATA_KEY.name, False, ("transaction_id",)),),
    (_METADATA_KEY,),
)
_INSTITUTIONS = Table(
    "sip_institutions",
    (
        _number("sip_institution_id", nullable=False, extra="auto_increment"),
        _text("name", "varchar(80)", nullable=False),
        _text("implementation", "varchar(80)", nullable=False, default="ILS"),
        *(_flag(name, default) for name, default in (("checkin", "1"), ("checkout", "1"), ("offline", None))),
        _flag("renewal", "0"),
        Column("retries", "int(11)", False, "5", ""),
        _flag("status_update"),
        Column("timeout", "int(11)", False, "100", ""),
    ),
    ("sip_institution_id",),
    (Index("institution_name", True, ("name",)),),
    (),
)
_FLAGS = (
    "allow_additional_materials_checkout allow_empty_passwords checked_in_ok ct_always_send cv_send_00_on_success "
    "cv_triggers_alert disallow_overpayment error_detect format_due_date holds_block_checkin holds_get_captured "
    "lost_block_checkout lost_block_checkout_value lost_status_for_missing overdues_block_checkout "
    "prevcheckout_block_checkout send_patron_home_library_in_af show_checkin_message show_outstanding_amount"
).split()
_TEXTS = (
    "ae_field_template allow_fields av_field_template blocked_item_types cr_item_field da_field_template hide_fields "
    "inhouse_item_types inhouse_patron_categories seen_on_item_information"
).split()
_ACCOUNTS = Table(
    "sip_accounts",
    (
        _number("sip_account_id", nullable=False, extra="auto_increment"),
        _number("sip_institution_id", nullable=False),
        _text("login_id", nullable=False),
        *(_text(name) for name in _TEXTS),
        *(_flag(name) for name in _FLAGS),
        *(_text(name, "varchar(10)") for name in ("convert_nonprinting_characters", "encoding", "payment_type_writeoff")),
        _text("delimiter", "varchar(10)", default="|"),
        _number("register_id"),
        _text("terminator", "enum('CR','CRLF')", nullable=False, default="CRLF"),
    ),
    ("sip_account_id",),
    (
        Index("account_login_id", True, ("login_id",)),
        Index("sip_accounts_ibfk_1", False, ("sip_institution_id",)),
        Index("sip_accounts_ibfk_2", False, ("register_id",)),
    ),
    (
        ForeignKey("sip_accounts_ibfk_1", ("sip_institution_id",), "sip_institutions", ("sip_institution_id",), "CASCADE", "CASCADE"),
        ForeignKey("sip_accounts_ibfk_2", ("register_id",), "cash_registers", ("id",), "SET NULL", "CASCADE"),
    ),
)  # fmt: skip


def _booking(table: str) -> ForeignKey:
    return ForeignKey(f"{table}_booking_id_fk", ("booking_id",), "bookings", ("booking_id",), "SET NULL", "CASCADE")


def _group(table: str, on_update: str) -> ForeignKey:
    return ForeignKey(
        f"{table}_ibfk_hg", ("hold_group_id",), "hold_groups", ("hold_group_id",), "SET NULL", on_update
    )


_ON_TO_25_11: tuple[_Step, ...] = (
    _typed("systempreferences", "value", "mediumtext", nullable=False, default=""),  # 25.06.00.005
    _column(  # 25.06.00.010
        "itemtypes",
        Column("checkprevcheckout", "enum('yes','no','inherit')", False, "inherit", ""),
        "bookable",
    ),
    _gone("pseudonymized_borrower_attributes"),  # 25.06.00.011
    _new(_METADATA),
    _column("statistics", _number("illrequest_id"), "other"),
    _new(_HOLD_GROUPS),  # 25.06.00.012, 25.06.00.027
    _column("reserves", _HOLD_GROUP, "non_priority", _group("reserves", "CASCADE")),
    _column("old_reserves", _HOLD_GROUP, "non_priority", _group("old_reserves", "SET NULL")),
    _new(_TARGETS),  # 25.06.00.030
    _column("issues", _number("booking_id"), "itemnumber", _booking("issues")),  # 25.06.00.015
    _column("old_issues", _number("booking_id"), "itemnumber", _booking("old_issues")),
    _column("biblio", _flag("opac_suppressed", "0"), "abstract"),  # 25.06.00.020
    _column(  # the tables of 25.11
        "additional_field_values",
        _text("record_table", nullable=False, default=""),
        "field_id",
    ),
    _new(_INSTITUTIONS),  # 25.06.00.035
    _new(_ACCOUNTS),
)
