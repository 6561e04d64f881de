"""When the events of a file were: by its lines, and by its name."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.systems.folders.event_file import newest, oldest
from carrel.systems.folders.line_time import LineTime
from carrel.systems.folders.name_time import NameTime
from carrel.systems.folders.walk import files

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TIMES = LineTime(ZoneInfo("America/New_York"), NOW)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # a time's parts


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"2026-01-02T10:00:00Z x", utc(2026, 1, 2, 10)),
        (b'\xef\xbb\xbf"2026-01-02 10:00:00.123+01:00";7', utc(2026, 1, 2, 9)),
        (b"[2026-01-02 10:00:00,123 -0500] x", utc(2026, 1, 2, 15)),
        (b"2026-01-02 10:00 x 2027-01-02 10:00", utc(2026, 1, 2, 15)),  # at its beginning it counts alone
        (b"7,1980-01-01 00:00:00,2026-01-02T10:00:00Z", utc(2026, 1, 2, 10)),  # else the latest does
        (b'1.2.3.4 - u [02/Jan/2026:10:00:00 -0500] "GET /?t=2027-01-01T00:00:00Z"', utc(2026, 1, 2, 15)),
        (b"<13>Jan  2 10:00:00 elm x", utc(2026, 1, 2, 15)),
        (b"Dec 31 10:00:00 elm x", utc(2025, 12, 31, 15)),  # the last one before now
        (b"Feb 29 10:00:00 elm x", utc(2024, 2, 29, 15)),
        (b"2025-11-02 01:30:00 x", utc(2025, 11, 2, 6, 30)),  # twice in that night: the later one
        (b"2026-03-08 02:30:00 x", utc(2026, 3, 8, 7, 30)),  # never: as late as it can have been
        (b"2026-01-02 10:00:00 +49301234567 called", utc(2026, 1, 2, 15)),  # a number of a telephone
        (b"2026-01-02 10:00:00 +9999 called", utc(2026, 1, 2, 15)),
        (b"2026-01-02 10:00:00 +0545 x", utc(2026, 1, 2, 4, 15)),
        (b"2026-01-02", None),
        (b"2026-13-02T10:00:00Z", None),
        (b"2026-02-30T10:00:00Z x", None),
        (b"[99/Foo/2026:10:00:00 -0500]", None),
        (b"0000-01-01T00:00:00Z", None),
        (b"0001-01-01T00:00:00+14:00", None),
        (b"", None),
    ],
)
def test_a_time_is_read_as_it_was_meant_or_not_at_all(line, wanted):
    assert TIMES.of(line) == wanted


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_a_line(line):
    for text in (line, b"2026-" + line, b"[02/Jan/" + line, b"Jan  2 " + line):
        found = TIMES.of(text)
        assert found is None or found.tzinfo is not None


@pytest.mark.parametrize(
    ("dated", "name", "wanted"),
    [
        ("visits-%Y-%m-%d*.csv", "visits-2026-02-28-a.csv", datetime(2026, 3, 1)),  # noqa: DTZ001
        ("%Y%m.log", "202612.log", datetime(2027, 1, 1)),  # noqa: DTZ001
        ("%Y%m%d%H.log", "2026022823.log", datetime(2026, 3, 1)),  # noqa: DTZ001
        ("a.%d.%m.%Y", "a.28.02.2026", datetime(2026, 3, 1)),  # noqa: DTZ001
        ("a.%d.%m.%Y", "ax28.02.2026", None),
        ("%Y%m%d.log", "20260230.log", None),
        ("%Y%m%d.log", "99991231.log", None),
        ("%Y%m%d.log", "20260228.log.bak", None),
    ],
)
def test_what_a_name_names_is_over_at_its_end(dated, name, wanted):
    assert NameTime(dated).end(name) == wanted


def test_a_sparse_file_of_a_terabyte_is_read_past_its_holes(tmp_path):
    place = tmp_path / "a.log"
    with place.open("wb") as file:
        file.write(b"2026-01-02T10:00:00Z first\n")
        file.truncate(1 << 40)
        file.seek(1 << 39)
        file.write(b"\n2026-01-05T10:00:00Z second\n")
    assert newest(os.open(place, os.O_RDONLY), TIMES, None) == utc(2026, 1, 5, 10)
    assert oldest(os.open(place, os.O_RDONLY), TIMES) == utc(2026, 1, 2, 10)


def test_a_long_file_is_judged_from_its_end_where_that_tells_enough(tmp_path):
    place = tmp_path / "a.log"
    place.write_bytes(b"2026-01-02T10:00:00Z x\n" * 9000 + b"2026-01-05T10:00:00Z y\n")
    assert newest(os.open(place, os.O_RDONLY), TIMES, utc(2026, 1, 4)) == utc(2026, 1, 5, 10)
    assert newest(os.open(place, os.O_RDONLY), TIMES, utc(2026, 1, 6)) == utc(2026, 1, 5, 10)


def test_a_walk_finds_what_patterns_name_and_follows_no_link(tmp_path):
    root = tmp_path / "root"
    for name in ("a.log", "sub/b.log", "sub/deep/c.log", "empty.log"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("" if name == "empty.log" else "x")
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "d.log").write_text("x")
    (root / "link").symlink_to(tmp_path / "far")
    (root / "l.log").symlink_to(tmp_path / "far" / "d.log")
    os.mkfifo(root / "pipe.log")
    assert sorted(one.path for one in files(root, ["*.log", "*/*.log"])) == ["a.log", "sub/b.log"]
