"""What Evergreen itself does for privacy, in our own words, so that tests can show what it leaves behind.

The work is done by functions inside the database, as in the product; these run them, with the switches that they read.
The stock timetable runs only `purges_notices` and `purges_registrations`; a site adds the others, or does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_AGE, _COUNT = "history.circ.retention_age", "history.circ.retention_count"


def switches(connection: Connection, flag: str, value: str | None, *, on: bool = True) -> None:
    """Turn one of the site's switches, with a value or without; not committed.

    Raises:
        KeyError: the product has no such switch.
    """
    known = connection.execute(
        sa.text("UPDATE config.global_flag SET value = :value, enabled = :on WHERE name = :flag"),
        {"value": value, "on": on, "flag": flag},
    ).rowcount
    if not known:
        raise KeyError(flag)


def ages_circulations(connection: Connection, before: datetime, *, kept_per_copy: int = 0) -> int:
    """Do what the purge of circulations does, row by row, and commit.

    Args:
        connection: SQLAlchemy, to a database with Evergreen's tables and habits.
        before: aware; a chain goes when its last row was finished earlier.
        kept_per_copy: how many of a copy's newest chains stay, whatever their age.

    Returns:
        How many chains were aged. A chain goes as a whole or stays as a whole.
    """
    _age(connection, _AGE, before)
    switches(connection, _COUNT, str(kept_per_copy))
    return _run(connection, "SELECT action.purge_circulations()")


def purges_holds(connection: Connection) -> int:
    """Do what the purge of holds does, under the switches as they are, and commit; how many went."""
    return _run(connection, "SELECT action.purge_holds()")


def ages_money(connection: Connection, before: datetime) -> int:
    """Move charges and payments of transactions that were finished earlier, and commit; how many transactions."""
    _age(connection, "history.money.retention_age", before)
    return _run(connection, "SELECT money.age_billings_and_payments()")


def purges_notices(connection: Connection) -> None:
    """Delete events that are older than their definition keeps them, and texts without an event, and commit."""
    _run(connection, "SELECT action_trigger.purge_events()")


def purges_registrations(connection: Connection) -> None:
    """Delete self-registrations that waited longer than their branch allows, and commit."""
    _run(connection, "SELECT staging.purge_pending_users()")


def deletes_patron(connection: Connection, number: int, heir: int) -> None:
    """Delete a patron as the product does, and commit: a tombstone stays, and what `docs/sample-library.md` lists.

    Args:
        connection: SQLAlchemy.
        number: the patron.
        heir: the account that gets what the patron did as staff.
    """
    connection.execute(sa.text("SELECT actor.usr_delete(:number, :heir)"), {"number": number, "heir": heir})
    connection.commit()


def merges_patrons(connection: Connection, number: int, into: int) -> None:
    """Merge one account into another, keeping cards switched off and addresses, and commit; the first is deleted."""
    connection.execute(
        sa.text("SELECT actor.usr_merge(:number, :into, false, false, true)"), {"number": number, "into": into}
    )
    connection.commit()


def _age(connection: Connection, flag: str, before: datetime) -> None:
    """An age is told as a length of time, counted from the server's present."""
    passed = connection.execute(sa.text("SELECT (now() - cast(:before AS timestamptz))::text"), {"before": before})
    switches(connection, flag, str(passed.scalar_one()))


def _run(connection: Connection, statement: str) -> int:
    found = connection.exec_driver_sql(statement).scalar()
    connection.commit()
    return int(found) if isinstance(found, int) else 0
