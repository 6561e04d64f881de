"""The accounts that ``carrel init`` prints suffice for a plan and for carrying it out, and for nothing else."""

from __future__ import annotations

import pytest

from carrel.systems.secret import Secret
from carrel.systems.sql import grants
from carrel.systems.sql.database import Access, connect
from tests.integration.two_accounts import KOHA, a_night

pytestmark = pytest.mark.mariadb


def engine(koha, purpose):
    rights = [
        f"{one.privilege}{' (' + ','.join(one.columns) + ')' if one.columns else ''} ON {one.table}"
        for one in grants.needed(KOHA, purpose)
    ]
    url = koha.limited_user(rights).replace("?charset=utf8mb4", "")
    return connect(Access("koha", Secret(url, "a test")), read_only=purpose is grants.Purpose.READ)


def test_observe_with_the_reading_account_and_cut_with_the_other(koha_mariadb):
    reading, doing = engine(koha_mariadb, grants.Purpose.READ), engine(koha_mariadb, grants.Purpose.APPLY)
    try:
        a_night(reading, doing)
    finally:
        reading.dispose()
        doing.dispose()
