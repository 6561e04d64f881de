"""Which rows of a live database an order's period and items mean, as conditions that the server looks up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, Connection, FromClause, and_, or_, select, true, type_coerce

from carrel.disclosure.asked_fields import is_time
from carrel.disclosure.period import Period, Verdict, period, unusable
from carrel.disclosure.scope import Part
from carrel.inventory.loan_records import Anchor
from carrel.systems.access_answer import OpenSystem
from carrel.systems.sql.conditions import all_hold
from carrel.systems.sql.expressions import LocalTime
from carrel.systems.sql.person_layout import AnswerLayout
from carrel.systems.sql.title_items import items_of

# A server and its wall clock may differ by any offset, and by a change of it: the exact look follows, row by row.
_SLACK = timedelta(days=2)
Which = Callable[[FromClause], ColumnElement[bool]]


def loan_tables(system: OpenSystem) -> set[str]:
    """The tables of loans themselves; others hang on them."""
    return {one.table for one in _anchors(system)}


def meant_tables(system: OpenSystem, part: Part) -> list[str]:
    """The tables of the kind of record that a part asks for, whether or not they are there; copies only if it asks."""
    former = set(system.layout.selection.person.former)
    kinds = [kind for kind in system.layout.access.kinds if kind.record == part.records.value]
    names = [one for kind in kinds for one in kind.tables if part.copies or one not in former]
    return [one for one in names if one in loan_tables(system)] if part.asks_for_readers else names


def period_in(part: Part, zone: ZoneInfo, system: str) -> Period | None:
    """The period of a part by the clock of a system; None where the record is asked for as it stands.

    Raises:
        CarrelError: DSC-053.
    """
    if part.from_ is None or part.until is None:
        return None
    at = f"{system}: part {part.id}"
    bounds = zone
    if part.time_zone is not None:
        try:
            bounds = ZoneInfo(part.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise unusable(
                f"{at}: time zone", "a zone such as Europe/Amsterdam", "another word", "take it from the list of IANA"
            ) from None
    found = period(part.from_, part.until, bounds, at)
    return Period(found.since, found.until, zone)


def types_of(layout: AnswerLayout, table: str) -> dict[str, str]:
    """The columns of a table and their types."""
    return {one.name: one.type for one in layout.schema.tables[table].columns}


def beside_of(layout: AnswerLayout, table: str) -> tuple[str, ...]:
    """What is read beside the rows of a table, such as a title."""
    own = {one.name for one in layout.columns(table).told}
    return tuple(name for name in layout.shown(table).selected_columns.keys() if name not in own)  # noqa: SIM118


def in_period(dates: Sequence[str], types: Mapping[str, str], found: Period) -> Which:
    """Whether a row may lie in a period: two days more on both sides, by the first column that holds a time."""
    first, last = ((one.replace(tzinfo=None) + by) for one, by in ((found.since, -_SLACK), (found.until, _SLACK)))

    def which(rows: FromClause) -> ColumnElement[bool]:
        if not all(is_time(types[name]) for name in dates):
            return true()
        tests = []
        for n, name in enumerate(dates):
            at = type_coerce(rows.c[name], LocalTime())
            tests.append(and_(*(rows.c[one].is_(None) for one in dates[:n]), at >= first, at < last))
        empty = and_(*(rows.c[name].is_(None) for name in dates))  # counted for the library, and not produced
        return or_(*tests, empty)

    return which


def of_items(connection: Connection, system: OpenSystem, table: str, part: Part) -> Which:
    """Whether a loan is of one of these items."""
    anchor = next(one for one in _anchors(system) if one.table == table)
    keys = item_keys(connection, system, part)
    return lambda rows: rows.c[anchor.item].in_(keys)


def all_of(tests: Sequence[Which]) -> Which:
    """Whether a row passes all of these."""

    def which(rows: FromClause) -> ColumnElement[bool]:
        return and_(*(test(rows) for test in tests))

    return which


def borrowers(
    connection: Connection,
    system: OpenSystem,
    part: Part,
    dates: Mapping[str, Sequence[str]],
    found: Period,
) -> tuple[int, ...]:
    """Whoever the loans of these items still name, in a period; who was parted from a loan is not among them.

    Args:
        connection: reads only.
        system: whose loans.
        part: with the items, or the titles.
        dates: by table of loans, the columns that tell the time.
        found: the period.
    """
    keys = item_keys(connection, system, part)
    people: set[int] = set()
    for one in _anchors(system):
        if not (names := dates.get(one.table)):
            continue
        rows = system.layout.selection.rows(one.table)
        near = in_period(names, types_of(system.layout, one.table), found)(rows)
        query = select(rows.c[one.person], *(rows.c[name] for name in names))
        for number, *times in connection.execute(
            query.where(rows.c[one.item].in_(keys), all_hold(rows.c, one.only), near)
        ):
            verdicts = (found.judge(at) for at in times)
            verdict = next((each for each in verdicts if each is not Verdict.UNDATED), Verdict.UNDATED)
            if number is not None and verdict is Verdict.WITHIN:
                people.add(int(number))
    return tuple(sorted(people - {0, system.stand_in}))


def _anchors(system: OpenSystem) -> tuple[Anchor, Anchor]:
    return system.system_map.loans.open, system.system_map.loans.closed


def item_keys(connection: Connection, system: OpenSystem, part: Part) -> frozenset[int]:
    """The numbers of the items that a part means, by barcode or by title; those that no record knows are left out."""
    items = system.system_map.items
    rows = system.layout.selection.rows(items.table)
    query = select(rows.c[items.key]).where(rows.c[items.barcode].in_(part.items))
    titles = [int(one.number) for one in part.titles if one.system == system.name]
    found = frozenset(int(one) for one in connection.execute(query).scalars())
    return found | items_of(connection, system.system_map, titles) if titles else found
