"""The clock of a row against the changes of its zone, worked out another way: by what a wall shows at each instant."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.inventory.row_clock import RowClock, latest_instant

ZONES = ("America/New_York", "Europe/Helsinki", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca",
         "Asia/Kolkata", "UTC", "Pacific/Apia", "America/Sao_Paulo", "Europe/Dublin")  # fmt: skip
MINUTE, HOURS = timedelta(minutes=1), timedelta(hours=26)
FIRST, LAST = datetime(1998, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001  (on a wall)
WALLS = st.datetimes(FIRST, LAST).map(lambda at: at.replace(second=0, microsecond=0))


def shown_at(wall: datetime, zone: str) -> list[datetime]:
    """Every instant at which the wall shows that time, found by going through the instants around it."""
    place, base = ZoneInfo(zone), wall.replace(tzinfo=UTC)
    # Offsets are whole quarters of an hour since 1972 in all of these zones.
    steps = (base + n * timedelta(minutes=15) for n in range(-26 * 4, 26 * 4 + 1))
    return [one for one in steps if one.astimezone(place).replace(tzinfo=None) == wall]


def near_a_change(zone: str) -> st.SearchStrategy[datetime]:
    """Wall-clock times within some hours of a change of the zone's offset."""
    place = ZoneInfo(zone)
    days = [datetime(2024, 1, 1, 12, tzinfo=UTC) + n * timedelta(days=1) for n in range(730)]
    changes = [
        b for a, b in itertools.pairwise(days) if a.astimezone(place).utcoffset() != b.astimezone(place).utcoffset()
    ]
    if not changes:
        return WALLS
    return st.tuples(st.sampled_from(changes), st.integers(-30 * 12, 6 * 12)).map(
        lambda pair: (pair[0].astimezone(place).replace(tzinfo=None) + pair[1] * timedelta(minutes=5)).replace(second=0)
    )


@pytest.mark.parametrize("zone", ZONES)
@given(data=st.data())
def test_a_wall_clock_is_read_as_late_as_it_can_have_been(zone, data):
    wall = data.draw(st.one_of(near_a_change(zone), WALLS))
    found, there = RowClock(ZoneInfo(zone)).of(wall), shown_at(wall, zone)
    assert found is not None
    if there:
        assert found == max(there)
        return
    # No clock ever showed it: what a clock shows that nobody has set forward, so that not a minute is lost before.
    before = wall
    while not (earlier := shown_at(before, zone)):
        before -= 5 * MINUTE
    assert found == max(earlier) + (wall - before)


@pytest.mark.parametrize("zone", ZONES)
@given(data=st.data())
def test_forty_eight_hours_are_that_whatever_was_done_to_clocks(zone, data):
    """Nothing is taken for older than it is: 48 hours by the reading are 48 real hours at least."""
    instant = data.draw(st.datetimes(FIRST, LAST)).replace(tzinfo=UTC, microsecond=0)
    wall = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    read = RowClock(ZoneInfo(zone)).of(str(wall))
    assert read is not None
    assert timedelta(0) <= read - instant <= timedelta(hours=1)


@given(WALLS, st.sampled_from(ZONES))
def test_every_way_to_write_a_time_tells_the_same(wall, zone):
    place = ZoneInfo(zone)
    wanted = latest_instant(wall, place)
    aware = wanted.astimezone(place)
    ways = {
        None: (wall, str(wall), wall.isoformat(), aware.isoformat(), wanted.isoformat().replace("+00:00", "Z"), aware),
        "seconds": (int(wanted.timestamp()), str(int(wanted.timestamp())), wanted.timestamp()),
        "milliseconds": (int(wanted.timestamp() * 1000),),
        "%d.%m.%Y %H:%M": (f"{wall:%d.%m.%Y %H:%M}",),
        "%m/%d/%Y %I:%M %p": (f"{wall:%m/%d/%Y %I:%M %p}",),
        "%Y%m%d%H%M%S": (int(f"{wall:%Y%m%d%H%M%S}"),),
    }
    for form, written in ways.items():
        assert {RowClock(place, form).of(one) for one in written} == {wanted}
    assert RowClock(None).of(str(wall)) is None  # no zone is guessed
    assert RowClock(None).of(aware.isoformat()) == wanted
    assert RowClock(place).of(wall.date()) == RowClock(place).of(str(wall.date()))
    day = RowClock(place).of(str(wall.date()))
    assert day is not None
    assert day > wanted - timedelta(hours=1)  # a day is over at its end


@given(WALLS, st.sampled_from(["%d%m%Y", "%m%d%Y", "%d%m%y%H%M", "%H%M%S%d%m%Y", "%Y%m%d", "%y%m%d", "%d%m%Y %H:%M"]))
def test_a_number_that_lost_its_zero_is_read_rightly_or_not_at_all(wall, form):
    whole, clock = wall.strftime(form), RowClock(ZoneInfo("UTC"), form)
    wanted = clock.of(whole)
    assert wanted is not None
    short = whole.lstrip("0")
    assert clock.of(int(short) if short.isdigit() else short) in {wanted, None}
    if form == "%d%m%Y" and 4 <= wall.day <= 9:
        assert clock.of(short) == wanted  # 5032026 can be one day only


def test_a_number_of_two_days_tells_none():
    clock = RowClock(ZoneInfo("UTC"), "%d%m%Y")
    assert [clock.of(one) for one in (1112026, "1112026", 112026)] == [None] * 3
    assert clock.of(9122026) == datetime(2026, 12, 10, tzinfo=UTC)
    assert clock.of("01112026") == clock.of(" 01112026 ") == datetime(2026, 11, 2, tzinfo=UTC)


@given(st.one_of(st.text(max_size=30), st.integers(), st.floats(), st.binary(max_size=12), st.booleans(), st.none()))
def test_nothing_else_is_taken_for_a_time(value):
    for form in (None, "seconds", "milliseconds", "%d.%m.%Y %H:%M"):
        found = RowClock(ZoneInfo("UTC"), form).of(value)
        assert found is None or (found.tzinfo is UTC and 1970 <= found.year <= 2200)
