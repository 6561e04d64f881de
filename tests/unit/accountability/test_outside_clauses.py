"""Clauses about logs, mail, files and backups: each can say no, says nothing of a site without them, and never guesses."""

from dataclasses import replace
from datetime import timedelta

import pytest

from carrel.accountability.audit import audit
from carrel.accountability.chapters import chapters
from carrel.accountability.clause_standing import Standing, standing_of
from carrel.accountability.evidence import State
from carrel.accountability.facts import ClauseText, DatasetFacts, FieldFacts
from carrel.accountability.health import Health, SystemHealth
from carrel.accountability.kept_logs import KeptLog
from carrel.accountability.kept_outside import KeptBackup, KeptOutside, KeptPart
from carrel.accountability.log_services import LogFacts, Looked, Signed
from carrel.accountability.registry import carried_clauses, evidence_for
from carrel.deidentification.logs.session_test import SessionCounts
from carrel.inventory.category import Category
from carrel.inventory.risk import RiskClass
from tests.unit.accountability.library import AS_OF, FACTS, POLICY

TESTED = SessionCounts(identifiers=40)
LOG = KeptLog("proxy", "website visits", rule="lines", scrubbed=3, counts=True, sessions=TESTED, addresses="encrypted")
MAIL = KeptPart("mailbox desk, INBOX", True, "correspondence", "old mail", 20)
FILES = KeptPart("folder bookings", False, "computer bookings", "bookings", 9)
GATES = KeptPart("table gates", False, "gate counts", total=40)
BACKUP = KeptBackup("backup nightly", 3)
VENDOR = Looked("vendor", frozenset({"access logs"}), 14, 0, 0)
UNSIGNED = Signed("campus-it", "Ida", frozenset({"access logs"}), None, "d" * 64, AS_OF)
KEPT = KeptOutside((MAIL, FILES, GATES), (BACKUP,), "copies", (LOG, replace(LOG, name="tags", record="rfid logs")))
WHOLE = ("MITL-2.5", "MPL-8", "MPL-9", "WPL-6.1")
IN_PART = ("MITL-2.7", "MITL-2.10", "MITL-7.1", "WPL-4.2", "WPL-5.1", "WPL-5.2", "WPL-6.3", "WPL-8.3", "WPL-8.7")
SESSIONS = DatasetFacts(
    "computer sessions", RiskClass.HIGH, (FieldFacts("session", Category.SESSION_IDENTIFIER, "provide"),),
    carried=False, source="library",
)  # fmt: skip
RULED = replace(
    POLICY,
    datasets=(*POLICY.datasets, SESSIONS),
    rules=(*POLICY.rules, replace(POLICY.rules[0], record="correspondence", id="old mail")),
)
SITE = replace(
    FACTS, policy=RULED, outside=replace(KEPT, logs=(*KEPT.logs, replace(LOG, name="pcs", record="computer sessions")))
)


def log(**change):
    return with_logs(*(replace(one, **change) for one in SITE.outside.logs))


def with_logs(*logs):
    return replace(SITE, outside=replace(SITE.outside, logs=logs))


def mail(**change):
    return replace(SITE, outside=replace(SITE.outside, parts=(replace(MAIL, **change), FILES, GATES)))


def files(**change):
    return replace(SITE, outside=replace(SITE.outside, parts=(MAIL, replace(FILES, **change), GATES)))


def gates(wrong):
    return replace(SITE, outside=replace(SITE.outside, parts=(MAIL, FILES, replace(GATES, wrong=wrong))))


def visits(**change):
    held = KeptPart("folder weblogs", False, "website visits", "lines", 50, **change)
    return replace(SITE, outside=replace(SITE.outside, parts=(MAIL, FILES, GATES, held)))


def services(*looked, signed=()):
    return replace(SITE, outside=replace(SITE.outside, services=LogFacts(looked, signed)))


def backup(**change):
    return replace(SITE, outside=replace(SITE.outside, backups=(replace(BACKUP, **change),)))


def state(clause, facts):
    found = evidence_for(clause, facts)
    return None if found is None else found.state


@pytest.mark.parametrize("clause", [*WHOLE, *IN_PART])
def test_it_holds_where_all_is_kept_and_a_site_without_anything_has_no_evidence(clause):
    assert state(clause, SITE) is State.HOLDS
    assert state(clause, FACTS) is None
    standing = standing_of(ClauseText(clause, "It is said.", promised=False), SITE)
    assert standing.standing is (Standing.HOLDS if clause in WHOLE else Standing.NOT_YET)
    assert (clause in carried_clauses()) == (clause in WHOLE)


