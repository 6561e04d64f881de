"""The sample library on real databases: the same rows on each, every canary traceable everywhere, the dirt present."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carrel.systems.sample import SampleSize, Shape, build
from carrel.systems.sample.facts import koha as facts
from carrel.systems.sample.koha_habits import koha_anonymise
from carrel.systems.sample.plan import TRACED
from carrel.systems.sample.rows import COLUMNS

if TYPE_CHECKING:
    from tests.integration.conftest import Koha
    from tests.integration.servers.mariadb import MariaDBServer

# How each canary is found again: what a curious member of staff could write.
TRACES = {
    "accountlines": "SELECT borrowernumber FROM accountlines WHERE issue_id = {loan} OR old_issue_id = {loan}",
    "account_offsets": (
        "SELECT a.borrowernumber FROM account_offsets o JOIN accountlines a ON a.accountlines_id = o.debit_id "
        "WHERE a.issue_id = {loan} OR a.old_issue_id = {loan}"
    ),
    "action_logs": (
        "SELECT object FROM action_logs WHERE module = 'CIRCULATION' AND action = 'ISSUE' AND info = '{item}' "
        "AND timestamp BETWEEN '{out}' AND '{soon}'"
    ),
    "background_jobs": "SELECT {reader} FROM background_jobs WHERE type = 'pseudonymize_statistic' AND data LIKE '%{json}%'",
    "checkout_renewals": "SELECT renewer_id FROM checkout_renewals WHERE checkout_id = {loan} AND interface = 'opac'",
    "curbside_pickup_issues": (
        "SELECT p.borrowernumber FROM curbside_pickup_issues i JOIN curbside_pickups p ON p.id = i.curbside_pickup_id "
        "JOIN old_reserves r ON r.reserve_id = i.reserve_id AND r.borrowernumber = p.borrowernumber "
        "WHERE i.issue_id = {loan}"
    ),
    "curbside_pickups": "SELECT borrowernumber FROM curbside_pickups WHERE delivered_datetime = '{out}'",
    "items_last_borrower": "SELECT borrowernumber FROM items_last_borrower WHERE itemnumber = {item}",
    "message_queue": "SELECT borrowernumber FROM message_queue WHERE letter_code = 'CHECKOUT' AND content LIKE '%{barcode}%'",
    "messages": "SELECT borrowernumber FROM messages WHERE message LIKE '%{barcode}%' AND message LIKE '%{card}%'",
    "old_reserves": "SELECT borrowernumber FROM old_reserves WHERE itemnumber = {item} AND timestamp = '{out}'",
    "pseudonymized_borrower_attributes": (
        "SELECT {reader} FROM pseudonymized_borrower_attributes a JOIN pseudonymized_transactions t "
        "ON t.id = a.transaction_id WHERE t.hashed_borrowernumber = '{pseudonym}' AND t.itemnumber = {item}"
    ),
    "pseudonymized_transactions": (
        "SELECT {reader} FROM pseudonymized_transactions WHERE hashed_borrowernumber = '{pseudonym}' "
        "AND itemnumber = {item} AND datetime BETWEEN '{out}' AND '{soon}'"
    ),
    "return_claims": "SELECT borrowernumber FROM return_claims WHERE issue_id = {loan}",
    "saved_reports": "SELECT {reader} FROM saved_reports WHERE report LIKE '%{card}%' AND report LIKE '%{barcode}%'",
    "saved_sql": "SELECT {reader} FROM saved_sql WHERE notes LIKE '%{card}%'",
    "statistics": (
        "SELECT borrowernumber FROM statistics WHERE itemnumber = {item} AND type = 'issue' "
        "AND datetime BETWEEN '{out}' AND '{soon}'"
    ),
}


def test_every_traced_table_is_asked() -> None:
    assert set(TRACES) == set(TRACED)


def test_counts_are_what_the_database_holds(koha: Koha) -> None:
    for table, count in koha.sample.counts.items():
        assert koha.rows(f"SELECT count(*) FROM {table}") == [(count,)], table


def test_each_canary_has_a_trace_in_every_table(koha: Koha) -> None:
    assert {canary.kind for canary in koha.sample.canaries} == {"old", "recent", "open"}
    for canary in koha.sample.canaries:
        name, card, barcode, _ = canary.needles
        values = {
            "loan": canary.issue_id,
            "reader": canary.borrowernumber,
            "item": canary.itemnumber,
            "out": canary.issued,
            "soon": canary.issued + timedelta(seconds=2),
            "pseudonym": canary.pseudonym,
            "barcode": barcode,
            "card": card,
            "name": name,
            "json": f'"itemnumber":{canary.itemnumber},',
        }
        for table, query in TRACES.items():
            found = {row[0] for row in koha.rows(query.format(**values))}
            assert found == {canary.borrowernumber}, (table, canary.kind)
        table = "issues" if canary.returned is None else "old_issues"
        expected = (canary.borrowernumber, canary.itemnumber)
        assert koha.rows(f"SELECT borrowernumber, itemnumber FROM {table} WHERE issue_id = {canary.issue_id}") == [
            expected
        ]


def test_canaries_owe_and_claim_as_they_say(koha: Koha) -> None:
    canaries = koha.sample.canaries
    assert {canary.owes for canary in canaries} == {canary.claims for canary in canaries} == {True, False}
    for canary in canaries:
        lines = f"FROM accountlines WHERE issue_id = {canary.issue_id} OR old_issue_id = {canary.issue_id}"
        ((owed,),) = koha.rows(f"SELECT sum(amountoutstanding) {lines}")
        assert (owed > 0) is canary.owes
        claim = f"SELECT count(*) FROM return_claims WHERE issue_id = {canary.issue_id} AND resolution IS NULL"
        assert koha.rows(claim) == [(int(canary.claims),)]


def test_no_row_points_at_nothing(koha: Koha) -> None:
    for table in facts().tables:
        for key in table.foreign_keys:
            if facts().within(key):
                own, other = key.columns[0], key.references[0]
                query = (
                    f"SELECT count(*) FROM {table.name} a LEFT JOIN {key.table} b ON a.{own} = b.{other} "
                    f"WHERE a.{own} IS NOT NULL AND b.{other} IS NULL"
                )
                assert koha.rows(query) == [(0,)], key.name


# What must be in every library of some years; each query must find something.
DIRT = {
    "loans of deleted patrons": "SELECT 1 FROM old_issues WHERE borrowernumber IS NULL",
    "their statistics": (
        "SELECT 1 FROM statistics s WHERE borrowernumber IN (SELECT borrowernumber FROM deletedborrowers) "
        "AND NOT EXISTS (SELECT 1 FROM borrowers b WHERE b.borrowernumber = s.borrowernumber)"
    ),
    "loans of deleted copies": "SELECT 1 FROM old_issues WHERE itemnumber IS NULL",
    "double deleted patrons": "SELECT borrowernumber FROM deletedborrowers GROUP BY borrowernumber HAVING count(*) > 1",
    "zero dates": "SELECT 1 FROM old_issues WHERE returndate = '0000-00-00 00:00:00'",
    "no return date": "SELECT 1 FROM old_issues WHERE returndate IS NULL",
    "returned before lent": "SELECT 1 FROM old_issues WHERE returndate < issuedate AND returndate > '1971-01-01'",
    "returned in the future": "SELECT 1 FROM old_issues WHERE returndate > '{now}'",
    "exactly at a cut-off": "SELECT 1 FROM old_issues WHERE returndate = '{edge}'",
    "a second before it": "SELECT 1 FROM old_issues WHERE returndate = '{before}'",
    "in an hour shown twice": "SELECT 1 FROM old_issues WHERE returndate = '2025-11-02 01:30:00'",
    "changed in bulk": "SELECT timestamp FROM old_issues GROUP BY timestamp HAVING count(*) > 50",
    "anonymous loans whose reader statistics name": (
        "SELECT 1 FROM old_issues o JOIN statistics s ON s.itemnumber = o.itemnumber AND s.datetime = o.issuedate "
        "WHERE o.borrowernumber = {anonymous} AND s.borrowernumber <> {anonymous}"
    ),
    "self-renewals left behind at privacy never": (
        "SELECT 1 FROM checkout_renewals r JOIN old_issues o ON o.issue_id = r.checkout_id "
        "WHERE o.borrowernumber = {anonymous} AND r.interface = 'opac' AND r.renewer_id <> {anonymous}"
    ),
    "staff who lend to themselves": "SELECT 1 FROM old_issues WHERE issuer_id = borrowernumber",
    "objects that are no patrons": "SELECT 1 FROM action_logs WHERE module = 'CATALOGUING'",
    "audit rows of deleted patrons": "SELECT 1 FROM action_logs WHERE module = 'MEMBERS' AND action = 'DELETE'",
    "self-registration": "SELECT 1 FROM borrower_modifications WHERE borrowernumber = 0",
    "patron's own notes": "SELECT 1 FROM old_issues WHERE note IS NOT NULL",
    "numbers in card notes": "SELECT 1 FROM borrowers WHERE borrowernotes LIKE '%21000%'",
    "digests of several loans": "SELECT 1 FROM message_queue WHERE content LIKE '%31000%31000%'",
    "pending notices": "SELECT 1 FROM message_queue WHERE status = 'pending'",
    "failed notices": "SELECT 1 FROM message_queue WHERE status = 'failed' AND failure_code IS NOT NULL",
    "unpaid fines": "SELECT 1 FROM accountlines WHERE debit_type_code = 'OVERDUE' AND amountoutstanding > 0",
    "paid in the second of the return": (
        "SELECT 1 FROM accountlines a JOIN account_offsets f ON f.debit_id = a.accountlines_id AND f.type = 'APPLY' "
        "JOIN old_issues o ON o.issue_id = a.old_issue_id WHERE f.created_on = o.returndate"
    ),
    "rents in the second of the checkout": (
        "SELECT 1 FROM accountlines a JOIN old_issues o ON o.issue_id = a.old_issue_id AND o.issuedate = a.date "
        "WHERE a.debit_type_code = 'RENT'"
    ),
    "lost copies paid back": "SELECT 1 FROM accountlines WHERE credit_type_code = 'LOST_FOUND'",
    "back-dated returns": "SELECT 1 FROM old_issues WHERE timestamp > returndate AND returndate > '{week}'",
    "open claims": "SELECT 1 FROM return_claims WHERE resolution IS NULL",
    "families at one address": (
        "SELECT address FROM borrowers WHERE address <> '' GROUP BY address, surname HAVING count(*) > 1"
    ),
    "Greek": "SELECT 1 FROM borrowers WHERE surname = 'Παπαδοπούλου' OR surname = 'Γεωργίου'",
    "Chinese": "SELECT 1 FROM borrowers WHERE surname IN ('王', '欧阳')",
    "names that are words": "SELECT 1 FROM borrowers WHERE surname IN ('Page', 'Price', 'Young', 'Reader', 'Long')",
    "seen last at a checkout": (
        "SELECT 1 FROM borrowers b JOIN statistics s ON s.borrowernumber = b.borrowernumber AND s.type = 'issue' "
        "AND s.datetime = b.lastseen"
    ),
    "every privacy level": "SELECT count(DISTINCT privacy) FROM borrowers HAVING count(DISTINCT privacy) = 3",
}


def test_dirt_is_present(koha: Koha) -> None:
    now = koha.sample.now
    edge = now - timedelta(days=30)
    values = {
        "now": now,
        "edge": edge,
        "before": edge - timedelta(seconds=1),
        "week": now - timedelta(days=900),
        "anonymous": koha.sample.anonymous_patron,
    }
    absent = [name for name, query in DIRT.items() if not koha.rows(query.format(**values))]
    assert absent == []


def plain(value: object) -> object:
    """A value as both databases can show it."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return float(value) if isinstance(value, int) else value


