"""Loads a folder of CSV files, one for each of Evergreen's tables, into the sample's tables.

The folder is the export of Evergreen's public sample data; it is under the GPL and stays outside this repository, so its
place comes from the environment variable ``CARREL_CONCERTO``. Columns that an export leaves out and that may not be empty
are filled with an empty text.
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


def close_some(connection: Connection) -> int:
    """Return every second loan three weeks after its checkout, as a desk would, and commit: nothing of the set is closed."""
    closed = connection.exec_driver_sql(
        "UPDATE action.circulation SET checkin_time = xact_start + interval '21 days', stop_fines = 'CHECKIN', "
        "xact_finish = xact_start + interval '21 days', stop_fines_time = xact_start + interval '21 days', "
        "checkin_lib = circ_lib, checkin_staff = circ_staff WHERE mod(id, 2) = 0 AND checkin_time IS NULL"
    ).rowcount
    connection.commit()
    return closed
