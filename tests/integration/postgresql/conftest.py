"""An empty database on the private PostgreSQL."""

from __future__ import annotations

import pytest


@pytest.fixture
def empty(postgresql_server):
    """An empty database of this test's own."""
    postgresql_server.sql("DROP DATABASE IF EXISTS empty WITH (FORCE)", "CREATE DATABASE empty")
    yield postgresql_server
    postgresql_server.drop_limited_users()
