"""Evidence of requests: none without one; overdue, undone, untold and altered are findings; part is never the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from carrel.accountability.evidence import State as Shown
from carrel.accountability.patron_requests import RequestFacts
from carrel.accountability.registry import carried_clauses, evidence_for
from carrel.retention.outcome import Outcome
from carrel.rights.deadline import GDPR, deadline
from carrel.rights.request import Decision, Ground, Right
from carrel.rights.standing import LinkedCase, Standing, State, Task
from tests.unit.accountability.library import FACTS

AT = datetime(2026, 11, 1, tzinfo=UTC)
DUE = deadline(GDPR, AT, ZoneInfo("UTC"))
KIND = {
    Right.ACCESS: "access", Right.PORTABILITY: "access", Right.RECTIFICATION: "rectification", Right.ERASURE: "erasure",
    Right.RESTRICTION: "restriction", Right.OBJECTION: "objection",
}  # fmt: skip
TOLD = Task("t1", "recipient", "the vendor", AT, AT, AT, None)
CLAUSES = {
    "MITL-9.1": Right.ACCESS, "MITL-9.2": Right.RECTIFICATION, "MITL-9.3": Right.ERASURE, "MITL-9.4": Right.RESTRICTION,
    "MITL-9.5": Right.PORTABILITY, "MITL-10.8": Right.QUESTION, "MITP-11.2.3": Right.CHALLENGE,
}  # fmt: skip
WHOLE = {"MITL-9.1", "MITL-9.2", "MITL-9.3", "MITL-9.4", "MITL-9.7", "MITL-9.8", "MITL-9.9", "MITL-10.8"}
IN_PART = {"MITL-9.5", "MITL-9.6", "MITL-9.11", "MITP-11.2.3"}


def answered(right: Right, **changes) -> Standing:
    cases = (LinkedCase("case-a", KIND[right], "koha", "", Outcome.VERIFIED, settled=True),) if right in KIND else ()
    tasks = (TOLD,) if right in {Right.ERASURE, Right.RECTIFICATION} else ()
    decision = Decision.UPHELD if right is Right.CHALLENGE else None
    one = Standing(
        right, State.ANSWERED, AT, DUE, owner="Ann", identified="photo id", ended_at=AT, cases=cases, tasks=tasks,
        decision=decision,
    )  # fmt: skip
    return replace(one, **changes)


def shown(clause: str, *standings: Standing, **facts) -> Shown | None:
    found = evidence_for(clause, replace(FACTS, requests=RequestFacts(standings, **facts)))
    if found is None:
        return None
    assert (found.state is Shown.HOLDS) == (not found.because)
    return found.state


@pytest.mark.parametrize("clause", sorted(WHOLE | IN_PART))
def test_where_nobody_asked_the_clause_is_a_promise(clause: str) -> None:
    assert evidence_for(clause, FACTS) is None
    assert shown(clause) is None


def test_a_ledger_that_cannot_be_read_tells_nothing_of_packages() -> None:
    found = evidence_for("MITL-9.8", replace(FACTS, requests=RequestFacts(unread="LED-009: not a tile")))
    assert found is not None
    assert (found.state, found.because) == (Shown.CANNOT_TELL, "LED-009: not a tile")


def test_a_restriction_holds_only_where_its_person_was_looked_for() -> None:
    def state(unread: str, *standings: Standing) -> Shown | None:
        facts = replace(FACTS, records_gone=None, gone_unread=unread, unread="SYS-001: not reached")
        found = evidence_for("MITL-9.4", replace(facts, requests=RequestFacts(standings)))
        return None if found is None else found.state

    done = answered(Right.RESTRICTION)
    assert state("", done) is state("CNS-007: no key", done) is state("CNS-007: no key") is Shown.CANNOT_TELL
    assert state("") is None, "nobody asked, and the database could not be opened"
    assert state("CNS-007: no key", replace(done, overdue=True)) is Shown.FINDING


def test_what_is_measured_in_part_is_never_called_carried() -> None:
    assert carried_clauses() >= WHOLE
    assert not carried_clauses() & IN_PART


@pytest.mark.parametrize(("clause", "right"), CLAUSES.items())
def test_it_holds_where_all_was_answered_in_time_and_done(clause: str, right: Right) -> None:
    assert shown(clause, answered(right)) is Shown.HOLDS
    other = Right.QUESTION if right is not Right.QUESTION else Right.ACCESS
    assert shown(clause, answered(other)) is None


def test_a_request_to_see_records_counts_beside_challenges() -> None:
    """MITP-11.2.3 promises both; a late answer to the first turns it as well."""
    seen = answered(Right.ACCESS)
    assert shown("MITP-11.2.3", seen) is Shown.HOLDS
    late = replace(seen, state=State.OPEN, overdue=True, ended_at=None)
    assert shown("MITP-11.2.3", answered(Right.CHALLENGE), late) is Shown.FINDING
    failed = LinkedCase("case-a", "access", "koha", "", Outcome.FAILED)
    assert shown("MITP-11.2.3", replace(seen, cases=(failed,))) is Shown.FINDING


@pytest.mark.parametrize(("clause", "right"), CLAUSES.items())
def test_an_overdue_request_and_an_altered_event_are_findings(clause: str, right: Right) -> None:
    late = answered(right, state=State.OPEN, overdue=True, ended_at=None)
    assert shown(clause, answered(right), late) is Shown.FINDING
    assert shown(clause, answered(right), altered=1) is Shown.FINDING


@pytest.mark.parametrize(("clause", "right"), [(clause, right) for clause, right in CLAUSES.items() if right in KIND])
def test_an_answer_without_the_work_is_a_finding(clause: str, right: Right) -> None:
    failed = LinkedCase("case-a", KIND[right], "koha", "", Outcome.FAILED)
    assert shown(clause, answered(right, cases=(failed,))) is Shown.FINDING
    assert shown(clause, answered(right, cases=())) is Shown.FINDING


def test_a_question_needs_an_owner_and_a_day_and_a_challenge_a_decision() -> None:
    asked = answered(Right.QUESTION, state=State.OPEN, ended_at=None)
    assert shown("MITL-10.8", asked) is Shown.HOLDS
    assert shown("MITL-10.8", replace(asked, owner="")) is Shown.FINDING
    assert shown("MITL-10.8", replace(asked, due=None)) is Shown.FINDING
    assert shown("MITP-11.2.3", answered(Right.CHALLENGE, decision=None)) is Shown.FINDING


def test_recipients_controllers_and_the_erased() -> None:
    erased = answered(Right.ERASURE)
    assert shown("MITL-9.7", erased) is Shown.HOLDS
    assert shown("MITL-9.7", erased, untold=1) is Shown.FINDING
    left = replace(TOLD, ended_at=None)
    assert shown("MITL-9.7", replace(erased, tasks=(left,))) is Shown.FINDING
    assert shown("MITL-9.7", erased, unread="RGT-018") is Shown.CANNOT_TELL
    elsewhere = Task("t1", "controller", "campus police", AT, AT)
    assert shown("MITL-9.11", answered(Right.ACCESS, tasks=(elsewhere,))) is Shown.HOLDS
    assert shown("MITL-9.11", answered(Right.ACCESS, tasks=(replace(elsewhere, told_at=None),))) is Shown.FINDING
    refused = answered(Right.ACCESS, state=State.REFUSED, ground=Ground.ELSEWHERE)
    assert shown("MITL-9.11", refused) is Shown.FINDING, "sent away, and passed on to nobody"
    assert shown("MITL-9.11", replace(refused, tasks=(elsewhere,))) is Shown.HOLDS
    assert shown("MITL-9.11", replace(refused, identified="")) is Shown.HOLDS, "nobody is told of an unknown person"
    assert shown("MITL-9.11", replace(refused, ground=Ground.CLAIM)) is None
    assert shown("MITL-9.9", erased, silence_seen=1) is Shown.HOLDS
    assert shown("MITL-9.9", erased, silence_seen=1, silence_missing=1) is Shown.FINDING
    assert shown("MITL-9.9", erased, silence_seen=1, addresses_seen=2, addresses_missing=1) is Shown.FINDING
    assert shown("MITL-9.8", erased, before_identity=1) is Shown.FINDING
    assert shown("MITL-9.8", erased) is Shown.CANNOT_TELL, "no policy says by what somebody is known"
    ways = {"accepted": ("photo id", "signed in")}
    assert shown("MITL-9.8", erased, **ways) is Shown.HOLDS
    assert shown("MITL-9.8", erased, unaccepted=1, **ways) is Shown.FINDING
    assert shown("MITL-9.8", erased, handed_out=1, **ways) is Shown.HOLDS
    assert shown("MITL-9.8", handed_out=1, **ways) is Shown.HOLDS, "a package without a request is one too"
    assert shown("MITL-9.8", handed_out=1, handed_unaccepted=1, **ways) is Shown.FINDING
    assert shown("MITL-9.6", erased, kept_too_long=1) is Shown.FINDING
    assert shown("MITL-9.6", erased) is Shown.HOLDS


def test_that_nothing_is_held_how_people_were_identified_and_who_replied_are_counted_apart() -> None:
    nothing = answered(Right.ERASURE, cases=(), tasks=(), decision=Decision.NOTHING_HELD, identified="signed in")
    elsewhere = Task("t2", "controller", "campus police", AT, AT, AT, None)
    waived = replace(elsewhere, id="t3", ended_how="waived")
    seen = RequestFacts((nothing, answered(Right.ERASURE), answered(Right.ACCESS, tasks=(elsewhere, waived))))
    facts = replace(FACTS, requests=seen)

    def measured(clause: str) -> dict[str, object]:
        return dict(evidence_for(clause, facts).measured)

    erased = measured("MITL-9.3")
    assert (erased["answered"], erased["of these because nothing is held"], erased["answered and not done"]) == (
        2,
        1,
        0,
    )
    identity = measured("MITL-9.8")
    assert (identity["identified: photo id"], identity["identified: signed in"]) == (2, 1)
    passed = measured("MITL-9.11")
    assert (passed["passed on"], passed["replied to"], passed["waived"]) == (2, 1, 1)


def test_a_restriction_holds_only_where_somebody_could_look_whether_its_record_is_there() -> None:
    seen = RequestFacts((answered(Right.RESTRICTION),))
    unread = replace(FACTS, requests=seen, records_gone=None, gone_unread="CNS-007")
    told = evidence_for("MITL-9.4", unread)
    assert told is not None
    assert (told.state, told.because) == (Shown.CANNOT_TELL, "CNS-007")
    late = answered(Right.RESTRICTION, state=State.OPEN, overdue=True, ended_at=None)
    found = evidence_for("MITL-9.4", replace(unread, requests=RequestFacts((late,))))
    assert found is not None
    assert found.state is Shown.FINDING, "what is known to be wrong stays told"
    nobody = replace(unread, requests=RequestFacts())
    assert evidence_for("MITL-9.4", replace(nobody, gone_unread="")) is None
    assert evidence_for("MITL-9.4", nobody) is not None, "a restriction can be in force without a request"
