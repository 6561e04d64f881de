"""Days that a calendar makes odd: a wait over the night in which clocks change, a silence that ends on 29 February."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from carrel.disclosure.course import standing
from carrel.disclosure.event import Act, Event
from carrel.disclosure.precedence import processes_of
from carrel.disclosure.process import Does, Instrument
from carrel.disclosure.silence import require_silence
from carrel.disclosure.working_day import waited
from carrel.errors import CarrelError
from carrel.systems import policy_files

NEW_YORK, BEIRUT = ZoneInfo("America/New_York"), ZoneInfo("Asia/Beirut")
TEN = timedelta(days=10)
PROCESS = processes_of([policy_files.load("worcester")]).of(Instrument.COURT_ORDER)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-06-01 09:00-04:00", "2026-06-11 09:00-04:00"),
        # Clocks go back on 1 November: 240 hours would end at eight, before the tenth day is whole.
        ("2026-10-25 09:00-04:00", "2026-11-04 09:00-05:00"),
        # They go forward on 14 March: by the clock alone it would be 239 hours.
        ("2027-03-10 09:00-05:00", "2027-03-20 10:00-04:00"),
        # Into the hour that comes twice: the second one. Into the one that is missing: what comes after it.
        ("2026-10-22 01:30-04:00", "2026-11-01 01:30-05:00"),
        ("2027-03-04 02:30-05:00", "2027-03-14 03:30-04:00"),
        # Out of the hour that comes twice.
        ("2026-11-01 01:30-04:00", "2026-11-11 01:30-05:00"),
    ],
)
def test_a_wait_is_whole_by_the_clock_and_by_hours(since: str, until: str) -> None:
    found = waited(utc(since), TEN, NEW_YORK)
    assert found == utc(until)
    assert found - utc(since) >= TEN


def silence(ends: str, zone: ZoneInfo = NEW_YORK, at: str = "2026-01-02 12:00+00:00"):
    said = {"basis": "order", "court": "c", "starts": "2026-01-01", "ends": ends}
    return require_silence(Event(Act.SILENCED, utc(at), "Dee", said), PROCESS, zone)


def test_a_silence_lasts_through_29_february_where_there_is_one() -> None:
    found = silence("2028-02-29")
    assert found.in_force(utc("2028-02-29 23:59:59-05:00"))
    assert not found.in_force(utc("2028-03-01 00:00-05:00"))
    for day in ("2027-02-29", "2100-02-29", "2028-02-30"):
        with pytest.raises(CarrelError) as wrong:
            silence(day)
        assert wrong.value.code == "DSC-014"


@pytest.mark.parametrize(
    ("ends", "zone", "over"),
    [
        ("2026-10-31", NEW_YORK, "2026-11-01 00:00-04:00"),
        ("2026-11-01", NEW_YORK, "2026-11-02 00:00-05:00"),  # a day of 25 hours
        ("2027-03-14", NEW_YORK, "2027-03-15 00:00-04:00"),  # and one of 23
        ("2026-03-28", BEIRUT, "2026-03-29 01:00+03:00"),  # whose next day has no midnight
    ],
)
def test_a_silence_ends_with_its_last_day_whatever_the_clocks_do(ends: str, zone: ZoneInfo, over: str) -> None:
    found = silence(ends, zone)
    assert found.over == utc(over)
    assert found.in_force(utc(over) - timedelta(seconds=1))
    assert not found.in_force(utc(over))


def test_a_case_waits_over_the_night_in_which_clocks_go_back() -> None:
    rules = processes_of([policy_files.load("mit-11.2")])
    process = rules.of(Instrument.SUBPOENA)
    told = utc("2026-10-28 09:00-04:00")
    steps = [one.id for one in process.steps if one.does is Does.TELL_PATRON]
    events = [
        Event(Act.RECEIVED, told, "Dee", {"instrument": "subpoena", "served on": "the library"}),
        *(Event(Act.TAKEN, told, "Ada", {"step": one}) for one in steps),
        Event(Act.PRODUCED, told, "Ada", {"kind": "production", "education": "yes"}),
    ]
    here = standing(process, tuple(events), NEW_YORK, told)
    assert process.education is not None
    days = process.education.wait
    assert days
    ends = datetime.combine((told + days).date(), told.astimezone(NEW_YORK).time(), NEW_YORK).astimezone(UTC)
    assert ends - told == days + timedelta(hours=1)
    assert here.student_waits(ends - timedelta(seconds=1))
    assert not here.student_waits(ends)
