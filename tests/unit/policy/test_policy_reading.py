"""Lint, printout, diff, coverage and schema."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from carrel.policy.coverage import coverage
from carrel.policy.difference import Change, differences
from carrel.policy.json_schema import policy_schema
from carrel.policy.lint import Open, lint
from carrel.policy.parse import parse_policy
from carrel.policy.printout import printout
from carrel.policy.resolve import resolve
from carrel.policy.vocabulary import keys_at, words_at

SCHEMA = Path(__file__).parents[3] / "schema" / "policy.schema.json"
TODAY = date(2026, 11, 22)
_EXCEPTION = (
    "exceptions:\n  - {id: audit, rule: closed loans, reason: R, approver: A, expires: 2026-06-01}\nclauses:\n  T-1:"
)


@pytest.fixture
def policy(parsed):
    return lambda *changes: resolve(parsed(*changes))


def test_a_policy_with_nothing_open_has_no_findings(policy) -> None:
    assert lint(policy(), TODAY) == ()


@pytest.mark.parametrize(
    ("change", "kind", "at"),
    [
        (("review by: 2027-01-01", "review by: 2026-11-21"), Open.REVIEW_PASSED, "policy.yaml:6:12"),
        (("{promised: We lend.}", "{promised: ''}"), Open.EMPTY_PROMISE, "policy.yaml:45:19"),
        (("{at most: 10 days}", "{at most: 10 days, chosen: [at most]}"), Open.CHOSEN, "policy.yaml:39:30"),
        (("keep: 7 days", "keep: 7 days\n        since: 2026-12-01"), Open.NOT_IN_FORCE, "policy.yaml:37:16"),
        (("clauses:\n  T-1:", _EXCEPTION), Open.EXCEPTION_ENDED, "policy.yaml:45:70"),
    ],
)
def test_each_open_point_is_found_where_it_stands(policy, change, kind: Open, at: str) -> None:
    (finding,) = lint(policy(change), TODAY)
    assert (finding.kind, finding.at) == (kind, at)
    assert finding.says


def test_a_review_is_in_time_on_its_day(policy) -> None:
    assert lint(policy(("review by: 2027-01-01", "review by: 2026-11-22")), TODAY) == ()


def test_the_printout_has_periods_dates_and_choices(policy) -> None:
    text = printout(
        policy(
            (
                "keep: 7 days",
                "keep: 7 days\n        since: 2026-03-01\n        earlier: [{keep: 9 days, since: 2026-02-01, reaches back: false}]",
            ),
            ("{at most: 10 days}", "{at most: 10 days, chosen: [at most]}"),
        )
    )
    assert "Every loan is de-identified 7 days after it is returned and settled. [T-3]" in text
    assert "in force from 2026-02-01: 9 days, not for older loans" in text
    assert "in force from 2026-03-01: 7 days, older loans too" in text
    assert "chosen by the library: at most of the last borrower." in text
    assert "T-3: Loans are kept a week. Stands under 'records.loans.retention.closed loans'." in text
    assert "T-1: We lend. Promised." in text


@pytest.mark.parametrize(
    ("change", "found", "says"),
    [
        (("keep: 7 days", "keep: 5 days"), Change.SHORTER, "loans, kept after use: 5 days instead of 7 days"),
        (("keep: 7 days", "keep: 4 weeks"), Change.LONGER, "loans, kept after use: 4 weeks instead of 7 days"),
        (("{at most: 10 days}", "none"), Change.SHORTER, "loans, last borrower tied to the item: not at all instead of 10 days"),
        (("ceiling: 5 years", "ceiling: 6 years"), Change.LONGER, "medium risk, longest time: 6 years instead of 5 years"),
        ((", ceiling: 5 years", ""), Change.LONGER, "medium risk, longest time: no limit instead of 5 years"),
        (("charges: part title and item", "charges: lose the card"), Change.CHANGED, "loans, their charges: lose the card instead of part title and item"),
        (("[returned, settled]", "[returned]"), Change.CHANGED, "loans, in use until: returned instead of returned and settled"),
        (("  T-2: {promised: High risk is kept briefly.}", "  T-2: {promised: Briefly.}"), Change.CHANGED, "T-2: Briefly. Before: High risk is kept briefly."),
        (("  T-2:", "  T-4: {promised: More.}\n  T-2:"), Change.NEW, "T-4 is new: More."),
        (("T-1: {promised: We lend.}", "T-1: {says: We lend., carried by: [purposes.lending]}"), Change.CHANGED, "T-1 stands under a rule now, and is no longer a promise only"),
        (("To lend.", "To lend more."), Change.CHANGED, "purpose 'lending': To lend more., operational. Before: To lend., operational"),
        (("custodian: the desk", "custodian: a vendor"), Change.CHANGED, "loans, held by: a vendor instead of the desk"),
    ],
)  # fmt: skip
def test_a_difference_is_told_in_plain_words(policy, change, found: Change, says: str) -> None:
    (row,) = differences(policy(), policy(change))
    assert (row.change, row.says) == (found, says)


_HOLDS = """  holds:
    says: What was asked for.
    source: patron
    custodian: the desk
    class: high
    promised: A while.
    fields:
      patron: {category: institutional id, purpose: lending}