@pytest.mark.mariadb
def test_both_databases_hold_the_same(koha_sqlite: Koha, koha_mariadb: Koha) -> None:
    assert koha_sqlite.sample == koha_mariadb.sample
    for table, columns in COLUMNS.items():
        query = f"SELECT {', '.join(columns)} FROM {table}"
        left, right = (
            sorted([tuple(plain(value) for value in row) for row in koha.rows(query)], key=repr)
            for koha in (koha_sqlite, koha_mariadb)
        )
        assert left == right, table


@pytest.mark.mariadb
def test_mariadb_has_the_types_and_rules_of_the_facts(koha_mariadb: Koha) -> None:
    columns = koha_mariadb.rows(
        "SELECT table_name, column_name, column_type, is_nullable, extra FROM information_schema.columns "
        "WHERE table_schema = DATABASE()"
    )
    found = {(row[0], row[1]): row[2:] for row in columns}
    for table in facts().tables:
        for column in table.columns:
            nullable = "YES" if column.nullable else "NO"
            assert found[table.name, column.name] == (column.type, nullable, column.extra), (table.name, column.name)
    rules = koha_mariadb.rows(
        "SELECT table_name, constraint_name, delete_rule, update_rule FROM information_schema.referential_constraints "
        "WHERE constraint_schema = DATABASE()"
    )
    wanted = {
        (table.name, key.name, key.on_delete, key.on_update)
        for table in facts().tables
        for key in table.foreign_keys
        if facts().within(key)
    }
    assert set(rules) == wanted
    assert koha_mariadb.rows("SELECT @@sql_mode") != [("",)]


