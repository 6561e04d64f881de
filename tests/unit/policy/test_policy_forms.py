"""Notices on forms: every field with its purpose and what follows, and the warning of e-mail where it belongs."""

from __future__ import annotations

from carrel.accountability.policy_facts import policy_facts
from carrel.policy.collection_notice import NOTHING, email_warning, notices
from carrel.policy.printout import printout
from carrel.policy.resolve import resolve
from carrel.systems.policy_files import load

_LENDING = "    says: To lend.\n    clauses: [T-1]\n"
_RECORD = """  registrations:
    says: What you gave.
    source: patron
    custodian: the desk
    class: medium
    promised: Kept while you come.
    fields:
      name: {category: name, purpose: lending}
      mail: {category: email address, purpose: lending, optional: true}
      news: {category: email address, purpose: letters}
"""
_FORM = """forms:
  card:
    says: A library card
    record: registrations
    asks: [%s]
    otherwise: No card.
    without: {%s}
    clauses: [T-2]
"""
_NEWS = "  letters: {says: To write to you., basis: opt-in}\n"


def form(asks="name, mail, news", without="mail: No letters."):
    return (
        (_LENDING, f"{_LENDING}{_NEWS}"), ("records:\n", f"{_FORM % (asks, without)}records:\n{_RECORD}"),
    )  # fmt: skip


def test_each_field_tells_its_purpose_and_what_follows(parsed) -> None:
    [told] = notices(resolve(parsed(*form())))
    assert [(one.field, one.why, one.required, one.otherwise) for one in told.fields] == [
        ("name", "To lend.", True, "No card."), ("mail", "To lend.", False, "No letters."),
        ("news", "To write to you.", False, NOTHING),
    ]  # fmt: skip
    assert told.warning == "", "the policy has none"
    assert all(len(line) <= 78 for line in told.lines())
    assert "* name (required)" in "\n".join(told.lines())
    assert "A library card" in printout(resolve(parsed(*form())))


def test_a_field_that_the_record_does_not_have_is_a_fault(edited, faults_of) -> None:
    [fault] = faults_of(edited(*form(asks="name, nmae, mail")))
    assert (fault.condition.code, fault.fix) == ("POL-010", "Did you mean 'name'?")
    assert {one.condition.code for one in faults_of(edited(*form(asks="name, name", without="")))} == {"POL-006"}
    assert {one.condition.code for one in faults_of(edited(*form(asks="name")))} == {"POL-010"}
    other = (*form(), ("record: registrations", "record: holds"))
    assert {one.condition.code for one in faults_of(edited(*other))} == {"POL-010"}


def test_the_warning_stands_where_an_address_is_asked(parsed) -> None:
    warned = (
        *form(),
        ("clauses:\n  T-1", "email warning: {says: Others can read it., clauses: [T-2]}\nclauses:\n  T-1"),
    )
    policy = resolve(parsed(*warned))
    [told] = notices(policy)
    assert told.warning == email_warning(policy) == "Others can read it."
    assert "Others can read it." in printout(policy)
    assert "Others can read it." in "\n".join(told.lines())


def test_an_adopted_form_is_told_by_whoever_adopts_it(parsed) -> None:
    base = resolve(parsed(("policy: minimal", "policy: base"), *form(), name="base.yaml"))
    [told] = notices(resolve(parsed((_LENDING, f"{_LENDING}{_NEWS}")), [base]))
    assert (told.form, [one.field for one in told.fields]) == ("card", ["name", "mail", "news"])


def test_what_patrons_fill_in_without_a_form_is_seen(parsed) -> None:
    facts = policy_facts(resolve(parsed(*form()))).forms
    assert (facts.forms, facts.fields, facts.without) == (("card",), 3, ())
    other = _RECORD.replace("registrations", "event registrations")
    bare = resolve(parsed(*form(), (_RECORD, f"{_RECORD}{other}")))
    assert policy_facts(bare).forms.without == ("event registrations",)
    assert policy_facts(load("worcester")).forms.warns
    assert policy_facts(load("mit-libraries")).forms.forms == ("registration",)
