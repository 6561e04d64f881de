"""Old values inside a database's own files: undo, free pages, and SQLite's logs beside its file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from carrel.accountability.surroundings import Nothing, Place, Unseen, size
from carrel.systems.sql.server_settings import ServerSettings

_OVERWRITES = frozenset({1, 2})  # secure_delete ON and FAST; FAST spares only pages that come free as a whole


def innodb_pages(server: ServerSettings) -> Iterator[Place | Unseen | Nothing]:
    """The undo log, the redo log and the free space of InnoDB's files."""
    own_files = server.on("innodb_file_per_table")
    figures: dict[str, int | str] = {
        "undo not purged yet": server.counter("innodb_history_list_length"),
        "tables": "a file each" if own_files else "in one file that never shrinks",
    }
    free = server.ask("SELECT SUM(data_free) FROM information_schema.tables WHERE table_schema = DATABASE()")
    if free and free[0][0] is not None:
        figures["free space in files"] = size(int(free[0][0]))
    if server.on("innodb_immediate_scrub_data_uncompressed"):
        figures["freed pages"] = "overwritten at once"
    yield Place(
        "undo log and free pages",
        None,
        "OPTIMIZE TABLE in a quiet hour",
        lasting=False,
        holds="rows as they were before a cut, until their pages are used again",
        read="SHOW GLOBAL STATUS, SHOW GLOBAL VARIABLES, information_schema.tables",
        figures=figures,
    )


def sqlite_pages(connection: Connection) -> Iterator[Place | Unseen | Nothing]:
    """Free pages of an SQLite file, and the write-ahead log or journal beside it."""
    secure = int(connection.exec_driver_sql("PRAGMA secure_delete").scalar() or 0)
    free = int(connection.exec_driver_sql("PRAGMA freelist_count").scalar() or 0)
    page = int(connection.exec_driver_sql("PRAGMA page_size").scalar() or 0)
    mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar()).lower()
    if secure == 1:
        yield Nothing("free pages of the file", "secure_delete is on")
    else:
        yield Place(
            "free pages of the file",
            None,
            "VACUUM the file when nobody uses it",
            lasting=False,
            holds="rows as they were, until their pages are used again",
            read="PRAGMA secure_delete, PRAGMA freelist_count",
            figures={
                "free pages": free,
                "size": size(free * page),
                "secure_delete": "fast" if secure in _OVERWRITES else "off",
            },
        )
    yield from _beside(_file_of(connection), mode)


def _file_of(connection: Connection) -> str:
    rows = connection.exec_driver_sql("PRAGMA database_list").all()
    return next((str(row[2]) for row in rows if row[1] == "main"), "")


def _beside(file: str, mode: str) -> Iterator[Place | Unseen | Nothing]:
    name, suffix, advice = {
        "wal": ("write-ahead log of the file", "-wal", "PRAGMA wal_checkpoint(TRUNCATE)"),
    }.get(mode, ("rollback journal of the file", "-journal", "PRAGMA journal_mode = DELETE, or TRUNCATE"))
    try:
        length = Path(file + suffix).stat().st_size
    except FileNotFoundError:
        length = 0
    except OSError:
        yield Unseen(name, "this account may not look into the file's folder", "let it list the folder")
        return
    if not length:
        yield Nothing(name, "empty", proved=True)
        return
    yield Place(
        name,
        None,
        advice,
        lasting=False,
        holds="pages of the file before and after a change, until the log is written over",
        read="PRAGMA journal_mode, and the size of the file",
        figures={"size": size(length), "journal_mode": mode},
    )