@pytest.mark.mariadb
def test_a_multiplied_library_is_as_consistent(mariadb_server: MariaDBServer) -> None:
    database = "sample_multiplied"
    mariadb_server.sql(f"DROP DATABASE IF EXISTS {database}", f"CREATE DATABASE {database}")
    engine = sa.create_engine(mariadb_server.url(database))
    try:
        size = SampleSize("three", 450, 4_500, copies=3)
        sample = build(engine, size, 5, datetime(2026, 11, 22, 3, tzinfo=UTC), shape=Shape.whole())
        with engine.connect() as connection:

            def one(query: str) -> int:
                return int(connection.exec_driver_sql(query).scalar() or 0)

            for table, count in sample.counts.items():
                assert one(f"SELECT count(*) FROM {table}") == count, table
            assert sample.counts["old_issues"] + sample.counts["issues"] == 4_500
            assert one("SELECT count(DISTINCT borrowernumber) FROM borrowers") == 448  # one anonymous patron, not three
            for table in ("issues", "old_issues"):
                stray = (
                    f"SELECT count(*) FROM {table} i LEFT JOIN statistics s ON s.itemnumber = i.itemnumber "
                    "AND s.type = 'issue' AND s.datetime BETWEEN i.issuedate AND i.issuedate + INTERVAL 2 SECOND "
                    f"AND s.borrowernumber = i.borrowernumber WHERE i.borrowernumber <> {sample.anonymous_patron} "
                    "AND i.itemnumber IS NOT NULL AND s.itemnumber IS NULL"
                )
                assert one(stray) == 0
            fines = (
                "SELECT count(*) FROM accountlines a JOIN action_logs l ON l.module = 'FINES' AND l.info LIKE "
                "CONCAT('%%''accountlines_id'' => ', a.accountlines_id, ', ''borrowernumber'' => ', a.borrowernumber, ',%%') "
                "WHERE l.object = a.borrowernumber"
            )
            assert one(fines) == one("SELECT count(*) FROM accountlines WHERE borrowernumber IS NOT NULL")
            strangers = (
                "SELECT count(*) FROM message_queue m JOIN borrowers b ON b.borrowernumber = m.borrowernumber "
                "WHERE m.message_transport_type = 'email' AND m.to_address <> b.email"
            )
            assert one(strangers) == 0
            several = (
                "SELECT count(*) FROM (SELECT p.hashed_borrowernumber FROM pseudonymized_transactions p JOIN statistics s "
                "ON s.itemnumber = p.itemnumber AND s.datetime = p.datetime AND s.type = p.transaction_type "
                "GROUP BY p.hashed_borrowernumber HAVING count(DISTINCT s.borrowernumber) <> 1) x"
            )
            assert one(several) == 0
            assert one("SELECT count(DISTINCT hashed_borrowernumber) FROM pseudonymized_transactions") % 3 == 0
    finally:
        engine.dispose()
        mariadb_server.sql(f"DROP DATABASE {database}")


