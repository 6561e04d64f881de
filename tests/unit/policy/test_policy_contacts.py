"""What a policy says of consent, recipients and addresses: off by default, barred is barred, and adopted is adopted."""

from __future__ import annotations

import pytest

from carrel.errors import CarrelError
from carrel.policy.difference import differences
from carrel.policy.printout import printout
from carrel.policy.resolve import resolve
from carrel.systems.policy_files import load

_LENDING = "    says: To lend.\n    clauses: [T-1]\n"
_NEWS = """{lending}  news:
    says: To write to you.
    basis: {basis}
    {default}
    contacts:
      to: [{to}]
      fields: [{fields}]
      {cards}
recipients:
  the library: {{says: Itself.}}
  friends: {{says: Friends., barred: true, clauses: [T-2]}}
"""


def news(default="default: off", basis="opt-in", to="the library", fields="name, email address", cards=""):
    text = _NEWS.format(lending=_LENDING, basis=basis, default=default, to=to, fields=fields, cards=cards)
    return _LENDING, "\n".join(line for line in text.split("\n") if line.strip()) + "\n"


def codes(faults):
    return [one.condition.code for one in faults]


def test_an_optional_purpose_is_off_by_default_and_nothing_else(edited, faults_of, parsed) -> None:
    assert parsed(news()).body.purposes["news"].default == "off"
    assert parsed(news(default="")).body.purposes["news"].default is None
    for default in ("default: on", "default: true", "default: opt-out"):
        [fault] = faults_of(edited(news(default=default)))
        assert (fault.condition.code, fault.fix) == ("POL-009", "Write one of: off")
    [fault] = faults_of(edited(news(basis="opt-out")))
    assert fault.condition.code == "POL-009"


def test_only_an_optional_purpose_has_a_default(edited, faults_of) -> None:
    [fault] = faults_of(edited(news(basis="operational")))
    assert (fault.condition.code, fault.at) == ("POL-024", "policy.yaml:17:14")


def test_addresses_go_to_recipients_that_stand_there_and_are_not_barred(edited, faults_of) -> None:
    assert codes(faults_of(edited(news(to="friends")))) == ["POL-024"]
    [fault] = faults_of(edited(news(to="the librry")))
    assert (fault.condition.code, fault.fix) == ("POL-010", "Did you mean 'the library'?")


def test_what_an_adopted_policy_bars_stays_barred(parsed) -> None:
    base = resolve(parsed(("policy: minimal", "policy: base"), news(), name="base.yaml"))
    assert resolve(parsed(), [base]).barred == {"friends": ("T-2",)}
    own = news()[1].replace("barred: true", "barred: false")
    with pytest.raises(CarrelError) as refused:
        resolve(parsed((_LENDING, own)), [base])
    assert codes(refused.value.faults) == ["POL-017"]


@pytest.mark.parametrize(
    "laxer", [{"fields": "name, email address, postal address"}, {"cards": "expired cards: included"}]
)
def test_an_adopting_policy_gives_no_more_addresses(parsed, laxer) -> None:
    base = resolve(parsed(("policy: minimal", "policy: base"), news(), name="base.yaml"))
    assert resolve(parsed(news(fields="email address")), [base])
    with pytest.raises(CarrelError) as refused:
        resolve(parsed(news(**laxer)), [base])
    assert codes(refused.value.faults) == ["POL-017"]


def test_no_address_where_the_adopted_policy_gives_none_for_the_purpose(parsed) -> None:
    bare = news()[1].replace("    contacts:\n      to: [the library]\n      fields: [name, email address]\n", "")
    base = resolve(parsed(("policy: minimal", "policy: base"), (_LENDING, bare), name="base.yaml"))
    with pytest.raises(CarrelError) as refused:
        resolve(parsed(news()), [base])
    assert codes(refused.value.faults) == ["POL-017"]


def test_the_published_words_say_who_gets_what(parsed) -> None:
    told = printout(resolve(parsed(news())))
    for words in (
        "Only if you opt in: it is off until you do.",
        "name and email address may be given to the library; nobody whose card has expired",
        "friends: Friends. Barred: nothing is given, whatever for. [T-2]",
    ):
        assert words in told


def test_a_change_of_recipients_is_told(parsed) -> None:
    old, new = resolve(parsed(news())), resolve(parsed(news(fields="email address")))
    [told] = differences(old, new)
    assert told.subject == "purpose 'news'"
    assert "email address given to the library" in told.says
    assert {one.subject for one in differences(resolve(parsed()), new)} >= {"recipient 'friends'", "purpose 'news'"}


def test_a_campaign_of_the_library_needs_consent_under_one_shipped_policy_and_none_under_another() -> None:
    found = {name: load(name).body.purposes["library campaign"] for name in ("owwl", "worcester")}
    assert {name: str(one.basis) for name, one in found.items()} == {"owwl": "opt-in", "worcester": "operational"}
    assert set(load("owwl").barred) == {"friends group", "mailing service"}
    assert load("mit-libraries").body.purposes["being named"].clauses == ("MITL-3.4",)
