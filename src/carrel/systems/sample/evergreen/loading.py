"""Bulk loading into PostgreSQL: COPY while the tables have no keys, then what triggers would have written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from carrel.systems.sample.evergreen.columns import COLUMNS
from carrel.systems.sample.evergreen.facts import evergreen
from carrel.systems.sample.evergreen.schema import sequences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from carrel.systems.sample.rows import Row

# Search words of the names, as the trigger makes them; and one summary a transaction.
_NAME_WORDS = (
    "to_tsvector('simple', concat_ws(' ', prefix, first_given_name, second_given_name, family_name, suffix, "
    "pref_prefix, pref_first_given_name, pref_second_given_name, pref_family_name, pref_suffix, name_keywords))"
)
_SUMMARY = """
INSERT INTO money.materialized_billable_xact_summary (
  id, usr, xact_start, xact_finish, total_paid, last_payment_ts, last_payment_note, last_payment_type, total_owed,
  last_billing_ts, last_billing_note, last_billing_type, balance_owed, xact_type
)
SELECT x.id, x.usr, x.xact_start, x.xact_finish, coalesce(p.paid, 0), p.at, p.note, p.kind, coalesce(b.owed, 0),
  b.at, b.note, b.kind, coalesce(b.owed, 0) - coalesce(p.paid, 0),
  CASE c.relname WHEN 'grocery' THEN 'grocery' WHEN 'reservation' THEN 'reservation' ELSE 'circulation' END
FROM money.billable_xact x JOIN pg_class c ON c.oid = x.tableoid
LEFT JOIN (
  SELECT xact, sum(amount) AS owed, max(billing_ts) AS at,
    (array_agg(note ORDER BY billing_ts DESC, id DESC))[1] AS note,
    (array_agg(billing_type ORDER BY billing_ts DESC, id DESC))[1] AS kind
  FROM money.billing WHERE NOT voided GROUP BY xact
) b ON b.xact = x.id
LEFT JOIN (
  SELECT p.xact, sum(p.amount) AS paid, max(p.payment_ts) AS at,
    (array_agg(p.note ORDER BY p.payment_ts DESC, p.id DESC))[1] AS note,
    (array_agg(k.relname ORDER BY p.payment_ts DESC, p.id DESC))[1] AS kind
  FROM money.payment p JOIN pg_class k ON k.oid = p.tableoid WHERE NOT p.voided GROUP BY p.xact
) p ON p.xact = x.id
"""

_MOVED = {
    "money.billable_xact_id_seq": "action.aged_circulation.id",
    "action.hold_request_id_seq": "action.aged_hold_request.id",
    "money.billing_id_seq": "money.aged_billing.id",
    "money.payment_id_seq": "money.aged_payment.id",
}


@contextmanager
def bulk(connection: Connection) -> Iterator[Callable[[str, list[Row]], None]]:
    """A function that writes rows into a table, for as long as the block lasts; commits at its end."""
    driver: Any = connection.connection.driver_connection
    heads = {table: f"COPY {table} ({', '.join(names)}) FROM STDIN" for table, names in COLUMNS.items()}
    with driver.cursor() as cursor:

        def write(table: str, rows: list[Row]) -> None:
            with cursor.copy(heads[table]) as copy:
                for row in rows:
                    copy.write_row(row)

        yield write
    driver.commit()


def write_what_triggers_write(connection: Connection) -> None:
    """Search words of names and the money summary, for rows that came before the triggers; commits."""
    for table in ("actor.usr", "auditor.actor_usr_history"):
        connection.exec_driver_sql(f"UPDATE {table} SET name_kw_tsvector = {_NAME_WORDS}")
    connection.exec_driver_sql(_SUMMARY)
    connection.commit()


def advance_sequences(connection: Connection) -> None:
    """Have every sequence go on above the numbers in use, aged ones included, then let the planner look; commits."""
    for name, columns in _users_of_sequences().items():
        numbers = ", ".join(f"(SELECT max({c.rpartition('.')[2]}) FROM {c.rpartition('.')[0]})" for c in columns)
        connection.exec_driver_sql(f"SELECT setval('{name}', n) FROM (SELECT greatest({numbers}) AS n) g WHERE n > 0")
    connection.commit()
    connection.exec_driver_sql("ANALYZE")
    connection.commit()


def _users_of_sequences() -> dict[str, list[str]]:
    """Which columns draw from each sequence, and where numbers of it go when a row is aged or audited."""
    users: dict[str, list[str]] = {name: [column] for name, column in sequences(evergreen()).items()}
    users["actor.usr_message_id_seq"].append("actor.usr_standing_penalty.id")
    for name, column in _MOVED.items():
        users[name].append(column)
    for table in ("actor_usr", "actor_usr_address", "asset_copy"):
        users[f"auditor.{table}_pkey_seq"] = [f"auditor.{table}_history.audit_id"]
    return users
