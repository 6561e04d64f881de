"""The generator alone: what it tells depends on its arguments and on nothing else."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.systems.sample import SampleSize, Shape
from carrel.systems.sample.dice import Dice
from carrel.systems.sample.library import build, fill
from carrel.systems.sample.people import ANONYMOUS
from carrel.systems.sample.rows import COLUMNS, Rows
from carrel.systems.sample.wallclock import DAY, naive, on_wall, repeated_hours, stamp

NOW = on_wall(datetime(2026, 11, 22, 3, 0, tzinfo=UTC), "America/New_York")
SMALL = SampleSize("small", 120, 1_500)


def told(seed: int = 1, batch: int = 2_000, shape: Shape | None = None, size: SampleSize = SMALL):
    tables: dict[str, list[tuple[object, ...]]] = {table: [] for table in COLUMNS}
    rows = Rows(lambda table, part: tables[table].extend(part), batch)
    canaries = fill(rows, size, seed=seed, now=NOW, shape=shape or Shape(), progress=None)
    rows.flush()
    return tables, canaries


def test_same_seed_tells_the_same_library_however_it_is_batched() -> None:
    assert told(batch=10) == told(batch=1_000_000)


def test_another_seed_tells_another_library() -> None:
    assert told(seed=1)[0]["old_issues"] != told(seed=2)[0]["old_issues"]


def test_every_row_has_a_value_for_every_column() -> None:
    for table, rows in told()[0].items():
        assert {len(row) for row in rows} <= {len(COLUMNS[table])}, table


def test_as_many_loans_as_asked_for() -> None:
    tables, _ = told()
    numbers = [row[0] for row in tables["issues"] + tables["old_issues"]]
    assert sorted(numbers) == list(range(1, 1_501))


def test_a_short_time_has_copies_enough() -> None:
    tables, _ = told(shape=Shape(years=0.2), size=SampleSize("ten weeks", 120, 3_000))
    assert len(tables["issues"] + tables["old_issues"]) == 3_000


def test_no_event_lies_after_now_but_the_row_that_says_so() -> None:
    tables, _ = told()
    later = [row for row in tables["old_issues"] if isinstance(row[6], str) and row[6] > stamp(NOW)]
    assert len(later) == 1
    for table, column in (("statistics", "datetime"), ("action_logs", "timestamp"), ("message_queue", "time_queued")):
        place = COLUMNS[table].index(column)
        assert max(str(row[place]) for row in tables[table]) <= stamp(NOW + 2), table


def test_renewals_lie_between_checkout_and_return() -> None:
    tables, _ = told()
    spans = {row[0]: (row[12], row[6] or stamp(NOW)) for row in tables["issues"] + tables["old_issues"]}
    assert tables["checkout_renewals"]
    for row in tables["checkout_renewals"]:
        out, back = spans[row[1]]
        assert out < row[5] <= back


def test_a_copy_is_lent_to_one_reader_at_a_time() -> None:
    tables, _ = told(shape=Shape(dirt=False, canaries=0))
    by_item: dict[int, list[tuple[str, str]]] = {}
    for row in tables["issues"] + tables["old_issues"]:
        if row[3] is not None:
            by_item.setdefault(row[3], []).append((row[12], row[6] or "9999"))
    for loans in by_item.values():
        loans.sort()
        assert all(before[1] < after[0] for before, after in itertools.pairwise(loans))


def test_switches_leave_tables_empty() -> None:
    shape = Shape(action_logs=0, notices=0, pseudonymised=0, renewals=0, charges=False, holds=False, anonymised=0)
    tables, canaries = told(shape=Shape(**{**_fields(shape), "dirt": False, "canaries": 0}))
    assert canaries == ()
    for table in ("action_logs", "message_queue", "pseudonymized_transactions", "checkout_renewals", "accountlines"):
        assert tables[table] == [], table
    owners = [row[1] for row in tables["old_issues"]]
    privacy = {row[0]: row[COLUMNS["borrowers"].index("privacy")] for row in tables["borrowers"]}
    assert all(privacy[owner] != 2 for owner in owners if owner not in (None, ANONYMOUS))


def _fields(shape: Shape) -> dict[str, object]:
    return {name: getattr(shape, name) for name in Shape.__dataclass_fields__}


def test_the_share_that_koha_has_cut_grows_with_the_shape() -> None:
    def share(anonymised: float) -> float:
        rows = told(shape=Shape(anonymised=anonymised))[0]["old_issues"]
        return sum(row[1] == ANONYMOUS for row in rows) / len(rows)

    assert share(0) < share(0.3) < share(0.6) < 0.75
    assert share(0.6) > 0.4


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_pseudonym_is_stable_and_has_the_form_of_a_bcrypt_hash(seed: int, number: int) -> None:
    pseudonym = Dice(seed).pseudonym(number)
    assert pseudonym == Dice(seed).pseudonym(number)
    assert re.fullmatch(r"\$2a\$08\$[./A-Za-z0-9]{53}", pseudonym)
    assert pseudonym != Dice(seed).pseudonym(number + 1)


@given(st.integers(0, 60_000 * DAY))
def test_a_stamp_is_the_wall_clock_second(moment: int) -> None:
    assert stamp(moment) == naive(moment).isoformat(sep=" ")


@pytest.mark.parametrize(("zone", "hour"), [("America/New_York", 1), ("Europe/Berlin", 2), ("Europe/London", 1)])
def test_repeated_hours_are_those_the_clock_shows_twice(zone: str, hour: int) -> None:
    first = on_wall(datetime(2024, 1, 1, 12, tzinfo=UTC), zone)
    found = [naive(moment) for moment in repeated_hours(first, first + 700 * DAY, zone)]
    assert [moment.hour for moment in found] == [hour, hour]
    for moment in found:
        early = moment.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
        late = moment.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)
        assert late - early == timedelta(hours=1)


def test_there_are_none_without_summer_time() -> None:
    assert list(repeated_hours(0, 20_000 * DAY, "UTC")) == []


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        build(None, SMALL, 1, datetime(2026, 1, 1))  # type: ignore[arg-type]  # noqa: DTZ001


def test_sizes() -> None:
    assert SampleSize.named("TINY").loans == 5_000
    assert SampleSize.named("l").copies == 50
    assert SampleSize.of_loans(10_000_000).copies == 20
    with pytest.raises(KeyError):
        SampleSize.named("huge")
