"""Log services in an audit: the clauses hold only where everything was looked into, and signed for where it was not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from carrel.accountability.adopted_policy import RuleFacts
from carrel.accountability.attestation import Attestation
from carrel.accountability.count_report import RecordCount
from carrel.accountability.evidence import State
from carrel.accountability.kept_logs import KeptLog
from carrel.accountability.kept_outside import KeptOutside, KeptPart
from carrel.accountability.log_services import LogFacts, Looked, Signed
from carrel.accountability.registry import evidence_for
from tests.unit.accountability.library import FACTS, POLICY

NOW = datetime(2026, 11, 26, 10, 30, tzinfo=UTC)
CLEAN = Looked("vendor", frozenset({"access logs"}), 14, 0, 0)
COUNT = RecordCount("access logs", 0, None, None, date(2026, 11, 20), 0)
SAID = Attestation("Elm", "it", "p", "d" * 64, "Ida", "staff", "s" * 64, 1, (COUNT,), NOW - timedelta(days=5),
                   NOW + timedelta(days=5))  # fmt: skip
SIGNED = Signed("it", "Ida", frozenset({"access logs"}), SAID, "d" * 64, NOW)


def state(clause: str, *looked: Looked, signed: tuple[Signed, ...] = ()) -> State | None:
    parts = [KeptPart(one.name, mail=False, record="access logs", late=one.late, service=True) for one in looked]
    parts += [replace(one, wrong=code) for one, seen in zip(parts, looked, strict=True) for code in seen.unread]
    found = evidence_for(clause, replace(FACTS, outside=KeptOutside(tuple(parts), services=LogFacts(looked, signed))))
    return None if found is None else found.state


FILES = KeptPart("folder weblogs", mail=False, record="access logs", rule="lines", total=900)
LOG = KeptLog("proxy", "searches", rule="lines", scrubbed=3)


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        (FILES, State.HOLDS),
        (replace(FILES, late=900), State.FINDING),
        (replace(FILES, undated=1), State.FINDING),
        (replace(FILES, rule="a month"), State.FINDING),
        (replace(FILES, wrong="FIL-001"), State.CANNOT_TELL),
        (replace(FILES, record="door records", late=9), State.HOLDS),
        (LOG, State.HOLDS),
        (replace(LOG, late=1), State.FINDING),
        (replace(LOG, changed=1), State.FINDING),
        (replace(LOG, unread=1), State.CANNOT_TELL),
    ],
)
def test_the_same_records_in_files_and_logs_of_the_library_count_as_well(
    here: KeptPart | KeptLog, expected: State
) -> None:
    month = RuleFacts("access logs", "a month", "1 month", "made", de_identifies=False)
    parts, logs = ((here,), ()) if isinstance(here, KeptPart) else ((), (here,))
    for services in (LogFacts((CLEAN,)), LogFacts((), (SIGNED,))):
        outside = KeptOutside(parts, logs=logs, services=services)
        found = evidence_for("MITL-6.3", replace(FACTS, policy=replace(POLICY, rules=(month,)), outside=outside))
        assert found is not None
        if expected is State.HOLDS and services.signed:
            assert found.state is State.ATTESTED
        else:
            assert found.state is expected
            assert found.says.endswith("."), found.says
    alone = replace(FACTS, outside=KeptOutside(parts, logs=logs))
    assert evidence_for("MITL-6.3", alone) is None, "without a vendor it speaks of nothing"


@pytest.mark.parametrize("clause", ["MITL-6.3", "WPL-8.7"])
def test_a_clause_holds_only_where_every_service_was_looked_into_and_nothing_is_wrong(clause: str) -> None:
    assert evidence_for(clause, FACTS) is None
    assert state(clause) is None
    assert state(clause, CLEAN) is State.HOLDS
    for worse in (replace(CLEAN, late=1), replace(CLEAN, wrong=1)):
        assert state(clause, CLEAN, replace(worse, unread=("HLS-001",))) is State.FINDING
    assert state(clause, CLEAN, replace(CLEAN, unread=("HLS-001",))) is State.CANNOT_TELL
    assert state(clause, CLEAN, signed=(SIGNED,)) is State.ATTESTED


def test_two_weeks_are_the_clauses_own_and_speak_of_applications() -> None:
    assert state("MITL-6.3", replace(CLEAN, longest_days=30)) is State.FINDING
    assert state("WPL-8.7", replace(CLEAN, longest_days=30)) is State.HOLDS
    assert state("MITL-6.3", replace(CLEAN, records=frozenset({"door records"}))) is None
    assert state("WPL-8.7", replace(CLEAN, records=frozenset({"door records"}))) is State.HOLDS


@pytest.mark.parametrize(
    ("worse", "word"),
    [
        (replace(SIGNED, newest=None), "has not signed"),
        (replace(SIGNED, newest=None, broken="CUS-015"), "a file there does not hold"),
        (replace(SIGNED, broken="CUS-015"), "does not hold any more"),
        (replace(SIGNED, person="Oda"), "another person"),
        (replace(SIGNED, now=NOW + timedelta(days=5)), "a new count is overdue"),
        (replace(SIGNED, policy_digest="e" * 64), "the policy has changed"),
        (replace(SIGNED, records=frozenset({"access logs", "searches"})), "says nothing of searches"),
        (replace(SIGNED, newest=replace(SAID, counts=(replace(COUNT, overdue=2),))), "2 records are past their period"),
    ],
)
def test_what_is_not_signed_for_or_overdue_is_a_finding(worse: Signed, word: str) -> None:
    assert SIGNED.wrong == ""
    assert (word in worse.wrong, list(worse.findings()) != []) == (True, True)
    assert state("MITL-6.3", CLEAN, signed=(SIGNED, worse)) is State.FINDING
