"""The sample of Evergreen: what it says of itself is true, canaries leave what they say, the irregular rows are there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from carrel.systems.sample.evergreen import build, evergreen_size, size_of_circulations
from carrel.systems.sample.evergreen.columns import COLUMNS
from carrel.systems.sample.evergreen.plan import TRACED
from tests.integration.evergreen.conftest import AS_OF, SEED, TEMPLATE
from tests.integration.servers import postgresql

# How a trace is found again: what a curious member of staff could write. Each answers the numbers of circulations.
LOANS = "(SELECT id, target_copy, xact_start, checkin_time FROM action.all_circulation)"
TRACES = {
    "action.circulation": "SELECT id FROM action.circulation",
    "action.aged_circulation": "SELECT id FROM action.aged_circulation",
    "action.usr_circ_history": (
        f"SELECT l.id FROM action.usr_circ_history h JOIN {LOANS} l ON l.id = h.source_circ OR h.source_circ IS NULL "
        "AND l.target_copy = h.target_copy AND l.checkin_time = h.checkin_time"
    ),
    "action.archive_actor_stat_cat": "SELECT xact FROM action.archive_actor_stat_cat",
    "action_trigger.event": "SELECT target FROM action_trigger.event WHERE event_def IN (1, 2, 3)",
    "action_trigger.event_output": (
        "SELECT e.target FROM action_trigger.event e JOIN action_trigger.event_output o ON o.id = e.template_output "
        "WHERE e.event_def IN (1, 2, 3)"
    ),
    "auditor.asset_copy_history": (
        f"SELECT l.id FROM auditor.asset_copy_history h JOIN {LOANS} l ON l.target_copy = h.id "
        "AND (h.audit_time = l.xact_start AND h.status = 0 OR h.audit_time = l.checkin_time AND h.status = 1)"
    ),
    "money.billing": "SELECT xact FROM money.billing",
    "money.aged_billing": "SELECT xact FROM money.aged_billing",
    "money.payment": "SELECT xact FROM money.payment",
    "money.aged_payment": "SELECT xact FROM money.aged_payment",
    "action.hold_request": (
        f"SELECT l.id FROM action.hold_request h JOIN {LOANS} l ON l.target_copy = h.current_copy AND l.xact_start = h.fulfillment_time"
    ),
    "action.aged_hold_request": (
        f"SELECT l.id FROM action.aged_hold_request h JOIN {LOANS} l ON l.target_copy = h.current_copy "
        "AND l.xact_start = h.fulfillment_time"
    ),
}


def test_counts_are_what_the_database_holds(evergreen_unchanged):
    for table, count in evergreen_unchanged.sample.counts.items():
        assert evergreen_unchanged.one(f"SELECT count(*) FROM ONLY {table}") == count, table
    assert set(evergreen_unchanged.sample.counts) == set(COLUMNS)


def test_the_true_reader_of_every_circulation_is_known(evergreen_unchanged):
    live = evergreen_unchanged.rows("SELECT id, usr FROM action.circulation")
    assert all(evergreen_unchanged.sample.readers.of(number) == usr for number, usr in live)
    aged = evergreen_unchanged.rows("""
        SELECT a.id, a.usr_home_ou, a.usr_profile, a.usr_birth_year, a.usr_post_code FROM action.aged_circulation a
    """)
    people = {
        number: rest
        for number, *rest in evergreen_unchanged.rows("""
            SELECT u.id, u.home_ou, u.profile, extract(year FROM u.dob)::integer, a.post_code, u.deleted
            FROM actor.usr u LEFT JOIN actor.usr_address a ON a.id = u.mailing_address
        """)
    }
    for number, home, profile, year, place in aged:
        known = people[evergreen_unchanged.sample.readers.of(number)]
        assert known[:2] == [home, profile]
        assert year in {None, known[2]}
        assert known[4] or place in {None, known[3]}
    assert {number for number, *_ in aged}.isdisjoint(number for number, _ in live)
    for nobodys in (evergreen_unchanged.one("SELECT max(id) FROM money.grocery"), 0, -5, 10**9):
        with pytest.raises(KeyError):
            evergreen_unchanged.sample.readers.of(nobodys)


@pytest.mark.parametrize("table", TRACES)
def test_traces_are_where_the_sample_says(evergreen_unchanged, table):
    everyone = {number for (number,) in evergreen_unchanged.rows("SELECT id FROM action.all_circulation")}
    found = {number for (number,) in evergreen_unchanged.rows(TRACES[table])} & everyone
    assert found == {number for number in everyone if table in evergreen_unchanged.sample.readers.traces(number)}
    assert found


def test_canaries(evergreen_unchanged):
    canaries = evergreen_unchanged.sample.canaries
    assert {canary.kind for canary in canaries} == {"aged", "old", "recent", "open"}
    assert {canary.owes for canary in canaries} == {True, False}
    assert frozenset().union(*(canary.traced for canary in canaries)) == set(TRACED)
    for canary in canaries:
        table = "action.aged_circulation" if canary.kind == "aged" else "action.circulation"
        chain = evergreen_unchanged.rows(
            f"SELECT id, parent_circ, target_copy, checkin_time FROM {table} WHERE id = ANY(:ids) ORDER BY id",
            ids=list(canary.circulations),
        )
        assert [row[1] for row in chain] == [None, *canary.circulations[:-1]]
        assert {row[2] for row in chain} == {canary.copy}
        assert chain[-1][3] == canary.checked_in
        name, card, barcode, _ = canary.needles
        note = evergreen_unchanged.one(
            "SELECT message FROM actor.usr_message WHERE usr = :usr AND title = 'At the desk'", usr=canary.usr
        )
        assert all(needle in note for needle in canary.needles)
        owed = evergreen_unchanged.rows(
            "SELECT balance_owed > 0 FROM money.materialized_billable_xact_summary WHERE id = :id",
            id=canary.circulations[-1],
        )
        assert owed == ([] if canary.kind == "aged" else [(canary.owes,)])
        output = evergreen_unchanged.rows(
            "SELECT o.data FROM action_trigger.event e JOIN action_trigger.event_output o ON o.id = e.template_output "
            "WHERE e.event_def = 1 AND e.target = :id",
            id=canary.circulations[0],
        )
        assert name in output[0][0]
        assert barcode in output[0][0]
        script = evergreen_unchanged.one(
            "SELECT count(*) FROM offline.script WHERE logfile LIKE :card", card=f"%{card}%"
        )
        assert script == 1
        assert {canary.usr} == {evergreen_unchanged.sample.readers.of(number) for number in canary.circulations}


def test_summaries_are_what_the_triggers_would_have_kept(evergreen):
    before = evergreen.rows("SELECT * FROM money.materialized_billable_xact_summary ORDER BY id")
    evergreen.do(
        "UPDATE money.billing SET id = id WHERE NOT EXISTS (SELECT 1 FROM action.aged_circulation WHERE id = xact)"
    )
    evergreen.do("UPDATE money.payment SET id = id")
    assert evergreen.rows("SELECT * FROM money.materialized_billable_xact_summary ORDER BY id") == before


def test_new_rows_get_numbers_above(evergreen):
    usr = evergreen.sample.canaries[1].usr
    number = evergreen.one("INSERT INTO money.grocery (usr, billing_location) VALUES (:usr, 4) RETURNING id", usr=usr)
    assert (
        number
        > max(
            evergreen.one("SELECT max(id) FROM money.billable_xact"),
            evergreen.one("SELECT max(id) FROM action.aged_circulation"),
        )
        - 1
    )
    evergreen.do("INSERT INTO actor.usr_message (usr, message, sending_lib) VALUES (:usr, 'x', 4)", usr=usr)
    evergreen.do(
        "INSERT INTO actor.usr_standing_penalty (org_unit, usr, standing_penalty) VALUES (4, :usr, 21)", usr=usr
    )


def _content(server, database):
    return {
        table: server.sql(
            f"SELECT count(*), sum(hashtextextended({table.partition('.')[2]}::text, 0)) FROM ONLY {table}",
            database=database,
        )
        for table in COLUMNS
    }


def test_same_seed_same_library(evergreen_server, evergreen_sample):
    other = {}
    for name, seed in (("again", SEED), ("other", SEED + 1)):
        evergreen_server.sql(f"CREATE DATABASE {name}")
        engine = sa.create_engine(evergreen_server.url(name))
        sample = build(engine, evergreen_size("tiny"), seed, AS_OF)
        engine.dispose()
        other[name] = (sample, _content(evergreen_server, name))
        evergreen_server.sql(f"DROP DATABASE {name} WITH (FORCE)")
    copy = postgresql.fresh_copy(evergreen_server, TEMPLATE)
    assert other["again"] == (evergreen_sample, _content(evergreen_server, copy))
    assert other["other"][1] != other["again"][1]


def test_copies_lead_to_readers_of_their_own(evergreen_server):
    evergreen_server.sql("CREATE DATABASE multiplied")
    engine = sa.create_engine(evergreen_server.url("multiplied"))
    size = size_of_circulations(750_000)
    assert size.copies == 3
    sample = build(engine, type(size)("three", 600, 9_000, 3), SEED, AS_OF)
    engine.dispose()
    for table, count in sample.counts.items():
        assert evergreen_server.sql(f"SELECT count(*) FROM ONLY {table}", database="multiplied") == [(count,)], table
    loans = evergreen_server.sql("SELECT id, usr FROM action.circulation", database="multiplied")
    assert len(loans) > 3 * 1_500
    assert all(sample.readers.of(number) == usr for number, usr in loans)
    strangers = evergreen_server.sql(
        """
        SELECT count(*) FROM action_trigger.event e JOIN action_trigger.event_output o ON o.id = e.template_output
        JOIN action.circulation c ON c.id = e.target JOIN asset.copy i ON i.id = c.target_copy
        JOIN actor.card k ON k.usr = c.usr AND k.active
        WHERE e.event_def IN (1, 2, 3) AND (o.data NOT LIKE '%' || i.barcode || '%' OR o.data NOT LIKE '%' || k.barcode || '%')
    """,
        database="multiplied",
    )
    assert strangers == [(0,)]
    evergreen_server.sql("DROP DATABASE multiplied WITH (FORCE)")


def test_what_is_refused():
    with pytest.raises(ValueError, match="aware"):
        build(sa.create_engine("sqlite://"), evergreen_size("tiny"), 1, datetime(2026, 1, 1))  # noqa: DTZ001  (just that is refused)
    with pytest.raises(ValueError, match="PostgreSQL"):
        build(sa.create_engine("sqlite://"), evergreen_size("tiny"), 1, datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(KeyError):
        evergreen_size("enormous")


def test_everything_happened_before_now(evergreen_unchanged):
    late = AS_OF + timedelta(seconds=1)
    for table, column in (
        ("action.circulation", "xact_start"), ("action.circulation", "checkin_time"), ("action.circulation", "xact_finish"),
        ("action.aged_circulation", "xact_finish"), ("action.hold_request", "request_time"), ("money.payment", "payment_ts"),
        ("action_trigger.event", "run_time"), ("auditor.actor_usr_history", "audit_time"), ("action.hold_request", "cancel_time"),
    ):  # fmt: skip
        assert evergreen_unchanged.one(f"SELECT count(*) FROM {table} WHERE {column} > :late", late=late) == 0, (
            table,
            column,
        )
    assert (
        evergreen_unchanged.one(
            "SELECT count(*) FROM action.all_circulation WHERE checkin_time < xact_start OR xact_finish < xact_start"
        )
        == 0
    )