clauses:
  T-1:"""


def test_record_types_come_and_go(policy) -> None:
    more = policy(("clauses:\n  T-1:", _HOLDS))
    assert [(row.change, row.says) for row in differences(policy(), more)] == [
        (Change.NEW, "holds are held: What was asked for.")
    ]
    assert [(row.change, row.says) for row in differences(more, policy())] == [
        (Change.DROPPED, "holds are no longer in the policy")
    ]
    longer = policy(("clauses:\n  T-1:", _HOLDS.replace("A while.", "A year.")))
    assert [row.says for row in differences(more, longer)] == ["holds, how long: A year. Before: A while."]


def test_loans_that_come_or_go_are_a_record_type_that_does(policy, minimal: str) -> None:
    start, end = minimal.index("  loans:"), minimal.index("clauses:\n  T-1:")
    without = minimal[:start] + _HOLDS.removesuffix("clauses:\n  T-1:") + minimal[end : minimal.index("  T-3:")]
    other = resolve(parse_policy(without, "policy.yaml"))
    says = [row.says for row in differences(policy(), other)]
    assert says[0] == "loans are no longer in the policy"
    assert differences(other, policy())[0].says == "holds are no longer in the policy"


def test_fields_and_their_purposes_are_compared(policy) -> None:
    second = ("  lending:\n", "  counting: {says: To count.}\n  lending:\n")
    moved = (
        "item: {category: circulation record, purpose: lending}",
        "item: {category: circulation record, purpose: counting}",
    )
    (row,) = differences(policy(second), policy(second, moved))
    assert row.says == "loans, 'item' serves the purpose: counting instead of lending"
    more = (
        (
            "item: {category: circulation record, purpose: lending}",
            "item: {category: circulation record, purpose: lending}\n      place: {category: location, purpose: lending}",
        ),
        ("item: keep", "item: keep, place: keep"),
    )
    assert [(row.change, row.says) for row in differences(policy(), policy(*more))] == [
        (Change.NEW, "loans: 'place' is held as well (location)")
    ]
    assert [(row.change, row.says) for row in differences(policy(*more), policy())] == [
        (Change.DROPPED, "loans: 'place' is no longer held")
    ]


def test_exceptions_floors_and_precedence_are_compared(policy) -> None:
    conflict = "precedence:\n  - {id: hold, between: A and B, wins: B, because: C}\nclauses:\n  T-1:"
    assert [row.subject for row in differences(policy(), policy(("clauses:\n  T-1:", _EXCEPTION)))] == [
        "exception 'audit'"
    ]
    assert [row.subject for row in differences(policy(("clauses:\n  T-1:", conflict)), policy())] == [
        "precedence 'hold'"
    ]
    floor = ("  borrowing:\n", "  names:\n    all of: [name]\n    class: low\n  borrowing:\n")
    assert [row.says for row in differences(policy(), policy(floor))] == [
        "floor 'names' is new: lowest class low, name"
    ]


def test_a_clause_that_is_no_longer_carried_is_told(policy) -> None:
    carried = ("T-1: {promised: We lend.}", "T-1: {says: We lend., carried by: [purposes.lending]}")
    (row,) = differences(policy(carried), policy())
    assert row.says == "T-1 is a promise only now, and stands under no rule any more"


def test_a_clause_that_is_dropped_is_told(policy) -> None:
    more = policy(("  T-2:", "  T-4: {promised: More.}\n  T-2:"))
    assert [(row.change, row.says) for row in differences(more, policy())] == [
        (Change.DROPPED, "T-4 is dropped: More.")
    ]


def test_an_exception_ends_on_its_day(policy) -> None:
    on = ("clauses:\n  T-1:", _EXCEPTION)
    assert lint(policy(on), date(2026, 5, 31)) == ()
    assert [finding.kind for finding in lint(policy(on), date(2026, 6, 1))] == [Open.EXCEPTION_ENDED]


def test_the_printout_has_exceptions_and_precedence(policy) -> None:
    conflict = "precedence:\n  - {id: hold, between: A and B, wins: B, because: C}\n" + _EXCEPTION
    text = printout(policy(("clauses:\n  T-1:", conflict)))
    assert "exception 'audit' for 'closed loans': R Approved by A; ends on 2026-06-01." in text
    assert "hold: between A and B." in text
    assert "wins: B" in text
    assert "because: C" in text


def test_periods_that_cannot_be_ordered_are_changed(policy) -> None:
    long = ("keep: 7 days", "keep: 30 days"), ("ceiling: 30 days", "ceiling: 1 year")
    month = ("keep: 7 days", "keep: 1 month"), ("ceiling: 30 days", "ceiling: 1 year")
    assert [row.change for row in differences(policy(*long), policy(*month))] == [Change.CHANGED]


def test_a_divided_policy_is_compared_kind_by_kind(policy, minimal: str) -> None:
    start, end = minimal.index("      - id: closed loans"), minimal.index("    last borrower:")
    rule = minimal[start:end]
    on_time = rule.replace("keep: 7 days", "applies: on time\n        keep: 0 days")
    late = rule.replace("keep: 7 days", "applies: late or charged\n        keep: 9 days").replace(
        "id: closed", "id: late"
    )
    divided = resolve(parse_policy(minimal[:start] + on_time + late + minimal[end:], "policy.yaml"))
    assert [(row.change, row.says) for row in differences(policy(), divided)] == [
        (Change.SHORTER, "loans, back on time, kept after use: 0 days instead of 7 days"),
        (Change.LONGER, "loans, late or charged, kept after use: 9 days instead of 7 days"),
    ]


def test_a_clause_is_carried_by_a_rule_with_evidence_and_not_otherwise(policy) -> None:
    sound = policy()
    (row,) = coverage([sound], frozenset({"T-1", "T-3", "T-99"}))
    assert (row.carried, row.ruled, row.promised) == (("T-3",), (), ("T-1", "T-2"))
    assert row.not_yet == ("T-1", "T-2")
    (row,) = coverage([sound], frozenset())
    assert (row.carried, row.ruled, row.promised) == ((), ("T-3",), ("T-1", "T-2"))
    assert row.not_yet == ("T-3", "T-1", "T-2")


def test_the_committed_schema_is_the_grammar() -> None:
    wanted = json.dumps(policy_schema(), indent=2, sort_keys=True) + "\n"
    assert SCHEMA.read_text(encoding="utf-8") == wanted, "run: carrel policy schema > schema/policy.schema.json"


def test_the_schema_knows_keys_words_and_patterns() -> None:
    schema = policy_schema()
    assert "review by" in schema["properties"]
    assert schema["additionalProperties"] is False
    assert "patron's software" in schema["$defs"]["Source"]["enum"]
    assert schema["$defs"]["Retention"]["properties"]["keep"]["pattern"].startswith("^(session|")


def test_the_grammar_can_be_asked_for_keys_and_words() -> None:
    assert keys_at(("records", "holds", "fields", "patron")) == ["category", "purpose", "class", "optional"]
    assert keys_at(("records", "loans", "retention", 0, "earlier", 1)) == ["chosen", "keep", "since", "reaches back"]
    assert keys_at(("purposes",)) == []
    assert words_at(("records", "loans", "event detail")) == ["second", "day"]
    assert words_at(("records", "loans", "retention", 0, "applies")) == ["any", "on time", "late or charged"]
    assert words_at(("title",)) == []
