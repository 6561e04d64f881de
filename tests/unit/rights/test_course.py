"""Where a request stands, and what may be done to it: identity first, and nothing is answered that is not done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from carrel.errors import CarrelError
from carrel.policy.rights_grammar import Controller
from carrel.retention.outcome import Outcome
from carrel.rights.admission import admit, may
from carrel.rights.clocks import Clocks, Promise, clock_of, clocks_of
from carrel.rights.course import Act, Event, Standing, State, standing
from carrel.rights.request import Channel, Decision, Ground, Request, Right, free_words
from carrel.rights.work import done_at_once, tasks_after
from carrel.systems.policy_files import of_text

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
    assert not refused(event(Act.ANSWERED), right=Right.QUESTION, words="For a week.")


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


def test_a_clock_of_working_days_does_not_end_on_a_day_on_which_the_library_is_closed() -> None:
    free = frozenset({date(2026, 3, 2), date(2026, 3, 3), date(2026, 4, 30)})
    both = Clocks({Right.ACCESS: Promise((clock_of("gdpr"),)), Right.QUESTION: Promise((clock_of("14 days"),))},
                  free_days=free)  # fmt: skip
    assert standing(Right.ACCESS, (RECEIVED,), both, ZONE, AT).due.day == date(2026, 3, 4)
    longer = event(Act.EXTENDED, 24 * 20)
    assert standing(Right.ACCESS, (RECEIVED, longer), both, ZONE, AT).due.day == date(2026, 5, 1)
    request = Request("req-abcdefghijkl", Right.ACCESS, "koha", Channel.DESK, "en", (RECEIVED, IDENTIFIED))
    told = event(Act.EXTENDED, 24 * 31)  # on 3 March: too late by the bare calendar, and in time while nobody works
    admit(request, told, "Closed", both, ZONE, told.at)


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


def test_nothing_is_held_is_said_of_a_known_record_only_after_a_look_that_found_none() -> None:
    request = Request(
        "req-abcdefghijkl", Right.ERASURE, "koha", Channel.DESK, "en", (RECEIVED, IDENTIFIED), about_somebody=True
    )
    found = []
    for terms in ({}, {"looked": "evergreen"}, {"looked": "koha"}):
        decided = event(Act.DECIDED, 2, decision=str(Decision.NOTHING_HELD), **terms)
        try:
            admit(request, decided, "No record", CLOCKS, ZONE, decided.at)
            found.append("")
        except CarrelError as wrong:
            found.append(wrong.code)
    assert found == ["RGT-013", "RGT-013", ""]
    decided = event(Act.DECIDED, 2, decision=str(Decision.NOTHING_HELD))
    assert refused(decided, IDENTIFIED, words="Nobody has this card") == ""  # no record is known
    assert refused(decided, IDENTIFIED) == "RGT-014"  # and somebody says how that is known


def test_an_answer_of_which_no_package_came_to_be_is_not_waived() -> None:
    package = event(Act.PLANNED, case="case-a", kind="access", system="koha")
    waive, answer = event(Act.WAIVED, 2, case="case-a"), event(Act.ANSWERED, 3)
    for outcome, code in (("not reached", "RGT-012"), ("failed", "RGT-012"), ("applied, unverified", "")):
        handed = event(Act.CARRIED_OUT, case="case-a", kind="access", outcome=outcome)
        before = (IDENTIFIED, package, handed)
        assert refused(waive, *before, right=Right.ACCESS, words="Enough") == code, outcome
        assert refused(answer, *before, right=Right.ACCESS) == "RGT-013"
        if not code:  # it was handed out, and names its gaps
            assert not refused(answer, *before, waive, right=Right.ACCESS)


def test_a_challenge_that_was_upheld_is_answered_when_something_was_done_or_somebody_says_why_not() -> None:
    answer, none = event(Act.ANSWERED, 5), event(Act.WAIVED, 4, change="none")
    assert refused(none, IDENTIFIED, right=Right.CHALLENGE, words="It was the form") == "RGT-012"
    for decision in (Decision.UPHELD, Decision.PARTLY):
        yes = (IDENTIFIED, event(Act.DECIDED, 2, decision=str(decision)))
        assert refused(answer, *yes, right=Right.CHALLENGE) == "RGT-013"
        assert refused(answer, *yes, planned(), carried("failed"), right=Right.CHALLENGE) == "RGT-013"
        assert not refused(answer, *yes, planned(), carried("verified"), right=Right.CHALLENGE)
        assert refused(none, *yes, right=Right.CHALLENGE) == "RGT-014"
        assert not refused(none, *yes, right=Right.CHALLENGE, words="The form was changed, no record")
        assert not refused(answer, *yes, none, right=Right.CHALLENGE)
        assert refused(none, *yes, none, right=Right.CHALLENGE, words="Again") == "RGT-012"
        assert refused(answer, *yes, none, yes[1], right=Right.CHALLENGE) == "RGT-013"  # decided anew
    assert not refused(answer, IDENTIFIED, event(Act.DECIDED, 2, decision=str(Decision.REFUSED)), right=Right.CHALLENGE)


def test_of_two_who_tell_somebody_at_once_neither_is_lost() -> None:
    first = event(Act.TOLD, 2, task="t1", kind="recipient", to="the chat vendor")
    second = event(Act.TOLD, 2, task="t1", kind="recipient", to="the mailing house")
    assert not refused(first, *DONE)
    assert refused(second, *DONE, first) == "RGT-012"
    assert not refused(event(Act.TOLD, 3, task="t1"), *DONE, first)


def test_a_name_of_the_site_may_hold_digits_and_what_is_typed_in_may_not() -> None:
    assert event(Act.PLANNED, case="case-a", kind="erasure", system="koha23050").term("system") == "koha23050"
    for act, terms in ((Act.TOLD, {"to": "box 12345"}), (Act.ASSIGNED, {"owner": "29999"})):
        with pytest.raises(CarrelError) as wrong:
            event(act, **terms)
        assert wrong.value.code == "RGT-015"


def test_words_turn_no_line_around() -> None:
    assert free_words("a\u202eb\u2066c\u200bd\u2028e\u200cf\u200d") == "abcd\ne\u200cf\u200d"


def test_a_question_is_answered_in_words() -> None:
    assert refused(event(Act.ANSWERED, 2), right=Right.QUESTION) == "RGT-014"
    assert not refused(event(Act.ANSWERED, 2), right=Right.QUESTION, words="A week.")


def test_what_is_left_is_told_with_the_command_that_does_it() -> None:
    def fix(*events: Event, right: Right = Right.ERASURE) -> str:
        with pytest.raises(CarrelError) as wrong:
            may(stands(*events, right=right), Act.ANSWERED)
        return wrong.value.faults[0].fix

    assert "`carrel plan --erase FILE --request ID`" in fix(IDENTIFIED)
    assert "`carrel access FILE --request ID`" in fix(IDENTIFIED, right=Right.PORTABILITY)
    assert "`carrel apply` of the plan" in fix(IDENTIFIED, planned())
    assert "`carrel request reply`" in fix(*DONE, TASK)
    assert "`carrel request decide`" in fix(IDENTIFIED, right=Right.CHALLENGE)


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
        for act in set(Act) - {Act.STATED, Act.MAILED}:  # that it ended can be told by mail
            assert refused(event(act, 5, **_terms(act)), *end, right=Right.CHALLENGE, words="why") == "RGT-012"
    yes = event(Act.DECIDED, 2, decision=str(Decision.UPHELD))
    assert refused(state, IDENTIFIED, yes, event(Act.ANSWERED, 3), right=Right.CHALLENGE, words="No") == "RGT-012"
    assert refused(event(Act.ANSWERED, 3), IDENTIFIED, right=Right.CHALLENGE) == "RGT-013"  # nothing was decided


def test_a_refusal_names_a_ground_of_the_list_and_a_reason() -> None:
    assert refused(event(Act.REFUSED, ground="no time"), words="We have no time") == "RGT-014"
    assert refused(event(Act.REFUSED), words="Because") == "RGT-014"
    assert refused(event(Act.REFUSED, ground=str(Ground.IDENTITY))) == "RGT-014"
    assert not refused(event(Act.REFUSED, ground=str(Ground.IDENTITY)), words="No document was shown")


def test_names_that_the_library_declared_may_have_digits() -> None:
    for one in done_at_once("obj-a", "objection", "koha23050", "campaign 20271", AT, "the person"):
        assert one.term("case") == "obj-a"
    now = standing(Right.ERASURE, (event(Act.RECEIVED),), Clocks({}), ZoneInfo("UTC"), AT)
    (task,) = tasks_after(now, Outcome.VERIFIED, ("box 12345",), (), AT)
    assert task.term("to") == "box 12345"
    for terms in ({"to": "box 12345"}, {"how": "card 12345"}, {"case": "12345"}, {"task": "12345"}):
        with pytest.raises(CarrelError) as wrong:
            event(Act.TASKED, **terms)
        assert wrong.value.code == "RGT-015"
    for declared in ("ann@oak.example", "two\nlines", "x" * 201):
        with pytest.raises(CarrelError) as wrong:
            event(Act.PLANNED, system=declared)
        assert wrong.value.code == "RGT-015"


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


def test_no_request_is_sent_to_another_office_that_was_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """MITL-9.11; of whoever is not known to be the person, nobody is told anything, and the letter says where to turn."""
    no = event(Act.REFUSED, 3, ground=str(Ground.ELSEWHERE))
    assert not refused(no, IDENTIFIED, words="The registrar answers"), "no policy names a controller"
    police = Controller(name="campus police", says="Keeps recordings.", **{"for": ["recordings"]}, contact="records")
    monkeypatch.setitem(globals(), "CLOCKS", replace(CLOCKS, controllers=(police,)))
    told = event(Act.TOLD, 2, task="t1", kind="controller", to="campus police")
    assert refused(no, IDENTIFIED, words="The police answers") == "RGT-012"
    assert refused(no, IDENTIFIED, TASK, words="The police answers") == "RGT-012"
    assert not refused(no, IDENTIFIED, told, words="The police answers")
    assert not refused(no, words="The police answers")
    assert refused(no, right=Right.QUESTION, words="The police answers") == "RGT-012"
    assert not refused(event(Act.REFUSED, 3, ground=str(Ground.CLAIM)), IDENTIFIED, words="A claim")


def test_somebody_is_known_by_what_the_policy_accepts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """MITL-9.8; signing in counts always, and where no policy says by what, anything does."""
    told = event(Act.IDENTIFIED, how="known to the staff")
    assert not refused(told)
    strict = replace(CLOCKS, identity=frozenset({"photo id", "signed in"}), identity_since=date(2026, 1, 1))
    monkeypatch.setitem(globals(), "CLOCKS", strict)
    assert refused(told) == "RGT-014"
    assert not refused(IDENTIFIED)
    assert not refused(event(Act.IDENTIFIED, how="signed in"))


def test_of_several_policies_each_has_to_accept_it() -> None:
    minimal = (Path(__file__).parents[1] / "policy" / "minimal.yaml").read_text(encoding="utf-8")
    told, strict, silent = (
        of_text(minimal.replace("records:\n", f"rights:\n  {line}\nrecords:\n", 1), "own")
        for line in ("identity: [photo id, card at the desk]", "identity: [photo id]", "kept: 90 days")
    )
    assert clocks_of([told]).identity == {"photo id", "card at the desk", "signed in"}
    assert clocks_of([told, strict, silent]).identity == {"photo id", "signed in"}
    assert clocks_of([told]).identity_since == told.approved
    assert clocks_of([silent]).identity is None
    assert clocks_of([silent]).accepts("known to the staff")
