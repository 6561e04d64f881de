"""Rows in what 25.11 brought: bookings that became loans, groups of holds, interlibrary events, machines' accounts.

They are made from what the library holds already, so the loans of every version are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carrel.systems.sample.koha_versions import BASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from carrel.systems.sample.rows import Row

_OLD_NAME, _NEW_NAME = "pseudonymized_borrower_attributes", "pseudonymized_metadata_values"
_BOOKINGS, _GROUPS = 1_000_000, 3_000_000  # above every number that the generator gives
_EVERY = 8  # one loan in so many was booked before; a power of two, so that both databases can tell
# Which word Koha writes as the type of such an event was not read; the number of the request tells it.
_ILL_EVENT = "interlibrary"


def writer(connection: Connection, write: Callable[[str, list[Row]], None], version: str) -> Callable[..., None]:
    """How rows are written into the tables of a version: what has another name there goes under that."""
    if version <= BASE:
        return write
    driver: Any = connection.connection.driver_connection
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    quote = connection.dialect.identifier_preparer.quote_identifier
    names = ", ".join(quote(name) for name in ("id", "transaction_id", "tablename", "key", "value"))
    statement = f"INSERT INTO {_NEW_NAME} ({names}) VALUES ({', '.join([mark] * 5)})"

    def renamed(table: str, rows: list[Row]) -> None:
        if table != _OLD_NAME:
            write(table, rows)
            return
        cursor = driver.cursor()
        cursor.executemany(statement, [(row[0], row[1], "borrower_attributes", row[2], row[3]) for row in rows])

    return renamed


def fill(connection: Connection, version: str, anonymous: int) -> None:
    """Put rows into what a version has beyond 25.05, say in the preferences which version it is, and commit.

    Args:
        connection: to a library that was just filled.
        version: one of `koha_versions.VERSIONS`.
        anonymous: the anonymous patron, who books nothing.
    """
    for statement in _statements(version, anonymous):
        connection.exec_driver_sql(statement)
    connection.commit()


def _statements(version: str, anonymous: int) -> Iterator[str]:
    if version != BASE:
        major, minor = version.split(".")
        yield f"UPDATE systempreferences SET value = '{major}.{minor}00000' WHERE variable = 'Version'"
    if version > BASE:
        for loans in ("old_issues", "issues"):
            yield from _bookings(loans, anonymous)
        yield from _groups(anonymous)
        yield from _events()
        yield from _machines()


def _bookings(loans: str, anonymous: int) -> Iterator[str]:
    """A booking is kept by days; the loan that fulfils it lies within them."""
    number, end = f"{_BOOKINGS} + o.issue_id", "coalesce(o.returndate, o.date_due)"
    yield (
        "INSERT INTO bookings (booking_id, patron_id, biblio_id, item_id, pickup_library_id, start_date, end_date, "
        f"creation_date, modification_date, status) SELECT {number}, o.borrowernumber, i.biblionumber, o.itemnumber, "
        f"o.branchcode, date(o.issuedate), date({end}), date(o.issuedate), date(o.issuedate), 'completed' "
        f"FROM {loans} o JOIN items i ON i.itemnumber = o.itemnumber JOIN borrowers b "
        f"ON b.borrowernumber = o.borrowernumber WHERE (o.issue_id & {_EVERY - 1}) = 0 "
        f"AND o.borrowernumber <> {anonymous} AND o.issuedate > '1970-01-02' AND {end} > '1970-01-02'"
    )
    yield (
        f"UPDATE {loans} SET booking_id = {_BOOKINGS} + issue_id, timestamp = timestamp "
        f"WHERE {_BOOKINGS} + issue_id IN (SELECT booking_id FROM bookings)"
    )


def _groups(anonymous: int) -> Iterator[str]:
    yield (
        "INSERT INTO hold_groups (hold_group_id, borrowernumber, visual_hold_group_id) "
        f"SELECT {_GROUPS} + r.borrowernumber, r.borrowernumber, 1 FROM old_reserves r JOIN borrowers b "
        f"ON b.borrowernumber = r.borrowernumber WHERE r.borrowernumber <> {anonymous} GROUP BY r.borrowernumber"
    )
    for holds in ("old_reserves", "reserves"):
        yield (
            f"UPDATE {holds} SET hold_group_id = {_GROUPS} + borrowernumber, timestamp = timestamp "
            "WHERE borrowernumber IN (SELECT borrowernumber FROM hold_groups)"
        )
    yield (
        "INSERT INTO hold_groups_target_holds (hold_group_id, reserve_id) SELECT hold_group_id, min(reserve_id) "
        "FROM reserves WHERE hold_group_id IS NOT NULL GROUP BY hold_group_id"
    )


def _events() -> Iterator[str]:
    yield (
        "INSERT INTO statistics (datetime, branch, value, type, other, illrequest_id, borrowernumber, interface) "
        f"SELECT updated, branchcode, 0, '{_ILL_EVENT}', '', illrequest_id, borrowernumber, 'opac' FROM illrequests "
        "WHERE borrowernumber IS NOT NULL"
    )


def _machines() -> Iterator[str]:
    yield "INSERT INTO sip_institutions (sip_institution_id, name) VALUES (1, 'Main')"
    yield (
        "INSERT INTO sip_accounts (sip_institution_id, login_id) SELECT 1, userid FROM borrowers "
        "WHERE flags > 0 AND userid IS NOT NULL ORDER BY borrowernumber LIMIT 1"
    )
