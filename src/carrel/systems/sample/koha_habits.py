"""What Koha itself does for privacy, in our own words, so that tests can show what it leaves behind.

Koha's nightly batch (``--days N``) takes loans returned before a moment, of patrons who did not choose to keep their
history, and puts the anonymous patron's number in place of the reader's; a renewal that the reader made is treated the
same way. Nothing else changes: notes, charges, statistics, audit rows, notices and last borrowers keep the link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def koha_anonymise(connection: Connection, before: datetime) -> int:
    """Do what Koha's batch for loans does, set-based, and commit.

    Args:
        connection: SQLAlchemy, to a database with Koha's tables.
        before: a wall-clock moment without zone; loans returned earlier are taken.

    Returns:
        How many loans were changed.

    Raises:
        ValueError: the preference ``AnonymousPatron`` names nobody; Koha refuses too.
    """
    value = connection.exec_driver_sql(
        "SELECT value FROM systempreferences WHERE variable = 'AnonymousPatron'"
    ).scalar()
    if not value or not str(value).isdigit():
        raise ValueError("AnonymousPatron is not set")
    anonymous, edge = int(value), before.strftime("%Y-%m-%d %H:%M:%S")
    chosen = (
        f"old_issues.borrowernumber <> {anonymous} AND old_issues.returndate < '{edge}' "
        "AND old_issues.borrowernumber IN (SELECT borrowernumber FROM borrowers WHERE privacy <> 0)"
    )
    connection.exec_driver_sql(
        f"UPDATE checkout_renewals SET renewer_id = {anonymous} WHERE EXISTS (SELECT 1 FROM old_issues "
        f"WHERE issue_id = checkout_id AND old_issues.borrowernumber = renewer_id AND {chosen})"
    )
    changed = connection.exec_driver_sql(f"UPDATE old_issues SET borrowernumber = {anonymous} WHERE {chosen}")
    connection.commit()
    return changed.rowcount
