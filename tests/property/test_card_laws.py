"""Laws of lapsed cards: what is due stays due, use and grounds only ever keep, and many are found as each is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from carrel.retention.finder import Finder
from carrel.retention.identifiers import Subject
from carrel.retention.lapsed_card import CardState, state
from carrel.retention.predicate import Always, AtOrBefore, Fact, Predicate
from carrel.retention.records import record_cases
from tests.property.test_record_laws import ZONES, schedules

unhurried = settings(deadline=None)
walls = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001  # as systems write them
instants = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
uses = st.lists(walls, max_size=4)


@given(schedules(), walls, uses, instants, st.timedeltas(timedelta(0), timedelta(days=8000)), st.sampled_from(ZONES))
@unhurried
def test_passing_time_never_takes_a_card_out_of_what_is_due(schedule, expires, used, as_of, later, zone) -> None:
    def stands(at: datetime) -> str:
        due: Predicate = next((one.due for one in record_cases([schedule], at, zone)), Always(value=False))
        return state(expires, used, (), due, at.astimezone(zone).replace(tzinfo=None))

    if stands(as_of) == CardState.DUE and later > timedelta(hours=3):  # an hour can come twice
        assert stands(as_of + later) == CardState.DUE


@given(walls, uses, walls, st.lists(st.sampled_from(["open loan", "open hold"]), max_size=2), walls, walls)
@unhurried
def test_a_use_or_a_ground_never_makes_a_card_due(expires, used, more, grounds, cutoff, now) -> None:
    due = AtOrBefore(Fact.CLOSED, cutoff)
    if state(expires, [*used, more], grounds, due, now) == CardState.DUE:
        assert not grounds
        assert state(expires, used, (), due, now) == CardState.DUE
    assert state(None, used, (), due, now) == CardState.UNDATED


words = st.text(st.sampled_from("ab1@.ß é-山\\n"), min_size=1, max_size=6)
people = st.builds(
    lambda number, exact, told: Subject(number, exact=tuple(exact), told=tuple(told)),
    st.integers(1, 30), st.lists(words, max_size=3), st.lists(words, max_size=2),
)  # fmt: skip
texts = st.one_of(
    words, st.builds(" ".join, st.lists(words, max_size=8)), st.integers(1, 40).map("patron_id: {}".format)
)


@given(st.lists(people, max_size=5), texts)
@unhurried
def test_several_persons_are_found_as_each_of_them_is(subjects, text) -> None:
    every = Finder(subjects, ("patron_id",))
    single = [Finder((one,), ("patron_id",)) for one in subjects]
    assert every.names(text) is any(one.names(text) for one in single)
    assert every.tells(text) is any(one.tells(text) for one in single)
    assert (every.redacted(text) != text) is (every.names(text) and text != "***")
