from __future__ import annotations

import pytest

from carrel.errors import CarrelError
from carrel.policy.duration import Duration
from carrel.policy.parse import parse_policy


def told(faults):
    return [(fault.condition.code, fault.at) for fault in faults]


def test_a_sound_policy_parses(parsed) -> None:
    document = parsed()
    assert document.body.policy == "minimal"
    assert document.body.records.loans.retention[0].keep == Duration.parse("7 days")
    assert document.text.at(("records", "loans", "retention", 0, "keep")) == "policy.yaml:36:15"


def test_a_bad_period_names_its_value_column_and_what_to_write(edited, faults_of) -> None:
    (fault,) = faults_of(edited(("keep: 7 days", "keep: thirty days")))
    assert (fault.condition.code, fault.at) == ("POL-001", "policy.yaml:36:15")
    assert fault.fix == "write a number and a unit, such as '30 days', '48 hours', '5 years'"
    assert fault.found == "'thirty days'"
    assert fault.changed == "nothing"


def test_an_unknown_key_names_its_own_column_and_the_nearest_key(edited, faults_of) -> None:
    faults = faults_of(edited(("publisher: Test Library", "publisher: Test Library\npublishr: twice")))
    assert told(faults) == [("POL-007", "policy.yaml:4:1")]
    assert faults[0].fix == "Did you mean 'publisher'?"


def test_an_unknown_key_far_from_any_other_lists_the_keys(edited, faults_of) -> None:
    (fault,) = faults_of(edited(("    says: To lend.", "    says: To lend.\n    zzz: 1")))
    assert fault.condition.code == "POL-007"
    assert "says, basis, default, contacts, part of, clauses" in fault.fix


def test_a_missing_key_names_the_enclosing_item(edited, faults_of) -> None:
    (fault,) = faults_of(edited(("        keep: 7 days\n", "")))
    assert (fault.condition.code, fault.wanted) == ("POL-008", "'keep'")
    assert fault.at == "policy.yaml:33:9"
    (top,) = faults_of(edited(("title: A policy for tests\n", "")))
    assert (top.condition.code, top.at, top.wanted) == ("POL-008", "policy.yaml:1:1", "'title'")


def test_a_bad_word_gets_the_nearest_of_the_closed_list(edited, faults_of) -> None:
    (fault,) = faults_of(edited(("source: library", "source: libary")))
    assert fault.condition.code == "POL-009"
    assert fault.fix.startswith("Did you mean 'library'? Write one of: patron, patron's software,")
    (detail,) = faults_of(edited(("event detail: second", "event detail: minute")))
    assert detail.fix == "Write one of: second, day"
    (category,) = faults_of(edited(("{category: event time, purpose", "{category: event tim, purpose")))
    assert category.fix.startswith("Did you mean 'event time'?")


def test_every_fault_is_told_at_once_in_the_order_of_the_file(edited, faults_of) -> None:
    text = edited(
        ("approved: 2026-01-01", "approved: 2026-02-30"),
        ("ceiling: 5 years", "ceiling: five years"),
        ("    custodian: the desk\n", ""),
        ("charges: part title and item", "charges: forget"),
        ("title: A policy for tests", "title: A policy for tests\ntitle: twice"),
    )
    assert told(faults_of(text)) == [
        ("POL-006", "policy.yaml:3:1"),
        ("POL-009", "policy.yaml:6:11"),
        ("POL-001", "policy.yaml:17:37"),
        ("POL-008", "policy.yaml:24:3"),
        ("POL-009", "policy.yaml:40:14"),
    ]


@pytest.mark.parametrize(
    "day", ["20260101", "1767225600", "2026-1-1", "1 January 2026", "2026-02-30", "2026-01-01T00:00:00"]
)
def test_a_day_is_year_month_day_and_nothing_else(edited, faults_of, day: str) -> None:
    (fault,) = faults_of(edited(("approved: 2026-01-01", f"approved: '{day}'")))
    assert (fault.condition.code, fault.at) == ("POL-009", "policy.yaml:5:11")


@pytest.mark.parametrize("word", ["yes", "on", "1", "'true'"])
def test_only_true_and_false_are_yes_and_no(edited, faults_of, word: str) -> None:
    (fault,) = faults_of(edited(("        keep: 7 days", f"        keep: 7 days\n        reaches back: {word}")))
    assert fault.fix == "write true or false"


def test_numbers_dates_and_yaml_11_words_stay_text(parsed) -> None:
    document = parsed(('version: "1"', "version: 1.10"), ("title: A policy for tests", "title: no"))
    assert document.body.version == "1.10"
    assert document.body.title == "no"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("policy: a\n\ttitle: b\n", "policy.yaml:2:1"),
        ("policy: a: b\n", "policy.yaml:1:10"),
        ("policy: [a, b\n", "policy.yaml:2:1"),
        ("policy: a\ntitle: b\x07c\n", "policy.yaml:2:9"),
        ("policy: 'a\n", "policy.yaml:2:1"),
    ],
)
def test_broken_yaml_names_its_place(text: str, at: str, faults_of) -> None:
    (fault,) = faults_of(text)
    assert (fault.condition.code, fault.at) == ("POL-004", at)
    assert fault.fix


