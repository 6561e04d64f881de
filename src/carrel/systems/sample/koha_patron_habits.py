"""What Koha itself does to a patron and by age, in our own words, so that tests can show what it leaves behind.

Three habits: emptying an expired patron's record, deleting a patron, and the nightly deletion by age. Each works on any
database with Koha's tables and keys; the last two lean on those keys as Koha does.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import column as named
from sqlalchemy import delete, insert, inspect, select, table, update

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.sql.expression import TableClause

_KEPT = {
    "borrowernumber", "branchcode", "categorycode", "flags", "updated_on", "lastseen", "lang", "login_attempts",
    "anonymized", "auth_method",
}  # fmt: skip
# By age: the option of Koha's cleaning job, the table, the column that it looks at, and which rows.
_BY_AGE: tuple[tuple[str, str, str, str], ...] = (
    ("mail", "message_queue", "time_queued", ""),
    ("logs", "action_logs", "timestamp", ""),
    ("messages", "messages", "message_date", ""),
    ("searchhistory", "search_history", "time", ""),
    ("statistics", "statistics", "datetime", ""),
    ("deleted-patrons", "deletedborrowers", "updated_on", ""),
    ("old-issues", "old_issues", "timestamp", ""),
    ("old-reserves", "old_reserves", "timestamp", ""),
    ("pseudo-transactions", "pseudonymized_transactions", "datetime", ""),
    ("reports", "saved_reports", "date_run", ""),
    ("jobs-days", "background_jobs", "ended_on", "finished"),
)


def koha_empties_patron(connection: Connection, number: int, now: datetime) -> int:
    """Do what the chain lock, anonymise, remove does to one record, and commit.

    Every column but a few is emptied; the privacy choice becomes nought, which means *keep for ever*; no other table is
    touched. Where changes of patrons are logged, one row is written with every value as it was before.

    Returns:
        Columns that were changed; nought where the patron has a loan out, of which Koha only warns.
    """
    people = _table(connection, "borrowers")
    row = connection.execute(select(people).where(people.c.borrowernumber == number)).mappings().one()
    if connection.exec_driver_sql(f"SELECT count(*) FROM issues WHERE borrowernumber = {number}").scalar():
        return 0
    changed: dict[str, Any] = {"anonymized": 1}
    for one in inspect(connection).get_columns("borrowers"):
        name = str(one["name"])
        dates = name.startswith("date") and name != "dateofbirth"
        if name in _KEPT or dates or name.startswith("password"):
            continue
        if name == "userid":
            changed[name] = f"anon{number:06d}"[-10:]
        elif one["nullable"]:
            changed[name] = None
        else:
            changed[name] = {"checkprevcheckout": "inherit"}.get(name, 0)
    before = {name: row[name] for name, value in changed.items() if row[name] != value}
    connection.execute(update(people).where(people.c.borrowernumber == number).values(changed))
    if _is_on(connection, "BorrowersLog"):
        said = {name: {"before": _plain(value), "after": _plain(changed[name])} for name, value in before.items()}
        _log(connection, "MODIFY", number, json.dumps(said), now)
    connection.commit()
    return len(before)


def koha_deletes_patron(connection: Connection, number: int, now: datetime) -> None:
    """Do what deleting a patron does, and commit: a copy of the whole record first, holds cancelled, then the row.

    What the keys of the database do not reach stays as it is; there is no way to go without the copy.
    """
    keys_on(connection)
    people, copies = _table(connection, "borrowers"), _table(connection, "deletedborrowers")
    row = connection.execute(select(people).where(people.c.borrowernumber == number)).mappings().one()
    known = set(copies.c.keys())
    connection.execute(insert(copies).values({name: value for name, value in row.items() if name in known}))
    holds, past = _table(connection, "reserves"), _table(connection, "old_reserves")
    for hold in connection.execute(select(holds).where(holds.c.borrowernumber == number)).mappings().all():
        kept = {name: value for name, value in hold.items() if name in set(past.c.keys())}
        connection.execute(insert(past).values({**kept, "cancellationdate": now.date()}))
    connection.execute(delete(holds).where(holds.c.borrowernumber == number))
    waiting = _table(connection, "borrower_modifications")
    connection.execute(delete(waiting).where(waiting.c.borrowernumber == number))
    connection.execute(delete(people).where(people.c.borrowernumber == number))
    if _is_on(connection, "BorrowersLog"):
        _log(connection, "DELETE", number, "", now)
    connection.commit()


def koha_cleans(connection: Connection, now: datetime, days: int) -> dict[str, int]:
    """Do what the nightly cleaning job does with every option at so many days, and commit.

    Loans and holds go by the time of their last change, although the job speaks of the return: whatever touched a row
    starts its clock anew.

    Returns:
        Rows deleted, by option.
    """
    keys_on(connection)
    edge, done = now - timedelta(days=days), {}
    for option, name, by, status in _BY_AGE:
        rows = _table(connection, name)
        which = [rows.c[by] < edge.strftime("%Y-%m-%d %H:%M:%S")]
        which += [rows.c.status == status] if status else []
        done[option] = connection.execute(delete(rows).where(*which)).rowcount
    connection.commit()
    return done


def keys_on(connection: Connection) -> None:
    """Have SQLite follow foreign keys, as the server does by itself."""
    if connection.dialect.name == "sqlite":
        connection.rollback()
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.commit()


def _table(connection: Connection, name: str) -> TableClause:
    return table(name, *(named(str(one["name"])) for one in inspect(connection).get_columns(name)))


def _is_on(connection: Connection, preference: str) -> bool:
    rows = _table(connection, "systempreferences")
    found = connection.execute(select(rows.c.value).where(rows.c.variable == preference)).scalar()
    return str(found) == "1"


def _log(connection: Connection, action: str, number: int, info: str, now: datetime) -> None:
    rows = _table(connection, "action_logs")
    row = {"timestamp": now.strftime("%Y-%m-%d %H:%M:%S"), "user": 0, "module": "MEMBERS", "action": action}
    connection.execute(insert(rows).values({**row, "object": number, "info": info, "interface": "commandline"}))


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, int | str) else str(value)
