"""Every kind of paper under every policy: what is asked, of whom, how it may end; and no step can be left out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from carrel.disclosure.admission import admit, may, require_release
from carrel.disclosure.case import Case
from carrel.disclosure.course import standing
from carrel.disclosure.drill import judge, visits
from carrel.disclosure.event import Act, Event
from carrel.disclosure.package_kind import PackageKind
from carrel.disclosure.precedence import processes_of
from carrel.disclosure.process import Does, Instrument, Office, Outcome, Process
from carrel.disclosure.report import transparency
from carrel.disclosure.standing import Notice, State
from carrel.disclosure.viewer import Viewer
from carrel.disclosure.working_day import working_days_later
from carrel.errors import CarrelError
from carrel.policy.parse import parse_policy
from carrel.policy.resolve import resolve
from carrel.systems import policy_files

ZONE = ZoneInfo("America/New_York")
AT = datetime(2026, 11, 25, 15, tzinfo=UTC)  # a Wednesday, the day before Thanksgiving
NAMES = sorted(policy_files.shipped_names())
PROCESSES = {name: processes_of([policy_files.load(name)]) for name in NAMES}
EVERY = frozenset(Office)

# policy → kind of paper → (steps in order with the office, who signs, owed afterwards); what is not here is refused.
PRESERVE = ("preserve", "anyone")
MPL_PAPER = (
    PRESERVE,
    ("counsel on form", "counsel"),
    ("counsel on cause", "counsel"),
    ("law that requires it", "custodian"),
)
WPL_PAPER = (
    PRESERVE, ("tell the board", "custodian"), ("tell the patron", "custodian"), ("counsel on form", "counsel"),
    ("counsel on showing", "counsel"),
)  # fmt: skip
OWWL_PAPER = (
    PRESERVE, ("counsel on form", "counsel"), ("counsel on cause", "counsel"), ("basis of the statute", "custodian"),
)  # fmt: skip
MIT_TELL = ("tell the patron", "authorised officer, counsel")
MIT_PAPER = (PRESERVE, MIT_TELL, ("counsel on form", "counsel"))
MIT_WARRANT = (PRESERVE, MIT_TELL, ("inventory", "anyone"), ("counsel on form", "counsel"))
MIT_OTHERS = {
    "directory information": ((("only listed fields", "authorised officer"),), "authorised officer"),
    "foreign national": (
        (("the query is specific", "provost"), ("one named person", "provost"), ("a senior official asks", "provost"),
         ("release is lawful", "provost"), ("serious considerations", "provost")), "provost",
    ),
    "employer": ((("business need", "senior officer"),), "senior officer"),
    "interlibrary cooperation": ((("business need", "senior officer"),), "senior officer"),
    "theft prosecution": ((("business need", "senior officer"),), "senior officer"),
    "researcher": (
        (("long inactive", "archivist"), ("education records apart", "archivist"), ("archivist's grant", "archivist")),
        "archivist",
    ),
    "permission": ((("the person's permission", "authorised officer"),), "authorised officer"),
}  # fmt: skip
PAPERS = ("subpoena", "court order", "national-security order")
EXCHANGE = (("statute of the exchange", "custodian"), ("need of the exchange", "custodian"))
EXPECTED: dict[str, dict[str, tuple[tuple[tuple[str, str], ...], str]]] = {
    "manhattan": {
        **dict.fromkeys(PAPERS, (MPL_PAPER, "custodian")),
        "search warrant": (
            (PRESERVE, ("inventory", "anyone"), ("counsel on form", "counsel"), ("law that requires it", "custodian")),
            "custodian",
        ),
        "public-records request": ((("exception", "custodian"), ("open part", "custodian")), "custodian"),
        "emergency": ((), "custodian"),
        "theft prosecution": ((("facts of the theft", "custodian"),), "custodian"),
        "permission": ((("the patron's own paper", "custodian"),), "custodian"),
    },
    "worcester": {
        **dict.fromkeys(PAPERS, (WPL_PAPER, "custodian")),
        "search warrant": ((PRESERVE, ("inventory", "anyone"), *WPL_PAPER[1:]), "custodian"),
        "interlibrary cooperation": (EXCHANGE, "custodian"),
        "theft prosecution": (EXCHANGE, "custodian"),
        "permission": ((("the user's permission", "custodian"),), "custodian"),
    },
    "owwl": {
        **dict.fromkeys(PAPERS, (OWWL_PAPER, "custodian")),
        "search warrant": (
            (PRESERVE, ("inventory", "anyone"), ("counsel on form", "counsel"), ("basis of the statute", "custodian")),
            "custodian",
        ),
        "interlibrary cooperation": ((("agreement", "custodian"), ("basis of the statute", "custodian")), "custodian"),
        "permission": ((("the user's consent", "custodian"),), "custodian"),
    },
    "mit-11.2": {
        **dict.fromkeys(PAPERS, (MIT_PAPER, "authorised officer")),
        "search warrant": (MIT_WARRANT, "authorised officer"),
        **MIT_OTHERS,
    },
    "mit-libraries": {
        **dict.fromkeys(PAPERS, (MIT_PAPER, "authorised officer")),
        "search warrant": (MIT_WARRANT, "authorised officer"),
        **MIT_OTHERS,
        "permanent records": (
            (("purpose of this access", "unit head"), ("unit head's authorisation", "unit head")), "unit head",
        ),
    },
}  # fmt: skip
TABLE = [(name, one) for name in NAMES for one in Instrument]


def begun(process: Process, **more: str) -> Case:
    terms = {"instrument": str(process.instrument), "served on": "the library", "from day": "2026-01-01", **more}
    return Case("dsc-a", (Event(Act.RECEIVED, AT, "Dee", terms),))


def done(case: Case, act: Act, by: str, at: datetime, **terms: str) -> Case:
    return Case(case.id, (*case.events, Event(act, at, by, terms)))


PACKAGE = {"manifest": "a" * 64, "leaf": "b" * 64}


def walked(
    process: Process, without: str = "", papers: bool = True, kind: str = "production", **more: str
) -> tuple[Case, datetime]:
    """A case in which a package was made and every step was taken but one; the library's and the person's time is over."""
    case, now = begun(process, **more), AT
    for step in process.steps:
        if step.id != without:
            case = done(case, Act.TAKEN, "Ada", now, step=step.id, hold="h", cite="c", finding="f")
    for paper in process.papers if papers else ():
        case = done(case, Act.FILED, "Dee", now, document="doc-1", paper=paper)
    if kind:
        case = done(case, Act.PRODUCED, "Ada", now, kind=kind, **PACKAGE)
    return case, now + max(process.wait, process.education.wait if process.education else timedelta())


def code_of(call, *args, **named) -> str:
    with pytest.raises(CarrelError) as wrong:
        call(*args, **named)
    return wrong.value.code


@pytest.mark.parametrize(("name", "instrument"), TABLE)
def test_each_kind_of_paper_asks_what_its_policy_says(name: str, instrument: Instrument) -> None:
    process = PROCESSES[name].of(instrument)
    expected = EXPECTED[name].get(str(instrument))
    assert process.script
    if expected is None:
        assert Outcome.RELEASED not in process.outcomes
        case, now = walked(process)
        for act in (Act.SIGNED, Act.RELEASED):
            offices = EVERY
            assert code_of(may, standing(process, case.events, ZONE, now), act, "Ann", offices, now) == "DSC-004"
        admit(case, Event(Act.REFUSED, now, "Dee", {"ground": "no legal process"}), "so", process, EVERY, ZONE, now)
        return
    steps, signs = expected
    assert tuple((one.id, ", ".join(sorted(one.by))) for one in process.steps) == steps
    assert process.signed_by == {Office(signs)}
    assert process.compels == (str(instrument) in {*PAPERS, "search warrant"})


RELEASING = [(name, one) for name, one in TABLE if str(one) in EXPECTED[name] and PROCESSES[name].of(one).steps]


@pytest.mark.parametrize(("name", "instrument"), RELEASING)
def test_no_step_can_be_left_out_and_none_is_taken_by_another_office(name: str, instrument: Instrument) -> None:
    process = PROCESSES[name].of(instrument)
    for step in process.steps:
        case, now = walked(process, without=step.id)
        here = standing(process, case.events, ZONE, now)
        assert here.missing == (step,)
        assert code_of(may, here, Act.SIGNED, "Ann", EVERY, now) == "DSC-004"
        if Office.ANYONE not in step.by:
            others = EVERY - step.by - {Office.ANYONE}
            assert code_of(may, here, Act.TAKEN, "Ann", others, now, step=step.id) == "DSC-003"
        may(here, Act.TAKEN, "Ann", EVERY, now, step=step.id)
    case, now = walked(process, papers=False)
    if process.papers:
        assert code_of(may, standing(process, case.events, ZONE, now), Act.SIGNED, "Ann", EVERY, now) == "DSC-004"
    case, now = walked(process)
    here = standing(process, case.events, ZONE, now)
    assert here.state is State.READY
    assert code_of(may, here, Act.SIGNED, "Ann", EVERY - process.signed_by - {Office.ANYONE}, now) == "DSC-003"
    assert code_of(require_release, here, "Ann", EVERY, now) == "DSC-004"
    signed = done(case, Act.SIGNED, "Ann", now)
    here = standing(process, signed.events, ZONE, now)
    assert code_of(require_release, here, "Ann", EVERY, now) == "DSC-009"
    require_release(here, "Dee", frozenset(), now)


@pytest.mark.parametrize(("name", "instrument"), RELEASING)
def test_nothing_is_gathered_before_each_step_and_nothing_ends_without_its_package(
    name: str, instrument: Instrument
) -> None:
    process = PROCESSES[name].of(instrument)
    gives = {"kind": PackageKind.RECORDS}
    for step in process.steps:
        case, now = walked(process, without=step.id, kind="")
        here = standing(process, case.events, ZONE, now)
        assert code_of(may, here, Act.PRODUCED, "Ann", EVERY, now, **gives) == "DSC-004"
        if step.does is not Does.TELL_PATRON:  # of whom nothing is found, nobody is told
            assert code_of(may, here, Act.PRODUCED, "Ann", EVERY, now) == "DSC-004"
    case, now = walked(process, kind="")
    here = standing(process, case.events, ZONE, now)
    may(here, Act.PRODUCED, "Ann", EVERY, now, **gives)
    assert code_of(may, here, Act.PRODUCED, "Dee", frozenset({Office.ANYONE}), now) == "DSC-003"
    assert code_of(may, here, Act.SIGNED, "Ann", EVERY, now) == "DSC-004"
    assert code_of(may, here, Act.NOTHING, "Ann", EVERY, now) == "DSC-004"
    for kind, open_acts in (
        ("production", {Act.SIGNED}),
        ("open-records reply", {Act.SIGNED}),
        ("no responsive records", {Act.NOTHING}),
        ("in no system", {Act.SIGNED, Act.NOTHING}),
    ):
        case, now = walked(process, kind=kind)
        here = standing(process, case.events, ZONE, now)
        for act in (Act.SIGNED, Act.NOTHING):
            if act in open_acts and (act is Act.SIGNED or Outcome.NOTHING in process.outcomes):
                may(here, act, "Ann", EVERY, now)
            else:
                assert code_of(may, here, act, "Ann", EVERY, now) == "DSC-004"
    again = done(done(case, Act.SIGNED, "Ann", now), Act.PRODUCED, "Ada", now, kind="production", **PACKAGE)
    assert standing(process, again.events, ZONE, now).signed_by == ""  # she signed the one before
    back = done(again, Act.DEFECT, "Lou", now, defect="d9", what="no seal")
    assert standing(process, back.events, ZONE, now).package is None


def test_a_package_is_told_with_its_digest_or_a_reason() -> None:
    process = PROCESSES["worcester"].of(Instrument.SUBPOENA)
    case, now = walked(process, kind="")
    for terms, words in (({"kind": "poem"}, "x"), ({"kind": "production"}, "x"), ({"kind": "in no system"}, " ")):
        event = Event(Act.PRODUCED, now, "Ann", terms)
        assert code_of(admit, case, event, words, process, EVERY, ZONE, now) == "DSC-005"
    admit(case, Event(Act.PRODUCED, now, "Ann", {"kind": "production", **PACKAGE}), "", process, EVERY, ZONE, now)
    admit(case, Event(Act.PRODUCED, now, "Ann", {"kind": "in no system"}), "on paper", process, EVERY, ZONE, now)


@pytest.mark.parametrize(("name", "instrument"), RELEASING)
def test_steps_are_taken_in_order(name: str, instrument: Instrument) -> None:
    process = PROCESSES[name].of(instrument)
    here = standing(process, begun(process).events, ZONE, AT)
    strict = [one for one in process.steps if not one.at_once]
    for later in strict[1:]:
        assert code_of(may, here, Act.TAKEN, "Ann", EVERY, AT, step=later.id) == "DSC-002"
    assert set(here.open) == {*(one for one in process.steps if one.at_once), *strict[:1]}


def test_silence_that_is_asked_for_and_not_ordered_is_a_senior_officers_judgement_and_nobodys_where_a_stricter_rules() -> (
    None
):
    said = {"basis": "judgement", "starts": "2026-11-25", "ends": "indefinite", "may tell": "Ann; Sam"}
    for name, silent in (("mit-11.2", True), ("mit-libraries", False)):
        process = PROCESSES[name].of(Instrument.SUBPOENA)
        event = Event(Act.SILENCED, AT, "Sam", said)
        if silent:
            officer = frozenset({Office.SENIOR_OFFICER})
            assert (
                code_of(admit, begun(process), event, "", process, frozenset({Office.COUNSEL}), ZONE, AT) == "DSC-003"
            )
            silenced = done(begun(process, **{"served on": "the library"}), Act.NAMED, "Dee", AT, person="Sam")
            admit(silenced, event, "", process, officer, ZONE, AT)
        else:
            assert code_of(admit, begun(process), event, "", process, EVERY, ZONE, AT) == "DSC-012"
    lines = PROCESSES["mit-libraries"].of(Instrument.SUBPOENA).precedence
    assert any(
        "mit-libraries says order, mit-11.2 says judgement, order, statute; the stricter wins: order" in one
        for one in lines
    )


def test_three_working_days_skip_the_weekend_and_a_free_day() -> None:
    process = PROCESSES["manhattan"].of(Instrument.PUBLIC_RECORDS)
    here = standing(process, begun(process).events, ZONE, AT)
    assert str(here.due) == "2026-11-30"
    late = datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert standing(process, begun(process).events, ZONE, late).overdue
    assert not standing(process, begun(process).events, ZONE, late - timedelta(seconds=1)).overdue
    thanksgiving = working_days_later(AT, 3, ZONE, {datetime(2026, 11, 26, tzinfo=UTC).date()})
    assert str(thanksgiving) == "2026-12-01"


def test_what_was_silenced_is_owed_when_the_silence_is_over_also_of_a_case_that_is() -> None:
    process = PROCESSES["worcester"].of(Instrument.COURT_ORDER)
    tells = [one.id for one in process.steps if one.does in {Does.TELL_PATRON, Does.TELL_BOARD}]
    case = begun(process)
    said = {"basis": "order", "court": "c", "starts": "2026-11-25", "ends": "2027-02-28", "may tell": "Ann; Ada"}
    case = done(case, Act.SILENCED, "Dee", AT, **said)
    for step in process.steps:
        if step.id not in tells:
            case = done(case, Act.TAKEN, "Ada", AT, step=step.id, hold="h")
    for paper in process.papers:
        case = done(case, Act.FILED, "Dee", AT, document="d", paper=paper)
    case = done(case, Act.PRODUCED, "Ann", AT, kind="production", **PACKAGE)
    case = done(case, Act.SIGNED, "Ann", AT)
    before = standing(process, case.events, ZONE, AT)
    assert (before.state, before.notice) == (State.SIGNED, Notice.SUSPENDED)
    assert code_of(may, before, Act.TAKEN, "Ann", EVERY, AT, step="tell the patron") == "DSC-002"
    case = done(case, Act.RELEASED, "Ada", AT)
    lapsed = standing(process, case.events, ZONE, AT + timedelta(days=120))
    assert ([one.id for one in lapsed.owed], lapsed.notice, lapsed.silent) == (tells, Notice.DUE, False)
    may(lapsed, Act.TAKEN, "Ann", EVERY, AT + timedelta(days=120), step="tell the patron")


def test_the_board_is_told_after_a_silence_also_where_nothing_was_found() -> None:
    process = PROCESSES["worcester"].of(Instrument.COURT_ORDER)
    tells = {Does.TELL_PATRON, Does.TELL_BOARD}
    said = {"basis": "order", "court": "c", "starts": "2026-11-25", "ends": "2027-02-28", "may tell": "Ann; Ada"}
    case = done(begun(process), Act.SILENCED, "Dee", AT, **said)
    for step in process.steps:
        if step.does not in tells:
            case = done(case, Act.TAKEN, "Ada", AT, step=step.id, hold="h")
    for paper in process.papers:
        case = done(case, Act.FILED, "Dee", AT, document="d", paper=paper)
    case = done(case, Act.PRODUCED, "Ann", AT, kind="no responsive records", **PACKAGE)
    case = done(case, Act.NOTHING, "Ann", AT)
    later = AT + timedelta(days=120)
    assert not standing(process, case.events, ZONE, AT).owed
    lapsed = standing(process, case.events, ZONE, later)
    assert [one.id for one in lapsed.owed] == ["tell the board"]
    case = done(case, Act.TAKEN, "Ann", later, step="tell the board")
    assert not standing(process, case.events, ZONE, later).owed


def test_whoever_may_not_take_a_step_is_told_which_and_what_comes_first() -> None:
    process = PROCESSES["worcester"].of(Instrument.COURT_ORDER)

    def fix(case: Case, step: str, name: str) -> str:
        here = standing(process, case.events, ZONE, AT)
        with pytest.raises(CarrelError) as wrong:
            may(here, Act.TAKEN, name, EVERY, AT, step=step)
        assert (wrong.value.code, wrong.value.faults[0].at) == ("DSC-002", step)
        return wrong.value.faults[0].fix

    case = begun(process)
    assert fix(case, "counsel on showing", "Lou") == "take what comes first"
    faulty = done(case, Act.DEFECT, "Lou", AT, defect="d2", what="no seal")
    assert "d2 (`carrel disclose cure`)" in fix(faulty, "counsel on form", "Lou")
    brought = done(case, Act.CHALLENGED, "Lou", AT)
    assert "--ruling" in fix(brought, "counsel on form", "Lou")
    set_aside = done(brought, Act.RULED, "Lou", AT, ruling="quashed")
    assert "refuse it" in fix(set_aside, "counsel on form", "Lou")
    said = {"basis": "order", "court": "c", "starts": "2026-11-25", "ends": "2027-02-28", "may tell": "Ann; Lou"}
    silent = done(faulty, Act.SILENCED, "Dee", AT, **said)
    assert fix(silent, "tell the patron", "Ann") == "take it when the silence is over"


def test_a_report_counts_in_bands_and_nothing_that_is_sealed() -> None:
    process = PROCESSES["worcester"].of(Instrument.SUBPOENA)
    said = {"basis": "order", "court": "c", "starts": "2026-11-25", "ends": "indefinite"}
    plain, sealed = begun(process), done(begun(process), Act.SILENCED, "Dee", AT, **said)

    def lines(*cases: Case):
        return transparency([(one, standing(process, one.events, ZONE, AT)) for one in cases], 2026, 10, ZONE)

    assert lines() == lines(plain) == lines(*[plain] * 9) == lines(*[plain] * 9, *[sealed] * 30)
    assert lines() != lines(*[plain] * 10)
    assert {one.received for one in lines()} == {"0-9"}
    assert len(lines()) == len(Instrument)


def test_a_sealed_case_is_seen_by_who_was_named_alone() -> None:
    process = PROCESSES["worcester"].of(Instrument.SUBPOENA)
    said = {"basis": "order", "court": "c", "starts": "2026-11-25", "ends": "indefinite", "may tell": "Lou"}
    case = done(begun(process), Act.SILENCED, "Dee", AT, **said)
    for name, sees in (("Dee", True), ("Lou", True), ("Ann", False)):
        assert (Viewer(name, EVERY, PROCESSES["worcester"], ZONE, AT).look(case) is not None) == sees


@pytest.mark.parametrize("name", NAMES)
def test_each_visit_of_the_drill_has_one_right_answer(name: str) -> None:
    found = visits(PROCESSES[name])
    assert len(found) == 5
    for number, visit in enumerate(found, 1):
        right = [letter for letter in visit.letters if not judge(visit, number, letter).wrong]
        assert right == [visit.right], visit.happens
        assert visit.script
        said = " ".join(one.wrong for one in visit.choices)
        assert not re.search(r"[A-Z]{3,}-[0-9]", said), "clauses are those of the policies in force, and of no other"
        assert visit.clauses == PROCESSES[name].of(visit.instrument).clauses


def test_times_and_words_that_cannot_be_are_refused() -> None:
    process = PROCESSES["worcester"].of(Instrument.SUBPOENA)
    later = AT + timedelta(hours=1)
    assert code_of(admit, begun(process), Event(Act.NOTED, later, "Dee"), "x", process, EVERY, ZONE, AT) == "DSC-007"
    assert code_of(Event, Act.NOTED, datetime(2026, 1, 1), "Dee") == "DSC-007"  # noqa: DTZ001  (the zone that is missing)
    assert code_of(Event, Act.NOTED, AT, "Dee", {"a": "x\ny"}) == "DSC-006"
    assert code_of(admit, begun(process), Event(Act.NOTED, AT, "Dee"), " ", process, EVERY, ZONE, AT) == "DSC-005"


def test_without_rules_nothing_can_be_opened() -> None:
    text = (Path(__file__).parents[1] / "policy" / "minimal.yaml").read_text(encoding="utf-8")
    assert code_of(processes_of, [resolve(parse_policy(text, "policy.yaml"))]) == "DSC-018"
