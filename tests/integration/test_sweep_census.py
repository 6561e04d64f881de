"""Not a sample but everybody: each due loan of several invented libraries, and each that the product had parted.

A sweep of 200 pairs misses what one loan in a thousand leaves; these libraries held such loans.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from carrel.systems.sample import SampleSize, build
from tests.integration import sweep_rig
from tests.integration.conftest import AS_OF, Koha
from tests.integration.servers import mariadb
from tests.integration.sweep_rig import Rig

# Seed, and when it is looked at: on the last day of the sample, days later, and weeks later.
LIBRARIES = [
    (1, datetime(2026, 11, 25, 15, 40, tzinfo=UTC)),  # a note whose time an earlier cut had generalised
    (3, datetime(2026, 12, 3, 11, 0, tzinfo=UTC)),  # a notice never sent; a note in the second of a return
    (5, datetime(2026, 11, 22, 5, 40, tzinfo=UTC)),  # namesakes; staff who renew their own loans
    (101, datetime(2026, 11, 25, 22, 0, tzinfo=UTC)),  # a last borrower who has the same copy again, since later
    (20261122, datetime(2026, 11, 25, 20, 29, tzinfo=UTC)),  # a last borrower written the morning after the return
]
EVERYBODY = 1_000_000


def _nothing_leads_back(koha: Koha, as_of: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_rig, "AS_OF", as_of)
    rig = Rig(koha)
    pairs = rig.draw(EVERYBODY)
    assert len(pairs) > 4_000
    assert pairs.rebuilt > 900
    rig.cut()
    report = rig.look(pairs)
    assert [(a.name, a.kind, a.table, a.hits) for a in report.failing] == []
    assert report.led_back == 0


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "as_of"), LIBRARIES)
def test_nobody_is_led_back(seed: int, as_of: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'koha.db'}"
    koha = Koha(url, "sqlite", build(sa.create_engine(url), SampleSize.named("tiny"), seed, AS_OF))
    _nothing_leads_back(koha, as_of, monkeypatch)
    koha.dispose()


@pytest.mark.slow
@pytest.mark.mariadb
def test_nobody_is_led_back_on_mariadb(mariadb_server: mariadb.MariaDBServer, monkeypatch: pytest.MonkeyPatch) -> None:
    mariadb_server.sql("CREATE DATABASE census")
    url = mariadb_server.url("census")
    koha = Koha(
        url, "mariadb", build(sa.create_engine(url), SampleSize.named("tiny"), 2, AS_OF), mariadb_server, "census"
    )
    _nothing_leads_back(koha, datetime(2026, 12, 3, 11, 0, tzinfo=UTC), monkeypatch)
    koha.dispose()
    mariadb_server.sql("DROP DATABASE census")
