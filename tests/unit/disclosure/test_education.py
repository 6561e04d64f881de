"""A student's education records: told before they are given out, in time to object; nothing else waits (FERPA)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from carrel.disclosure.admission import admit, may
from carrel.disclosure.case import Case
from carrel.disclosure.course import standing
from carrel.disclosure.education import stricter
from carrel.disclosure.event import Act, Event
from carrel.disclosure.finding import Finding, Given
from carrel.disclosure.package_kind import PackageKind
from carrel.disclosure.process import Does, Instrument, Office, Process
from carrel.disclosure.standing import Notice, State
from carrel.inventory.category import Category
from carrel.policy.record_type import RecordType
from tests.unit.disclosure.test_instruments import AT, EVERY, PACKAGE, PROCESSES, ZONE, begun, code_of, done

EDUCATION = {"kind": "production", **PACKAGE, "education": "yes"}
OTHERS = {"kind": "production", **PACKAGE, "education": "no"}
MIT = ("mit-11.2", "mit-libraries")


def gathered(process: Process, told: datetime | None, now: datetime, package: dict[str, str]) -> Case:
    """Every step but telling, which was taken then or not at all; and this package."""
    case = begun(process)
    for step in process.steps:
        at = told if step.does is Does.TELL_PATRON else now
        if at is not None:
            case = done(case, Act.TAKEN, "Ada", at, step=step.id, hold="h", cite="c", finding="f")
    for paper in process.papers:
        case = done(case, Act.FILED, "Dee", now, document="doc-1", paper=paper)
    return done(case, Act.PRODUCED, "Ann", now, **package)


@pytest.mark.parametrize("name", MIT)
@pytest.mark.parametrize("instrument", [Instrument.SUBPOENA, Instrument.COURT_ORDER])
def test_a_student_is_told_before_and_has_time_to_object_and_nobody_else_waits(
    name: str, instrument: Instrument
) -> None:
    process = PROCESSES[name].of(instrument)
    over = AT + timedelta(days=10)
    for package, code in ((EDUCATION, "DSC-004"), ({**PACKAGE, "kind": "production"}, "DSC-004"), (OTHERS, "")):
        case = gathered(process, AT, AT, package)
        early = standing(process, case.events, ZONE, over - timedelta(seconds=1))
        assert (early.state is State.READY) == (not code)
        if code:
            assert code_of(may, early, Act.SIGNED, "Ann", EVERY, over - timedelta(seconds=1)) == code
            assert early.may_release_from == over
        else:
            may(early, Act.SIGNED, "Ann", EVERY, over - timedelta(seconds=1))
        assert standing(process, case.events, ZONE, over).state is State.READY
    # Before anything is written: the records of the kinds that wait are not, the others are.
    here = standing(process, gathered(process, AT, AT, OTHERS).events, ZONE, AT)
    gives = {"kind": PackageKind.RECORDS}
    assert code_of(may, here, Act.PRODUCED, "Ann", EVERY, AT, **gives, education=True) == "DSC-004"
    may(here, Act.PRODUCED, "Ann", EVERY, AT, **gives, education=False)
    assert PROCESSES[name].of(Instrument.SEARCH_WARRANT).education is None  # it is carried out at once


def test_which_records_wait_is_judged_by_kind_and_by_what_was_found() -> None:
    rule = PROCESSES["mit-libraries"].of(Instrument.SUBPOENA).education
    assert rule is not None
    name, title, staff = Category.NAME, None, Category.STAFF_NOTE
    loans, people, work = RecordType.LOANS, RecordType.REGISTRATIONS, RecordType.PERSONNEL
    for given, found, waits in (
        ([], (), False),
        ([(work, [name])], (), False),
        ([(loans, [title])], (), True),
        ([(people, [name])], (), True),
        ([(people, [name])], ("directory information",), False),
        ([(people, [name, staff])], ("directory information",), True),
        ([(people, [name]), (loans, [title])], ("directory information",), True),
        ([(loans, [title])], ("no student",), False),
        ([(loans, [title])], ("health or safety",), False),
        ([(loans, [title])], ("a poem",), True),
    ):
        told = [Given(*one) for one in given]
        assert rule.waits(told, [Finding(one) for one in found]) == waits, (given, found)
    assert rule.without_system([Finding("directory information")])
    assert not rule.without_system([Finding("no student")])


ANN, BEN = "a" * 16, "b" * 16


@pytest.mark.parametrize(
    ("given", "found", "waits"),
    [
        ([(RecordType.LOANS, {ANN})], [("no student", ANN)], False),
        ([(RecordType.LOANS, {ANN}), (RecordType.LOANS, {BEN})], [("no student", ANN)], True),
        (
            [(RecordType.LOANS, {ANN}), (RecordType.LOANS, {BEN})],
            [("no student", ANN), ("health or safety", BEN)],
            False,
        ),
        ([(RecordType.LOANS, {ANN, BEN})], [("no student", ANN)], True),  # a row of both
        ([(RecordType.LOANS, set())], [("no student", ANN)], True),  # whose it is nobody knows
        ([(RecordType.LOANS, {""})], [("no student", ANN)], True),  # the key of the case is gone
        ([(RecordType.LOANS, set())], [("no student", "")], False),
        ([(RecordType.LOANS, {ANN})], [("no student", ANN, "holds")], True),
        ([(RecordType.LOANS, {ANN})], [("no student", "", "loans")], False),
        ([(RecordType.LOANS, {ANN}), (RecordType.HOLDS, {ANN})], [("no student", ANN, "loans")], True),
        ([(RecordType.LOANS, {ANN})], [("directory information", ANN)], True),
        ([(RecordType.LOANS, {ANN})], [("a poem", ANN)], True),
    ],
)
def test_a_finding_of_one_person_and_one_kind_lets_nothing_else_pass(given, found, waits) -> None:
    rule = PROCESSES["mit-libraries"].of(Instrument.SUBPOENA).education
    assert rule is not None
    told = [Given(kind, [None], frozenset(whose)) for kind, whose in given]
    assert rule.waits(told, [Finding(*one) for one in found]) == waits
    assert rule.without_system([Finding(*one) for one in found if one[1:] not in {(), ("",)}])


def test_what_was_found_of_some_is_taken_back_of_those_alone() -> None:
    process = PROCESSES["mit-11.2"].of(Instrument.SUBPOENA)
    case = done(
        begun(process), Act.EXEMPTED, "Ann", AT, exemption="no student", subjects=f"{ANN} {BEN}", records="loans"
    )
    here = standing(process, case.events, ZONE, AT)
    both = {Finding("no student", one, "loans") for one in (ANN, BEN)}
    assert (here.findings, here.exemptions) == (both, frozenset())
    for more in ({}, {"subjects": ANN}, {"subjects": f"{ANN} {'c' * 16}", "records": "loans"}):
        back = Event(Act.EXEMPTED, AT, "Ann", {"exemption": "no student", "over": "yes", **more})
        assert code_of(admit, case, back, "so", process, EVERY, ZONE, AT) == "DSC-005", more
    for wrong in ({"records": "a poem"}, {"records": "personnel"}, {"subjects": "Ann"}, {"subjects": ANN[:-1]}):
        found = Event(Act.EXEMPTED, AT, "Ann", {"exemption": "no student", **wrong})
        assert code_of(admit, case, found, "so", process, EVERY, ZONE, AT) == "DSC-005", wrong
    back = Event(
        Act.EXEMPTED, AT, "Ann", {"exemption": "no student", "over": "yes", "subjects": ANN, "records": "loans"}
    )
    admit(case, back, "so", process, EVERY, ZONE, AT)
    left = standing(process, (*case.events, back), ZONE, AT)
    assert left.findings == {Finding("no student", BEN, "loans")}


def test_a_finding_is_its_offices_takes_the_package_back_and_can_be_taken_back_itself() -> None:
    process = PROCESSES["mit-11.2"].of(Instrument.SUBPOENA)
    case = gathered(process, AT, AT, {"kind": "in no system"})
    assert standing(process, case.events, ZONE, AT).education  # nobody can tell what lies on paper
    found = Event(Act.EXEMPTED, AT, "Ann", {"exemption": "no student"})
    others = EVERY - {Office.COUNSEL, Office.AUTHORISED_OFFICER}
    assert code_of(admit, case, found, "a visitor", process, others, ZONE, AT) == "DSC-003"
    assert code_of(admit, case, found, " ", process, EVERY, ZONE, AT) == "DSC-005"
    poem = Event(Act.EXEMPTED, AT, "Ann", {"exemption": "a poem"})
    assert code_of(admit, case, poem, "so", process, EVERY, ZONE, AT) == "DSC-005"
    admit(case, found, "a visitor", process, EVERY, ZONE, AT)
    case = done(case, Act.EXEMPTED, "Ann", AT, exemption="no student")
    here = standing(process, case.events, ZONE, AT)
    assert (here.package, here.exemptions) == (None, {"no student"})
    again = done(case, Act.PRODUCED, "Ann", AT, kind="in no system")
    may(standing(process, again.events, ZONE, AT), Act.SIGNED, "Ann", EVERY, AT)
    back = done(again, Act.EXEMPTED, "Ann", AT, exemption="no student", over="yes")
    assert standing(process, back.events, ZONE, AT).exemptions == frozenset()
    plain = PROCESSES["worcester"].of(Instrument.SUBPOENA)
    assert code_of(admit, begun(plain), found, "a visitor", plain, EVERY, ZONE, AT) == "DSC-005"


def test_an_order_silences_the_notice_to_a_student_and_an_officers_judgement_does_not() -> None:
    process = PROCESSES["mit-11.2"].of(Instrument.SUBPOENA)
    days = {"starts": "2026-11-25", "ends": "indefinite", "may tell": "Ann; Dee"}
    for basis, more, package, open_ in (
        ("order", {"court": "a court"}, EDUCATION, True),
        ("judgement", {}, EDUCATION, False),
        ("judgement", {}, OTHERS, True),
    ):
        case = gathered(process, None, AT, package)
        silenced = Case("dsc-a", (case.events[0], Event(Act.SILENCED, AT, "Sam", {"basis": basis, **more, **days}),
                                  *case.events[1:]))  # fmt: skip
        here = standing(process, silenced.events, ZONE, AT)
        assert here.notice is Notice.SUSPENDED
        if open_:
            may(here, Act.SIGNED, "Ann", EVERY, AT)
        else:
            assert here.state is not State.READY
            assert code_of(may, here, Act.SIGNED, "Ann", EVERY, AT) == "DSC-004"


def test_of_two_rules_for_students_the_stricter_decides() -> None:
    rule = PROCESSES["mit-11.2"].of(Instrument.SUBPOENA).education
    assert rule is not None
    counsel = replace(rule.exemptions["no student"], by=frozenset({Office.COUNSEL}))
    mail = replace(rule.exemptions["directory information"], only=frozenset({Category.EMAIL_ADDRESS}))
    other = replace(
        rule, kinds=frozenset({RecordType.PERSONNEL}), wait=timedelta(days=14), silenced_by=frozenset(),
        exemptions={"no student": counsel, "directory information": mail},
    )  # fmt: skip
    both = stricter(rule, other)
    assert both is not None
    assert (both.kinds, both.wait, both.silenced_by) == (rule.kinds | other.kinds, other.wait, frozenset())
    assert both.exemptions == {"no student": replace(counsel, clauses=("MITP-11.3",)), "directory information": mail}
    assert stricter(rule, None) == stricter(None, rule) == rule