def test_tabs_get_their_own_advice(faults_of) -> None:
    assert faults_of("policy: a\n\ttitle: b\n")[0].fix == "indent with spaces, never with tabs"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: &x [1]\nb: 1\n", "an anchor or alias (& or *)"),
        ("a: *x\n", "an anchor or alias (& or *)"),
        ("a: !!int 3\n", "a tag (!)"),
        ("a: !python/object:os.system x\n", "a tag (!)"),
        ("a: 1\n---\nb: 2\n", "a second document (---)"),
        ("%YAML 1.1\n---\na: 1\n", "a directive (%)"),
        ("? [a]\n: 1\n", "a key that is no word"),
        ("a: " + "[" * 50 + "]" * 50, "deep nesting"),
    ],
)
def test_features_of_yaml_that_a_policy_does_without(text: str, found: str, faults_of) -> None:
    (fault,) = faults_of(text)
    assert (fault.condition.code, fault.found) == ("POL-005", found)


def test_an_alias_bomb_is_refused_before_it_grows(faults_of) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert faults_of("\n".join(rows))[0].condition.code == "POL-005"


def test_a_file_above_one_mebibyte_is_refused(minimal: str, faults_of) -> None:
    assert faults_of(minimal + "#" * (1 << 20))[0].condition.code == "POL-003"


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "just words\n"])
def test_a_file_without_keys_is_refused(text: str, faults_of) -> None:
    assert faults_of(text)[0].condition.code == "POL-009"


def test_a_duplicate_key_names_both_places_even_deep_down(edited, faults_of) -> None:
    faults = faults_of(
        edited(("        keep: 7 days", "        keep: 7 days\n        keep: 9 days\n        keep: 11 days"))
    )
    assert told(faults) == [("POL-006", "policy.yaml:37:9"), ("POL-006", "policy.yaml:38:9")]
    assert faults[0].because == "it stands at policy.yaml:36 already"


def test_what_stands_under_a_duplicate_key_is_not_mixed_in(edited, faults_of) -> None:
    text = edited(("purposes:\n", "purposes:\n  lending: {says: First.}\n"))
    assert told(faults_of(text)) == [("POL-006", "policy.yaml:12:3")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: A policy for tests", "title: true"),
        ("title: A policy for tests", "title: ''"),
        ("title: A policy for tests", "title: [a]"),
        ("policy: minimal", "policy: Minimal Policy"),
        ("clauses: [T-1]", "clauses: T-1"),
        ("clauses: [T-1]", "clauses: [one]"),
        ("active until: [returned, settled]", "active until: []"),
        ("methods: {patron: remove, item: keep, event times: keep}", "methods: none"),
        ("last borrower: {at most: 10 days}", "last borrower: never"),
        ("low: {says: Harmless.}", "low: Harmless."),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_with_advice(edited, faults_of, old: str, new: str) -> None:
    (fault,) = faults_of(edited((old, new)))
    assert fault.condition.code == "POL-009"
    assert fault.fix and "pydantic" not in fault.fix and "Input" not in fault.fix


def test_a_name_of_the_authors_choice_is_checked_too(edited, faults_of) -> None:
    (fault,) = faults_of(edited(("  T-1: {promised: We lend.}", "  t1: {promised: We lend.}")))[:1]
    assert (fault.condition.code, fault.at) == ("POL-007", "policy.yaml:45:3")


def test_none_stands_for_no_last_borrower(parsed) -> None:
    assert parsed(("{at most: 10 days}", "none")).body.records.loans.last_borrower.at_most is None


def test_a_refused_policy_says_so_in_lines_for_people(edited) -> None:
    with pytest.raises(CarrelError) as refused:
        parse_policy(edited(("keep: 7 days", "keep: a while")), "branch/policy.yaml")
    assert str(refused.value).splitlines() == [
        "error[POL-001]: this is not a period",
        "  at:      branch/policy.yaml:36:15",
        "  found:   'a while'",
        "  changed: nothing",
        "  fix:     write a number and a unit, such as '30 days', '48 hours', '5 years'",
    ]


@pytest.mark.parametrize("nothing", ["", "~", "null"])
def test_an_empty_value_is_a_fault_and_not_a_default(edited, faults_of, nothing: str) -> None:
    # An empty ceiling would otherwise read as "no limit".
    (fault,) = faults_of(edited(("ceiling: 30 days", f"ceiling: {nothing}")))
    assert (fault.condition.code, fault.found) == ("POL-009", "nothing")
    assert fault.fix == "write a value, or take the key out"
    (fault,) = faults_of(edited(("title: A policy for tests", f"title: {nothing}")))
    assert fault.at.startswith("policy.yaml:2:")


def test_a_quoted_null_is_a_word(parsed) -> None:
    assert parsed(("title: A policy for tests", "title: 'null'")).body.title == "null"


@pytest.mark.parametrize("text", ["a: b\n" * 300, "".join(f"k{n}: 1\n" for n in range(300))])
def test_a_wrong_file_is_refused_with_a_hundred_faults_at_most(faults_of, text: str) -> None:
    assert len(faults_of(text)) == 100
