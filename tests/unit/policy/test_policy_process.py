"""Legal process in a policy: every name stands somewhere, and no rule leaves a release without steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from carrel.errors import Fault
from carrel.policy.parse import parse_policy
from carrel.systems.policy_files import load, shipped_names

BLOCK = """
legal process:
  offices:
    custodian: {says: The Director.}
  signed by: [custodian]
  steps:
    told: {says: The person is told., does: tell the patron, by: [custodian]}
    read: {says: The paper is read., does: review of form, by: [custodian]}
    looked at: {says: It is looked at., does: review afterwards, by: [custodian]}
  instruments:
    informal ask: {script: [No.], outcomes: [refused]}
    subpoena: {compels: true, script: [I take it.], steps: [told, read], wait: 1 day, outcomes: [released, refused]}
    emergency: {script: [Help.], release first: true, afterwards: [looked at], outcomes: [released, refused]}
    parent: {as: informal ask}

"""


@pytest.fixture
def with_block(minimal: str) -> str:
    return minimal.replace("\nrisk classes:", BLOCK + "risk classes:", 1)


def test_a_whole_block_is_sound(with_block: str) -> None:
    assert parse_policy(with_block, "policy.yaml").body.legal_process is not None


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("steps: [told, read]", "steps: [told, raed]", "POL-010"),
        ("signed by: [custodian]", "signed by: [counsel]", "POL-010"),
        ("signed by: [custodian]", "signed by: [anyone]", "POL-025"),
        ("does: review of form, by: [custodian]", "does: review of form, by: [provost]", "POL-010"),
        ("script: [No.], ", "", "POL-025"),
        ("steps: [told, read], wait", "steps: [read], wait", "POL-025"),
        ("steps: [told, read], wait: 1 day, ", "", "POL-025"),
        ("afterwards: [looked at], ", "", "POL-025"),
        ("as: informal ask", "as: researcher", "POL-025"),
        ("as: informal ask", "as: informal ask, steps: [read]", "POL-025"),
        ("wait: 1 day", "within: 3 days", "POL-009"),
        ("parent:", "parents:", "POL-007"),
    ],
)
def test_what_does_not_hold_together_is_told(
    with_block: str, faults_of: Callable[[str], tuple[Fault, ...]], old: str, new: str, code: str
) -> None:
    assert old in with_block
    assert code in [one.condition.code for one in faults_of(with_block.replace(old, new, 1))]


def test_every_shipped_policy_says_something_of_every_paper_and_silences_by_no_constant() -> None:
    for name in shipped_names():
        block = load(name).body.legal_process
        assert block is not None, name
        assert not [one for one in block.statutes.values() if one.confirmed_by], "counsel confirms, not we"
