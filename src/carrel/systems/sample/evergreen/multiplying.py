"""Multiplies a sample of Evergreen inside the server: large libraries without telling the server each row.

Each copy is a library of its own beside the first, in the same branches: other patrons, titles and loans, the same life
some seconds earlier. Numbers are moved by whole blocks, and so are card numbers and barcodes inside texts, so that
every trace of a copied loan still leads to its reader. The administrator, surveys,
reports and programs' logs stay single.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.evergreen.columns import COLUMNS
from carrel.systems.sample.evergreen.facts import evergreen
from carrel.systems.sample.evergreen.lookups import HOLD_GONE, HOLD_READY
from carrel.systems.sample.evergreen.people import ADMIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

# What a table's own numbers are counted among; a table that is not named counts by itself.
_FAMILIES = {
    "xact": ("action.circulation", "action.aged_circulation", "money.grocery", "booking.reservation"),
    "hold": ("action.hold_request", "action.aged_hold_request", "reporter.hold_request_record"),
    "billing": ("money.billing", "money.aged_billing"),
    "payment": (
        "money.cash_payment", "money.credit_card_payment", "money.forgive_payment", "money.goods_payment",
        "money.aged_payment",
    ),
    "message": ("actor.usr_message", "actor.usr_standing_penalty"),
    "person": ("actor.usr",),
    "card": ("actor.card",),
    "address": ("actor.usr_address",),
    "record": ("biblio.record_entry", "reporter.materialized_simple_record"),
    "call number": ("asset.call_number",),
    "copy": ("asset.copy",),
    "output": ("action_trigger.event_output",),
    "bucket": ("container.biblio_record_entry_bucket",),
}  # fmt: skip
_ALONE = (
    "actor.passwd", "actor.usr_setting", "actor.stat_cat_entry_usr_map", "actor.usr_activity",
    "actor.usr_password_reset", "actor.usr_privacy_waiver", "actor.usr_saved_search", "actor.usr_org_unit_opt_in",
    "auditor.actor_usr_history", "auditor.actor_usr_address_history", "auditor.asset_copy_history", "asset.copy_note",
    "action.usr_circ_history", "action.archive_actor_stat_cat", "action.hold_request_note",
    "action.hold_notification", "action.hold_copy_map", "action.unfulfilled_hold_list", "action_trigger.event",
    "action.in_house_use", "action.non_cataloged_circulation", "action.curbside",
    "container.biblio_record_entry_bucket_item",
)  # fmt: skip
# What a column numbers, by its name.
_KINDS = {
    "person": (
        "usr requestor circ_staff checkin_staff staff accepting_usr voider canceled_by fulfillment_staff editor "
        "creator audit_user patron target_usr owner context_user delivery_staff stage_staff notify_staff usrgroup"
    ),
    "copy": "target_copy current_copy owning_copy item context_item",
    "record": "record bib_record context_bib target_biblio_record_entry copy_bib_record target",
    "call number": "call_number copy_call_number",
    "xact": "xact source_circ parent_circ",
    "hold": "hold",
    "address": "mailing_address billing_address replaces",
    "card": "card",
    "output": "template_output",
    "bucket": "bucket",
    "message": "usr_message",
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_TEXTS = frozenset(
    {"usrname", "email", "guardian_email", "barcode", "tcn_value", "data", "user_data", "message", "event_data"}
)
_STONES = frozenset({"usrname", "first_given_name", "family_name"})
_AUDITED = {"auditor.actor_usr_history": "person", "auditor.actor_usr_address_history": "address"}
_AUDITED["auditor.asset_copy_history"] = "copy"
_TABLES = (*(table for tables in _FAMILIES.values() for table in tables), *_ALONE)


def tables() -> tuple[str, ...]:
    """The tables that are multiplied; the others stay single."""
    return _TABLES


def multiply(connection: Connection, copies: int, counts: Mapping[str, int]) -> dict[str, int]:
    """Add ``copies - 1`` copies of what is there and commit; the counts afterwards, in the same order."""
    blocks = _blocks(connection)
    after = dict(counts)
    for table in _TABLES:
        base = after[table]
        if not base:
            continue
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE sample_base AS SELECT * FROM ONLY {table}")
        for copy in range(1, copies):
            after[table] += connection.exec_driver_sql(_statement(table, copy, blocks)).rowcount
        connection.exec_driver_sql("DROP TABLE sample_base")
        connection.commit()
    return after


def _blocks(connection: Connection) -> dict[str, int]:
    """How far apart the copies' numbers lie: the highest number in use."""
    blocks = {}
    for kind, tables in (*_FAMILIES.items(), *((table, (table,)) for table in _ALONE)):
        own = COLUMNS[tables[0]][0]
        highest = ", ".join(f"(SELECT max({own}) FROM {table})" for table in tables)
        blocks[kind] = int(connection.exec_driver_sql(f"SELECT greatest(0, {highest})").scalar() or 0)
    return blocks


def _family(table: str) -> str:
    return next((kind for kind, tables in _FAMILIES.items() if table in tables), table)


def _statement(table: str, copy: int, blocks: Mapping[str, int]) -> str:
    types = {column.name: column.type for column in evergreen().tables[table].columns}
    values = ", ".join(_value(table, name, types[name], copy, blocks) for name in COLUMNS[table])
    owned = next((name for name in ("usr", "target_usr") if name in types), "id" if table == "actor.usr" else None)
    only = f" WHERE {owned} <> {ADMIN}" if owned and table.startswith("actor.") else ""
    return f"INSERT INTO {table} ({', '.join(COLUMNS[table])}) SELECT {values} FROM sample_base{only}"


def _value(table: str, name: str, declared: str, copy: int, blocks: Mapping[str, int]) -> str:
    if name == "target" and table == "action_trigger.event":
        hold, xact = copy * blocks["hold"], copy * blocks["xact"]
        return f"target + CASE WHEN event_def IN ({HOLD_READY}, {HOLD_GONE}) THEN {hold} ELSE {xact} END"
    kind = _kind(table, name, declared)
    if kind == "person":
        return f"CASE WHEN {name} = {ADMIN} THEN {ADMIN} ELSE {name} + {copy * blocks['person']} END"
    if kind == "address":  # a place that was left stands under a negated number
        return f"{name} + sign({name}::float)::integer * {copy * blocks['address']}"
    if kind is not None:
        return f"{name} + {copy * blocks[kind]}"
    if declared == "timestamp with time zone" and name != "due_date":
        return f"{name} - make_interval(secs => {copy})"
    return _text(table, name, copy, blocks["person"])


def _kind(table: str, name: str, declared: str) -> str | None:
    """What a column numbers, if it numbers anything."""
    if name == "id" and table in _AUDITED:
        return _AUDITED[table]
    if name in {"id", "audit_id"}:
        return _family(table)
    return _KIND_OF.get(name) if declared in {"integer", "bigint"} else None


def _text(table: str, name: str, copy: int, people: int) -> str:
    if table == "actor.usr" and name in _STONES:
        stone = f"regexp_replace({name}, '^\\d+', (id + {copy * people})::text)"
        return f"CASE WHEN deleted THEN {stone} ELSE {_moved_text(name, copy)} END"
    if name == "uuid":
        return f"md5({name} || '{copy}')"
    return _moved_text(name, copy) if name in _TEXTS else name


def _moved_text(name: str, copy: int) -> str:
    """Card numbers, barcodes and record numbers begin with 21000, 31000 and 41000; a copy's say which copy it is."""
    return f"regexp_replace({name}, '(?<!\\d)(21|31|41)000(?=\\d{{9}}(?!\\d))', '\\1{copy:03}', 'g')"
