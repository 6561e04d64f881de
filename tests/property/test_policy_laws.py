"""Laws of the policy document: the clock of dated versions, periods, and the reading of files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.inventory.category import Category
from carrel.inventory.risk import Floor, RiskClass, floors_above, high_water
from carrel.policy.clock import is_due, midnight, segments
from carrel.policy.difference import Change, differences
from carrel.policy.duration import Duration, Unit
from carrel.policy.parse import parse_policy
from carrel.policy.resolve import resolve
from carrel.policy.schedule import Applies, Disposition, Event, LoanRule, Period

MINIMAL = (Path(__file__).parents[1] / "unit" / "policy" / "minimal.yaml").read_text(encoding="utf-8")
# Laws of values, not of speed: a busy machine proves nothing against them.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
UNITS = [Unit.HOURS, Unit.DAYS, Unit.WEEKS, Unit.MONTHS, Unit.YEARS]

durations = st.builds(Duration, st.integers(0, 120), st.sampled_from(UNITS))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # aware by timezones
days = st.dates(date(2000, 1, 1), date(2035, 1, 1))


def rule(periods: list[Period]) -> LoanRule:
    return LoanRule("r", (), Applies.ANY, frozenset(Event), tuple(periods), Disposition.DELETE)


@st.composite
def version_lists(draw: st.DrawFn) -> list[Period]:
    dates = sorted(draw(st.sets(days, min_size=1, max_size=5)))
    return [Period(draw(durations), since, draw(st.booleans())) for since in dates]


@given(version_lists(), instants, instants, st.timedeltas(timedelta(0), timedelta(days=8000)))
@unhurried
def test_passing_time_never_un_expires(
    periods: list[Period], start: datetime, as_of: datetime, later: timedelta
) -> None:
    if is_due(rule(periods), start, as_of):
        assert is_due(rule(periods), start, as_of + later)


@given(version_lists(), instants, instants, st.integers(1, 3000), st.integers(0, 2), st.booleans())
@unhurried
def test_a_longer_later_version_changes_nothing_before_it(
    periods: list[Period], start: datetime, as_of: datetime, after: int, more: int, back: bool
) -> None:
    longest = max(period.keep.days_at_most for period in periods)
    keep = Duration(int(longest // 365) + 1 + more, Unit.YEARS)
    assert all(period.keep.within(keep) for period in periods)
    since = periods[-1].since + timedelta(days=after)
    assume(start < midnight(since))
    # A record that no version speaks of has no period yet, so that any would be a shorter one.
    assume(start >= midnight(periods[0].since) or any(period.reaches_back for period in periods))
    assert is_due(rule([*periods, Period(keep, since, back)]), start, as_of) == is_due(rule(periods), start, as_of)


@given(version_lists(), instants, instants, st.integers(1, 3000), durations)
@unhurried
def test_a_later_version_that_reaches_back_only_adds_to_older_records(
    periods: list[Period], start: datetime, as_of: datetime, after: int, keep: Duration
) -> None:
    since = periods[-1].since + timedelta(days=after)
    assume(start < midnight(since))
    if is_due(rule(periods), start, as_of):
        assert is_due(rule([*periods, Period(keep, since)]), start, as_of)


@given(version_lists(), instants, instants, st.integers(1, 3000), durations)
@unhurried
def test_a_later_shorter_version_that_reaches_back_only_adds(
    periods: list[Period], start: datetime, as_of: datetime, after: int, keep: Duration
) -> None:
    assume(keep.within(periods[-1].keep))
    since = periods[-1].since + timedelta(days=after)
    if is_due(rule(periods), start, as_of):
        assert is_due(rule([*periods, Period(keep, since)]), start, as_of)


@given(version_lists(), instants)
@unhurried
def test_segments_are_ordered_and_apart(periods: list[Period], as_of: datetime) -> None:
    found = segments(rule(periods), as_of)
    for first, second in pairwise(found):
        assert first.end is not None
        assert first.end == second.start
    assert all(part.start is None or part.end is None or part.start < part.end for part in found)
    assert all(part.cutoff <= as_of for part in found)
    assert not found or found[-1].end is None


@given(version_lists(), instants, instants)
@unhurried
def test_nothing_is_due_before_the_first_version(periods: list[Period], start: datetime, as_of: datetime) -> None:
    if as_of < midnight(periods[0].since):
        assert not is_due(rule(periods), start, as_of)


@given(durations, instants, instants)
@unhurried
def test_a_later_instant_never_gives_an_earlier_cutoff(keep: Duration, first: datetime, second: datetime) -> None:
    assert keep.before(min(first, second)) <= keep.before(max(first, second))


@given(durations, durations, instants)
@unhurried
def test_within_is_never_wrong(shorter: Duration, longer: Duration, as_of: datetime) -> None:
    if shorter.within(longer):
        assert shorter.before(as_of) >= longer.before(as_of)


@given(durations, durations, durations)
@unhurried
def test_within_is_an_order(a: Duration, b: Duration, c: Duration) -> None:
    assert a.within(a)
    if a.within(b) and b.within(c):
        assert a.within(c)


@given(durations)
@unhurried
def test_a_period_reads_back(keep: Duration) -> None:
    assert Duration.parse(str(keep)) == keep


@given(st.lists(st.sampled_from(RiskClass)), st.sampled_from(RiskClass))
@unhurried
def test_one_more_field_never_lowers_the_class(classes: list[RiskClass], more: RiskClass) -> None:
    assert high_water(classes) <= high_water([*classes, more])
    assert high_water(classes) == high_water(reversed(classes))


@given(st.sets(st.sampled_from(Category)), st.sampled_from(Category), st.sampled_from(RiskClass), st.data())
@unhurried
def test_one_more_category_never_lifts_a_floor(
    held: set[Category], more: Category, declared: RiskClass, data: st.DataObject
) -> None:
    some = st.frozensets(st.sampled_from(Category), max_size=3)
    floors = [Floor("f", data.draw(st.sampled_from(RiskClass)), data.draw(some), data.draw(some)) for _ in range(3)]
    assert set(floors_above(floors, held, declared)) <= set(floors_above(floors, held | {more}, declared))


@given(st.text(max_size=200) | st.text("{}[]:,-?!&*#|>'\"%@`~<= \n\t\\a1.", max_size=60))
@unhurried
def test_any_text_is_parsed_or_refused_with_a_place(text: str) -> None:
    try:
        parse_policy(text, "p.yaml")
    except CarrelError as refused:
        assert refused.exit == 2
        assert all(fault.at.startswith("p.yaml:") for fault in refused.faults)


@given(st.integers(0, len(MINIMAL) - 1), st.integers(0, 8), st.text(max_size=6))
@unhurried
def test_any_edit_of_a_sound_policy_is_parsed_or_refused_with_a_place(at: int, cut: int, put: str) -> None:
    text = MINIMAL[:at] + put + MINIMAL[at + cut :]
    try:
        parse_policy(text, "p.yaml")
    except CarrelError as refused:
        assert refused.exit == 2
        assert all(fault.at.startswith("p.yaml:") and fault.fix for fault in refused.faults)


@given(st.sampled_from([1, 3, 7, 14, 30]), st.sampled_from([1, 3, 7, 14, 30]))
@unhurried
def test_what_is_shorter_one_way_is_longer_the_other_way(one: int, other: int) -> None:
    first, second = (
        resolve(parse_policy(MINIMAL.replace("keep: 7 days", f"keep: {keep} days"), "p.yaml")) for keep in (one, other)
    )
    there = [row.change for row in differences(first, second)]
    back = [row.change for row in differences(second, first)]
    turned = {Change.SHORTER: Change.LONGER, Change.LONGER: Change.SHORTER}
    assert there == [turned[change] for change in back]
    assert (there == []) == (one == other)


@given(st.lists(st.sampled_from(["# a comment", "", "   ", "#"]), max_size=5), st.booleans())
@unhurried
def test_comments_and_layout_do_not_change_the_digest(lines: list[str], flow: bool) -> None:
    text = "\n".join(lines) + "\n" + MINIMAL
    if flow:
        text = text.replace(
            "    carried by: [records.loans.retention.closed loans]",
            "    carried by:\n      - records.loans.retention.closed loans",
        )
    assert resolve(parse_policy(text, "q.yaml")).digest == resolve(parse_policy(MINIMAL, "p.yaml")).digest
