from __future__ import annotations

import pytest

_EXCEPTION = """exceptions:
  - id: long audit
    rule: {rule}
    reason: The auditors asked.
    approver: the Director
    expires: {expires}
clauses:
  T-1:"""
FIRST = ("approved: 2026-01-01", "approved: 2026-01-01\nfirst approved: 2024-01-01")


def exception(rule: str = "closed loans", expires: str = "2026-06-01") -> tuple[str, str]:
    return "clauses:\n  T-1:", _EXCEPTION.format(rule=rule, expires=expires)


def only(faults):
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


def test_a_field_names_a_purpose_of_the_closed_list(edited, faults_of) -> None:
    fault = only(faults_of(edited(("record, purpose: lending}", "record, purpose: lendin}"))))
    assert (fault.condition.code, fault.at) == ("POL-010", "policy.yaml:30:53")
    assert fault.fix == "Did you mean 'lending'? Write one of: lending"


def test_a_rule_names_clauses_that_stand_in_the_policy(edited, faults_of) -> None:
    fault = only(faults_of(edited(("clauses: [T-2]", "clauses: [T-2, T-9]"))))
    assert (fault.condition.code, fault.found) == ("POL-010", "'T-9'")


def test_chosen_names_a_key_of_its_own_block(edited, faults_of, parsed) -> None:
    assert parsed(("{at most: 10 days}", "{at most: 10 days, chosen: [at most]}"))
    fault = only(faults_of(edited(("{at most: 10 days}", "{at most: 10 days, chosen: [deadline]}"))))
    assert (fault.condition.code, fault.at) == ("POL-010", "policy.yaml:39:48")
    assert fault.fix == "Write one of: at most"


def test_a_dataset_below_a_floor_is_refused(edited, faults_of) -> None:
    fault = only(faults_of(edited(("custodian: the desk\n    class: high", "custodian: the desk\n    class: medium"))))
    assert (fault.condition.code, fault.at) == ("POL-011", "policy.yaml:27:12")
    assert fault.wanted == "at least high"
    assert fault.because == "floor 'borrowing' holds for its fields"


def test_a_floor_with_a_combination_needs_the_whole_of_it(edited, faults_of, parsed) -> None:
    lower = ("custodian: the desk\n    class: high", "custodian: the desk\n    class: low")
    combination = "all of: [institutional id]\n    any of: [name, event time]"
    fault = only(faults_of(edited(lower, ("all of: [institutional id, circulation record]", combination))))
    assert fault.condition.code == "POL-011"
    assert parsed(lower, ("all of: [institutional id, circulation record]", combination.replace(", event time", "")))


def test_the_class_of_a_dataset_is_the_highest_of_its_fields(edited, faults_of) -> None:
    # Declared medium, but one field is high: the floor is met, and the ceiling of high holds for the period.
    text = edited(
        ("custodian: the desk\n    class: high", "custodian: the desk\n    class: medium"),
        (
            "patron: {category: institutional id, purpose: lending}",
            "patron: {category: institutional id, purpose: lending, class: high}",
        ),
        ("keep: 7 days", "keep: 31 days"),
    )
    fault = only(faults_of(text))
    assert (fault.condition.code, fault.wanted) == ("POL-012", "at most 30 days, the ceiling of high risk")


@pytest.mark.parametrize("keep", ["31 days", "1 month", "5 weeks", "721 hours", "1 year"])
def test_a_period_above_the_ceiling_is_refused(edited, faults_of, keep: str) -> None:
    fault = only(faults_of(edited(("keep: 7 days", f"keep: {keep}"))))
    assert (fault.condition.code, fault.at, fault.found) == ("POL-012", "policy.yaml:36:15", keep)


@pytest.mark.parametrize("keep", ["30 days", "720 hours", "4 weeks", "session"])
def test_a_period_at_the_ceiling_stands(parsed, keep: str) -> None:
    assert parsed(("keep: 7 days", f"keep: {keep}"))


def test_a_history_may_not_wait_above_the_ceiling(edited, faults_of) -> None:
    fault = only(faults_of(edited(("{deadline: 20 days}", "{deadline: 40 days}"))))
    assert (fault.condition.code, fault.at) == ("POL-012", "policy.yaml:42:26")


def test_a_recorded_exception_lets_a_rule_stand_above_its_ceiling(parsed) -> None:
    assert parsed(("keep: 7 days", "keep: 60 days"), exception())


