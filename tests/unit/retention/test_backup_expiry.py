"""Which backups are past their time, until when the others last, and what of an approved plan may go."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.policy.clock import is_due
from carrel.policy.duration import Duration
from carrel.policy.schedule import Disposition, Period, RecordEvent, RecordRule
from carrel.retention.backup_expiry import RESOLUTION, Listing, Snapshot, expires_at, expiring, overdue, waiting
from carrel.retention.backup_plan import BackupPlan, left_to_expire, refuse_damaged, refuse_left
from carrel.retention.plan import Basis

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
BASIS = Basis("a" * 64, "b" * 64, "", "restic", "0.1.0")


def rule(*keep: str, since: date = date(2020, 1, 1)) -> RecordRule:
    periods = tuple(Period(Duration.parse(one), since + timedelta(days=400 * n)) for n, one in enumerate(keep))
    return RecordRule("copies", (), RecordEvent.MADE, periods, Disposition.DELETE)


def copy(days: float, mark: str = "m") -> Snapshot:
    return Snapshot(f"id-{days}", NOW - timedelta(days=days), mark)


def plan(*goes: Snapshot, newest: str = "id-1", stays: int = 1) -> BackupPlan:
    return BackupPlan("nightly", "restic", "p", "copies", NOW, "Ben", BASIS, goes, newest, stays)


def test_what_is_past_its_time_goes_but_the_newest():
    listing = Listing.of([copy(40), copy(1), copy(31), copy(30), copy(29.9)])
    assert [one.id for one in overdue(listing, rule("30 days"), NOW)] == ["id-40", "id-31", "id-30"]
    assert expiring(listing, rule("30 days"), NOW) == (copy(40), copy(31), copy(30))
    alone = Listing.of([copy(40), copy(35)])
    assert expiring(alone, rule("30 days"), NOW) == (copy(40),)
    assert overdue(alone, rule("30 days"), NOW) == (copy(40), copy(35))
    assert expiring(Listing.of([]), rule("30 days"), NOW) == ()


_MADE = st.integers(0, 6 * 365 * 86_400).map(
    lambda seconds: datetime(2021, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
_KEEP = st.builds(lambda n, unit: f"{n} {unit}s", st.integers(1, 60), st.sampled_from(["hour", "day", "week", "month"]))


@given(_MADE, st.lists(_KEEP, min_size=1, max_size=3))
def test_a_copy_expires_at_the_first_moment_at_which_it_is_due(made_at: datetime, keep: list[str]):
    until = expires_at(rule(*keep), made_at, NOW)
    assert until is not None
    assert is_due(rule(*keep), made_at, until)
    assert not is_due(rule(*keep), made_at, until - 2 * RESOLUTION)


def test_a_rule_that_never_reaches_a_copy_gives_no_date():
    late = Period(Duration.parse("1 day"), date(2027, 1, 1), reaches_back=False)
    never = RecordRule("copies", (), RecordEvent.MADE, (late,), Disposition.DELETE)
    assert expires_at(never, NOW, NOW) is None


def test_what_was_approved_may_shrink_and_never_change():
    approved = plan(copy(40), copy(35))
    every = [copy(40), copy(35), copy(1)]
    assert left_to_expire(approved, Listing.of(every), rule("30 days"), NOW) == (copy(40), copy(35))
    assert left_to_expire(approved, Listing.of(every[1:]), rule("30 days"), NOW) == (copy(35),)
    assert left_to_expire(approved, Listing.of(every[2:]), rule("30 days"), NOW) == ()
    changed = {
        "another mark": [copy(40, "other"), copy(35), copy(1)],
        "the newest": [copy(40), copy(35)],
    }
    for name, found in changed.items():
        with pytest.raises(CarrelError) as told:
            left_to_expire(approved, Listing.of(found), rule("30 days"), NOW)
        assert told.value.code == "BAK-006", name
    with pytest.raises(CarrelError):  # the policy keeps them longer by now
        left_to_expire(approved, Listing.of(every), rule("60 days"), NOW)


@pytest.mark.parametrize(
    "after", [[copy(40), copy(1)], [], [copy(35)]], ids=["still there", "more is gone", "another is gone"]
)
def test_a_list_that_says_otherwise_is_believed(after: list[Snapshot]):
    before = Listing.of([copy(40), copy(1)])
    with pytest.raises(CarrelError) as told:
        refuse_left(plan(copy(40)), before, Listing.of(after))
    assert told.value.code == "BAK-010"
    refuse_left(plan(copy(40)), before, Listing.of([copy(1), copy(0)]))  # a newer one came meanwhile


def test_half_written_copies_stop_everything():
    refuse_damaged("backup nightly", Listing.of([copy(40)]))
    with pytest.raises(CarrelError) as told:
        refuse_damaged("backup nightly", Listing.of([copy(40)], damaged=1))
    assert told.value.code == "BAK-005"


def test_a_plan_is_read_back_to_the_byte_and_any_change_is_seen():
    made = plan(copy(40), copy(35))
    body = made.as_dict()
    assert BackupPlan.from_dict(body) == made
    assert made.lines[0] == "backup nightly: 2 of 3 backups deleted for good"
    assert len(made.lines) == 3
    for key, value in (("newest", "id-2"), ("goes", body["goes"][:1]), ("kind", "erasure"), ("more", 1)):
        with pytest.raises(ValueError, match="plan"):
            BackupPlan.from_dict({**body, key: value})


def chain(days: float, *on: float, shelf: str = "") -> Snapshot:
    return Snapshot(f"id-{days}", NOW - timedelta(days=days), "m", tuple(f"id-{one}" for one in on), shelf)


def ids(found: tuple[Snapshot, ...]) -> list[str]:
    return [one.id for one in found]


def test_a_copy_goes_only_with_all_that_is_built_on_it():
    whole = Listing.of([chain(40), chain(39, 40), chain(38, 39), chain(5), chain(1, 5)])
    assert ids(expiring(whole, rule("30 days"), NOW)) == ["id-40", "id-39", "id-38"]
    assert waiting(whole, rule("30 days"), NOW) == ()
    late = Listing.of([chain(40), chain(39, 40), chain(29, 39), chain(38, 40), chain(5)])
    assert ids(expiring(late, rule("30 days"), NOW)) == ["id-38"]
    assert ids(waiting(late, rule("30 days"), NOW)) == ["id-40", "id-39"]
    # All is past its time, and the newest stays with everything below it.
    old = Listing.of([chain(90), chain(50), chain(49, 50), chain(48, 49)])
    assert ids(expiring(old, rule("30 days"), NOW)) == ["id-90"]
    assert old.above("id-50") == {"id-49", "id-48"}


def test_the_newest_of_each_shelf_stays():
    two = Listing.of([chain(40, shelf="a"), chain(39, shelf="b"), chain(38, 39, shelf="b"), chain(1, shelf="c")])
    assert two.lasting == {"id-40", "id-38", "id-1"}
    assert expiring(two, rule("30 days"), NOW) == ()


def test_what_is_built_on_nothing_that_is_there_cannot_be_restored():
    found = Listing.of([chain(40), chain(39, 41), chain(38, 39), chain(1)], 1, spoiled=["x"])
    assert ids(found.snapshots) == ["id-40", "id-1"]
    assert (found.damaged, found.spoiled) == (3, ("id-38", "id-39", "x"))
    assert found.which == " (id-38, id-39, x)"


@given(
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 12), st.sampled_from("ab")), max_size=12), st.integers(0, 70)
)
def test_whatever_goes_what_stays_can_be_restored_and_time_takes_nothing_back(
    made: list[tuple[int, int, str]], later: int
):
    found: list[Snapshot] = []
    for index, (hours, base, shelf) in enumerate(made):
        on = (found[base].id,) if base < len(found) and found[base].shelf == shelf else ()
        at = found[-1].made_at + timedelta(hours=hours) if found else NOW - timedelta(days=60)
        found.append(Snapshot(f"c{index}", at, "m", on, shelf))
    listing = Listing.of(found)
    gone = {one.id for one in expiring(listing, rule("30 days"), NOW)}
    left = [one for one in listing.snapshots if one.id not in gone]
    assert Listing.of(left).damaged == 0
    assert {one.shelf for one in left} == {one.shelf for one in found}
    assert gone <= {one.id for one in expiring(listing, rule("30 days"), NOW + timedelta(days=later))}
    for one in gone:
        assert listing.above(one) <= gone


def test_how_long_others_are_still_built_on_a_copy():
    assert Listing.of([chain(9), chain(2)]).reach == timedelta(0)
    assert Listing.of([chain(9), chain(2, 9)]).reach is None  # no second chain has begun
    assert Listing.of([chain(19), chain(13, 19), chain(9), chain(2, 9), chain(1)]).reach == timedelta(days=7)


def test_what_came_to_be_built_on_an_approved_copy_keeps_it():
    approved = plan(chain(40), chain(39, 40))
    found = Listing.of([chain(40), chain(39, 40), chain(20, 39), chain(1)])
    with pytest.raises(CarrelError) as told:
        left_to_expire(approved, found, rule("30 days"), NOW)
    assert told.value.code == "BAK-006"
    with pytest.raises(CarrelError, match="half removed"):
        refuse_left(approved, found, Listing.of([chain(1)], leaving=1))
