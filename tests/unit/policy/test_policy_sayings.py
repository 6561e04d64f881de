"""Sentences in other languages: they are the policy's own, or refused; and they change nothing that is carried out."""

from __future__ import annotations

import pytest

from carrel.errors import CarrelError
from carrel.policy.parse import parse_policy
from carrel.policy.resolve import resolve
from carrel.systems.policy_files import load, shipped_names

ADDED = """in other languages:
  - says: To lend.
    words: {es: Para prestar., pt-BR: Para emprestar.}
"""


def test_a_sentence_is_found_in_its_language_and_adopted_ones_with_it(minimal: str) -> None:
    plain, told = resolve(parse_policy(minimal, "m.yaml")), resolve(parse_policy(minimal + ADDED, "m.yaml"))
    assert told.digest == plain.digest, "another word in Spanish is no other policy"
    asked = ("es", "es-MX", "pt-BR", "pt", "fr")
    assert [told.said_in(one, "To lend.") for one in asked] == [
        "Para prestar.", "Para prestar.", "Para emprestar.", None, None,
    ]  # fmt: skip
    assert told.said_in("es", "To lend!") is None
    mit = load("mit-libraries")
    adopted = "Who may use the libraries."
    assert adopted not in {one.says for one in mit.body.in_other_languages}
    assert mit.said_in("es", adopted)


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("says: To lend.\n    words", "says: To lend!\n    words", "POL-010", "it says now: 'To lend.'"),
        ("words: {", "words: {Spanish: x, ", "POL-007", ""),
        ("words: {es: Para prestar., pt-BR: Para emprestar.}", "words: {}", "POL-009", ""),
        (ADDED, ADDED + ADDED.partition("\n")[2], "POL-006", "write it once"),
    ],
)
def test_what_no_longer_fits_is_refused(minimal: str, old: str, new: str, code: str, says: str) -> None:
    whole = minimal + ADDED
    with pytest.raises(CarrelError) as wrong:
        parse_policy(whole.replace(old, new) if old != ADDED else minimal + new, "m.yaml")
    assert wrong.value.code == code
    assert says in str(wrong.value.faults[0].fix)


def test_a_name_of_a_purpose_is_said_in_another_language_too(minimal: str) -> None:
    named = ADDED + "  - says: lending\n    words: {es: préstamo}\n"
    assert resolve(parse_policy(minimal + named, "m.yaml")).said_in("es", "lending") == "préstamo"
    with pytest.raises(CarrelError) as wrong:
        parse_policy(minimal + named.replace("says: lending", "says: lendin"), "m.yaml")
    assert wrong.value.code == "POL-010"


@pytest.mark.parametrize("name", shipped_names())
def test_what_patrons_read_of_a_shipped_policy_is_there_in_spanish(name: str) -> None:
    policy = load(name)
    sentences = [*policy.body.purposes, *policy.body.recipients, *(one.says for one in policy.body.purposes.values())]
    for rule in policy.body.records.held().values():
        sentences += [rule.says, *([rule.promised] if getattr(rule, "promised", None) else [])]
    assert [one for one in sentences if policy.said_in("es", one) is None] == []
