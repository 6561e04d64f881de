"""Each provider: what makes its clause hold, what breaks it, and what it cannot tell."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrel.accountability.audit import Standing, audit
from carrel.accountability.evidence import Kind, State
from carrel.accountability.facts import (
    ClauseText,
    CollectionFacts,
    Contradiction,
    KeepingFacts,
    KindFacts,
    NightFacts,
    NoticeFacts,
    PolicyException,
)
from carrel.accountability.forms_told import FormFacts
from carrel.accountability.notices import told_as_settings
from carrel.accountability.registry import evidence_for, evidenced_clauses, provides
from carrel.deidentification.reader_description import Describing, Trait
from carrel.errors import Exit
from carrel.inventory.category import Category
from carrel.inventory.channel import NoticeKind
from carrel.inventory.collection import Superfluous
from carrel.inventory.notices import Template, Way
from carrel.inventory.risk import RiskClass
from carrel.policy.schedule import Applies, Charges, Event
from carrel.retention.open_join import OpenJoin
from tests.unit.accountability.library import AS_OF, FACTS, LOANS, POLICY, SCHEDULE, ZERO, loans, policy, rule

CARRIED = sorted(evidenced_clauses())
ISSUE_2 = {
    "MITL-2.1",
    "MITL-2.2",
    "MITL-3.5",
    "MITL-6.1",
    "MITL-6.2",
    "MITL-6.4",
    "MITL-6.6",
    "MITL-6.7",
    "MITL-7.6",
    "MITL-9.10",
    "MITL-10.6",
    "MITP-11.2.0",
    "WPL-3.3",
    "WPL-3.4",
}
COLLECTION = {"MITL-1.2", "WPL-8.8"}  # fmt: skip
INVENTORY = {"MITL-1.1", "MITL-2.3", "MITL-6.9", "MPL-0", "MPL-5", "MPL-5.1", "WPL-1.4", "WPL-3.1", "WPL-3.5"}
CHILDREN = {"MPL-14"}
IN_PART = {"MITL-1.3", "WPL-2.4", "WPL-3.2"}
TOO_MUCH = Superfluous("national identity numbers", "numbers of people", on=False, rows=12, fix="take them out")
NOTICES = FACTS.notices or NoticeFacts()
SEARCHED = KindFacts("searches", ("search_history",), 12, linked=11)
EXCEPTION = KeepingFacts("e1", False, "exhibition", "director", AS_OF, AS_OF + timedelta(days=9), in_force=True)
HOLD = KeepingFacts("h1", True, "preservation letter", "county court", AS_OF, None, in_force=True)
OF_POLICY = PolicyException("x", "late", "audit", "director", date(2027, 1, 1))


def state(clause, facts):
    found = evidence_for(clause, facts)
    assert found is not None
    assert found.clause == clause
    assert found.says.endswith(".")
    assert (found.state is State.HOLDS) == (not found.because), "what does not hold says why"
    assert (found.state is State.HOLDS) == (not found.fix), "and what to do"
    return found.state


def schedule(**changes):
    return replace(FACTS, schedule=replace(SCHEDULE, **changes))


def test_these_clauses_are_carried():
    assert set(CARRIED) == ISSUE_2 | COLLECTION | INVENTORY | CHILDREN


@pytest.mark.parametrize("clause", CARRIED)
def test_it_holds_where_everything_is_kept(clause):
    assert state(clause, FACTS) is State.HOLDS


@pytest.mark.parametrize("clause", CARRIED)
def test_it_cannot_be_told_from_a_database_that_was_not_read(clause):
    assert state(clause, replace(FACTS, loans=None, unread="SQL-003")) is State.CANNOT_TELL


@pytest.mark.parametrize("clause", CARRIED)
def test_a_column_that_nobody_knows_takes_away_that_it_holds(clause):
    blind = replace(FACTS, live=replace(FACTS.live, unknown_columns=("old_issues.topic",)))
    assert state(clause, blind) is not State.HOLDS


@pytest.mark.parametrize(
    ("clause", "facts"),
    [
        ("MITL-2.1", loans(past_ceiling={RiskClass.HIGH: {**ZERO, "charge": 1}, RiskClass.MEDIUM: ZERO})),
        ("MITL-2.1", schedule(rules=(rule("on time", Applies.ANY, "31 days"),))),
        ("MITL-2.1", replace(FACTS, live=replace(FACTS.live, unknown_columns=("old_issues.topic",)))),
        ("MITL-2.2", policy(datasets=(replace(POLICY.datasets[0], risk=RiskClass.MEDIUM),))),
        ("MITL-3.5", policy(datasets=(replace(POLICY.datasets[0], risk=RiskClass.MEDIUM),))),
        ("MITL-3.5", loans(remaining={**ZERO, "statistics": 3})),
        ("MITL-6.1", loans(states={"due": 2})),
        ("MITL-6.2", loans(past_ceiling={RiskClass.HIGH: {**ZERO, "old_issues": 1}, RiskClass.MEDIUM: ZERO})),
        ("MITL-6.4", loans(remaining={**ZERO, "charge": 1})),
        ("MITL-6.6", loans(past_ceiling={RiskClass.HIGH: ZERO, RiskClass.MEDIUM: {**ZERO, "old_issues": 1}})),
        ("MITL-6.7", replace(FACTS, keepings=(replace(EXCEPTION, until=None),))),
        ("MITL-6.7", replace(FACTS, keepings=(replace(EXCEPTION, reason=" "),))),
        ("MITL-6.7", replace(FACTS, keepings=(replace(EXCEPTION, authority=""),))),
        ("MITL-6.7", replace(FACTS, keepings=(replace(EXCEPTION, scoped=False),))),
        ("MITL-6.7", policy(exceptions=(replace(OF_POLICY, expires=AS_OF.date()),))),
        ("MITL-6.7", loans(states={"recorded exception": 4})),
        ("MITL-7.6", loans(left_on_parted=1)),
        ("MITL-7.6", loans(strays={**ZERO, "statistics": 1})),
        ("MITL-7.6", schedule(rules=(replace(SCHEDULE.rules[0], methods=()),))),
        ("MITL-9.10", replace(FACTS, keepings=(HOLD,), held_before=5, held_now=4)),
        ("MITL-9.10", replace(FACTS, keepings=(replace(HOLD, authority=""),))),
        ("MITL-10.6", loans(before_policy={**ZERO, "old_issues": 9})),
        ("MITL-10.6", replace(FACTS, nights=NightFacts(runs=3, early_runs=1))),
        ("MITP-11.2.0", policy(purposes=frozenset({"another"}))),
        ("MITP-11.2.0", loans(remaining={**ZERO, "old_issues": 1})),
        ("WPL-3.3", loans(by_rule={"on time": {**ZERO, "statistics": 1}, "late": ZERO})),
        ("WPL-3.3", loans(last_borrowers_past=1)),
        ("WPL-3.4", loans(by_rule={"on time": ZERO, "late": {**ZERO, "charge": 1}})),
        ("WPL-3.4", schedule(charges=Charges.PART)),
        ("MITL-1.1", replace(FACTS, unlabelled=("old_issues.research_topic",))),
        ("MPL-0", replace(FACTS, unlabelled=("old_issues.research_topic",))),
        ("MPL-0", policy(datasets=POLICY.datasets[:2])),
        ("MITL-2.3", policy(datasets=(replace(POLICY.datasets[0], source=""), *POLICY.datasets[1:]))),
        ("MITL-2.3", replace(FACTS, kinds=(*FACTS.kinds, SEARCHED))),
        ("MPL-5", replace(FACTS, kinds=(*FACTS.kinds, SEARCHED))),
        ("WPL-1.4", replace(FACTS, kinds=(*FACTS.kinds, SEARCHED))),
        ("WPL-1.4", replace(FACTS, placed={})),
        ("WPL-1.4", replace(FACTS, placed={**FACTS.placed, "notices": "not kept"})),
        ("MITL-6.9", policy(rules=(replace(POLICY.rules[0], afterwards=None),))),
        ("MITL-6.9", replace(FACTS, as_of=AS_OF + timedelta(days=60))),
        ("WPL-3.5", replace(FACTS, notices=replace(NOTICES, listed=(NoticeKind.PICKUP,)))),
        ("WPL-3.5", replace(FACTS, notices=replace(NOTICES, beyond=(Way(NoticeKind.PICKUP, "sms", "templates", 2),)))),
        ("WPL-3.5", replace(FACTS, notices=replace(NOTICES, unregistered=("sms.example",)))),
        ("WPL-3.5", replace(FACTS, notices=replace(NOTICES, waiting=1))),
        ("WPL-3.5", replace(FACTS, records=())),
        ("WPL-3.5", replace(FACTS, records=(replace(FACTS.records[0], left=1),))),
        ("MITL-1.3", policy(adopts=())),
        ("MITL-1.3", policy(laws=(replace(POLICY.laws[0], parameters={}),))),
        ("MPL-5.1", policy(rules=(replace(POLICY.rules[0], why_not_shorter=""), *POLICY.rules[1:]))),
        ("WPL-3.2", replace(FACTS, kinds=(*FACTS.kinds, SEARCHED))),
        ("MPL-5.1", replace(FACTS, lapsed_cards=None)),
        ("MPL-5.1", replace(FACTS, lapsed_cards=12)),
        ("WPL-3.1", replace(FACTS, lapsed_cards=None)),
        ("WPL-3.1", replace(FACTS, lapsed_cards=1)),
        ("WPL-3.1", policy(datasets=POLICY.datasets[:2])),
        ("WPL-3.1", replace(FACTS, collection=CollectionFacts(looked_at=41, unchosen=1))),
        ("WPL-3.1", replace(FACTS, collection=CollectionFacts(demanded=frozenset({Category.EMAIL_ADDRESS})))),
        ("WPL-3.1", replace(FACTS, collection=CollectionFacts(demanded=frozenset({Category.SOCIAL_SECURITY_NUMBER})))),
        ("MPL-14", replace(FACTS, contradictions=(Contradiction("AllowStaff", "shows it", shows="fines"),))),
        ("MITP-11.2.2a", policy(forms=FormFacts(("card",), 3, ("event registrations",)))),
        ("WPL-2.4", replace(FACTS, collection=CollectionFacts(superfluous=(TOO_MUCH,), looked_at=41))),
        (
            "WPL-3.4",
            schedule(rules=(SCHEDULE.rules[0], replace(SCHEDULE.rules[1], active_until=frozenset({Event.RETURNED})))),
        ),
    ],
)
def test_what_goes_against_a_clause_is_a_finding(clause, facts):
    assert state(clause, facts) is State.FINDING


@pytest.mark.parametrize(
    ("clause", "facts"),
    [
        ("MITL-2.1", policy(datasets=POLICY.datasets[1:])),
        ("MITL-2.2", policy(floors=())),
        ("MITL-6.1", loans(states={"no usable return date": 2})),
        ("WPL-3.1", replace(FACTS, undated_cards=1)),
        ("WPL-3.1", replace(FACTS, collection=CollectionFacts(unread=("mandatory fields",)))),
        ("MPL-5.1", replace(FACTS, undated_cards=40)),
        *(
            (clause, loans(unclear=1))
            for clause in [
                "MITL-2.1",
                "MITL-3.5",
                "MITL-6.1",
                "MITL-6.2",
                "MITL-6.4",
                "MITL-6.6",
                "MITL-7.6",
                "MITL-10.6",
                "MITP-11.2.0",
                "WPL-3.3",
                "WPL-3.4",
            ]
        ),
        ("MITL-6.2", loans(past_ceiling={})),
        ("MITL-6.4", replace(FACTS, live=replace(FACTS.live, missing=("statistics",)))),
        ("WPL-3.3", schedule(rules=(SCHEDULE.rules[1],))),
        (
            "WPL-1.4",
            replace(FACTS, kinds=(*FACTS.kinds, KindFacts("searches", ("search_history",), 0, ("search_history",)))),
        ),
        ("WPL-3.5", replace(FACTS, notices=replace(NOTICES, unread=("templates of notices",)))),
        ("WPL-3.4", schedule(rules=(SCHEDULE.rules[0],))),
    ],
)
def test_what_cannot_be_measured_is_not_told_as_kept(clause, facts):
    assert state(clause, facts) is State.CANNOT_TELL


@pytest.mark.parametrize(
    ("clause", "facts"),
    [
        (
            "MITL-2.1",
            replace(
                schedule(rules=(rule("late", Applies.ANY, "90 days"),)), policy=replace(POLICY, exceptions=(OF_POLICY,))
            ),
        ),
        ("MITL-6.2", policy(ceilings={**POLICY.ceilings, RiskClass.HIGH: None})),
        ("MITL-6.7", replace(loans(states={"recorded exception": 4}), keepings=(EXCEPTION,))),
        ("MITL-9.10", replace(FACTS, keepings=(HOLD,), held_before=4, held_now=5)),
        ("WPL-3.4", replace(schedule(charges=Charges.PART), policy=replace(POLICY, exceptions=(OF_POLICY,)))),
    ],
)
def test_what_the_policy_allows_holds(clause, facts):
    assert state(clause, facts) is State.HOLDS


@given(st.sampled_from(CARRIED), st.dictionaries(st.sampled_from(sorted(ZERO)), st.integers(0, 10**6)))
def test_more_rows_left_never_make_a_clause_hold(clause, left):
    """A law: adding rows that lead to a reader never turns a finding into anything better."""
    rows = {**ZERO, **left}
    facts = loans(
        remaining=rows, strays=rows, by_rule={"on time": rows, "late": rows},
        past_ceiling={RiskClass.HIGH: rows, RiskClass.MEDIUM: rows}, before_policy=rows,
    )  # fmt: skip
    more = {path: count + 1 for path, count in rows.items()}
    worse = loans(
        remaining=more, strays=more, by_rule={"on time": more, "late": more},
        past_ceiling={RiskClass.HIGH: more, RiskClass.MEDIUM: more}, before_policy=more,
    )  # fmt: skip
    if state(clause, facts) is State.FINDING:
        assert state(clause, worse) is State.FINDING


def test_a_sealed_hold_shows_in_no_figure():
    without = replace(FACTS, keepings=())
    sealed = replace(FACTS, keepings=(replace(HOLD, sealed=True),), held_before=3, held_now=3)
    assert evidence_for("MITL-9.10", sealed) == evidence_for("MITL-9.10", without)
    both = replace(sealed, keepings=(HOLD, *sealed.keepings))
    assert evidence_for("MITL-9.10", both) == evidence_for("MITL-9.10", replace(both, keepings=(HOLD,)))


def test_a_clause_has_one_provider():
    with pytest.raises(ValueError, match="has a provider"):
        provides("MITL-6.4")(lambda facts: facts)


def test_exceptions_are_gated_and_the_rest_is_enforced():
    kinds = {clause: evidence_for(clause, FACTS).kind for clause in CARRIED}
    assert {clause for clause, kind in kinds.items() if kind is Kind.GATED} == {"MITL-6.7"}
    assert {clause for clause, kind in kinds.items() if kind is Kind.PUBLISHED} == {"MITL-2.3", "MPL-5"}
    assert set(kinds.values()) == {Kind.GATED, Kind.ENFORCED, Kind.PUBLISHED}


# -- the report -------------------------------------------------------------------------------------------------------


def test_every_clause_stands_in_the_report_once_and_a_promise_is_never_kept():
    report = audit(FACTS)
    assert [one.clause.id for one in report.clauses] == [clause.id for clause in POLICY.clauses]
    assert report.count(Standing.HOLDS) == len(CARRIED)
    [promise] = [one for one in report.clauses if one.clause.id == "MITL-5.2"]
    assert (promise.standing, promise.evidence) == (Standing.NOT_YET, None)
    assert report.exit is Exit.DONE


@pytest.mark.parametrize("clause", sorted(IN_PART))
def test_a_part_that_is_kept_never_makes_the_whole_hold_and_one_that_is_broken_is_a_finding(clause):
    whole = policy(clauses=(ClauseText(clause, "It is said.", promised=True),))
    [one] = audit(whole).clauses
    assert one.standing is Standing.NOT_YET
    assert one.evidence is not None
    assert one.evidence.state is State.HOLDS
    assert one.evidence.partly
    broken = replace(whole, policy=replace(whole.policy, adopts=(), rules=(), datasets=POLICY.datasets[:1]))
    broken = replace(broken, kinds=(*FACTS.kinds, SEARCHED))
    broken = replace(broken, collection=CollectionFacts(superfluous=(TOO_MUCH,), looked_at=41))
    [one] = audit(broken).clauses
    assert one.standing is Standing.FINDING


def test_a_template_that_names_too_much_is_told_by_its_code_alone():
    seen = replace(NOTICES, templates=(Template("HOLD", "print", NoticeKind.PICKUP, ("title or author",)),))
    [told] = told_as_settings(seen)
    assert (told.setting, told.says) == ("template HOLD (print)", "names what it need not: title or author")


def test_a_promised_clause_is_not_yet_even_if_something_could_measure_it():
    clauses = tuple(replace(clause, promised=True) for clause in POLICY.clauses)
    assert audit(policy(clauses=clauses)).count(Standing.NOT_YET) == len(POLICY.clauses)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (loans(states={"due": 1}), Exit.FINDINGS),
        (replace(FACTS, loans=None), Exit.FINDINGS),
        (replace(FACTS, contradictions=(Contradiction("IssueLog", "writes"),)), Exit.FINDINGS),
        (replace(FACTS, contradictions=(Contradiction("opacreadinghistory", "shows", severity="note"),)), Exit.DONE),
        (replace(FACTS, nights=NightFacts(altered_plans=1)), Exit.FINDINGS),
        (replace(FACTS, nights=NightFacts(ledger="verified")), Exit.DONE),
        (replace(FACTS, nights=NightFacts(ledger="LED-004")), Exit.VERIFICATION_FAILED),
        (replace(FACTS, live=replace(FACTS.live, unproved="version 26.05 was never proved")), Exit.FINDINGS),
    ],
)
def test_the_exit_code_follows_the_worst(facts, code):
    assert audit(facts).exit is code


def test_the_word_clean_is_never_said():
    for facts in (FACTS, loans(states={"due": 1}), replace(FACTS, loans=None)):
        assert "clean" not in json.dumps(audit(facts).as_dict()).lower()


def test_the_chapters_are_five_and_say_what_they_do_not_cover():
    chapters = audit(FACTS).chapters
    assert [chapter.name for chapter in chapters] == ["Collected", "Stored", "Shared", "Used", "Destroyed"]
    assert all(chapter.not_covered for chapter in chapters)


def figures(facts):
    """Every figure and every sentence of an audit, clause by clause and chapter by chapter."""
    report = audit(facts)
    return json.dumps([[one.as_dict() for one in report.clauses], [one.as_dict() for one in report.chapters]])


def test_small_reasons_stand_in_no_figure_and_no_sum_of_the_audit():
    few = {"legal hold": 7, "recorded exception": 3, "open charge": 4, "refund window": 5, "consent, not yet sealed": 6}
    for keepings in ((), (HOLD, EXCEPTION)):
        nobody = replace(loans(states={"due": 0, "period still running": 50}), keepings=keepings)
        some = replace(loans(states={"due": 0, "period still running": 50, **few}), keepings=keepings)
        if keepings:
            assert figures(some) == figures(nobody)
        else:  # loans under an exception that is not in force are a finding, without a number
            assert evidence_for("MITL-6.7", some).state is State.FINDING
            assert "3" not in evidence_for("MITL-6.7", some).says


def test_ceilings_of_a_lower_class_do_not_bind():
    low = policy(datasets=(replace(POLICY.datasets[0], risk=RiskClass.LOW, fields=()),))
    left = replace(low, loans=replace(LOANS, past_ceiling={RiskClass.HIGH: {"old_issues": 5}}))
    assert state("MITL-6.2", left) is State.HOLDS


JOIN = OpenJoin("discovered", "text", "message_queue", ("content",), 116, 200, "r1", AS_OF, AS_OF)
SAYS_THAT_NOTHING_LEADS = {
    "MITL-2.1", "MITL-3.5", "MITL-6.2", "MITL-6.4", "MITL-6.6", "MITL-7.6", "MITL-10.6", "MITP-11.2.0", "WPL-3.3",
    "WPL-3.4",
}  # fmt: skip


def with_join(**changes):
    return replace(FACTS, nights=NightFacts(open_joins=(replace(JOIN, **changes),)))


@pytest.mark.parametrize("clause", CARRIED)
def test_a_join_that_is_open_is_a_finding_wherever_a_clause_says_that_nothing_leads_to_a_reader(clause):
    wanted = State.FINDING if clause in SAYS_THAT_NOTHING_LEADS else State.HOLDS
    assert state(clause, with_join()) is wanted
    found = evidence_for(clause, with_join())
    if wanted is State.FINDING:
        assert found.measured["joins open to readers"] == 1
        assert "message_queue" in str(found.measured["which"])


@pytest.mark.parametrize(
    ("clause", "young"), [("MITL-6.2", 20), ("MITL-6.6", 900), ("MITL-2.1", 20), ("MITL-10.6", 40)]
)
def test_a_join_among_younger_loans_leaves_open_whether_a_ceiling_is_kept(clause, young):
    first = AS_OF.date() - timedelta(days=young)
    assert state(clause, with_join(days=(first, first))) is State.CANNOT_TELL
    old = AS_OF.date() - timedelta(days=6 * 366)
    assert state(clause, with_join(days=(old, first))) is State.FINDING


def test_a_join_that_is_open_is_told_whatever_the_policy_adopts():
    report = audit(replace(with_join(), policy=replace(POLICY, clauses=())))
    assert report.exit is Exit.FINDINGS
    assert any("1 join led a sweep back and is not shown closed" in line for line in report.process)
    assert report.as_dict()["open_joins"][0]["table"] == "message_queue"


def test_what_may_stay_of_a_reader_is_told_with_its_count():
    stays = Describing(((Trait.POSTAL_CODE, "3 signs"),), 10)
    plain = evidence_for("MITL-7.6", replace(FACTS, loans=replace(LOANS, described=4)))
    facts = replace(FACTS, loans=replace(LOANS, described=4), schedule=replace(SCHEDULE, describing=stays))
    told = evidence_for("MITL-7.6", facts)
    assert told.measured["what may stay of a reader"].startswith("postal code (its first 3 signs)")
    assert told.measured["loans without a reader that keep it"] == 4
    assert not [name for name in plain.measured if "keep it" in name]
