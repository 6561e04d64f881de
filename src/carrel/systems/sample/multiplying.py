"""Multiplies a sample library inside the server: large libraries without telling the server each loan.

Each copy is a library of its own beside the first: other patrons, titles and loans, the same life some seconds earlier.
Numbers are moved by whole blocks, and so are the card numbers, barcodes and numbers inside texts, so that every trace
of a copied loan still leads to its reader. Canaries, saved reports and curbside pickups stay single.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carrel.systems.sample.facts import koha
from carrel.systems.sample.people import ANONYMOUS
from carrel.systems.sample.rows import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

_PERSON = {
    "borrowernumber": "person", "cardnumber": "text", "userid": "login", "email": "mail", "borrowernotes": "text",
}  # fmt: skip
# What a column numbers; a table's own number is the first of its columns.
_KINDS: dict[str, dict[str, str]] = {
    "borrowers": _PERSON,
    "deletedborrowers": _PERSON,
    "borrower_relationships": {"id": "own", "guarantor_id": "person", "guarantee_id": "person"},
    "borrower_attributes": {"id": "own", "borrowernumber": "person"},
    "biblio": {"biblionumber": "record"},
    "biblioitems": {"biblioitemnumber": "record", "biblionumber": "record"},
    "items": {"itemnumber": "item", "biblionumber": "record", "biblioitemnumber": "record", "barcode": "text"},
    "issues": {"issue_id": "loan", "borrowernumber": "person", "issuer_id": "person", "itemnumber": "item"},
    "old_issues": {"issue_id": "loan", "borrowernumber": "person", "issuer_id": "person", "itemnumber": "item"},
    "statistics": {"borrowernumber": "person", "itemnumber": "item"},
    "action_logs": {"action_id": "own", "user": "person", "object": "object", "info": "info"},
    "checkout_renewals": {"renewal_id": "own", "checkout_id": "loan", "renewer_id": "person"},
    "pseudonymized_transactions": {"id": "own", "hashed_borrowernumber": "pseudonym", "itemnumber": "item"},
    "pseudonymized_borrower_attributes": {"id": "own", "transaction_id": "pseudonymized_transactions"},
    "background_jobs": {"id": "own", "borrowernumber": "person", "data": "job"},
    "accountlines": {
        "accountlines_id": "own", "issue_id": "loan", "old_issue_id": "loan", "borrowernumber": "person",
        "itemnumber": "item", "manager_id": "person", "description": "text",
    },
    "account_offsets": {"id": "own", "credit_id": "accountlines", "debit_id": "accountlines"},
    "message_queue": {"message_id": "own", "borrowernumber": "person", "content": "text", "to_address": "address"},
    "messages": {"message_id": "own", "borrowernumber": "person", "manager_id": "person", "message": "text"},
    "items_last_borrower": {"id": "own", "itemnumber": "item", "borrowernumber": "person"},
    "return_claims": {
        "id": "own", "itemnumber": "item", "issue_id": "loan", "borrowernumber": "person", "created_by": "person",
        "updated_by": "person", "resolved_by": "person",
    },
    "reserves": {"reserve_id": "own", "borrowernumber": "person", "biblionumber": "record", "itemnumber": "item"},
    "old_reserves": {"reserve_id": "own", "borrowernumber": "person", "biblionumber": "record", "itemnumber": "item"},
}  # fmt: skip
_FINE_NUMBERS = (
    ("accountlines_id", "accountlines"),
    ("borrowernumber", "person"),
    ("itemnumber", "item"),
    ("issue_id", "loan"),
)


def multiply(
    connection: Connection, copies: int, counts: Mapping[str, int], progress: Callable[[int, int], None] | None
) -> dict[str, int]:
    """Add ``copies - 1`` copies of the library that is there.

    Args:
        connection: to a MariaDB whose sample tables hold one library and, for speed, no secondary keys yet.
        copies: how many libraries there shall be, at most 1,000.
        counts: rows per table before.
        progress: called with tables done and tables wanted.

    Returns:
        Rows per table afterwards.
    """
    blocks = blocks_of(connection)
    after = dict(counts)
    connection.exec_driver_sql("SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = ''")
    for done, table in enumerate(_KINDS):
        connection.exec_driver_sql("DROP TEMPORARY TABLE IF EXISTS sample_base")
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE sample_base ENGINE=InnoDB AS SELECT * FROM `{table}`")
        for copy in range(1, copies):
            after[table] += connection.exec_driver_sql(statement(table, copy, blocks).replace("%", "%%")).rowcount
            connection.commit()
        if progress is not None:
            progress(done + 1, len(_KINDS))
    connection.exec_driver_sql("DROP TEMPORARY TABLE sample_base")
    connection.exec_driver_sql("SET SESSION foreign_key_checks = 1, unique_checks = 1, sql_mode = DEFAULT")
    connection.commit()
    return after


def blocks_of(connection: Connection) -> dict[str, int]:
    """How far apart the copies' numbers lie: above the highest number in use."""

    def highest(*places: tuple[str, str]) -> int:
        return max(
            int(connection.exec_driver_sql(f"SELECT COALESCE(MAX(`{column}`), 0) FROM `{table}`").scalar() or 0)
            for table, column in places
        )

    blocks = {table: highest((table, next(iter(kinds)))) for table, kinds in _KINDS.items()}
    blocks["person"] = highest(("borrowers", "borrowernumber"), ("deletedborrowers", "borrowernumber"))
    blocks["item"], blocks["record"] = highest(("items", "itemnumber"), ("statistics", "itemnumber")), blocks["biblio"]
    blocks["loan"] = highest(("issues", "issue_id"), ("old_issues", "issue_id"))
    return blocks