@pytest.mark.parametrize(
    ("change", "at"),
    [(exception(rule="open loans"), "policy.yaml:46:11"), (exception(expires="2026-01-01"), "policy.yaml:49:14")],
)
def test_an_exception_that_cannot_stand_is_refused(edited, faults_of, change, at: str) -> None:
    fault = only(faults_of(edited(change)))
    assert (fault.condition.code, fault.at) == ("POL-020", at)


def test_two_exceptions_for_one_rule_are_refused(edited, faults_of) -> None:
    old, new = exception()
    twice = new.replace(
        "clauses:", "  - {id: more, rule: closed loans, reason: R, approver: A, expires: 2027-01-01}\nclauses:"
    )
    assert only(faults_of(edited((old, twice)))).condition.code == "POL-020"


@pytest.mark.parametrize(
    "missing", ["    approver: the Director\n", "    reason: The auditors asked.\n", "    expires: 2026-06-01\n"]
)
def test_an_exception_needs_approver_reason_and_expiry(edited, faults_of, missing: str) -> None:
    old, new = exception()
    assert only(faults_of(edited((old, new.replace(missing, ""))))).condition.code == "POL-008"


@pytest.mark.parametrize(
    "applies", [("on time",), ("late or charged",), ("any", "on time"), ("any", "any"), ("on time", "on time")]
)
def test_every_loan_falls_under_exactly_one_rule(edited, minimal: str, faults_of, applies) -> None:
    start = minimal.index("      - id: closed loans")
    end = minimal.index("    last borrower:")
    rule = minimal[start:end]
    rules = [
        rule.replace("closed loans", f"rule {n}").replace("keep: 7", f"applies: {kind}\n        keep: 7")
        for n, kind in enumerate(applies)
    ]
    text = minimal[:start] + "".join(rules) + minimal[end:].replace("retention.closed loans", "retention.rule 0")
    assert only(faults_of(text)).condition.code == "POL-013"


def test_two_rules_need_two_ids(minimal: str, faults_of) -> None:
    start, end = minimal.index("      - id: closed loans"), minimal.index("    last borrower:")
    rule = minimal[start:end]
    both = rule.replace("keep: 7", "applies: on time\n        keep: 7") + rule.replace(
        "keep: 7", "applies: late or charged\n        keep: 7"
    )
    assert only(faults_of(minimal[:start] + both + minimal[end:])).condition.code == "POL-006"


@pytest.mark.parametrize("since", ["2026-01-01", "2026-02-01"])
def test_versions_follow_one_another(edited, faults_of, since: str) -> None:
    earlier = f"keep: 7 days\n        earlier: [{{keep: 30 days, since: {since}}}]"
    fault = only(faults_of(edited(("keep: 7 days", earlier))))
    assert (fault.condition.code, fault.at) == ("POL-014", "policy.yaml:33:9")  # 'since' is left out: its rule
    written = earlier + "\n        since: 2026-01-01"
    assert only(faults_of(edited(("keep: 7 days", written)))).at == "policy.yaml:38:16"


def test_earlier_versions_follow_one_another(edited, faults_of) -> None:
    earlier = "earlier: [{keep: 30 days, since: 2025-01-01}, {keep: 20 days, since: 2024-01-01}]"
    fault = only(faults_of(edited(("keep: 7 days", f"keep: 7 days\n        {earlier}"), FIRST)))
    assert (fault.condition.code, fault.at) == ("POL-014", "policy.yaml:38:78")


def test_no_rule_is_older_than_the_policy(edited, faults_of, parsed) -> None:
    since = ("keep: 7 days", "keep: 7 days\n        since: 2025-12-31")
    fault = only(faults_of(edited(since)))
    assert (fault.condition.code, fault.at, fault.wanted) == ("POL-014", "policy.yaml:37:16", "2026-01-01 or later")
    assert parsed(since, FIRST)
    fault = only(faults_of(edited(("approved: 2026-01-01", "approved: 2026-01-01\nfirst approved: 2026-01-02"))))
    assert (fault.condition.code, fault.at) == ("POL-014", "policy.yaml:6:17")


def test_an_earlier_version_above_the_ceiling_is_history_or_a_fault(edited, faults_of, parsed) -> None:
    history = ("keep: 7 days", "keep: 7 days\n        earlier: [{keep: 90 days, since: 2025-01-01}]")
    assert parsed(history, FIRST)
    still = (
        "keep: 7 days",
        "keep: 7 days\n        since: 2030-01-01\n        earlier: [{keep: 90 days, since: 2026-01-01}]",
    )
    fault = only(faults_of(edited(still)))
    assert (fault.condition.code, fault.at) == ("POL-012", "policy.yaml:38:26")