@pytest.mark.parametrize(
    ("clauses", "facts"),
    [
        (["MITL-2.5"], log(sessions=replace(TESTED, in_two=1))),
        (["MITL-2.5"], log(sessions=replace(TESTED, past_end=1))),
        (["MITL-2.5"], log(late_keys=1)),
        (["MITL-2.5", "MITL-7.1"], log(changed=1)),
        (["MITL-2.5", "MITL-7.1", "MPL-9", "WPL-4.2", "WPL-8.3", "WPL-8.7"], log(late=1)),
        (["MITL-7.1"], log(bare=1)),
        (["MPL-9"], log(counts=None)),
        (["MPL-9", "WPL-8.3"], visits(late=50)),
        (["MPL-9", "WPL-8.3"], visits(undated=1)),
        (["MPL-9", "WPL-8.3"], services(replace(VENDOR, records=frozenset({"website visits"}), wrong=2))),
        (["MPL-9", "WPL-8.3"], services(signed=(replace(UNSIGNED, records=frozenset({"website visits"})),))),
        (["MPL-9"], log(counts=False)),
        (["MPL-9"], log(users=True)),
        (["MPL-9"], log(stopped=timedelta(days=3))),
        (["MITL-2.10"], log(sessions=replace(TESTED, users=3))),
        (["MITL-2.10"], replace(SITE, policy=replace(RULED, datasets=(replace(
            SESSIONS, fields=(FieldFacts("card", Category.LIBRARY_CARD_NUMBER, "provide"),)),)))),
        (["WPL-5.1", "WPL-5.2", "WPL-8.3", "WPL-8.7"], files(late=2)),
        (["WPL-5.1", "WPL-5.2", "WPL-8.3"], files(undated=2)),
        (["MITL-2.7"], gates("TBL-005")),
        (["WPL-6.1"], mail(wrong="CLR-007")),
        (["MPL-8", "WPL-6.3", "WPL-8.3", "WPL-8.7"], mail(late=1)),
        (["MPL-8", "WPL-6.3", "WPL-8.3"], mail(undated=1)),
        (["WPL-6.3"], mail(unread=1)),
        (["WPL-6.3"], mail(record="reference questions", late=1)),
        (["MPL-8"], replace(SITE, policy=POLICY)),
        (["WPL-8.3", "WPL-8.7"], backup(late=1)),
        (["WPL-8.3"], backup(damaged=1)),
        (["WPL-8.3", "WPL-8.7"], services(replace(VENDOR, wrong=3))),
        (["WPL-8.3", "WPL-8.7"], services(VENDOR, signed=(UNSIGNED,))),
        (["WPL-8.3"], replace(SITE, returned=1)),
        (["WPL-8.3"], replace(SITE, outside=replace(SITE.outside, closed=("koha",)))),
    ],
)  # fmt: skip
def test_each_can_say_no(clauses, facts):
    for clause in clauses:
        found = evidence_for(clause, facts)
        assert found is not None
        assert found.state is State.FINDING, clause
        assert found.because
        assert found.fix
        assert found.says.endswith(".")
        said = standing_of(ClauseText(clause, "It is said.", promised=clause in IN_PART), facts)
        assert said.standing is Standing.FINDING


@pytest.mark.parametrize(
    ("clauses", "facts"),
    [
        (["MITL-2.5", "MITL-7.1", "MPL-9", "WPL-4.2", "WPL-8.3", "WPL-8.7"], log(unread=1)),
        (["MITL-2.5", "MITL-7.1", "MPL-9", "WPL-4.2"], log(wrong=("CLR-002: the policy says no period for this",))),
        (["MITL-2.5"], log(sessions=None)),
        (["MITL-2.5"], log(sessions=replace(TESTED, whole=False))),
        (["WPL-6.1", "WPL-6.3", "MPL-8", "WPL-8.7"], mail(wrong="MBX-001")),
        (["WPL-5.1", "WPL-5.2"], files(wrong="FIL-001")),
        (["MPL-9", "WPL-8.3"], visits(wrong="FIL-001")),
        (["MITL-2.7", "WPL-8.7"], gates("TBL-001")),
        (["WPL-8.3", "WPL-8.7"], backup(wrong="BAK-002")),
        (["WPL-8.3"], replace(SITE, returned=None)),
        (["WPL-8.3"], replace(SITE, outside=replace(SITE.outside, backup_rule=""))),
    ],
)
def test_what_was_not_seen_never_holds(clauses, facts):
    for clause in clauses:
        assert state(clause, facts) is State.CANNOT_TELL, clause


def test_the_chapters_tell_of_what_lies_outside_and_the_process_names_what_is_open():
    facts = replace(
        SITE,
        outside=replace(
            SITE.outside,
            parts=(replace(MAIL, late=3), replace(FILES, wrong="FIL-001")),
            lines=("mailbox desk, INBOX: 3 messages are older than the policy allows",),
        ),
    )
    told = {one.name: one.figures for one in chapters(facts)}
    assert told["Collected"]["log proxy"] == "website visits, outside the databases"
    assert (told["Stored"]["mailbox desk, INBOX"], told["Stored"]["folder bookings"]) == (20, "not seen")
    assert (told["Stored"]["backup nightly"], told["Stored"]["log proxy"]) == (3, "3 logs, 0 raw")
    assert told["Shared"]["totals of log proxy"] == "by month and host"
    assert told["Used"]["identifiers in more than one session, log proxy"] == 0
    assert told["Destroyed"]["past their time, mailbox desk, INBOX"] == 3
    assert "past their time, folder bookings" not in told["Destroyed"]
    assert facts.outside.lines[0] in audit(facts).process


def test_a_monitor_is_told_what_is_past_its_time_outside_and_what_was_not_seen():
    health = Health(AS_OF, (SystemHealth("koha"),), {"log proxy": 2}, ("mailbox desk, INBOX",))
    assert health.as_dict()["outside"] == [
        {"place": "log proxy", "overdue": 2},
        {"place": "mailbox desk, INBOX", "overdue": None},
    ]
    assert 'carrel_outside_overdue{place="log proxy"} 2' in health.prometheus()
    assert "mailbox desk" not in health.prometheus(), "what is not known is no zero"


def test_the_fix_names_the_plan_that_takes_it_and_no_plan_for_what_has_no_date():
    def fix(**change):
        found = evidence_for("WPL-5.1", files(**change))
        assert found is not None
        return found.fix

    assert "table" in fix(late=2)
    assert "no usable date" not in fix(late=2)
    assert fix(undated=1).startswith("what has no usable date is in no plan")
    assert "plan clears" in fix(late=2, undated=1)
    assert "no plan" in fix(late=2, undated=1)
