"""Loads a folder of CSV files, one for each of Evergreen's tables, into the sample's tables.

The folder is the export of Evergreen's public sample data; it is under the GPL and stays outside this repository, so its
place comes from the environment variable ``CARREL_CONCERTO``. Columns that an export leaves out and that may not be empty
are filled with an empty text. Every time of day and date is moved by one span, so that the data is an hour old whenever it
is loaded, and what is due by a policy is the same every night.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from carrel.systems.sample.evergreen import loading, schema
from carrel.systems.sample.evergreen.facts import evergreen

if TYPE_CHECKING:
    from sqlalchemy import Connection

VARIABLE = "CARREL_CONCERTO"


def folder() -> Path | None:
    """Where the files are, if anywhere."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def load(connection: Connection, files: Path) -> dict[str, int]:
    """Make Evergreen's tables in an empty database and fill them; commits.

    Returns:
        Rows, by table. Files of tables that are not among the facts are passed over.
    """
    schema.create_tables(connection)
    schema.create_keys(connection)
    driver = connection.connection.driver_connection
    counts = {}
    with driver.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no foreign keys while tables fill one by one
        for file in sorted(files.glob("*.csv")):
            if file.stem in evergreen().tables:
                counts[file.stem] = _copy(cursor, file)
        _move_times(cursor, sorted(counts))
        cursor.execute("SET session_replication_role = origin")
    driver.commit()
    loading.write_what_triggers_write(connection)
    schema.create_habits(connection)
    loading.advance_sequences(connection)
    return counts


def _copy(cursor, file: Path) -> int:
    table = evergreen().tables[file.stem]
    with file.open("rb") as content:
        names = content.readline().decode().strip().split(",")
        left_out = [c.name for c in table.columns if c.name not in names and not c.nullable and c.default is None]
        for name in left_out:
            cursor.execute(f"ALTER TABLE {table.name} ALTER COLUMN {name} SET DEFAULT ''")
        with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN (FORMAT csv)") as copy:
            while block := content.read(1 << 16):
                copy.write(block)
        loaded = cursor.rowcount
        for name in left_out:
            cursor.execute(f"ALTER TABLE {table.name} ALTER COLUMN {name} DROP DEFAULT")
    return loaded


def _move_times(cursor, names: list[str]) -> None:
    """Let the youngest time be an hour ago: that of the load which the export was made from."""
    cursor.execute("SELECT now() - interval '1 hour' - (SELECT max(last_update_time) FROM actor.usr)")
    (span,) = cursor.fetchone()
    for name in names:
        times = [column.name for column in evergreen().tables[name].columns if column.type.startswith("timestamp")]
        if times:
            moved = ", ".join(f"{column} = {column} + %(span)s" for column in times)
            cursor.execute(f"UPDATE ONLY {name} SET {moved}", {"span": span})


# As a desk would: two loans of five, few enough for a sweep of all of them, some on time, most late, over two hundred days. A third of
# the holds was fetched, a third given up, likewise. The account with which the database was made waits for nothing.
_CLOSED = {
    "loans that came back on time": """
        UPDATE action.circulation SET checkin_time = due_date - interval '1 day', xact_finish = due_date - interval '1 day',
          checkin_lib = circ_lib, checkin_staff = circ_staff
        WHERE mod(id, 5) = 0 AND stop_fines IS NULL""",
    "loans that came back late": """
        UPDATE action.circulation SET checkin_time = t, xact_finish = t, stop_fines = coalesce(stop_fines, 'CHECKIN'),
          stop_fines_time = coalesce(stop_fines_time, t), checkin_lib = circ_lib, checkin_staff = circ_staff
        FROM (SELECT id AS late, now() - (1 + mod(id, 40)) * interval '5 days' AS t FROM action.circulation) o
        WHERE o.late = id AND mod(id, 5) < 2 AND checkin_time IS NULL""",
    "holds that were fetched": """
        UPDATE action.hold_request SET fulfillment_time = now() - (1 + mod(id, 40)) * interval '5 days',
          fulfillment_lib = pickup_lib, fulfillment_staff = 1
        WHERE mod(id, 3) = 0 AND usr <> 1""",
    "holds that were given up": """
        UPDATE action.hold_request SET cancel_time = now() - (1 + mod(id, 40)) * interval '5 days', canceled_by = usr
        WHERE mod(id, 3) = 1 OR usr = 1""",
    "bookings that were cancelled": """
        UPDATE booking.reservation SET cancel_time = request_time + interval '1 day',
          xact_finish = request_time + interval '1 day'
        WHERE mod(id, 2) = 0""",
    "addresses that were written anew": "UPDATE actor.usr_address SET street2 = 'upstairs' WHERE mod(id, 2) = 0",
}  # fmt: skip


LOANS = tuple(says for says in _CLOSED if says.startswith("loans"))


def close_some(connection: Connection, which: tuple[str, ...] = tuple(_CLOSED)) -> dict[str, int]:
    """Close two loans of five and some of the rest, as a desk would, and commit: nothing of the set is closed.

    Args:
        connection: with all rights.
        which: of these; everything unless given.

    Returns:
        How many rows were closed, by what they are.
    """
    closed = {says: connection.exec_driver_sql(_CLOSED[says]).rowcount for says in which}
    connection.commit()
    return closed
