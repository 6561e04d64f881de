"""PostgreSQL's catalogue: schemas, inheritance, deferred keys, rules, row policies; names and values of every kind."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from carrel.retention.records import in_force
from carrel.systems import map_files, policy_files
from carrel.systems.sql.database import connect
from carrel.systems.sql.named_table import quoted, table
from carrel.systems.sql.sweep_discovery import reaches
from carrel.systems.sql.whole_rows import WholeRows
from tests.integration.postgresql.session import access, schema_of

pytestmark = pytest.mark.postgresql
POLICY = policy_files.load("mit-libraries")
KOHA = in_force(map_files.load("koha"), POLICY.record_schedules())


def test_the_catalogue_tells_schemas_inheritance_keys_triggers_and_rules(empty):
    empty.sql(
        "CREATE SCHEMA money",
        "CREATE SCHEMA action",
        'CREATE TABLE usr (id serial PRIMARY KEY, "Name" text NOT NULL, n numeric(6,2), at timestamptz DEFAULT now(), '
        "twice int GENERATED ALWAYS AS (3 * 2) STORED)",
        "CREATE TABLE money.billable_xact (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, usr int)",
        "CREATE TABLE action.circulation (copy int, UNIQUE (copy)) INHERITS (money.billable_xact)",
        "ALTER TABLE action.circulation ADD CONSTRAINT whose FOREIGN KEY (usr) REFERENCES usr ON DELETE CASCADE "
        "DEFERRABLE INITIALLY DEFERRED",
        "CREATE UNIQUE INDEX one_open ON action.circulation (usr, lower(copy::text)) WHERE copy > 0",
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER ages BEFORE DELETE OR UPDATE ON action.circulation FOR EACH ROW EXECUTE FUNCTION keep()",
        "CREATE RULE softly AS ON DELETE TO usr DO INSTEAD UPDATE usr SET n = 0 WHERE usr.id = OLD.id",
        "CREATE MATERIALIZED VIEW seen AS SELECT * FROM usr",
        "CREATE VIEW now AS SELECT * FROM usr",
        "ANALYZE",
        database="empty",
    )
    url = empty.url("empty")
    found = schema_of(url)
    assert set(found.tables) == {"usr", "money.billable_xact", "action.circulation", "seen", "now"}
    usr, loans = found.tables["usr"], found.tables["action.circulation"]
    assert [(c.name, c.type, c.nullable, c.extra) for c in usr.columns] == [
        ("id", "integer", False, ""), ("Name", "text", False, ""), ("n", "numeric(6,2)", True, ""),
        ("at", "timestamptz", True, ""), ("twice", "integer", True, "generated"),
    ]  # fmt: skip
    assert usr.primary_key == ("id",)
    assert loans.inherits == ("money.billable_xact",)
    assert loans.primary_key == ()  # a key is not inherited
    (key,) = loans.foreign_keys
    assert (key.table, key.columns, key.references, key.on_delete, key.waits) == (
        "usr", ("usr",), ("id",), "CASCADE", "deferred",
    )  # fmt: skip
    (partial,) = [one for one in loans.indexes if one.name == "one_open"]
    assert (partial.unique, partial.columns) == (True, ("usr", "lower(copy::text)"))
    assert partial.only
    assert {(one.timing, one.event, one.fires) for one in loans.triggers} == {
        ("BEFORE", "DELETE", True), ("BEFORE", "UPDATE", True),
    }  # fmt: skip
    assert [(one.name, one.timing, one.event) for one in usr.triggers] == [("softly", "RULE", "DELETE")]
    assert (found.tables["seen"].kind, found.tables["now"].kind) == ("table", "view")
    before = loans.digest
    for *changes, change in (
        ("ALTER TABLE action.circulation DISABLE TRIGGER ages",),
        ("ALTER TABLE action.circulation ALTER CONSTRAINT whose NOT DEFERRABLE",),
        ("ALTER TABLE action.circulation NO INHERIT money.billable_xact",),
        ("ALTER TABLE action.circulation ENABLE ROW LEVEL SECURITY", "CREATE POLICY p ON action.circulation"),
        ("CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",),
        (
            "DROP INDEX action.one_open",
            "CREATE UNIQUE INDEX one_open ON action.circulation (usr, lower(copy::text)) WHERE copy > 1",
        ),
    ):
        empty.sql(*changes, change, database="empty")
        after = schema_of(url).tables["action.circulation"].digest
        assert after != before, change
        before = after


def test_a_sweep_takes_words_for_words_and_lists_and_spans_for_no_number(empty):
    empty.sql(
        "CREATE SCHEMA config",
        "CREATE TABLE config.plugin (id bigint PRIMARY KEY, who int, many int[], span interval, words tsvector, "
        "said text[], raw bytea, at timestamptz, small smallint)",
        database="empty",
    )
    (reach,) = reaches(schema_of(empty.url("empty")), KOHA)
    assert (reach.name, reach.numbers, reach.times) == ("config.plugin", ("who", "small"), ("at",))
    assert (reach.texts, reach.blobs) == (("words", "said"), ("raw",))


def test_a_name_with_a_schema_is_quoted_part_by_part(empty):
    empty.sql(
        'CREATE SCHEMA "Odd"', 'CREATE TABLE "Odd"."T""x" (id int PRIMARY KEY, "Col" text)', database="empty",
    )  # fmt: skip
    engine = connect(access(empty.url("empty")), read_only=False)
    rows = table('Odd.T"x', sa.column("id"), sa.column("Col"))
    with engine.connect() as connection:
        connection.execute(sa.insert(rows).values(id=1, Col="one"))
        connection.execute(sa.update(rows).values(Col="two").where(rows.c.id == 1))
        assert connection.execute(sa.select(rows.c.Col).where(rows.c.Col == "two")).scalar() == "two"
        assert quoted(connection.dialect, 'Odd.T"x') == '"Odd"."T""x"'
        whole = WholeRows(connection)
        assert whole.columns('Odd.T"x') == ("id", "Col")
        assert whole.fetch('Odd.T"x', ("id",), [(1,)], ("Col",)) == {(1,): {"Col": "two"}}
        connection.execute(sa.delete(rows))
    engine.dispose()


def test_rows_of_every_type_lead_back(empty):
    columns = (
        "n numeric", "f real", "d double precision", "at timestamptz", "w timestamp", "day date", "span interval",
        "j json", "b bytea", "u uuid", "ip inet", "many text[]", "yes boolean", "c char(5)", "x xml", "h text",
    )  # fmt: skip
    empty.sql(
        f"CREATE TABLE odd (id int PRIMARY KEY, {', '.join(columns)})",
        "INSERT INTO odd VALUES (1, 1.50, 1.1, 0.1, '2025-10-26 02:30:00.123456+02', 'infinity', '0044-01-01 BC', "
        "'1 mon 2 days', '{\"b\": 1,  \"a\": 2}', '\\x00ff', gen_random_uuid(), '10.0.0.1/8', '{a,\"b c\",NULL}', true, "
        "'ab', '<a/>', 'É x  ')",
        database="empty",
    )
    engine = connect(access(empty.url("empty"), session_zone="Europe/Helsinki"), read_only=False)
    with engine.connect() as connection:
        whole = WholeRows(connection)
        names = whole.columns("odd")
        ((_, before),) = whole.fetch("odd", ("id",), [(1,)], names).items()
        there = sa.select(sa.func.count()).select_from(whole.table("odd")).where(whole.same("odd", before))
        assert connection.execute(there).scalar() == 1
        connection.exec_driver_sql("DELETE FROM odd")
        values = {name: whole.written("odd", name, value) for name, value in before.items()}
        connection.execute(sa.insert(whole.table("odd")).values(values))
        assert whole.fetch("odd", ("id",), [(1,)], names) == {(1,): before}
        connection.exec_driver_sql("UPDATE odd SET h = 'É x '")
        assert connection.execute(there).scalar() == 0
    engine.dispose()