def tables() -> tuple[str, ...]:
    """The tables that are multiplied; the others stay single."""
    return tuple(_KINDS)


def statement(table: str, copy: int, blocks: Mapping[str, int], source: str = "sample_base") -> str:
    """The SQL that adds one copy of a table's rows.

    Args:
        table: that the rows go to.
        copy: which one, at most 999; what is in use already is never moved by nought.
        blocks: how far apart the numbers of two copies lie, by what they number (`blocks_of`).
        source: a table with the rows to copy.
    """
    types = {column.name: column.type for column in koha().table(table).columns}
    own = {**blocks, "own": blocks[table]}
    values = [_value(name, _KINDS[table].get(name), types[name], copy, own) for name in COLUMNS[table]]
    names = ", ".join(f"`{name}`" for name in COLUMNS[table])
    only = f" WHERE borrowernumber <> {ANONYMOUS}" if table == "borrowers" else ""
    return f"INSERT INTO `{table}` ({names}) SELECT {', '.join(values)} FROM {source}{only}"


def _value(name: str, kind: str | None, declared: str, copy: int, blocks: Mapping[str, int]) -> str:
    column = f"`{name}`"
    if kind is None:
        if declared in {"datetime", "timestamp"}:
            return f"IF({column} < '1971-01-01', {column}, {column} - INTERVAL {copy} SECOND)"
        return column
    person = copy * blocks["person"]
    mail = f"CONCAT('reader', borrowernumber + {person}, '@mail.example')"
    special = {
        "person": f"IF({column} IN (0, {ANONYMOUS}), {column}, {column} + {person})",
        "text": _moved_text(column, copy),
        "login": f"CONCAT('reader', borrowernumber + {person})",
        "mail": mail,
        "address": f"IF(message_transport_type = 'email', {mail}, {column})",
        "pseudonym": f"CONCAT(LEFT({column}, 57), LPAD({copy}, 3, '0'))",
        "object": f"IF(module = 'CATALOGUING', {column} + {copy * blocks['item']}, {column} + {person})",
        "info": _moved_info(copy, blocks),
        "job": _moved_job(copy, blocks),
    }
    return special.get(kind) or f"{column} + {copy * blocks[kind]}"


def _moved_text(column: str, copy: int) -> str:
    """Card numbers and barcodes begin with 21000 and 31000; a copy's say which copy it is."""
    return f"REPLACE(REPLACE({column}, '21000', '21{copy:03}'), '31000', '31{copy:03}')"


def _moved_info(copy: int, blocks: Mapping[str, int]) -> str:
    """The item number of circulation rows; the numbers inside the dump of a fine, which stand in a fixed order."""
    parts = ["'$VAR1 = {'"]
    for key, block in _FINE_NUMBERS:
        mark = f"''{key}'' => "
        number = f"CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(info, '{mark}', -1), ',', 1) AS UNSIGNED)"
        parts.append(f"' {mark}', {number} + {copy * blocks[block]}, ','")
    parts.append("' ', SUBSTRING(info, LOCATE('''amount''', info))")
    moved = f"CAST(info AS UNSIGNED) + {copy * blocks['item']}"
    dump = f"CONCAT({', '.join(parts)})"
    return f"CASE module WHEN 'CIRCULATION' THEN {moved} WHEN 'FINES' THEN {dump} ELSE info END"


def _moved_job(copy: int, blocks: Mapping[str, int]) -> str:
    inner = "'$.statistic."
    changes = [
        f"{inner}{key}', JSON_VALUE(data, {inner}{key}') + {copy * blocks[block]}"
        for key, block in (("itemnumber", "item"), ("borrowernumber", "person"))
    ]
    moved = f"JSON_VALUE(data, {inner}datetime') - INTERVAL {copy} SECOND"
    changes.append(f"{inner}datetime', DATE_FORMAT({moved}, '%Y-%m-%d %H:%i:%s')")
    return f"IF(type = 'pseudonymize_statistic', JSON_SET(data, {', '.join(changes)}), data)"
