"""Where a request stands, and what may be done to it: identity first, and nothing is answered that is not done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from carrel.errors import CarrelError
from carrel.rights.admission import admit, may
from carrel.rights.clocks import Clocks, Promise, clock_of
from carrel.rights.course import Act, Event, Standing, State, standing
from carrel.rights.request import Channel, Decision, Ground, Request, Right, free_words

AT = datetime(2026, 1, 31, 20, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
CLOCKS = Clocks(
    {right: Promise((clock_of("gdpr"),)) for right in Right if right is not Right.QUESTION}
    | {Right.QUESTION: Promise((clock_of("14 days"), clock_of("3 weeks")), "privacy officer")}
)


def event(act: Act, hours: float = 1, by: str = "Dee", **terms: str) -> Event:
    return Event(act, AT + timedelta(hours=hours), by, terms)


RECEIVED = event(Act.RECEIVED, 0, channel="letter")
IDENTIFIED = event(Act.IDENTIFIED, how="photo id")


def stands(*events: Event, right: Right = Right.ERASURE, at: datetime = AT + timedelta(days=1)) -> Standing:
    return standing(right, (RECEIVED, *events), CLOCKS, ZONE, at)


def refused(new: Event, *events: Event, right: Right = Right.ERASURE, words: str = "") -> str:
    request = Request("req-abcdefghijkl", right, "koha", Channel.DESK, "en", (RECEIVED, *events))
    try:
        admit(request, new, words, CLOCKS, ZONE, max(new.at, AT + timedelta(days=1)))
    except CarrelError as wrong:
        return wrong.code
    return ""


def planned(case: str = "case-a", what: str = "") -> Event:
    return event(Act.PLANNED, case=case, kind="erasure", system="koha", what=what)


def carried(outcome: str, case: str = "case-a") -> Event:
    return event(Act.CARRIED_OUT, case=case, kind="erasure", system="koha", outcome=outcome)


DONE = (IDENTIFIED, planned(), carried("verified"))
TASK = event(Act.TASKED, task="t1", kind="recipient", to="the catalogue vendor")


def test_nothing_is_done_before_somebody_made_sure_that_it_is_the_person() -> None:
    assert stands().state is State.RECEIVED
    assert stands(IDENTIFIED).state is State.OPEN
    for act in Act:
        told = refused(event(act, **_terms(act)), words="why")
        early = act in {Act.IDENTIFIED, Act.ASSIGNED, Act.EXTENDED, Act.NOTED, Act.REFUSED, Act.WITHDRAWN}
        assert told == ("" if early else "RGT-012"), act
    assert stands(right=Right.QUESTION).state is State.OPEN  # anybody may ask
    assert not refused(event(Act.ANSWERED), right=Right.QUESTION)


def _terms(act: Act) -> dict[str, str]:
    return {
        Act.IDENTIFIED: {"how": "photo id"},
        Act.ASSIGNED: {"owner": "Dee"},
        Act.REFUSED: {"ground": str(Ground.IDENTITY)},
    }.get(act, {})


def test_a_clock_runs_from_receipt_on_the_librarys_calendar_and_is_given_more_time_once() -> None:
    assert stands().due.day == date(2026, 3, 2)  # 28 February is a Saturday
    assert not stands(at=datetime(2026, 3, 3, 4, 59, tzinfo=UTC)).overdue
    assert stands(at=datetime(2026, 3, 3, 5, tzinfo=UTC)).overdue
    longer = event(Act.EXTENDED, 24 * 20)
    assert stands(longer).due.day == date(2026, 4, 30)
    assert not refused(longer, IDENTIFIED, words="Several systems")
    assert refused(longer, IDENTIFIED) == "RGT-014"
    assert refused(event(Act.EXTENDED, 24 * 21), longer, words="Again") == "RGT-001"
    assert refused(event(Act.EXTENDED, 24 * 40), words="Too late") == "RGT-001"
    assert refused(event(Act.EXTENDED), right=Right.QUESTION, words="No") == "RGT-001"  # the policy gives none
    late = stands(*DONE, event(Act.ANSWERED, 24 * 60))
    assert (late.state, late.late, late.overdue) == (State.ANSWERED, True, False)


def test_of_several_clocks_the_shortest_counts_and_the_policy_names_an_owner() -> None:
    one = stands(right=Right.QUESTION)
    assert (one.due.day, one.owner) == (date(2026, 2, 14), "privacy officer")
    assert stands(event(Act.ASSIGNED, owner="Ann"), right=Right.QUESTION).owner == "Ann"


def test_more_time_is_given_as_far_as_every_clock_that_runs_allows() -> None:
    both = Clocks({Right.ACCESS: Promise((clock_of("gdpr"), clock_of("ferpa")))})
    longer = event(Act.EXTENDED, 24)
    events = (RECEIVED, IDENTIFIED, longer)
    assert standing(Right.ACCESS, events[:2], both, ZONE, AT).due.day == date(2026, 3, 2)
    assert standing(Right.ACCESS, events, both, ZONE, AT).due.day == date(2026, 3, 17)  # 45 days, and not three months
    request = Request("req-abcdefghijkl", Right.ACCESS, "koha", Channel.DESK, "en", events[:2])
    admit(request, longer, "Many systems", both, ZONE, longer.at)
    again = event(Act.EXTENDED, 48)
    with pytest.raises(CarrelError) as wrong:
        admit(replace(request, events=events), again, "Again", both, ZONE, again.at)
    assert wrong.value.code == "RGT-001"


def test_nothing_is_answered_that_was_not_carried_out_and_read_back() -> None:
    answer = event(Act.ANSWERED, 2)
    assert refused(answer, IDENTIFIED) == "RGT-013"
    assert refused(answer, IDENTIFIED, planned()) == "RGT-013"
    for outcome in ("failed", "not reached", "applied, unverified", "applied, residue until"):
        assert refused(answer, IDENTIFIED, planned(), carried(outcome)) == "RGT-013", outcome
        mended = (IDENTIFIED, planned(), carried(outcome), planned("case-b"), carried("verified", "case-b"))
        assert not refused(answer, *mended)
        other = (IDENTIFIED, planned(), carried(outcome), planned("case-b", "surname"), carried("verified", "case-b"))
        assert refused(answer, *other) == "RGT-013"
    assert not refused(answer, *DONE)
    assert not refused(answer, IDENTIFIED, event(Act.DECIDED, decision=str(Decision.NOTHING_HELD)))


def test_a_plan_that_was_never_begun_can_be_given_up_and_one_that_was_cannot() -> None:
    waive = event(Act.WAIVED, case="case-a")
    assert not refused(waive, IDENTIFIED, planned(), words="Wrong person")
    assert refused(waive, IDENTIFIED, planned()) == "RGT-014"
    assert refused(waive, IDENTIFIED, planned(), carried("failed"), words="Let it be") == "RGT-012"
    assert refused(event(Act.ANSWERED, 2), IDENTIFIED, planned(), waive) == "RGT-013"  # nothing was done at all


def test_a_request_waits_for_whoever_has_to_be_told() -> None:
    waiting = stands(*DONE, TASK)
    assert (waiting.state, [one.to for one in waiting.waiting]) == (State.WAITING, ["the catalogue vendor"])
    assert refused(event(Act.ANSWERED, 3), *DONE, TASK) == "RGT-013"
    told = event(Act.TOLD, 2, task="t1")
    assert stands(*DONE, TASK, told).task("t1").told_at == told.at
    for end, words in ((event(Act.REPLIED, 3, task="t1"), ""), (event(Act.WAIVED, 3, task="t1"), "Out of business")):
        assert not refused(end, *DONE, TASK, told, words=words)
        assert stands(*DONE, TASK, told, end).state is State.OPEN
        assert not refused(event(Act.ANSWERED, 4), *DONE, TASK, told, end)
        assert refused(end, *DONE, TASK, told, end, words=words) == "RGT-012"
    assert refused(event(Act.WAIVED, 3, task="t1"), *DONE, TASK) == "RGT-014"
    assert refused(event(Act.REPLIED, 3, task="t2"), *DONE, TASK) == "RGT-012"
    assert refused(event(Act.TASKED, 3, task="t2", kind="nobody", to="x"), *DONE) == "RGT-012"


def test_after_the_end_only_a_statement_of_disagreement_is_attached_once() -> None:
    no = event(Act.DECIDED, 2, decision=str(Decision.REFUSED))
    ends = (
        (IDENTIFIED, no, event(Act.ANSWERED, 3)),
        (IDENTIFIED, event(Act.REFUSED, 3, ground=str(Ground.ACCURATE))),
    )
    state = event(Act.STATED, 4, by="the person")
    for end in ends:
        assert not refused(state, *end, right=Right.CHALLENGE, words="I still say it is wrong.")
        assert refused(state, *end, right=Right.CHALLENGE) == "RGT-014"
        assert refused(state, *end, state, right=Right.CHALLENGE, words="Again") == "RGT-012"
        assert stands(*end, state, right=Right.CHALLENGE).stated
        for act in set(Act) - {Act.STATED}:
            assert refused(event(act, 5, **_terms(act)), *end, right=Right.CHALLENGE, words="why") == "RGT-012"
    yes = event(Act.DECIDED, 2, decision=str(Decision.UPHELD))
    assert refused(state, IDENTIFIED, yes, event(Act.ANSWERED, 3), right=Right.CHALLENGE, words="No") == "RGT-012"
    assert refused(event(Act.ANSWERED, 3), IDENTIFIED, right=Right.CHALLENGE) == "RGT-013"  # nothing was decided


def test_a_refusal_names_a_ground_of_the_list_and_a_reason() -> None:
    assert refused(event(Act.REFUSED, ground="no time"), words="We have no time") == "RGT-014"
    assert refused(event(Act.REFUSED), words="Because") == "RGT-014"
    assert refused(event(Act.REFUSED, ground=str(Ground.IDENTITY))) == "RGT-014"
    assert not refused(event(Act.REFUSED, ground=str(Ground.IDENTITY)), words="No document was shown")


def test_what_stands_in_the_open_cannot_be_somebodys() -> None:
    for value in ("ann@oak.example", "card 29999000000017", "two\nlines", "x" * 201):
        with pytest.raises(CarrelError) as wrong:
            event(Act.NOTED, to=value)
        assert wrong.value.code == "RGT-015"
        assert value not in str(wrong.value)
    with pytest.raises(CarrelError) as wrong:
        Event(Act.NOTED, datetime(2026, 1, 1), "Dee")  # noqa: DTZ001  (what is refused)
    assert wrong.value.code == "RGT-002"
    with pytest.raises(TypeError):
        IDENTIFIED.terms["how"] = "somehow"  # type: ignore[index]  # what is refused


def test_words_are_cut_to_nothing_and_never_repeated() -> None:
    assert free_words(" Please\r\ncorrect \x1b[31mmy name.\x00 ") == "Please\ncorrect [31mmy name."
    assert free_words("a" * 5000)
    with pytest.raises(CarrelError) as wrong:
        free_words("secret" * 1000)
    assert wrong.value.code == "RGT-016"
    assert "secret" not in str(wrong.value)


def test_nothing_is_of_a_time_to_come() -> None:
    request = Request("req-abcdefghijkl", Right.QUESTION, "", Channel.DESK, "en", (RECEIVED,))
    with pytest.raises(CarrelError) as wrong:
        admit(request, event(Act.ANSWERED, 5), "", CLOCKS, ZONE, AT + timedelta(hours=4))
    assert wrong.value.code == "RGT-019"


def test_a_request_is_received_once() -> None:
    with pytest.raises(CarrelError) as wrong:
        may(stands(IDENTIFIED), Act.RECEIVED)
    assert wrong.value.code == "RGT-012"
