"""What a server says before a session stands is told as what it is, and nothing of its words is passed on."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from carrel.store.server_failure import meant
from carrel.systems.sql.failure import classify
from carrel.systems.sql.failure_postgresql import condition

HEAD = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('FATAL:  role "elm" does not exist', "an account or a password that the server refuses"),
        ('FATAL:  role "elm" is not permitted to log in', "an account or a password that the server refuses"),
        ('FATAL:  database "elm" does not exist', "no such database"),
        (
            'FATAL:  database "elm" is not currently accepting connections',
            "a server that lets nobody into this database",
        ),
        ("Connection refused", "no server that answers"),
    ],
)
def test_a_server_that_answered_is_not_said_to_be_silent(said: str, found: str) -> None:
    error = meant(DBAPIError("", {}, psycopg.OperationalError(HEAD + said)), "db/elm", "carrel")
    assert error.faults[0].found == found
    assert "elm" not in f"{error.faults[0].found}{error.faults[0].fix}"


def test_an_account_that_is_none_is_a_matter_of_the_account() -> None:
    found = condition(psycopg.OperationalError(HEAD + 'FATAL:  role "elm" does not exist'))
    assert found is not None
    assert found.code == "SQL-002"


def test_a_right_that_is_missing_sends_to_no_products_grants() -> None:
    wrong = classify(psycopg.errors.InsufficientPrivilege("permission denied"), "evergreen")
    assert (wrong.code, "koha" in wrong.faults[0].fix) == ("SQL-005", False)


def test_the_drivers_own_names_are_told_to_nobody() -> None:
    wrong = classify(psycopg.OperationalError(HEAD + 'FATAL:  database "elm" does not exist'), "koha")
    assert (wrong.code, wrong.faults[0].found) == ("SQL-004", "")
