"""Laws of requests: what is over stays over, nothing is done before identity, and only what is done is answered."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from carrel.errors import CarrelError
from carrel.retention.outcome import Outcome
from carrel.rights.admission import admit
from carrel.rights.clocks import Clocks, Promise, clock_of
from carrel.rights.course import SETTLED, Act, Event, State, standing
from carrel.rights.request import Channel, Decision, Ground, Request, Right, Route
from carrel.store import requests

START = datetime(2026, 10, 1, tzinfo=UTC)
CLOCKS = Clocks({right: Promise((clock_of("gdpr"), clock_of("45 days"))) for right in Right})
ZONES = tuple(map(ZoneInfo, ("UTC", "America/New_York", "Pacific/Kiritimati", "Pacific/Niue", "Africa/Casablanca")))
NAMES = st.sampled_from("abc")
TERMS = {
    Act.IDENTIFIED: st.just({"how": "photo id"}),
    Act.ASSIGNED: st.just({"owner": "Ann"}),
    Act.PLANNED: st.builds(lambda one: {"case": one, "kind": "erasure", "system": "koha"}, NAMES),
    Act.CARRIED_OUT: st.builds(
        lambda one, how: {"case": one, "kind": "erasure", "system": "koha", "outcome": str(how)},
        NAMES, st.sampled_from(Outcome),
    ),
    Act.TASKED: st.builds(lambda one, kind: {"task": one, "kind": str(kind), "to": "x"}, NAMES, st.sampled_from(Route)),
    Act.TOLD: st.builds(lambda one: {"task": one}, NAMES),
    Act.REPLIED: st.builds(lambda one: {"task": one}, NAMES),
    Act.WAIVED: st.builds(lambda which, one: {which: one}, st.sampled_from(("task", "case")), NAMES),
    Act.DECIDED: st.builds(lambda one: {"decision": str(one)}, st.sampled_from(Decision)),
    Act.REFUSED: st.builds(lambda one: {"ground": str(one)}, st.sampled_from(Ground)),
}  # fmt: skip
# Few sequences would come far if every act were as likely as the next: what goes on is tried more often than an end.
ACTS = st.sampled_from(
    [Act.IDENTIFIED, Act.PLANNED, Act.CARRIED_OUT, Act.TASKED, Act.TOLD, Act.REPLIED, Act.WAIVED, Act.DECIDED] * 2
    + [one for one in Act if one is not Act.RECEIVED]
)


@st.composite
def attempts(draw):
    """What people try to do to one request, one after another."""
    at, found = START, []
    for _ in range(draw(st.integers(1, 25))):
        at += timedelta(hours=draw(st.sampled_from((0, 1, 12, 24 * 8))))
        act = draw(ACTS)
        found.append((Event(act, at, "Dee", draw(TERMS.get(act, st.just({})))), draw(st.sampled_from(("", "why")))))
    return found


def tried(right: Right, sequence, zone: ZoneInfo) -> list[Request]:
    """The request after each attempt that was admitted, the first as it was received."""
    one = Request("req-a", right, "koha", Channel.DESK, "en", (Event(Act.RECEIVED, START, "Dee"),))
    found = [one]
    for event, words in sequence:
        try:
            admit(one, event, words, CLOCKS, zone, event.at)
        except CarrelError as refused:
            assert refused.code.startswith("RGT-")
            continue
        one = Request(one.id, one.right, one.system, one.channel, one.language, (*one.events, event))
        found.append(one)
    return found


@given(st.sampled_from(Right), attempts(), st.sampled_from(ZONES))
def test_what_is_admitted_keeps_every_promise(right: Right, sequence, zone: ZoneInfo) -> None:
    ended = None
    for one in tried(right, sequence, zone):
        last = one.events[-1]
        now = standing(right, one.events, CLOCKS, zone, last.at)
        known = any(event.act is Act.IDENTIFIED for event in one.events)
        if ended is not None:
            assert now.state is ended  # what is over stays over
            assert last.act in {Act.STATED, Act.MAILED}
        if last.act is Act.MAILED:
            assert known, "nobody is written to of whom it is not known that it is the person"
        if right.needs_identity and not known:
            assert now.state in {State.RECEIVED, State.REFUSED, State.WITHDRAWN}
            assert not now.tasks
            assert not now.cases
        if now.state is State.ANSWERED:
            assert known or not right.needs_identity
            assert not now.waiting
            for case in now.cases:
                same = [other.outcome for other in now.cases[now.cases.index(case) :]]
                assert case.waived or any(outcome in SETTLED for outcome in same)
            if right.needs_work:
                assert now.decision is Decision.NOTHING_HELD or any(case.outcome in SETTLED for case in now.cases)
            if right is Right.CHALLENGE:
                assert now.decision is not None
        if now.state is State.REFUSED:
            assert now.ground
        if now.state.is_final:
            ended = now.state
        assert sum(event.act is Act.EXTENDED for event in one.events) <= 1


@given(st.sampled_from(Right), attempts(), st.sampled_from(ZONES), st.integers(0, 24 * 200), st.integers(0, 24 * 200))
def test_time_alone_makes_an_open_request_late_and_nothing_else(right, sequence, zone, some: int, more: int) -> None:
    one = tried(right, sequence, zone)[-1]
    last = max(event.at for event in one.events)
    early = standing(right, one.events, CLOCKS, zone, last + timedelta(hours=some))
    later = standing(right, one.events, CLOCKS, zone, last + timedelta(hours=some + more))
    assert later.overdue or not early.overdue
    assert (early.state, early.due, early.tasks, early.cases) == (later.state, later.due, later.tasks, later.cases)
    assert early.due is not None


def test_events_are_added_and_never_changed() -> None:
    """No statement of the store updates or deletes an event: there is no trigger, and none is needed."""
    source = inspect.getsource(requests)
    changed = {part.split(")")[0] for part in source.split("update(")[1:]}
    assert changed <= {"tables.request", "table", ""}
    assert "update(tables.request_event" not in source
    assert "delete(" not in source
    purge = inspect.getsource(requests.Requests.purge)
    assert "table = tables.request\n" in purge  # `table` is that of requests where it is updated
