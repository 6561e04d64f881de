"""What the product's own deletion leaves of a patron is found by the person sweep, in each of the five places."""

from __future__ import annotations

import pytest

from carrel.retention.identifiers import Subject
from carrel.systems import map_files
from carrel.systems.sample.evergreen import habits
from carrel.systems.secret import Secret
from carrel.systems.sql import live
from carrel.systems.sql.database import Access, connect
from carrel.systems.sql.erasure import SqlErasure
from tests.integration.evergreen.test_leaks import HEIR, NAMED, patron

__all__ = ["patron"]
pytestmark = pytest.mark.postgresql


def test_each_of_the_five_places_is_named(evergreen, patron):
    # As people write: with the whole name, or a number to ring back. A family name alone is nobody's (docs/erasure.md).
    whole = evergreen.one(
        "SELECT first_given_name || ' ' || family_name FROM actor.usr WHERE id = :n", n=patron["number"]
    )
    loan, hold = patron["canary"].circulations[-1], patron["canary"].hold
    evergreen.do("UPDATE money.billing SET note = :w WHERE xact = :l", w=f"{whole} says it was raining", l=loan)
    evergreen.do("UPDATE action.hold_request SET cancel_note = :w WHERE id = :h", w="rang, 617-555-0999", h=hold)
    system_map = map_files.load("evergreen")
    engine = evergreen.lasts(connect(Access("library", Secret(evergreen.url, "a test")), read_only=True))
    with engine.connect() as connection:
        schema = live.read(connection, system_map)
        erasure = SqlErasure(schema, system_map, (Subject(patron["number"]),), HEIR, payer=None, at="library")
        subject = erasure.known(connection)
        assert subject is not None
        erasure = erasure.of((subject,))
    habits.deletes_patron(evergreen.connection, patron["number"], HEIR)
    evergreen.connection.commit()
    with engine.connect() as connection:
        found = erasure.sweep(connection)
    places = {place.rpartition(".")[0] for place in (*found.columns, *found.texts, *found.human)}
    assert NAMED - places == set()
    # A name could be somebody else's, and is for a human to judge; the rest is nobody else's.
    assert found.columns["auditor.actor_usr_history.id"] == 2
    assert found.columns["auditor.actor_usr_address_history.usr"] >= 2
    assert found.hits > 5