def test_koha_itself_cuts_the_loan_and_leaves_the_rest(koha: Koha) -> None:
    canary = next(c for c in koha.sample.canaries if c.kind == "old")
    anonymous = koha.sample.anonymous_patron
    untouched = ["statistics", "action_logs", "accountlines", "message_queue", "items_last_borrower", "return_claims"]
    before = {table: koha.rows(f"SELECT * FROM {table}") for table in untouched}
    with koha.engine().connect() as connection:
        changed = koha_anonymise(connection, koha.sample.now - timedelta(days=365))
    assert changed > 100
    loan = koha.rows(f"SELECT borrowernumber, note FROM old_issues WHERE issue_id = {canary.issue_id}")
    assert loan[0][0] == anonymous
    assert canary.needles[0] in str(loan[0][1])
    renewals = f"SELECT renewer_id FROM checkout_renewals WHERE checkout_id = {canary.issue_id} AND interface = 'opac'"
    assert {row[0] for row in koha.rows(renewals)} == {anonymous}
    assert {table: koha.rows(f"SELECT * FROM {table}") for table in untouched} == before
    recent = next(c for c in koha.sample.canaries if c.kind == "recent")
    kept = koha.rows(f"SELECT borrowernumber FROM old_issues WHERE issue_id = {recent.issue_id}")
    assert kept == [(recent.borrowernumber,)]
    with koha.engine().connect() as connection:
        assert koha_anonymise(connection, koha.sample.now - timedelta(days=365)) == 0


