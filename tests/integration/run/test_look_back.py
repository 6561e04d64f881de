"""Which rows a sweep reads by their times, on each database: none is lost that could speak of a loan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select

from carrel.retention.look_back import NIGHTS, LookBack
from carrel.retention.sweep import latest
from carrel.systems import map_files
from carrel.systems.sql import live
from carrel.systems.sql.expressions import LocalTime
from carrel.systems.sql.sweep_discovery import reaches
from carrel.systems.sql.sweep_reach_back import read_back
from tests.integration.run import library
from tests.integration.run import other_records as records

# ruff: noqa: DTZ001  (naive local times, as the systems write them)
ODD = ("NULL", "'0000-00-00 00:00:00'", "'2025-03-01 00:00:00'")


@pytest.fixture
def kept(small):
    """Loans by number: their usable times; some of them are absent, nought, or a day only."""
    koha = small.koha
    [[least]] = koha.rows("SELECT min(issue_id) FROM old_issues")
    engine = koha.engine()
    with engine.begin() as connection:
        if koha.dialect == "mariadb":
            connection.exec_driver_sql("SET SESSION sql_mode = ''")
        for n, odd in enumerate(ODD):
            if "0000" in odd and connection.dialect.name == "postgresql":
                continue
            sets = ", ".join(f"{name} = {odd}" for name in ("issuedate", "returndate", "lastreneweddate", "date_due"))
            connection.exec_driver_sql(f"UPDATE old_issues SET {sets}, notedate = NULL WHERE issue_id = {least + n}")
    return engine, least


@pytest.mark.everywhere
def test_a_night_reads_late_rows_and_its_part_of_the_others(kept):
    check(kept, {"rows": 10})


@pytest.mark.everywhere
def test_every_row_that_can_speak_is_read_in_one_of_some_nights(kept):
    """By spans of keys, where rows that are late among old ones may wait for their turn."""
    check(kept, {"rows": 1_000_000}, by_key=True)


@pytest.mark.everywhere
@pytest.mark.parametrize("column", ["issuedate", "returndate"])
def test_by_spans_of_one_time(kept, column):
    check(kept, {"times": (column,)})


def check(kept, table, *, by_key=False):
    engine, least = kept
    earliest, since = datetime(2024, 6, 1), datetime(2025, 6, 1)
    with engine.connect() as connection:
        system_map = map_files.load("koha")
        [reach] = [one for one in reaches(live.read(connection, system_map), system_map) if one.name == "old_issues"]
        # Every row was made just now, so its automatic time tells nothing.
        times = tuple(name for name in reach.times if name != "timestamp")
        assert len(times) > 3
        reach = replace(reach, **{"times": times, **table})
        times = reach.times
        rows = reach.clause()

        def read(look):
            query = select(rows.c["issue_id"]).where(read_back(connection, look, rows, reach))
            return {int(key) for key in connection.execute(query).scalars()}

        told, clock = {}, LocalTime()
        for key, *values in connection.execute(select(rows.c["issue_id"], *(rows.c[name] for name in times))):
            usable = (clock.process_result_value(value, connection.dialect) for value in values)
            told[int(key)] = [at for at in usable if at is not None]
        every = read(LookBack())
        assert every == set(told)
        can_speak = {key for key, at in told.items() if not at or any(latest(one) >= earliest for one in at)}
        late = {key for key, at in told.items() if not at or any(one >= since for one in at)}
        whole = read(LookBack(earliest))
        assert can_speak - whole <= {key for key in can_speak if all(at < earliest for at in told[key])}
        assert late < whole < every
        nights = [read(LookBack(earliest, since, part)) for part in range(NIGHTS)]
        assert set().union(*nights) == whole
        for n, one in enumerate(nights):
            assert by_key or late <= one
            common = set.intersection(*nights) if by_key else late
            assert all(not (one & other) - common for other in nights[n + 1 :])
        assert {least, least + 1} & set(told) <= late  # what tells no time is read every night


@pytest.mark.deep
def test_a_night_like_the_last_one_reads_old_words_in_turns_and_says_so(small_sqlite, tmp_path):
    elm = library.make(tmp_path / "site", small_sqlite)
    first = elm.approved()
    told = elm.ok("apply", first)["run"]
    assert told["sweep"]["words_read"] == {"whole_since": None, "older_in_parts": 1}
    elm.dispose()
    who = records.patron(elm.koha)
    items = [item for (item,) in elm.koha.rows("SELECT itemnumber FROM items ORDER BY itemnumber LIMIT 12")]
    given = {"borrowernumber": who, "date_due": records.at(70), "returndate": records.at(60), "branchcode": "MPL"}
    elm.sql(
        *(
            records.insert("old_issues", issue_id=records.FIRST + n, itemnumber=item, **given,
                           issuedate=records.at(80 if n else 1_800))
            for n, item in enumerate(items)
        )
    )  # fmt: skip
    place = elm.approved("night.json")
    answer = elm.run("apply", place)
    assert answer.code == 0, answer.text
    assert "Read of texts: all rows since" in answer.out
    assert f"and one in {NIGHTS} of those before, in turns." in answer.out.replace("\n  ", " ")
    elm.edit("        keep: 7 days\n", "        keep: 6 days\n", "policy.yaml")
    elm.sql(records.insert("old_issues", issue_id=records.FIRST + 50, itemnumber=items[0], **given,
                           issuedate=records.at(80)),
            records.insert("old_issues", issue_id=records.FIRST + 51, itemnumber=items[1], **given,
                           issuedate=records.at(900)))  # fmt: skip
    changed = elm.ok("apply", elm.approved("changed.json"))["run"]
    assert changed["loans"] >= 2
    assert changed["sweep"]["words_read"]["older_in_parts"] == 1  # another policy: nothing is left to turns
