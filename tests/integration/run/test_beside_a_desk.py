"""Beside a desk a run waits for no lock: it is never the cause for which a server ends a transaction of the desk."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from carrel.retention.ports import Busy
from carrel.systems.sql.session_limits import LOCK_SECONDS
from tests.integration.run import library
from tests.integration.sweep_rig import AS_OF, Rig


@pytest.mark.everywhere
def test_a_chunk_that_meets_a_lock_of_the_desk_is_undone_at_once(small):
    if small.koha.dialect == "sqlite":
        pytest.skip("one writer at a time locks the whole file there, and is waited for")
    rig = Rig(small.koha)
    loans = rig.loans()
    loans.beside_desk = True
    before = library.checksum(small.koha)
    with small.koha.engine().connect() as desk, loans.session():
        desk.execute(sa.text("SELECT 1 FROM items_last_borrower FOR UPDATE")).all()
        desk.execute(sa.text("SELECT 1 FROM statistics FOR UPDATE")).all()
        began = time.monotonic()
        with pytest.raises(Busy):
            loans.cut_chunk(rig.life, AS_OF, None, 5_000, lambda *_: None)
        assert time.monotonic() - began < LOCK_SECONDS
        assert library.checksum(small.koha) == before
        desk.rollback()
        assert loans.cut_chunk(rig.life, AS_OF, None, 5_000, lambda *_: None) is not None
    rig.engine.dispose()