def test_koha_refuses_without_an_anonymous_patron(koha_sqlite: Koha) -> None:
    before = koha_sqlite.rows("SELECT * FROM old_issues")
    with koha_sqlite.engine().connect() as connection:
        connection.exec_driver_sql("UPDATE systempreferences SET value = '' WHERE variable = 'AnonymousPatron'")
        connection.commit()
        with pytest.raises(ValueError, match="AnonymousPatron"):
            koha_anonymise(connection, koha_sqlite.sample.now)
    assert koha_sqlite.rows("SELECT * FROM old_issues") == before


@pytest.mark.mariadb
class TestServer:
    """The private server and its fixtures."""

    def test_every_test_starts_from_the_template(self, koha_mariadb: Koha) -> None:
        from tests.integration.conftest import TEMPLATE
        from tests.integration.servers.mariadb import fresh_copy

        server = koha_mariadb.server
        assert server is not None
        before = koha_mariadb.rows("SELECT * FROM old_issues")
        server.sql("DELETE FROM statistics", "UPDATE old_issues SET note = 'x'", database=koha_mariadb.database)
        koha_mariadb.dispose()
        fresh_copy(server, TEMPLATE)
        assert koha_mariadb.rows("SELECT * FROM old_issues") == before
        assert koha_mariadb.rows("SELECT count(*) FROM statistics") == [(koha_mariadb.sample.counts["statistics"],)]
        server.sql(
            "CREATE TABLE plugin_reading (id int)",
            "CREATE TRIGGER t AFTER DELETE ON issues FOR EACH ROW SET @x = 1",
            "ALTER TABLE messages ADD COLUMN local varchar(9)",
            database=koha_mariadb.database,
        )
        koha_mariadb.dispose()
        fresh_copy(server, TEMPLATE)
        assert koha_mariadb.rows("SHOW TABLES LIKE 'plugin%'") == []
        assert koha_mariadb.rows("SHOW TRIGGERS") == []

    def test_a_limited_user_may_do_only_what_was_granted(self, koha_mariadb: Koha) -> None:
        url = koha_mariadb.limited_user(["SELECT ON old_issues", "UPDATE (borrowernumber) ON old_issues"])
        with koha_mariadb.engine(url).connect() as connection:
            connection.exec_driver_sql("UPDATE old_issues SET borrowernumber = NULL WHERE issue_id = 1")
            with pytest.raises(sa.exc.OperationalError):
                connection.exec_driver_sql("UPDATE old_issues SET note = NULL WHERE issue_id = 1")
            with pytest.raises(sa.exc.OperationalError):
                connection.exec_driver_sql("SELECT 1 FROM borrowers")

    def test_a_server_with_binary_log(self, mariadb_with) -> None:
        server = mariadb_with(binlog=True)
        assert server.sql("SELECT @@log_bin, @@binlog_format") == [(1, "ROW")]
