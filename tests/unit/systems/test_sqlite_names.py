"""SQLite compares names without regard to capitals: what hangs on a table is seen however it is spelled."""

import sqlalchemy as sa

from carrel.systems.sql import catalogue_sqlite


def schema(*statements):
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        for one in statements:
            connection.exec_driver_sql(one)
        found = catalogue_sqlite.schema(connection)
    engine.dispose()
    return found


def test_a_foreign_key_in_other_letters_leads_to_the_table_and_its_column():
    found = schema(
        "CREATE TABLE bookings (id INTEGER PRIMARY KEY, at TEXT)",
        'CREATE TABLE notes (Bid INTEGER, FOREIGN KEY ("BID") REFERENCES BOOKINGS (ID) ON DELETE CASCADE)',
        "CREATE TABLE more (b INTEGER REFERENCES Bookings ON DELETE SET NULL)",
    )
    assert [
        (child, key.columns, key.table, key.references, key.on_delete)
        for child, key in sorted(found.incoming("bookings"), key=lambda one: one[0])
    ] == [
        ("more", ("b",), "bookings", ("id",), "SET NULL"),
        ("notes", ("Bid",), "bookings", ("id",), "CASCADE"),
    ]


def test_a_trigger_in_other_letters_or_behind_a_comment_is_seen_with_its_event():
    found = schema(
        "CREATE TABLE bookings (id INTEGER PRIMARY KEY)",
        "CREATE TABLE copies (id INTEGER)",
        "CREATE TRIGGER one AFTER DELETE ON BOOKINGS BEGIN INSERT INTO copies VALUES (old.id); END",
        "CREATE TRIGGER two -- insert a copy\n AFTER /* UPDATE */ DELETE ON bookings BEGIN SELECT 1; END",
    )
    assert [(one.name, one.timing, one.event) for one in found.tables["bookings"].triggers] == [
        ("one", "AFTER", "DELETE"),
        ("two", "AFTER", "DELETE"),
    ]