def test_a_purpose_is_part_of_an_adopted_one_only(edited, faults_of) -> None:
    fault = only(faults_of(edited(("  lending:\n", "  lending:\n    part of: everything\n"))))
    assert (fault.condition.code, fault.at) == ("POL-010", "policy.yaml:12:14")


def test_a_review_comes_after_the_approval(edited, faults_of) -> None:
    fault = only(faults_of(edited(("review by: 2027-01-01", "review by: 2026-01-01"))))
    assert (fault.condition.code, fault.at) == ("POL-014", "policy.yaml:6:12")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("item: keep, ", "", "POL-015"),
        ("item: keep, ", "item: keep, colour: remove, ", "POL-010"),
        ("{patron: remove", "{patron: keep", "POL-015"),
        ("{patron: remove", "{patron: generalise", "POL-015"),
        ("{patron: remove", "{patron: pseudonymise", "POL-015"),
        ("event times: keep", "event times: generalise", "POL-015"),
        ("item: keep", "item: generalise", "POL-015"),
        ("then: de-identify", "then: delete", "POL-015"),
    ],
)
def test_methods_fit_the_fields(edited, faults_of, old: str, new: str, code: str) -> None:
    fault = only(faults_of(edited((old, new))))
    assert fault.condition.code == code
    assert fault.at.startswith("policy.yaml:3")


def test_event_times_by_day_are_generalised(parsed) -> None:
    document = parsed(("event detail: second", "event detail: day"), ("event times: keep", "event times: generalise"))
    assert document.body.records.loans.event_detail == "day"


def test_a_deletion_has_no_methods(parsed) -> None:
    methods = "        methods: {patron: remove, item: keep, event times: keep}\n"
    assert parsed(("then: de-identify", "then: delete"), (methods, ""))


FINANCE = "    finance schedule: {cited: Series 12, requires: [name], keep: 7 years}\n    event detail: second"


def test_a_finance_schedule_keeps_payers_that_no_charge_loses(edited, faults_of, parsed) -> None:
    schedule = parsed(("    event detail: second", FINANCE)).body.records.loans.finance_schedule
    assert (schedule.cited, schedule.requires, str(schedule.keep)) == ("Series 12", ("name",), "7 years")
    both = edited(("    event detail: second", FINANCE), ("charges: part title and item", "charges: lose the card"))
    assert only(faults_of(both)).condition.code == "POL-023"


def test_a_higher_class_has_no_longer_ceiling(edited, faults_of) -> None:
    fault = only(faults_of(edited(("{says: Harmless.}", "{says: Harmless., ceiling: 1 year}"))))
    assert (fault.condition.code, fault.found) == ("POL-022", "5 years")
    fault = only(faults_of(edited((", ceiling: 30 days", ""), ("ceiling: 5 years", "ceiling: 1 year"))))
    assert (fault.condition.code, fault.found) == ("POL-022", "no ceiling")


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{promised: We lend., carried by: [purposes.lending], says: We lend.}", "POL-016"),
        ("{says: We lend.}", "POL-016"),
        ("{carried by: [purposes.lending]}", "POL-016"),
        ("{says: We lend., carried by: [purposes.borrowing]}", "POL-010"),
        ("{says: We lend., carried by: [records.loans.retention.open loans]}", "POL-010"),
        ("{says: We lend., carried by: [risk classes.high]}", "POL-016"),
        ("{says: We lend., carried by: [records.loans.charges]}", "POL-016"),
    ],
)
def test_a_clause_and_its_rule_agree(edited, faults_of, rule: str, code: str) -> None:
    fault = only(faults_of(edited(("{promised: We lend.}", rule))))
    assert fault.condition.code == code
    assert fault.at.startswith("policy.yaml:45:")


def test_a_clause_may_be_carried_by_several_rules(parsed) -> None:
    document = parsed(("T-1: {promised: We lend.}", "T-1: {says: We lend., carried by: [purposes.lending]}"))
    assert document.body.clauses["T-1"].carried_by == ("purposes.lending",)


def test_all_disagreements_are_told_at_once(edited, faults_of) -> None:
    faults = faults_of(
        edited(
            ("review by: 2027-01-01", "review by: 2025-01-01"),
            ("record, purpose: lending}", "record, purpose: renting}"),
            ("keep: 7 days", "keep: 2 years"),
            ("clauses: [T-2]", "clauses: [T-7]"),
        )
    )
    assert [fault.condition.code for fault in faults] == ["POL-014", "POL-010", "POL-010", "POL-012"]
