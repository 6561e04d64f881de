"""What each card of the desk says first: of its own kind of visit, in words that somebody new understands at night."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carrel.disclosure.precedence import processes_of
from carrel.disclosure.process import Instrument
from carrel.systems import policy_files
from tests.unit.disclosure.test_instruments import PROCESSES


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_no_card_says_what_another_kind_of_visit_is(name: str) -> None:
    cards = {one: PROCESSES[name].of(one) for one in Instrument}
    told = [card.says for card in cards.values()]
    assert len(set(told)) == len(told), [one for one in told if told.count(one) > 1]
    for one, card in cards.items():
        assert card.script, one
        assert "process" not in card.says, one
        assert not [line for line in card.script if "I will find" in line], "at night nobody is in the house"
    danger = cards[Instrument.EMERGENCY]
    assert "danger" in danger.says
    assert "911" in danger.script[0]


def test_a_kind_that_no_policy_names_is_told_as_closed_and_an_emergency_still_calls_for_help() -> None:
    policy = policy_files.load("worcester")
    block = policy.body.legal_process
    assert block is not None
    left = {Instrument.INFORMAL_ASK: block.instruments[Instrument.INFORMAL_ASK]}
    body = policy.body.model_copy(update={"legal_process": block.model_copy(update={"instruments": left})})
    bare = replace(policy, document=replace(policy.document, body=body))
    found = processes_of([bare])
    assert "nothing is given out" in found.of(Instrument.SUBPOENA).says
    assert "Call the police" in found.of(Instrument.EMERGENCY).says
