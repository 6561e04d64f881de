"""Values on their way to MariaDB."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pymysql.converters import escape_datetime

from carrel.systems.sql.session_mariadb import literal


@pytest.mark.parametrize(
    "when",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2026, 11, 28, 9, 5, 7, tzinfo=UTC),
        datetime(2026, 11, 28, 9, 5, 7, 42, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 11, 28, 1, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_time_is_written_as_the_driver_writes_it(when: datetime) -> None:
    plain = when.replace(tzinfo=None)
    assert literal(when) == literal(plain) == escape_datetime(plain)
