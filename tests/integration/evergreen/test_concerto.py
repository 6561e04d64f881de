"""Evergreen's own public sample data: it fits, the purges do there what they do here, and every policy is carried out on it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from carrel.systems import policy_files
from carrel.systems.sample.evergreen import habits
from tests.docs import concerto_reference
from tests.integration.evergreen import concerto, concerto_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.servers.postgresql import PostgreSQLServer

FILES = concerto.folder()
# A skip that is no failure anywhere: the data is another project's and is not brought along.
pytestmark = pytest.mark.skipif(
    FILES is None, reason=f"{concerto.VARIABLE} names no folder with Evergreen's public sample data"
)


@pytest.fixture
def loaded(evergreen_server: PostgreSQLServer) -> Iterator[tuple[sa.Connection, dict[str, int]]]:
    """The data in a database of this test's own, every second loan closed."""
    evergreen_server.sql("DROP DATABASE IF EXISTS concerto WITH (FORCE)", "CREATE DATABASE concerto")
    engine = sa.create_engine(evergreen_server.url("concerto"))
    try:
        with engine.connect() as connection:
            counts = concerto.load(connection, FILES)
            concerto.close_some(connection, concerto.LOANS)
            yield connection, counts
    finally:
        engine.dispose()


def one(connection: sa.Connection, query: str, **values):
    return connection.execute(sa.text(query), values).scalar_one()


@pytest.fixture(scope="session")
def closed_some(evergreen_server: PostgreSQLServer) -> PostgreSQLServer:
    """A server with the data as each policy finds it."""
    concerto_run.prepare(evergreen_server, FILES)
    return evergreen_server


ADDRESSES = "SELECT CAST(one AS text) FROM {} AS one WHERE NOT usr = ANY(:gone) ORDER BY 1"


@pytest.mark.slow
@pytest.mark.parametrize("policy", sorted(policy_files.shipped_names()))
def test_every_policy_is_carried_out_whole(closed_some, tmp_path, policy):
    own = concerto_run.copy_of(closed_some, policy)
    tables = ("actor.usr_address", "auditor.actor_usr_address_history")
    try:
        kept = {name: set(own.rows(ADDRESSES.format(name), gone=[])) for name in tables}
        told = concerto_run.carried_out(own, tmp_path / "site", policy)
        assert (told.run["outcome"], told.run["complete"], told.run["remaining"]) == ("verified", True, {})
        assert (told.verified, told.led_back, told.run["sweep"]["led_back"]) == (True, 0, 0)
        assert told.run["sweep"]["swept"] == told.run["loans"] > 100
        # An address goes with whoever owns it: one that bears the number of somebody erased stays as it is.
        gone = [one for (one,) in own.rows(f"SELECT id FROM actor.usr WHERE {concerto_run.EMPTY}")]
        assert len(gone) == told.run["cards"]["people"]
        assert own.one("SELECT count(*) FROM actor.usr_address WHERE usr = ANY(:gone)", gone=gone) == 0
        assert own.one("SELECT count(*) FROM auditor.actor_usr_address_history WHERE usr = ANY(:gone)", gone=gone) == 0
        others = own.rows(ADDRESSES.format("actor.usr_address"), gone=gone)
        assert set(others) <= kept["actor.usr_address"]
        strangers = "SELECT count(*) FROM actor.usr_address WHERE id = ANY(:gone) AND NOT usr = ANY(:gone)"
        assert not gone or own.one(strangers, gone=gone) > 20
        assert concerto_reference.section(told) in concerto_reference.PAGE.read_text(encoding="utf-8"), (
            "python -m tests.docs.concerto_reference writes it anew"
        )
    finally:
        own.dispose()


def test_every_row_fits(loaded):
    connection, counts = loaded
    said = json.loads((FILES / "MANIFEST.json").read_text(encoding="utf-8"))["tables"]
    assert {table: said[table]["rows"] for table in counts} == counts
    for table, count in counts.items():
        assert one(connection, f"SELECT count(*) FROM ONLY {table}") == count
    assert (
        one(
            connection,
            "SELECT count(*) FROM actor.usr_address a WHERE a.usr <> a.id AND EXISTS (SELECT 1 FROM actor.usr WHERE id = a.id)",
        )
        > 300
    )
    assert one(connection, "SELECT count(*) FROM money.materialized_billable_xact_summary") == one(
        connection, "SELECT count(*) FROM money.billable_xact"
    )


def test_closed_loans_are_aged_and_open_ones_are_not(loaded):
    connection, counts = loaded
    closed = one(connection, "SELECT count(*) FROM action.circulation WHERE xact_finish IS NOT NULL")
    assert 0 < closed < counts["action.circulation"]
    before = one(connection, "SELECT max(xact_finish) + interval '1 second' FROM action.circulation")
    assert isinstance(before, datetime)
    assert habits.ages_circulations(connection, before) == closed
    assert (
        one(connection, "SELECT count(*) FROM action.circulation WHERE xact_finish IS NULL")
        == counts["action.circulation"] - closed
    )
    assert one(connection, "SELECT count(*) FROM action.aged_circulation") == closed


def test_deleting_a_patron_writes_the_identity_back_and_takes_a_strangers_history(loaded):
    connection, _ = loaded
    number, name = connection.execute(sa.text("""
        SELECT u.id, u.family_name FROM actor.usr u JOIN actor.usr_address a ON a.id = u.id AND a.usr <> u.id
        WHERE EXISTS (SELECT 1 FROM action.circulation WHERE usr = u.id) ORDER BY u.id LIMIT 1
    """)).one()  # fmt: skip
    connection.execute(sa.text("UPDATE actor.usr_address SET street2 = 'x' WHERE id = :id"), {"id": number})
    history = "SELECT count(*) FROM auditor.actor_usr_address_history WHERE id = :id"
    assert one(connection, history, id=number) == 1
    habits.deletes_patron(connection, number, 1)
    assert one(connection, history, id=number) == 0
    assert (
        one(
            connection,
            "SELECT count(*) FROM auditor.actor_usr_history WHERE id = :id AND family_name = :name",
            id=number,
            name=name,
        )
        == 2
    )
    assert one(connection, "SELECT count(*) FROM action.circulation WHERE usr = :id", id=number) == 0
